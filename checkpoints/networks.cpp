// Capability of module losses: saying how wrong a network is, and which way is better.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

// A network of two layers whose gradients are chained by hand.
struct Network {
  Linear first;
  Linear second;

  Network(std::int64_t in, std::int64_t hidden, std::int64_t out, Rng& rng)
      : first(in, hidden, rng), second(hidden, out, rng) {}

  double loss(const judge::Digits& digits) {
    Tanh tanh;
    CrossEntropyLoss cross_entropy;
    const Tensor logits = second.forward(tanh.forward({first.forward(digits.images)}));
    return cross_entropy.forward({logits, digits.labels}).item();
  }

  // Leaves the gradients of the loss in the parameters; returns the loss.
  double differentiate(const judge::Digits& digits) {
    const auto one = first.function();
    Tanh tanh;
    const auto two = second.function();
    CrossEntropyLoss cross_entropy;
    const Tensor h = tanh.forward({one->forward({digits.images, first.weight().value(), first.bias().value()})});
    const Tensor logits = two->forward({h, second.weight().value(), second.bias().value()});
    const double loss = cross_entropy.forward({logits, digits.labels}).item();

    const Tensor dlogits = cross_entropy.backward(Tensor::scalar(1))[0];
    const std::vector<Tensor> d2 = two->backward(dlogits);
    const std::vector<Tensor> d1 = one->backward(tanh.backward(d2[0])[0]);
    for (const Parameter& parameter : parameters()) parameter.zero_grad();
    first.weight().accumulate(d1[1]);
    first.bias().accumulate(d1[2]);
    second.weight().accumulate(d2[1]);
    second.bias().accumulate(d2[2]);
    return loss;
  }

  std::vector<Parameter> parameters() const { return {first.weight(), first.bias(), second.weight(), second.bias()}; }
};

}  // namespace

TEST_CASE("A network that has learnt nothing is as wrong as a guess among ten") {
  const judge::Digits digits = judge::test_digits();
  Rng rng(judge::seed());
  Network network(784, 64, 10, rng);
  const double untrained = network.loss(digits);
  judge::measure("loss of an untrained network", untrained, "");
  CHECK_CLOSE(untrained, std::log(10.0), 0, 0.7);

  // One that finds all digits equally likely is exactly that wrong, and right about once in ten.
  CrossEntropyLoss cross_entropy;
  const Tensor undecided(Shape{digits.labels.size(), 10});
  CHECK_CLOSE(cross_entropy.forward({undecided, digits.labels}).item(), std::log(10.0), 1e-5);
  CHECK_CLOSE(accuracy(undecided, digits.labels), 0.1, 0, 0.05);
}

TEST_CASE("The slope of the loss is right for weights of both layers") {
  Rng rng(judge::seed());
  Network network(784, 16, 10, rng);
  const judge::Digits digits = judge::training_digits(20);
  network.differentiate(digits);
  const double h = 1e-2;
  double largest = 0;
  for (const Parameter& parameter : network.parameters()) {
    REQUIRE(parameter.grad().shape() == parameter.value().shape());
    for (int sample = 0; sample < 12; ++sample) {
      // In the first layer, a weight of a pixel in the middle, where digits have ink.
      auto i = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(parameter.value().size())));
      if (parameter.value().shape() == Shape{16, 784}) i = i / 784 * 784 + 28 * 14 + 10 + i % 8;
      float& weight = parameter.value().data()[i];
      const float before = weight;
      weight = before + static_cast<float>(h);
      const double above = network.loss(digits);
      weight = before - static_cast<float>(h);
      const double below = network.loss(digits);
      weight = before;
      const double numeric = (above - below) / (2 * h);
      CHECK_CLOSE(parameter.grad().data()[i], numeric, 0.02, 5e-4);
      largest = std::max(largest, std::abs(numeric));
    }
  }
  CHECK(largest > 0.005);  // there was something to compare
}

TEST_CASE("Steps against the slope make the network less wrong") {
  Rng rng(judge::seed());
  Network network(784, 32, 10, rng);
  const judge::Digits digits = judge::training_digits(100);
  const double before = network.differentiate(digits);
  for (int step = 0; step < 50; ++step) {
    for (const Parameter& parameter : network.parameters()) parameter.value() -= parameter.grad() * 0.2F;
    network.differentiate(digits);
  }
  const double after = network.loss(digits);
  judge::measure("loss before 50 steps", before, "");
  judge::measure("loss after 50 steps", after, "");
  CHECK(after < 0.7 * before);
}
