// Capability of module optimizers: a network gets better step by step, on real digits, with gradients that
// are still chained by hand.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"

using namespace tinytorch;

namespace {

// 784-64-10.
struct Network {
  Linear first;
  Linear second;

  explicit Network(Rng& rng) : first(784, 64, rng), second(64, 10, rng) {}

  std::vector<Parameter> parameters() const { return {first.weight(), first.bias(), second.weight(), second.bias()}; }

  Tensor logits(const Tensor& images) {
    ReLU relu;
    return second.forward(relu.forward({first.forward(images)}));
  }

  // Adds the gradients of the loss on these images to the parameters.
  void differentiate(const Tensor& images, const Tensor& labels) {
    LinearFunction one;
    ReLU relu;
    LinearFunction two;
    CrossEntropyLoss loss;
    one.want_gradient(0, false);
    const Tensor h = relu.forward({one.forward({images, first.weight().value(), first.bias().value()})});
    loss.forward({two.forward({h, second.weight().value(), second.bias().value()}), labels});

    std::vector<Tensor> d2 = two.backward(loss.backward(Tensor::scalar(1))[0]);
    std::vector<Tensor> d1 = one.backward(relu.backward(d2[0])[0]);
    first.weight().accumulate(std::move(d1[1]));
    first.bias().accumulate(std::move(d1[2]));
    second.weight().accumulate(std::move(d2[1]));
    second.bias().accumulate(std::move(d2[2]));
  }
};

// One pass over the digits in random order, one image a step.
void pass(Network& network, Optimizer& optimizer, const judge::Digits& digits, Rng& rng) {
  for (const std::int64_t i : rng.permutation(digits.labels.size())) {
    optimizer.zero_grad();
    network.differentiate(digits.images.slice(0, i, i + 1), digits.labels.slice(0, i, i + 1));
    optimizer.step();
  }
}

// (a^2 + 50 b^2) / 2: a valley, fifty times steeper across than along. How far from the lowest point 60
// steps from (1, 1) end.
template <class MakeOptimizer>
double distance_left(const MakeOptimizer& make) {
  const Parameter p(Tensor(Shape{2}, {1, 1}));
  auto optimizer = make(p);
  for (int step = 0; step < 60; ++step) {
    p.zero_grad();
    p.accumulate(Tensor(Shape{2}, {p.value().data()[0], 50 * p.value().data()[1]}));
    optimizer.step();
  }
  return std::hypot(p.value().data()[0], p.value().data()[1]);
}

}  // namespace

TEST_CASE("An MLP learns real digits one image at a time", "[limit:60]") {
  const judge::Digits train = judge::training_digits();
  const judge::Digits test = judge::test_digits();
  Rng rng(judge::seed());
  Network network(rng);
  SGD sgd(network.parameters(), 0.01F);
  StepLR schedule(sgd, 1, 0.3F);  // shorter steps in the second pass: single images pull hard
  judge::measure("accuracy untrained", 100 * accuracy(network.logits(test.images), test.labels), "%");

  const Stopwatch watch;
  for (int epoch = 0; epoch < 2; ++epoch) {
    pass(network, sgd, train, rng);
    schedule.step();
  }
  judge::measure("MLP training, one image a step", 2.0 * static_cast<double>(train.labels.size()) / watch.seconds(),
                 "samples/s");
  const double right = accuracy(network.logits(test.images), test.labels);
  judge::measure("accuracy on digits never seen", 100 * right, "%");
  CHECK(right >= 0.85);
}

TEST_CASE("Adam learns real digits while its rate falls on a schedule", "[limit:60]") {
  const judge::Digits train = judge::training_digits(1500);
  const judge::Digits test = judge::test_digits();
  Rng rng(judge::seed());
  Network network(rng);
  Adam adam(network.parameters(), 0.001F);
  CosineAnnealingLR schedule(adam, 1, 0.0002F);
  for (int epoch = 0; epoch < 2; ++epoch) {
    pass(network, adam, train, rng);
    schedule.step();
  }
  CHECK_CLOSE(adam.learning_rate(), 0.0002, 1e-4);
  const double right = accuracy(network.logits(test.images), test.labels);
  judge::measure("accuracy with Adam after 3000 steps", 100 * right, "%");
  CHECK(right >= 0.8);
}

TEST_CASE("Momentum and Adam cross a valley that plain descent crawls along") {
  const double plain = distance_left([](const Parameter& p) { return SGD({p}, 0.02F); });
  const double momentum = distance_left([](const Parameter& p) {
    return SGD({p}, SGDOptions{0.02F, 0.75F, false, 0.0F});
  });
  const double nesterov = distance_left([](const Parameter& p) {
    return SGD({p}, SGDOptions{0.02F, 0.75F, true, 0.0F});
  });
  const double adam = distance_left([](const Parameter& p) { return Adam({p}, 0.1F); });
  CHECK(plain > 0.25);
  CHECK(momentum < 0.5 * plain);
  CHECK(nesterov < 0.5 * plain);
  CHECK(adam < 0.5 * plain);
}
