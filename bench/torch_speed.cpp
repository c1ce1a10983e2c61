// How many samples a second libtorch trains or runs: the peer of network_speed, on the same networks with the same
// kind of data, written as a user of libtorch writes it.
#include <torch/torch.h>

#include <fstream>
#include <memory>
#include <regex>

#include "bench/program.hpp"

namespace {

struct Task {
  torch::nn::Sequential net;
  std::vector<int64_t> input;  // the shape of one sample
  std::unique_ptr<torch::optim::Optimizer> optimizer;
};

Task make_task(const std::string& network) {
  using namespace torch::nn;
  if (network == "mlp") {
    Task task{Sequential(Linear(784, 64), ReLU(), Linear(64, 10)), {784}, nullptr};
    task.optimizer = std::make_unique<torch::optim::SGD>(task.net->parameters(), torch::optim::SGDOptions(0.01));
    return task;
  }
  Task task;
  if (network == "mnist") {
    task.net = Sequential(Conv2d(1, 16, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(2704, 10));
    task.input = {1, 28, 28};
  } else {
    task.net = Sequential(Conv2d(3, 32, 3), ReLU(), MaxPool2d(2), Conv2d(32, 64, 3), ReLU(), MaxPool2d(2), Flatten(),
                          Linear(2304, 256), ReLU(), Linear(256, 10));
    task.input = {3, 32, 32};
  }
  task.optimizer = std::make_unique<torch::optim::Adam>(task.net->parameters(), torch::optim::AdamOptions(1e-3));
  return task;
}

// The file from which libtorch's BLAS was loaded: "openblas-pthread/libblas.so.3".
std::string blas_library() {
  std::ifstream maps("/proc/self/maps");
  const std::regex name("[^/ ]*/lib(open)?blas[^/]*$");
  std::smatch match;
  for (std::string line; std::getline(maps, line);) {
    if (std::regex_search(line, match, name)) return match.str();
  }
  return "unknown";
}

// "oneDNN 2.6.3", or "" for a libtorch without it.
std::string onednn_version() {
  const std::string config = at::show_config();
  std::smatch match;
  return std::regex_search(config, match, std::regex("MKL-DNN v?([0-9.]*[0-9])")) ? "oneDNN " + match[1].str() : "";
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("torch_speed", "How many samples a second libtorch trains or runs.", bench::available_cores());
  bench::NetworkOptions options;
  options.add_to(program);
  bool channels_last = false;
  program.add_flag("--channels-last", channels_last, "images and kernels with their channels innermost");
  return program.run(argc, argv, [&] {
    at::set_num_threads(program.threads());
    torch::manual_seed(1);
    Task task = make_task(options.network);
    std::vector<int64_t> shape = task.input;
    shape.insert(shape.begin(), options.samples());
    auto inputs = torch::randint(0, 256, shape, torch::kUInt8).to(torch::kFloat).div_(255);
    const auto targets = torch::randint(0, 10, {options.samples()}, torch::kLong);
    if (channels_last && shape.size() == 4) {
      inputs = inputs.contiguous(torch::MemoryFormat::ChannelsLast);
      for (auto& parameter : task.net->parameters()) {
        if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
      }
    }
    std::vector<std::pair<torch::Tensor, torch::Tensor>> batches;  // views
    for (int64_t at = 0; at + options.batch <= options.samples(); at += options.batch) {
      batches.emplace_back(inputs.narrow(0, at, options.batch), targets.narrow(0, at, options.batch));
    }

    std::size_t steps = 0;
    bench::Rate rate;
    if (options.mode == "train") {
      task.net->train();
      const auto step = [&] {
        const auto& [x, y] = batches[steps++ % batches.size()];
        task.optimizer->zero_grad();
        auto loss = torch::nn::functional::cross_entropy(task.net->forward(x), y);
        loss.backward();
        task.optimizer->step();
      };
      rate = bench::measure(step, static_cast<double>(options.batch), program.timing());
    } else {
      task.net->eval();
      const c10::InferenceMode no_gradients;
      volatile float sink = 0;
      const auto step = [&] { sink = task.net->forward(batches[steps++ % batches.size()].first).data_ptr<float>()[0]; };
      rate = bench::measure(step, static_cast<double>(options.batch), program.timing());
    }
    program.say("/channels_last", channels_last);
    program.say("/library/name", "libtorch");
    program.say("/library/version", TORCH_VERSION);
    program.say("/library/onednn", onednn_version());
    program.say("/library/blas", blas_library());
    options.report(program, rate);
  });
}
