// Capability of module layers: a network is built from parts, and looks at real digits.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;

// x W^T + b for x (N, in), in double precision.
Doubles dense(const Doubles& x, const Tensor& weight, const Tensor& bias) {
  const auto out = static_cast<std::size_t>(weight.shape()[0]);
  const auto in = static_cast<std::size_t>(weight.shape()[1]);
  Doubles y;
  for (std::size_t n = 0; n < x.size() / in; ++n) {
    for (std::size_t o = 0; o < out; ++o) {
      double total = bias.data()[o];
      for (std::size_t i = 0; i < in; ++i) total += x[n * in + i] * weight.data()[o * in + i];
      y.push_back(total);
    }
  }
  return y;
}

double mean_square(const Tensor& tensor) {
  double total = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) total += static_cast<double>(tensor.data()[i]) * tensor.data()[i];
  return total / static_cast<double>(tensor.size());
}

}  // namespace

TEST_CASE("A network of two layers looks at real digits") {
  Rng rng(judge::seed());
  Sequential net;
  Linear& first = net.add<Linear>(784, 64, rng);
  net.add<Activation<ReLU>>();
  Linear& second = net.add<Linear>(64, 10, rng);
  // Biases that matter.
  for (std::int64_t i = 0; i < 64; ++i) first.bias().value().data()[i] = rng.uniform(-0.5F, 0.5F);
  for (std::int64_t i = 0; i < 10; ++i) second.bias().value().data()[i] = rng.uniform(-0.5F, 0.5F);

  const judge::Digits digits = judge::test_digits(100);
  const Tensor logits = net.forward(digits.images);
  CHECK_SHAPE(logits, {100, 10});

  Doubles hidden = dense(Doubles(digits.images.data(), digits.images.data() + digits.images.size()),
                         first.weight().value(), first.bias().value());
  for (double& h : hidden) h = h > 0 ? h : 0;
  CHECK_CLOSE(logits, dense(hidden, second.weight().value(), second.bias().value()), 1e-4, 1e-4);

  std::int64_t weights = 0;
  for (const Parameter& parameter : net.parameters()) weights += parameter.value().size();
  judge::measure("weights", static_cast<double>(weights), "");
  CHECK_SAME(weights, 784 * 64 + 64 + 64 * 10 + 10);
}

TEST_CASE("A network can be described and every weight has a name") {
  Rng rng(1);
  Sequential net;
  net.add<Linear>(784, 64, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(64, 10, rng);
  CHECK_SAME(net.name(), std::string("Sequential(Linear(784, 64), ReLU(), Linear(64, 10))"));
  std::vector<std::string> names;
  for (const NamedTensor& entry : net.state()) names.push_back(entry.name);
  CHECK_SAME(names, (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));

  // The same seed builds the same network.
  Rng again(1);
  const Linear twin(784, 64, again);
  REQUIRE(!net.parameters().empty());
  CHECK_CLOSE(twin.weight().value(), net.parameters()[0].value(), 0, 0);
}

TEST_CASE("The signal survives ten layers") {
  // He's initialisation keeps its size; weights a half too small would leave a thousandth of it.
  Rng rng(judge::seed());
  Sequential deep;
  for (int layer = 0; layer < 10; ++layer) {
    deep.add<Linear>(128, 128, rng);
    deep.add<Activation<ReLU>>();
  }
  const Tensor x = Tensor::normal(Shape{32, 128}, 0, 1, rng);
  const double ratio = mean_square(deep.forward(x)) / mean_square(x);
  judge::measure("signal kept through ten layers", std::sqrt(ratio), "x");
  CHECK(ratio > 0.01);
  CHECK(ratio < 30);
}

TEST_CASE("Dropout thins a network while it learns and rests afterwards") {
  Sequential net;
  net.add<Dropout>(0.25F, judge::seed());
  net.add<Flatten>();
  const Tensor x = Tensor::full(Shape{10, 20, 50}, 1);
  const Tensor learning = net.forward(x);
  CHECK_SHAPE(learning, {10, 1000});
  double dropped = 0;
  for (std::int64_t i = 0; i < learning.size(); ++i) {
    const float value = learning.data()[i];
    CHECK((value == 0.0F || std::abs(value - 4.0F / 3) < 1e-5F));
    dropped += value == 0.0F ? 1 : 0;
  }
  CHECK_CLOSE(dropped / 10000, 0.25, 0, 0.03);
  net.set_training(false);
  CHECK_CLOSE(net.forward(x), Doubles(10000, 1.0), 0, 0);
}
