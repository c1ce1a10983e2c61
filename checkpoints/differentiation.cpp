// Capability of module autograd: any network is differentiated automatically.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/autograd.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;

Variable cross_entropy(const Variable& logits, const Tensor& labels) {
  return apply(std::make_unique<CrossEntropyLoss>(), {logits, Variable(labels)});
}

// Whether a network of eight hidden units learns all four rows of the exclusive or.
bool learns_exclusive_or(std::uint64_t seed) {
  const Tensor x(Shape{4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor wanted(Shape{4, 1}, {0, 1, 1, 0});
  Rng rng(seed);
  Sequential net;
  net.add<Linear>(2, 8, rng);
  net.add<Activation<Tanh>>();
  net.add<Linear>(8, 1, rng);
  for (int step = 0; step < 1000; ++step) {
    Variable loss = apply(std::make_unique<BCEWithLogitsLoss>(), {forward(net, x), Variable(wanted)});
    loss.backward();
    for (const Parameter& parameter : net.parameters()) {
      parameter.value() -= parameter.grad() * 0.5F;
      parameter.zero_grad();
    }
  }
  const Tensor logits = net.forward(x);
  bool all_right = true;
  for (std::int64_t row = 0; row < 4; ++row) {
    all_right = all_right && (logits.data()[row] > 0) == (wanted.data()[row] > 0.5F);
  }
  return all_right;
}

}  // namespace

TEST_CASE("The exclusive or is learnt from gradients that the tape finds") {
  // Seeds 1 to 5, so that the start does not depend on luck.
  int solved = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) solved += learns_exclusive_or(seed) ? 1 : 0;
  judge::measure("exclusive or solved, of 5 starts", solved, "");
  CHECK_SAME(solved, 5);
}

TEST_CASE("The tape finds on real digits the gradients that were chained by hand") {
  const judge::Digits digits = judge::training_digits(32);
  Rng rng(judge::seed());
  Sequential net;
  Linear& first = net.add<Linear>(784, 64, rng);
  net.add<Activation<ReLU>>();
  Linear& second = net.add<Linear>(64, 10, rng);
  Variable loss = cross_entropy(forward(net, digits.images), digits.labels);
  loss.backward();

  LinearFunction one;
  ReLU relu;
  LinearFunction two;
  CrossEntropyLoss by_hand;
  const Tensor h = relu.forward({one.forward({digits.images, first.weight().value(), first.bias().value()})});
  const Tensor value =
      by_hand.forward({two.forward({h, second.weight().value(), second.bias().value()}), digits.labels});
  const std::vector<Tensor> d2 = two.backward(by_hand.backward(Tensor::scalar(1))[0]);
  const std::vector<Tensor> d1 = one.backward(relu.backward(d2[0])[0]);
  CHECK_CLOSE(loss.value().item(), value.item(), 1e-5);
  CHECK_CLOSE(first.weight().grad(), d1[1], 1e-4, 1e-6);
  CHECK_CLOSE(first.bias().grad(), d1[2], 1e-4, 1e-6);
  CHECK_CLOSE(second.weight().grad(), d2[1], 1e-4, 1e-6);
  CHECK_CLOSE(second.bias().grad(), d2[2], 1e-4, 1e-6);
}

TEST_CASE("Formulas nobody differentiated by hand agree with central differences") {
  Rng rng(judge::seed());
  const auto formula = [](const std::vector<Variable>& v) {
    const Variable shares = apply(std::make_unique<Softmax>(), {matmul(v[0], v[1]) / Variable(Tensor::scalar(2))});
    const Variable mixed = matmul(shares, reshape(v[2], Shape{3, -1}));
    return (mixed - mean(mixed)) * (mixed + sum(v[2] * v[2]));
  };
  const GradientCheck check =
      check_gradients(formula, {Tensor::normal(Shape{2, 4}, 0, 0.5F, rng), Tensor::normal(Shape{4, 3}, 0, 0.5F, rng),
                                Tensor::normal(Shape{6}, 0, 0.5F, rng)});
  judge::measure("largest error of a gradient", check.error, "");
  CHECK(check.error < 1e-2);
  CHECK(check.error > 0);

  // Not only by its own account: (2 w)^2 with the same w in both factors, and w / (w + 1).
  Variable w(Tensor::scalar(3), true);
  Variable y = (w * Tensor::scalar(2)) * (w * Tensor::scalar(2));
  y.backward();
  CHECK_CLOSE(w.grad(), Doubles{24});
  w.zero_grad();
  Variable quotient = w / (w + Tensor::scalar(1));
  quotient.backward();
  CHECK_CLOSE(w.grad(), Doubles{1.0 / 16});
}

TEST_CASE("Shared and deep graphs are walked once a node") {
  Variable x(Tensor::scalar(1), true);
  Variable y = x;
  for (int i = 0; i < 60; ++i) y = y + y;
  y.backward();
  CHECK_CLOSE(x.grad(), Doubles{std::pow(2.0, 60)}, 0, 0);

  Variable deep = x;
  const Variable one(Tensor::scalar(1));
  constexpr int nodes = 100'000;
  x.zero_grad();
  const Stopwatch watch;
  for (int i = 0; i < nodes; ++i) deep = deep * one;
  deep.backward();
  judge::measure("time a node of the tape", watch.seconds() / nodes, "s");
  CHECK_CLOSE(x.grad(), Doubles{1}, 0, 0);

  // One that is never walked is dropped as easily.
  Variable unused = x;
  for (int i = 0; i < nodes; ++i) unused = unused * one;
  unused = Variable();
  CHECK_CLOSE(x.value().item(), 1.0, 0, 0);
}
