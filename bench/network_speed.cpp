// How many samples a second the engine trains or runs, written as its users write it.
//
//   mlp    784-64-10 with ReLU, SGD 0.01
//   mnist  conv 1->16 (3x3), ReLU, pool 2, linear 2704->10, Adam 0.001
//   cifar  conv 3->32 (3x3), ReLU, pool 2, conv 32->64 (3x3), ReLU, pool 2, linear 2304->256, ReLU, linear 256->10,
//          Adam 0.001
//
// The same source makes network_speed, with the engine's fast bodies, and network_speed_reference, with the reference
// bodies alone. torch_speed is its peer.
#include <memory>
#include <vector>

#include "bench/engine_networks.hpp"
#include "bench/program.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

#ifndef BENCH_BODIES
#define BENCH_BODIES "fast"
#endif

using namespace tinytorch;

namespace {

struct Task {
  Sequential net;
  std::unique_ptr<Optimizer> optimizer;
  std::vector<Batch> batches;
};

Shape shape_of(const std::string& network, std::int64_t batch) {
  if (network == "mlp") return {batch, 784};
  if (network == "mnist") return {batch, 1, 28, 28};
  return {batch, 3, 32, 32};
}

// Random bytes as floats in [0, 1], with random labels, cut into batches before anything is timed.
std::vector<Batch> random_batches(const bench::NetworkOptions& options, Rng& rng) {
  std::vector<Batch> batches;
  for (std::int64_t at = 0; at + options.batch <= options.samples(); at += options.batch) {
    Batch batch{Tensor(shape_of(options.network, options.batch)), Tensor({options.batch})};
    for (std::int64_t i = 0; i < batch.inputs.size(); ++i) {
      batch.inputs.data()[i] = static_cast<float>(rng.below(256)) / 255.0F;
    }
    for (std::int64_t i = 0; i < options.batch; ++i) batch.targets.data()[i] = static_cast<float>(rng.below(10));
    batches.push_back(batch);
  }
  return batches;
}

std::unique_ptr<Task> make_task(const bench::NetworkOptions& options) {
  Rng rng(1);
  auto task = std::make_unique<Task>();
  bench::build(options.network, task->net, rng);
  if (options.network == "mlp") {
    task->optimizer = std::make_unique<SGD>(task->net.parameters(), 0.01F);
  } else {
    task->optimizer = std::make_unique<Adam>(task->net.parameters(), 0.001F);
  }
  task->batches = random_batches(options, rng);
  return task;
}

void train_step(Task& task, const Batch& batch) {
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {forward(task.net, batch.inputs), batch.targets});
  loss.backward();
  task.optimizer->step();
  task.optimizer->zero_grad();
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("network_speed",
                         "How many samples a second the engine (" BENCH_BODIES " bodies) trains or runs.",
                         kernels::thread_count());
  bench::NetworkOptions options;
  options.add_to(program);
  return program.run(argc, argv, [&] {
    kernels::set_thread_count(program.threads());
    const std::unique_ptr<Task> task = make_task(options);
    const bool train = options.mode == "train";
    task->net.set_training(train);
    std::size_t steps = 0;
    volatile float sink = 0;
    const auto step = [&] {
      const Batch& batch = task->batches[steps++ % task->batches.size()];
      if (train) {
        train_step(*task, batch);
      } else {
        const NoGrad no_grad;
        sink = forward(task->net, batch.inputs).value().data()[0];
      }
    };
    program.say("/bodies", BENCH_BODIES);
    options.report(program, bench::measure(step, static_cast<double>(options.batch), program.timing()));
  });
}
