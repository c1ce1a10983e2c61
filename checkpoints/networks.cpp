// Capability of module losses: saying how wrong a network is, and which way is better.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

// A network of two layers whose gradients are chained by hand, behind it any loss.
struct Network {
  Linear first;
  Linear second;

  Network(std::int64_t in, std::int64_t hidden, std::int64_t out, Rng& rng)
      : first(in, hidden, rng), second(hidden, out, rng) {}

  Tensor logits(const Tensor& images) { return second.forward(Tanh().forward({first.forward(images)})); }

  double loss(Function& criterion, const Tensor& images, const Tensor& target) {
    return criterion.forward({logits(images), target}).item();
  }

  // Leaves g times the gradients of the loss in the parameters; returns the loss.
  double differentiate(Function& criterion, const Tensor& images, const Tensor& target, float g = 1) {
    const auto one = first.function();
    Tanh tanh;
    const auto two = second.function();
    const Tensor h = tanh.forward({one->forward({images, first.weight().value(), first.bias().value()})});
    const Tensor out = two->forward({h, second.weight().value(), second.bias().value()});
    const double loss = criterion.forward({out, target}).item();

    const std::vector<Tensor> d2 = two->backward(criterion.backward(Tensor::scalar(g))[0]);
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

// 1 at the label, 0 elsewhere: what losses for values and for yes or no compare with.
Tensor one_hot(const Tensor& labels) {
  Tensor rows(Shape{labels.size(), 10});
  for (std::int64_t n = 0; n < labels.size(); ++n) {
    rows.data()[n * 10 + static_cast<std::int64_t>(labels.data()[n])] = 1;
  }
  return rows;
}

// Whether g times the slope of the loss, as backward() has it, is the one that two nearby losses show, for some
// weights of each layer and some biases.
void check_slopes(Network& network, Function& criterion, const Tensor& images, const Tensor& target, float g,
                  Rng& rng) {
  network.differentiate(criterion, images, target, g);
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
      const double above = network.loss(criterion, images, target);
      weight = before - static_cast<float>(h);
      const double below = network.loss(criterion, images, target);
      weight = before;
      const double numeric = g * (above - below) / (2 * h);
      CHECK_CLOSE(parameter.grad().data()[i], numeric, 0.02, 2e-3);
      largest = std::max(largest, std::abs(numeric));
    }
  }
  CHECK(largest > 0.02);  // there was something to compare
}

}  // namespace

TEST_CASE("A network that has learnt nothing is as wrong as a guess among ten") {
  const judge::Digits digits = judge::test_digits();
  Rng rng(judge::seed());
  Network network(784, 64, 10, rng);
  CrossEntropyLoss cross_entropy;
  const double untrained = network.loss(cross_entropy, digits.images, digits.labels);
  judge::measure("loss of an untrained network", untrained, "");
  CHECK_CLOSE(untrained, std::log(10.0), 0, 0.7);

  // One that finds all digits equally likely is exactly that wrong, and right about once in ten.
  const Tensor undecided(Shape{digits.labels.size(), 10});
  CHECK_CLOSE(cross_entropy.forward({undecided, digits.labels}).item(), std::log(10.0), 1e-5);
  CHECK_CLOSE(accuracy(undecided, digits.labels), 0.1, 0, 0.05);

  // Asked for ten values, one of which is 1, it misses a tenth of the square; asked ten times yes or no, it is
  // as wrong as a coin.
  const Tensor wanted = one_hot(digits.labels);
  CHECK_CLOSE(MSELoss().forward({undecided, wanted}).item(), 0.1, 1e-5);
  CHECK_CLOSE(BCEWithLogitsLoss().forward({undecided, wanted}).item(), std::log(2.0), 1e-5);
}

TEST_CASE("The slope of every loss is right for weights of both layers") {
  Rng rng(judge::seed());
  const judge::Digits digits = judge::training_digits(20);
  const Tensor wanted = one_hot(digits.labels);
  Network network(784, 16, 10, rng);
  CrossEntropyLoss cross_entropy;
  check_slopes(network, cross_entropy, digits.images, digits.labels, 4, rng);
  // These are means over ten times as many numbers, so their slopes are small: follow a large multiple of each.
  MSELoss mse;
  check_slopes(network, mse, digits.images, wanted, 20, rng);
  BCEWithLogitsLoss bce;
  check_slopes(network, bce, digits.images, wanted, 40, rng);
}

TEST_CASE("A network that is sure and wrong has a large loss that is still a number, and a slope") {
  const judge::Digits digits = judge::training_digits(200);
  const Tensor wanted = one_hot(digits.labels);
  Rng rng(judge::seed());
  Network network(784, 32, 10, rng);
  network.second.weight().value() *= 1000;
  const Tensor logits = network.logits(digits.images);

  // The same losses in double precision.
  double by_class = 0;
  double by_answer = 0;
  for (std::int64_t n = 0; n < 200; ++n) {
    const float* x = logits.data() + n * 10;
    const float* t = wanted.data() + n * 10;
    const double largest = *std::max_element(x, x + 10);
    double sum = 0;
    for (int c = 0; c < 10; ++c) sum += std::exp(x[c] - largest);
    for (int c = 0; c < 10; ++c) {
      by_class += t[c] * (std::log(sum) + largest - x[c]) / 200;
      by_answer += (std::max(x[c], 0.0F) - t[c] * x[c] + std::log1p(std::exp(-std::abs(double{x[c]})))) / 2000;
    }
  }
  CrossEntropyLoss cross_entropy;
  BCEWithLogitsLoss bce;
  const double loss = network.differentiate(cross_entropy, digits.images, digits.labels);
  judge::measure("loss of a network that is sure and wrong", loss, "");
  CHECK(loss > 100);
  CHECK_CLOSE(loss, by_class, 1e-4);
  CHECK_CLOSE(network.loss(bce, digits.images, wanted), by_answer, 1e-4);

  // The slope shows the way out: with the last layer's bias moved along it, the network is less wrong.
  const Tensor slope = network.second.bias().grad();
  double length = 0;
  for (int c = 0; c < 10; ++c) length += slope.data()[c] * slope.data()[c];
  length = std::sqrt(length);
  REQUIRE(length > 0.01);
  network.second.bias().value() -= slope * static_cast<float>(1 / length);
  CHECK_CLOSE(network.loss(cross_entropy, digits.images, digits.labels), loss - length, 0, 0.1 * length + 2e-5 * loss);
}

TEST_CASE("Steps against the slope make the network less wrong") {
  Rng rng(judge::seed());
  Network network(784, 32, 10, rng);
  const judge::Digits digits = judge::training_digits(100);
  CrossEntropyLoss cross_entropy;
  const double before = network.differentiate(cross_entropy, digits.images, digits.labels);
  for (int step = 0; step < 50; ++step) {
    for (const Parameter& parameter : network.parameters()) parameter.value() -= parameter.grad() * 0.2F;
    CrossEntropyLoss again;
    network.differentiate(again, digits.images, digits.labels);
  }
  const double after = network.loss(cross_entropy, digits.images, digits.labels);
  const double right = accuracy(network.logits(digits.images), digits.labels);
  judge::measure("loss before 50 steps", before, "");
  judge::measure("loss after 50 steps", after, "");
  judge::measure("accuracy after 50 steps", 100 * right, "%");
  CHECK(after < 0.5 * before);
  CHECK(right > 0.7);
}
