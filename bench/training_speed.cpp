// How fast the engine trains: samples per second through autograd (forward, loss, backward, optimizer,
// zero_grad) on random data.
//
//   mlp   784-64-10 with ReLU, SGD 0.01
//   cnn   conv 3->32 (3x3), ReLU, pool 2, conv 32->64, ReLU, pool 2, linear 2304->256, ReLU, linear 256->10, Adam
//
// each at batch 1 and 32. Every figure is the median of several rounds, with the slowest and the fastest.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "kernels/parallel.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/spatial.hpp"
#include "tinytorch/training.hpp"

using namespace tinytorch;

namespace {

constexpr int rounds = 5;

struct Options {
  double seconds = 1.0;  // of each round
  bool json = false;
  std::string only;  // the network to measure, all when empty
};

struct Result {
  std::string network;
  std::int64_t batch = 0;
  double median = 0.0;  // samples per second
  double slowest = 0.0;
  double fastest = 0.0;
};

void build_mlp(Sequential& net, Rng& rng) {
  net.add<Linear>(784, 64, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(64, 10, rng);
}

void build_cnn(Sequential& net, Rng& rng) {
  net.add<Conv2d>(3, 32, Window{}, rng);  // (N, 3, 32, 32) -> (N, 32, 30, 30)
  net.add<Activation<ReLU>>();
  net.add<MaxPool2d>(2);  // -> (N, 32, 15, 15)
  net.add<Conv2d>(32, 64, Window{}, rng);  // -> (N, 64, 13, 13)
  net.add<Activation<ReLU>>();
  net.add<MaxPool2d>(2);  // -> (N, 64, 6, 6)
  net.add<Flatten>();
  net.add<Linear>(2304, 256, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(256, 10, rng);
}

// Different batches in turn, so that no step trains on what the one before has just learnt.
std::vector<Batch> random_batches(const Shape& shape, Rng& rng) {
  std::vector<Batch> batches;
  for (int i = 0; i < 16; ++i) {
    Batch batch{Tensor::uniform(shape, 0.0F, 1.0F, rng), Tensor({shape[0]})};
    for (std::int64_t n = 0; n < shape[0]; ++n) batch.targets.data()[n] = static_cast<float>(rng.below(10));
    batches.push_back(batch);
  }
  return batches;
}

void train_step(Layer& net, Optimizer& optimizer, const Batch& batch) {
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {forward(net, batch.inputs), batch.targets});
  loss.backward();
  optimizer.step();
  optimizer.zero_grad();
}

// Calls `step` for `seconds`; returns the calls per second.
double one_round(const std::function<void()>& step, double seconds) {
  const Stopwatch stopwatch;
  std::int64_t calls = 0;
  do {
    step();
    ++calls;
  } while (stopwatch.seconds() < seconds);
  return static_cast<double>(calls) / stopwatch.seconds();
}

Result measure(const std::string& network, std::int64_t batch, Layer& net, Optimizer& optimizer, const Shape& shape,
               Rng& rng, double seconds) {
  const std::vector<Batch> batches = random_batches(shape, rng);
  std::size_t turn = 0;
  const auto step = [&] { train_step(net, optimizer, batches[turn++ % batches.size()]); };
  one_round(step, std::min(seconds, 0.3));  // warms caches and threads up

  std::vector<double> rates;
  for (int round = 0; round < rounds; ++round) {
    rates.push_back(one_round(step, seconds) * static_cast<double>(batch));
  }
  std::sort(rates.begin(), rates.end());
  return {network, batch, rates[rates.size() / 2], rates.front(), rates.back()};
}

std::vector<Result> measure_all(const Options& options) {
  std::vector<Result> results;
  for (const std::int64_t batch : {1, 32}) {
    if (options.only == "cnn") break;
    Rng rng(1);
    Sequential mlp;
    build_mlp(mlp, rng);
    SGD sgd(mlp.parameters(), 0.01F);
    results.push_back(measure("mlp", batch, mlp, sgd, {batch, 784}, rng, options.seconds));
  }
  for (const std::int64_t batch : {1, 32}) {
    if (options.only == "mlp") break;
    Rng rng(1);
    Sequential cnn;
    build_cnn(cnn, rng);
    Adam adam(cnn.parameters());
    results.push_back(measure("cnn", batch, cnn, adam, {batch, 3, 32, 32}, rng, options.seconds));
  }
  return results;
}

void print_table(const std::vector<Result>& results, const Options& options) {
  std::printf("Training, samples/s: median (slowest .. fastest) of %d rounds of %g s, %d thread%s\n", rounds,
              options.seconds, kernels::thread_count(), kernels::thread_count() == 1 ? "" : "s");
  for (const Result& r : results) {
    std::printf("  %s, batch %-3lld %10.0f  (%.0f .. %.0f)\n", r.network.c_str(), static_cast<long long>(r.batch),
                r.median, r.slowest, r.fastest);
  }
}

void print_json(const std::vector<Result>& results, const Options& options) {
  std::printf("{\"benchmark\": \"training_speed\", \"unit\": \"samples/s\", \"threads\": %d, \"rounds\": %d, "
              "\"seconds\": %g, \"results\": [",
              kernels::thread_count(), rounds, options.seconds);
  const char* separator = "";
  for (const Result& r : results) {
    std::printf("%s{\"network\": \"%s\", \"batch\": %lld, \"median\": %.1f, \"min\": %.1f, \"max\": %.1f}", separator,
                r.network.c_str(), static_cast<long long>(r.batch), r.median, r.slowest, r.fastest);
    separator = ", ";
  }
  std::printf("]}\n");
}

constexpr const char* usage =
    "usage: training_speed [--json] [--seconds S] [--threads N] [--only mlp|cnn]\n"
    "\n"
    "Trains a small MLP and a small CNN on random data at batch 1 and 32 and prints samples/s.\n"
    "  --json       one JSON object\n"
    "  --seconds S  length of each of the 5 rounds per figure (default 1)\n"
    "  --threads N  threads to use (default: TITO_THREADS, else all cores)\n"
    "  --only NET   measures one network\n";

// throws: ValueError for anything that is not an option.
Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&] {
      if (i + 1 == arguments.size()) throw ValueError(argument + " needs a value");
      return arguments[++i];
    };
    const auto number = [&] {
      const std::string text = value();
      char* end = nullptr;
      const double result = std::strtod(text.c_str(), &end);
      if (end == text.c_str() || *end != '\0' || !(result > 0.0)) {
        throw ValueError(argument + " needs a positive number, not " + text);
      }
      return result;
    };
    if (argument == "--json") {
      options.json = true;
    } else if (argument == "--seconds") {
      options.seconds = number();
    } else if (argument == "--threads") {
      kernels::set_thread_count(std::max(1, static_cast<int>(std::min(number(), 1024.0))));
    } else if (argument == "--only") {
      options.only = value();
      if (options.only != "mlp" && options.only != "cnn") throw ValueError("--only needs mlp or cnn");
    } else {
      throw ValueError("unknown option " + argument);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
    std::fputs(usage, stdout);
    return 0;
  }
  Options options;
  try {
    options = read_options(arguments);
  } catch (const Error& error) {
    std::fprintf(stderr, "training_speed: %s\n%s", error.what(), usage);
    return 2;
  }
  try {
    const std::vector<Result> results = measure_all(options);
    options.json ? print_json(results, options) : print_table(results, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "training_speed: %s\n", error.what());
    return 1;
  }
  return 0;
}
