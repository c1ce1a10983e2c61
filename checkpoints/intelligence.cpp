// Capability of module activations: a network bends what matrices keep straight.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "tinytorch/activations.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;

const Doubles exclusive_or = {0, 1, 1, 0};
constexpr double pi = std::numbers::pi;

Tensor corners() { return Tensor(Shape{4, 2}, {0, 0, 0, 1, 1, 0, 1, 1}); }

// Both hidden units see slope * (a + b) and two thresholds; their difference, weighted, is the answer.
struct Recipe {
  float slope;
  float first_threshold;
  float second_threshold;
  float first_weight;
  float second_weight;
  float offset;
};

Tensor network(const Recipe& r, Function* nonlinearity) {
  const Tensor hidden =
      matmul(corners(), Tensor::full(Shape{2, 2}, r.slope)) - Tensor(Shape{2}, {r.first_threshold, r.second_threshold});
  const Tensor bent = nonlinearity == nullptr ? hidden : nonlinearity->forward({hidden});
  return matmul(bent, Tensor(Shape{2, 1}, {r.first_weight, r.second_weight})) + r.offset;
}

// The sine over one period from units that each see x and bend it at a place of their own.
struct Curve {
  Tensor x;
  std::vector<double> sine;
};

Curve one_period() {
  Curve curve{Tensor(Shape{1001, 1}), {}};
  for (std::int64_t i = 0; i < 1001; ++i) {
    curve.x.data()[i] = static_cast<float>((static_cast<double>(i) / 500 - 1) * pi);
    curve.sine.push_back(std::sin(static_cast<double>(curve.x.data()[i])));
  }
  return curve;
}

// The largest distance from the sine of sum_k weight_k * bend(slope * (x - place_k)) + offset.
double largest_error(Function& bend, float slope, const std::vector<float>& places, const std::vector<float>& weights,
                     float offset) {
  const Curve curve = one_period();
  const auto units = static_cast<std::int64_t>(places.size());
  const Tensor seen = matmul(curve.x, Tensor::full(Shape{1, units}, 1)) - Tensor(Shape{units}, places);
  const Tensor y = matmul(bend.forward({seen * slope}), Tensor(Shape{units, 1}, weights)) + offset;
  REQUIRE(y.size() == 1001);
  double largest = 0;
  for (std::size_t i = 0; i < curve.sine.size(); ++i) {
    const double error = std::abs(static_cast<double>(y.data()[i]) - curve.sine[i]);
    if (!(error <= largest)) largest = error;  // NaN stays
  }
  return largest;
}

// Where 64 units of equal width begin, and where they have their middle.
std::vector<float> places_at(double part) {
  std::vector<float> places;
  for (int k = 0; k < 64; ++k) places.push_back(static_cast<float>((k + part) * 2 * pi / 64 - pi));
  return places;
}

// At each place the slope of the chord before gives way to the slope of the chord behind: hinges.
std::vector<float> changes_of_slope() {
  std::vector<float> changes;
  double before = 0;
  for (int k = 0; k < 64; ++k) {
    const double width = 2 * pi / 64;
    const double slope = (std::sin((k + 1) * width - pi) - std::sin(k * width - pi)) / width;
    changes.push_back(static_cast<float>(slope - before));
    before = slope;
  }
  return changes;
}

// How far the sine rises from one place to the next: steps.
std::vector<float> rises() {
  std::vector<float> rises;
  for (int k = 0; k < 64; ++k) {
    const double width = 2 * pi / 64;
    rises.push_back(static_cast<float>(std::sin((k + 1) * width - pi) - std::sin(k * width - pi)));
  }
  return rises;
}

std::vector<float> halved(std::vector<float> values) {
  for (float& value : values) value /= 2;
  return values;
}

// Every value is a number, neither infinite nor NaN.
bool all_finite(const Tensor& tensor) {
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (!std::isfinite(tensor.data()[i])) return false;
  }
  return true;
}

Doubles numbers(const Tensor& tensor) { return Doubles(tensor.data(), tensor.data() + tensor.size()); }

std::vector<std::unique_ptr<Function>> one_of_each() {
  std::vector<std::unique_ptr<Function>> all;
  all.push_back(std::make_unique<ReLU>());
  all.push_back(std::make_unique<Sigmoid>());
  all.push_back(std::make_unique<Tanh>());
  all.push_back(std::make_unique<Softmax>());
  all.push_back(std::make_unique<GELU>());
  return all;
}

}  // namespace

TEST_CASE("Two bent units compute the exclusive or: no linear map can") {
  ReLU relu;
  Sigmoid sigmoid;
  Tanh tanh;
  GELU gelu;
  const Recipe hinge{1, 0, 1, 1, -2, 0};
  const Recipe steep_hinge{10, 0, 10, 0.1F, -0.2F, 0};
  const Recipe step{20, 10, 30, 1, -1, 0};
  const Recipe half_step{10, 5, 15, 0.5F, -0.5F, 0};
  CHECK_CLOSE(network(hinge, &relu), exclusive_or, 0, 1e-6);
  CHECK_CLOSE(network(step, &sigmoid), exclusive_or, 0, 1e-3);
  CHECK_CLOSE(network(half_step, &tanh), exclusive_or, 0, 1e-3);
  CHECK_CLOSE(network(steep_hinge, &gelu), exclusive_or, 0, 1e-3);

  // Without the bend opposite corners have the same sum, whatever the weights: 0 + 0 = 1 + 1 is asked for.
  Rng rng(judge::seed());
  for (int trial = 0; trial < 20; ++trial) {
    const auto draw = [&] { return rng.uniform(-3.0F, 3.0F); };
    const Tensor y = network({draw(), draw(), draw(), draw(), draw(), draw()}, nullptr);
    REQUIRE(y.size() == 4);
    CHECK_CLOSE(y.data()[0] + y.data()[3], y.data()[1] + y.data()[2], 1e-4, 1e-3);
  }
}

