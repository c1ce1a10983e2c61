// Capability of module activations: a network bends what matrices keep straight.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "tinytorch/activations.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;

const Doubles exclusive_or = {0, 1, 1, 0};

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
