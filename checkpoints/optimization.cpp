// Capability of module optimizers: a network gets better step by step, on real digits, with gradients that
// are still chained by hand; and every rule moves as far as its theory says.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/digits.hpp"
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

  double loss(const judge::Digits& digits) {
    return CrossEntropyLoss().forward({logits(digits.images), digits.labels}).item();
  }

  // Adds the gradients of the loss on these images to the parameters; to those of the second layer alone when
  // the first is frozen.
  void differentiate(const Tensor& images, const Tensor& labels, bool freeze_first = false) {
    LinearFunction one;
    ReLU relu;
    LinearFunction two;
    CrossEntropyLoss loss;
    one.want_gradient(0, false);
    const Tensor h = relu.forward({one.forward({images, first.weight().value(), first.bias().value()})});
    loss.forward({two.forward({h, second.weight().value(), second.bias().value()}), labels});

    std::vector<Tensor> d2 = two.backward(loss.backward(Tensor::scalar(1))[0]);
    second.weight().accumulate(std::move(d2[1]));
    second.bias().accumulate(std::move(d2[2]));
    if (freeze_first) return;
    std::vector<Tensor> d1 = one.backward(relu.backward(d2[0])[0]);
    first.weight().accumulate(std::move(d1[1]));
    first.bias().accumulate(std::move(d1[2]));
  }
};

// One pass over the digits in random order, one image a step.
void pass(Network& network, Optimizer& optimizer, const judge::Digits& digits, Rng& rng, bool freeze_first = false) {
  for (const std::int64_t i : rng.permutation(digits.labels.size())) {
    optimizer.zero_grad();
    network.differentiate(digits.images.slice(0, i, i + 1), digits.labels.slice(0, i, i + 1), freeze_first);
    optimizer.step();
  }
}

Parameter number(float value) { return Parameter(Tensor(Shape{1}, {value})); }
double value_of(const Parameter& p) { return p.value().data()[0]; }

// A step on a loss with this slope at the present place.
void step_on_slope(Optimizer& optimizer, const Parameter& p, float slope) {
  p.zero_grad();
  p.accumulate(Tensor(Shape{1}, {slope}));
  optimizer.step();
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

// Where 200 steps of SGD from 1 end on the loss w^2 / 2.
double after_200_steps(const SGDOptions& options) {
  const Parameter p = number(1);
  SGD sgd({p}, options);
  for (int step = 0; step < 200; ++step) step_on_slope(sgd, p, p.value().data()[0]);
  return std::abs(value_of(p));
}

// How far a slope of 1 carries a weight in so many epochs of one step each.
template <class MakeOptimizer, class MakeSchedule>
double distance_travelled(const MakeOptimizer& make, const MakeSchedule& schedule_of, int epochs) {
  const Parameter p = number(0);
  auto optimizer = make(p);
  auto schedule = schedule_of(optimizer);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    step_on_slope(optimizer, p, 1);
    schedule.step();
  }
  return -value_of(p);
}

