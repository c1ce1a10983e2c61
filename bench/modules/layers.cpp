// What tito bench times of module layers: the dense layer, for many samples at once and for one. A single sample reads
// every weight for one multiply-add: memory bounds it then.
#include "tinytorch/layers.hpp"

#include "judge/workloads/workload.hpp"
#include "tinytorch/activations.hpp"

using namespace tinytorch;
using judge::Stream;

namespace {

constexpr std::int64_t in = 784, out = 64;
constexpr double weights = in * out;

struct Case {
  std::shared_ptr<Linear> layer;
  std::vector<Tensor> inputs;
  Tensor gradient;
};

Case make_case(std::int64_t batch) {
  Rng rng(1);
  auto layer = std::make_shared<Linear>(in, out, rng);
  const Tensor x = Tensor::uniform({batch, in}, 0.0F, 1.0F, rng);
  return {layer, {x, layer->weight().value(), layer->bias().value()}, Tensor::uniform({batch, out}, -1.0F, 1.0F, rng)};
}

void add_forward(judge::Rows& rows, std::int64_t batch) {
  const double flops = 2 * weights * static_cast<double>(batch);
  rows.add({.name = "Linear, batch " + std::to_string(batch),
            .unit = "GFLOP/s",
            .flops = flops,
            .traffic = judge::traffic(Stream::read, weights)},
           [=] {
             const Case linear = make_case(batch);
             return [=] { judge::keep(linear.layer->function()->forward(linear.inputs)); };
           });
}

// Back: the gradients of the input and of the weights, a product each. The weights are read twice, their gradient is
// written.
void add_both(judge::Rows& rows, std::int64_t batch) {
  const double flops = 6 * weights * static_cast<double>(batch);
  rows.add({.name = "Linear and back, batch " + std::to_string(batch),
            .unit = "GFLOP/s",
            .flops = flops,
            .traffic = {Stream::copy, 3 * weights * sizeof(float), 2 * weights * sizeof(float)}},
           [=] {
             const Case linear = make_case(batch);
             return [=] {
               const auto function = linear.layer->function();
               judge::keep(function->forward(linear.inputs));
               judge::keep(function->backward(linear.gradient));
             };
           });
}

}  // namespace

void judge::workload(Rows& rows) {
  add_forward(rows, 32);
  add_both(rows, 32);
  add_forward(rows, 1);
  add_both(rows, 1);

  rows.add(
      {.name = "MLP 784-64-10, batch 32", .unit = "samples/s", .amount = 32, .flops = 2.0 * 32 * (784 * 64 + 64 * 10)},
      [] {
        Rng rng(1);
        auto net = std::make_shared<Sequential>();
        net->add<Linear>(784, 64, rng);
        net->add<Activation<ReLU>>();
        net->add<Linear>(64, 10, rng);
        const Tensor x = Tensor::uniform({32, 784}, 0.0F, 1.0F, rng);
        return [=] { keep(net->forward(x)); };
      });
  constexpr double numbers = 128 * 1024;
  rows.add({.name = "Dropout(0.5)", .unit = "numbers/s", .amount = numbers, .traffic = traffic(Stream::copy, numbers)},
           [] {
             Rng rng(1);
             auto layer = std::make_shared<Dropout>(0.5F, 1);
             const std::vector<Tensor> x{Tensor::uniform({128, 1024}, 0.0F, 1.0F, rng)};
             return [=] { keep(layer->function()->forward(x)); };
           });
}
