// Capability of module autograd: any network is differentiated automatically.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/digits.hpp"
#include "kernels/memory.hpp"
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

// y = 3 x, with a gradient rule that forgets the 3 in one element.
class Forgetful : public Function {
 public:
  explicit Forgetful(std::int64_t forgotten) : forgotten_(forgotten) {}
  const char* name() const override { return "Forgetful"; }
  Tensor forward(const std::vector<Tensor>& inputs) override { return inputs[0] * 3.0F; }
  std::vector<Tensor> backward(const Tensor& grad_output) override {
    Tensor gradient = grad_output * 3.0F;
    gradient.data()[forgotten_] /= 3.0F;
    return {gradient};
  }

 private:
  std::int64_t forgotten_;
};

std::int64_t bytes_in_use() { return kernels::memory_use().bytes; }

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

  // Sums hand one gradient to several: with u = 3 v and z = 2 x, (5 z + u^2) + (u + z) has 18 v + 3 and 12.
  Variable v(Tensor(Shape{2}, {1, 2}), true);
  Variable x(Tensor(Shape{2}, {5, 6}), true);
  const Variable u = v * Tensor::scalar(3);
  const Variable z = x * Tensor::scalar(2);
  sum((z * Tensor::scalar(5) + u * u) + (u + z)).backward();
  CHECK_CLOSE(v.grad(), Doubles{21, 39});
  CHECK_CLOSE(x.grad(), Doubles{12, 12});
}

TEST_CASE("The gradient check finds a rule that is wrong in one element") {
  Rng rng(judge::seed());
  const Tensor x = Tensor::normal(Shape{2, 3}, 0, 1, rng);
  for (std::size_t input = 0; input < 2; ++input) {
    for (std::int64_t k = 0; k < x.size(); ++k) {
      const auto f = [&](const std::vector<Variable>& v) {
        return mean(apply(std::make_unique<Forgetful>(k), {v[input]}) * Tensor::full(Shape{3}, 100)) +
               sum(v[1 - input]);
      };
      const GradientCheck check = check_gradients(f, {x, x});
      CHECK(check.error > 0.5);
      CHECK_SAME(check.input, input);
      CHECK_SAME(check.index, k);
    }
  }
}

TEST_CASE("A layer that is used three times gets the gradients of all three") {
  Rng rng(judge::seed());
  Linear layer(4, 4, rng, Init::glorot);
  const Tensor x = Tensor::normal(Shape{3, 4}, 0, 1, rng);
  const auto result = [&] {
    const Variable once = forward(layer, x);
    const Variable twice = forward(layer, apply(std::make_unique<Tanh>(), {once}));
    return mean((forward(layer, twice) - once) * twice);  // short and long ways to each
  };
  result().backward();
  double largest = 0.0;
  for (const Parameter& parameter : layer.parameters()) {
    REQUIRE(parameter.grad().size() == parameter.value().size());
    for (std::int64_t k = 0; k < parameter.value().size(); ++k) {
      float& w = parameter.value().data()[k];
      const float before = w;
      w = before + 1e-2F;
      const double above = result().value().item();
      w = before - 1e-2F;
      const double below = result().value().item();
      w = before;
      largest = std::max(largest, std::abs((above - below) / 2e-2 - parameter.grad().data()[k]));
    }
  }
  judge::measure("largest error of a shared weight's gradient", largest, "");
  CHECK(largest < 2e-3);
}

TEST_CASE("The gradients of two half batches add up to those of the whole batch") {
  const judge::Digits digits = judge::training_digits(32);
  Rng rng(judge::seed());
  Linear layer(784, 10, rng);
  cross_entropy(forward(layer, digits.images), digits.labels).backward();
  const Tensor whole = layer.weight().grad() * 2.0F;
  for (const Parameter& parameter : layer.parameters()) Variable(parameter).zero_grad();
  for (const std::int64_t half : {0, 16}) {
    const Variable images(digits.images.slice(0, half, half + 16));
    cross_entropy(forward(layer, images), digits.labels.slice(0, half, half + 16)).backward();
    CHECK(images.grad().empty());  // nobody asked for it
  }
  CHECK_CLOSE(layer.weight().grad(), whole, 1e-4, 1e-5);
}

TEST_CASE("What has been walked, and what is only judged, keeps no memory") {
  const judge::Digits digits = judge::training_digits(64);
  Rng rng(judge::seed());
  Sequential net;
  net.add<Linear>(784, 64, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(64, 10, rng);
  constexpr int steps = 50;
  std::vector<Variable> kept;
  kept.reserve(2 * steps + 1);

  // A graph of this size holds the hidden units and the logits, and what the functions keep of them.
  std::int64_t before = bytes_in_use();
  kept.push_back(cross_entropy(forward(net, digits.images), digits.labels));
  judge::measure("memory that a recorded step holds", static_cast<double>(bytes_in_use() - before), "bytes");
  CHECK(bytes_in_use() - before > 64 * 64 * 4);
  kept.back().backward();

  before = bytes_in_use();
  for (int step = 0; step < steps; ++step) {
    kept.push_back(cross_entropy(forward(net, digits.images), digits.labels));
    kept.back().backward();
  }
  judge::measure("memory that a walked step holds", static_cast<double>(bytes_in_use() - before) / steps, "bytes");
  CHECK(bytes_in_use() - before < steps * 100);
  CHECK_THROWS_AS(kept.back().backward(), ValueError);

  const NoGrad judging;
  before = bytes_in_use();
  for (int step = 0; step < steps; ++step) {
    const NoGrad as_well;
    kept.push_back(cross_entropy(forward(net, digits.images), digits.labels));
  }
  CHECK_FALSE(forward(net, digits.images).requires_grad());
  CHECK_FALSE(kept.back().requires_grad());
  CHECK(bytes_in_use() - before < steps * 100);
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