// The weights of the first pixel, in the corner, which is blank in every digit.
std::vector<double> corner_weights(const Network& network) {
  std::vector<double> weights;
  for (std::int64_t unit = 0; unit < 64; ++unit) weights.push_back(network.first.weight().value().data()[unit * 784]);
  return weights;
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

TEST_CASE("A frozen layer stays as it is while the layer behind it goes on learning") {
  const judge::Digits digits = judge::training_digits(300);
  Rng rng(judge::seed());
  const auto check = [&](Network& network, Optimizer& optimizer) {
    pass(network, optimizer, digits, rng);  // with all layers, so that every momentum is under way
    const Tensor weight = network.first.weight().value().clone();
    const Tensor bias = network.first.bias().value().clone();
    const Tensor head = network.second.weight().value().clone();
    const double before = network.loss(digits);
    for (int again = 0; again < 3; ++again) pass(network, optimizer, digits, rng, true);
    CHECK(judge::close(network.first.weight().value(), weight, 0, 0));
    CHECK(judge::close(network.first.bias().value(), bias, 0, 0));
    CHECK_FALSE(judge::close(network.second.weight().value(), head, 1e-3, 1e-3));
    judge::clear_detail();
    CHECK(network.loss(digits) < before);
  };
  Network one(rng);
  SGD sgd(one.parameters(), SGDOptions{0.002F, 0.5F, false, 0.001F});
  check(one, sgd);
  Network two(rng);
  AdamW adamw(two.parameters(), AdamOptions{0.0005F, 0.9F, 0.999F, 1e-8F, 0.01F});
  check(two, adamw);
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
  CHECK_CLOSE(plain, std::pow(0.98, 60), 1e-3);  // 2 % of the way that is left, at every step
  CHECK(momentum < 0.5 * plain);
  CHECK(nesterov < 0.5 * plain);
  CHECK(adam < 0.5 * plain);
}

TEST_CASE("Descent is stable up to the step size that theory allows and not beyond") {
  // On w^2 / 2: 2 without momentum, 2 (1 + mu) with it, 2 (1 + mu) / (1 + 2 mu) in Nesterov's form.
  const auto check = [](SGDOptions options, double limit) {
    CAPTURE(options.momentum, options.nesterov);
    options.learning_rate = static_cast<float>(0.96 * limit);
    CHECK(after_200_steps(options) < 0.01);
    options.learning_rate = static_cast<float>(1.04 * limit);
    CHECK_FALSE(after_200_steps(options) < 100);
  };
  check({.momentum = 0.0F}, 2);
  for (const float mu : {0.25F, 0.5F, 0.8F}) {
    check({.momentum = mu}, 2 * (1 + mu));
    check({.momentum = mu, .nesterov = true}, 2 * (1 + mu) / (1 + 2 * mu));
  }
}

TEST_CASE("Momentum multiplies a lasting slope and ends with the rate") {
  // v goes to 1 / (1 - mu): ten times the slope.
  const Parameter p = number(0);
  SGD sgd({p}, SGDOptions{0.01F, 0.9F, false, 0.0F});
  for (int step = 0; step < 200; ++step) step_on_slope(sgd, p, 2);
  const double before = value_of(p);
  step_on_slope(sgd, p, 2);
  CHECK_CLOSE(before - value_of(p), 0.01 * 10 * 2, 1e-3);

  const double there = value_of(p);
  sgd.set_learning_rate(0);
  step_on_slope(sgd, p, 2);
  CHECK_CLOSE(value_of(p), there, 0, 0);
}

TEST_CASE("Adam's learning rate is the length of its steps, whatever the size of the loss") {
  for (const float slope : {1e-5F, -1.0F, 1e5F}) {
    CAPTURE(slope);
    const Parameter early = number(0);
    const Parameter late = number(0);
    Adam adam({early, late}, 0.01F);
    for (int step = 0; step < 50; ++step) {
      if (step >= 25) {
        late.zero_grad();
        late.accumulate(Tensor(Shape{1}, {slope}));
      }
      step_on_slope(adam, early, slope);
    }
    const double sign = slope > 0 ? 1 : -1;
    CHECK_CLOSE(sign * value_of(early), -0.5, 0.003);
    CHECK_CLOSE(sign * value_of(late), -0.25, 0.003);
  }
}

TEST_CASE("Adam averages noise away and is not thrown by one large gradient") {
  // A slope that changes its sign at every step leaves (1 - beta1) / (1 + beta1) of itself in m.
  const Parameter shaken = number(0);
  Adam adam({shaken}, 0.01F);
  double before = 0;
  for (int step = 0; step < 2000; ++step) {
    before = value_of(shaken);
    step_on_slope(adam, shaken, step % 2 == 0 ? 3.0F : -3.0F);
  }
  CHECK_CLOSE(std::abs(value_of(shaken) - before) / 0.01, 0.1 / 1.9, 0.05);

  // After many slopes of 1, one of 100: m is 0.9 + 10, v is 0.999 + 10.
  const Parameter struck = number(0);
  Adam other({struck}, 0.01F);
  for (int step = 0; step < 8000; ++step) step_on_slope(other, struck, 1);
  before = value_of(struck);
  step_on_slope(other, struck, 100);
  CHECK_CLOSE((before - value_of(struck)) / 0.01, 10.9 / std::sqrt(10.999), 0.02);
}

TEST_CASE("Weight decay fades what no digit uses and sets where a weight comes to rest") {
  const judge::Digits digits = judge::training_digits(300);
  for (std::int64_t n = 0; n < 300; ++n) REQUIRE(digits.images.data()[n * 784] == 0);
  Rng rng(judge::seed());
  const auto check = [&](Network& network, Optimizer& optimizer, double kept_each_step) {
    std::vector<double> expected = corner_weights(network);
    for (double& weight : expected) weight *= std::pow(kept_each_step, 300);
    pass(network, optimizer, digits, rng);
    const std::vector<double> found = corner_weights(network);
    for (std::size_t unit = 0; unit < found.size(); ++unit) CHECK_CLOSE(found[unit], expected[unit], 1e-3, 1e-6);
  };
  Network one(rng);
  SGD sgd(one.parameters(), SGDOptions{0.01F, 0.0F, false, 0.2F});
  check(one, sgd, 1 - 0.01 * 0.2);
  Network two(rng);
  AdamW adamw(two.parameters(), AdamOptions{0.001F, 0.9F, 0.999F, 1e-8F, 2.0F});
  check(two, adamw, 1 - 0.001 * 2);

  // (w - 1)^2 / 2 with a decay of 0.25 is lowest where (w - 1) + 0.25 w = 0.
  const auto rest = [](const Parameter& p, Optimizer& optimizer) {
    for (int step = 0; step < 2000; ++step) step_on_slope(optimizer, p, p.value().data()[0] - 1);
    return value_of(p);
  };
  const Parameter a = number(0);
  SGD momentum({a}, SGDOptions{0.1F, 0.5F, false, 0.25F});
  CHECK_CLOSE(rest(a, momentum), 0.8, 1e-3);
  const Parameter b = number(0);
  Adam adam({b}, AdamOptions{0.01F, 0.9F, 0.999F, 1e-8F, 0.25F});
  CHECK_CLOSE(rest(b, adam), 0.8, 0.01);
}

TEST_CASE("A schedule decides how far an optimizer gets") {
  const auto sgd = [](const Parameter& p) { return SGD({p}, 0.5F); };
  const auto adam = [](const Parameter& p) { return Adam({p}, 0.5F); };
  const auto steps = [](Optimizer& optimizer) { return StepLR(optimizer, 3, 0.5F); };
  const auto to_zero = [](Optimizer& optimizer) { return CosineAnnealingLR(optimizer, 10); };
  const auto to_a_tenth = [](Optimizer& optimizer) { return CosineAnnealingLR(optimizer, 20, 0.05F); };

  // Three epochs each at 0.5, 0.25 and 0.125, one at 0.0625.
  CHECK_CLOSE(distance_travelled(sgd, steps, 10), 3 * 0.875 + 0.0625, 1e-4);
  CHECK_CLOSE(distance_travelled(adam, steps, 10), 3 * 0.875 + 0.0625, 1e-3);
  // The cosines of a half wave cancel but for the first: (period + 1) / 2 times what lies above the minimum.
  CHECK_CLOSE(distance_travelled(sgd, to_zero, 30), 0.5 * 11 / 2, 1e-4);
  CHECK_CLOSE(distance_travelled(adam, to_zero, 30), 0.5 * 11 / 2, 1e-3);
  CHECK_CLOSE(distance_travelled(sgd, to_a_tenth, 30), 0.45 * 21 / 2 + 30 * 0.05, 1e-4);
  // By the middle of the wave, the shares (1 + cos(pi e / 20)) / 2 of 11 epochs have added up to 8.9266.
  CHECK_CLOSE(distance_travelled(sgd, to_a_tenth, 11), 0.45 * 8.9266 + 11 * 0.05, 1e-3);
}
