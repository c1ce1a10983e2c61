// What tito bench times of module autograd: what the tape itself costs, and a network's gradients through it.
#include "tinytorch/autograd.hpp"

#include "judge/workloads/workload.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

struct Network {
  Sequential net;
  Tensor images;
  Tensor labels;
};

std::shared_ptr<Network> make_network(std::int64_t batch) {
  Rng rng(1);
  auto network = std::make_shared<Network>();
  network->net.add<Linear>(784, 64, rng);
  network->net.add<Activation<ReLU>>();
  network->net.add<Linear>(64, 10, rng);
  network->images = Tensor::uniform({batch, 784}, 0.0F, 1.0F, rng);
  network->labels = Tensor({batch});
  for (std::int64_t n = 0; n < batch; ++n) network->labels.data()[n] = static_cast<float>(rng.below(10));
  return network;
}

void add_gradients(judge::Rows& rows, std::int64_t batch) {
  // Of the first layer the gradient of the images is not wanted.
  const double flops = static_cast<double>(batch) * (4.0 * 784 * 64 + 6.0 * 64 * 10);
  const double weights = 784 * 64 + 64 * 10;
  rows.add({.name = "MLP gradients, batch " + std::to_string(batch),
            .unit = "samples/s",
            .amount = static_cast<double>(batch),
            .flops = flops,
            .traffic = judge::traffic(judge::Stream::copy, weights)},
           [=] {
             const auto network = make_network(batch);
             return [=] {
               for (const Parameter& parameter : network->net.parameters()) parameter.zero_grad();
               const Variable logits = forward(network->net, network->images);
               tinytorch::apply(std::make_unique<CrossEntropyLoss>(), {logits, network->labels}).backward();
             };
           });
}

}  // namespace

void judge::workload(Rows& rows) {
  rows.add({.name = "chain of 1000 small sums", .unit = "nodes/s", .amount = 1000}, [] {
    const Tensor start({4}), step({4});
    return [=] {
      const Variable leaf(start, true);
      Variable x = leaf;
      for (int i = 0; i < 999; ++i) x = x + step;
      sum(x).backward();
      keep(leaf.grad());
    };
  });
  rows.add({.name = "500 times x * x + x", .unit = "nodes/s", .amount = 1001}, [] {
    const Tensor start({4});
    return [=] {
      const Variable leaf(start, true);
      Variable x = leaf;
      for (int i = 0; i < 500; ++i) x = x * x + x;
      sum(x).backward();
      keep(leaf.grad());
    };
  });
  add_gradients(rows, 1);
  add_gradients(rows, 32);
  rows.add({.name = "MLP without a tape, batch 1",
            .unit = "samples/s",
            .amount = 1,
            .flops = 2.0 * (784 * 64 + 640),
            .traffic = traffic(Stream::read, 784 * 64 + 640)},
           [] {
             const auto network = make_network(1);
             return [=] {
               const NoGrad no_grad;
               keep(forward(network->net, network->images).value());
             };
           });
}