TEST_CASE("Sixty-four bent units follow a sine from end to end") {
  ReLU relu;
  GELU gelu;
  Sigmoid sigmoid;
  Tanh tanh;
  // The chords of 64 pieces leave the sine by at most width^2 / 8 = 0.0012. Steps leave it by half of one.
  const double with_relu = largest_error(relu, 1, places_at(0), changes_of_slope(), 0);
  judge::measure("largest error of 64 units of ReLU", with_relu, "");
  CHECK(with_relu < 0.0025);
  std::vector<float> shrunk = changes_of_slope();
  for (float& change : shrunk) change /= 1000;
  CHECK(largest_error(gelu, 1000, places_at(0), shrunk, 0) < 0.0025);
  CHECK(largest_error(sigmoid, 1000, places_at(0.5), rises(), 0) < 0.06);
  CHECK(largest_error(tanh, 500, places_at(0.5), halved(rises()), 0) < 0.06);
}

TEST_CASE("Any scores become probabilities: tiny ones or huge ones") {
  Rng rng(judge::seed());
  for (const float size : {1e-3F, 1.0F, 50.0F, 1e4F, 1e30F}) {
    Softmax softmax;
    const Tensor scores = Tensor::normal(Shape{6, 10}, 0, size, rng);
    const Tensor p = softmax.forward({scores});
    CHECK_SHAPE(p, {6, 10});
    REQUIRE(p.size() == 60);
    for (std::int64_t row = 0; row < 6; ++row) {
      double total = 0;
      std::int64_t best_score = 0;
      std::int64_t best_probability = 0;
      for (std::int64_t c = 0; c < 10; ++c) {
        const double value = p.data()[row * 10 + c];
        CHECK(value >= 0);
        total += value;
        if (scores.data()[row * 10 + c] > scores.data()[row * 10 + best_score]) best_score = c;
        if (value > p.data()[row * 10 + best_probability]) best_probability = c;
      }
      CHECK_CLOSE(total, 1.0, 1e-5);
      CHECK(p.data()[row * 10 + best_score] >= p.data()[row * 10 + best_probability]);
    }
  }
  // Only differences count.
  Softmax one;
  Softmax other;
  CHECK_CLOSE(one.forward({Tensor(Shape{3}, {1, 2, 3})}), other.forward({Tensor(Shape{3}, {101, 102, 103})}));
  Softmax known;
  CHECK_CLOSE(known.forward({Tensor(Shape{2}, {0, std::log(3.0F)})}), Doubles{0.25, 0.75});
}

TEST_CASE("Every nonlinearity knows its own slope") {
  Rng rng(judge::seed());
  const Tensor x = Tensor::uniform(Shape{4, 5}, -3, 3, rng);
  CHECK_GRADIENTS([] { return std::make_unique<Sigmoid>(); }, {x});
  CHECK_GRADIENTS([] { return std::make_unique<Tanh>(); }, {x});
  CHECK_GRADIENTS([] { return std::make_unique<GELU>(); }, {x});
  CHECK_GRADIENTS([] { return std::make_unique<Softmax>(); }, {x});
  // Away from the bend at 0, where a difference would straddle it.
  Tensor off_zero = Tensor::uniform(Shape{4, 5}, 0.1F, 3, rng);
  for (std::int64_t i = 0; i < off_zero.size(); i += 2) off_zero.data()[i] = -off_zero.data()[i];
  CHECK_GRADIENTS([] { return std::make_unique<ReLU>(); }, {off_zero});
}

TEST_CASE("No input overflows: results and slopes stay numbers") {
  for (const std::unique_ptr<Function>& function : one_of_each()) {
    INFO(function->name());
    const Tensor x(Shape{4, 4}, {0, 1, -1, 20, -20, 88, -88, 89, -89, 104, -104, 1e4F, -1e4F, 1e30F, -1e30F, 1e-30F});
    CHECK(all_finite(function->forward({x})));
    const std::vector<Tensor> gradients = function->backward(Tensor::full(Shape{4, 4}, 1));
    REQUIRE(gradients.size() == 1);
    CHECK(all_finite(gradients[0]));
  }
}

TEST_CASE("One tensor feeds every nonlinearity and stays what it was") {
  Rng rng(judge::seed());
  const Tensor x = Tensor::uniform(Shape{8, 6}, -3, 3, rng);
  const Tensor dy = Tensor::uniform(Shape{8, 6}, -1, 1, rng);
  const Doubles x_before = numbers(x);
  const Doubles dy_before = numbers(dy);
  const auto together = one_of_each();
  std::vector<Tensor> results;
  for (const auto& function : together) results.push_back(function->forward({x}));
  // The ways back come later and in another order, as in a network.
  const auto alone = one_of_each();
  for (std::size_t i = together.size(); i-- > 0;) {
    INFO(together[i]->name());
    const std::vector<Tensor> gradients = together[i]->backward(dy);
    REQUIRE(gradients.size() == 1);
    CHECK_CLOSE(results[i],
                numbers(alone[i]->forward({Tensor(x.shape(), std::vector<float>(x_before.begin(), x_before.end()))})),
                0, 0);
    CHECK_CLOSE(
        gradients[0],
        numbers(alone[i]->backward(Tensor(dy.shape(), std::vector<float>(dy_before.begin(), dy_before.end()))).at(0)),
        0, 0);
  }
  CHECK_CLOSE(x, x_before, 0, 0);
  CHECK_CLOSE(dy, dy_before, 0, 0);
}
