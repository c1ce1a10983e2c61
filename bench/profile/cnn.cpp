// What "tito report --measure" runs: the training step of the network that bench/ calls cifar, batch 32, as the
// course's training loop makes it: zero the gradients, forward, loss, backward, update.
#include "bench/engine_networks.hpp"
#include "judge/workloads/workload.hpp"
#include "tinytorch/autograd.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"

using namespace tinytorch;

namespace {

constexpr std::int64_t batch = 32, classes = 10;

struct Work {
  Work() : inputs(Tensor::uniform({batch, 3, 32, 32}, 0.0F, 1.0F, rng)), targets({batch}) {
    bench::build("cifar", net, rng);
    for (std::int64_t n = 0; n < batch; ++n) targets.data()[n] = static_cast<float>(rng.below(classes));
    optimizer = std::make_unique<Adam>(net.parameters(), 0.001F);
  }

  Rng rng{1};
  Tensor inputs;   // (N, 3, 32, 32)
  Tensor targets;  // (N)
  Sequential net;
  std::unique_ptr<Optimizer> optimizer;
};

}  // namespace

void judge::workload(Rows& rows) {
  rows.add({.name = "CNN training step, batch 32", .unit = "samples/s", .amount = batch, .traffic = {}}, [] {
    const auto work = std::make_shared<Work>();
    return [=] {
      work->optimizer->zero_grad();
      Variable loss =
          tinytorch::apply(std::make_unique<CrossEntropyLoss>(), {forward(work->net, work->inputs), work->targets});
      loss.backward();
      work->optimizer->step();
    };
  });
}
