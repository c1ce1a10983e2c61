// Capability of module layers: a network is built from parts, and looks at real digits.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/digits.hpp"
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

Doubles numbers(const Tensor& tensor) { return Doubles(tensor.data(), tensor.data() + tensor.size()); }

// What a loss would hand in: sum of share * y, whose gradient with respect to y is `share`.
double weighed(const Tensor& y, const Tensor& share) {
  double total = 0;
  for (std::int64_t i = 0; i < y.size(); ++i) total += static_cast<double>(y.data()[i]) * share.data()[i];
  return total;
}

// The way there through the network's steps and back again: every parameter accumulates its gradient.
void there_and_back(Layer& network, const Tensor& x, const Tensor& dy) {
  std::vector<std::unique_ptr<Function>> functions;
  Tensor result = x;
  for (Layer* step : network.steps()) {
    std::vector<Tensor> inputs{result};
    for (const Parameter& parameter : step->parameters()) inputs.push_back(parameter.value());
    functions.push_back(step->function());
    result = functions.back()->forward(inputs);
  }
  Tensor gradient = dy;
  for (std::size_t i = functions.size(); i-- > 0;) {
    const std::vector<Tensor> gradients = functions[i]->backward(gradient);
    const std::vector<Parameter> parameters = network.steps()[i]->parameters();
    REQUIRE(gradients.size() == parameters.size() + 1);
    for (std::size_t k = 0; k < parameters.size(); ++k) parameters[k].accumulate(gradients[k + 1]);
    gradient = gradients[0];
  }
}

// The gradient of weighed(network(x), share) with respect to one element, by the difference of two values.
double difference(Layer& network, const Tensor& x, const Tensor& share, float& element) {
  const float kept = element;
  const float step = 5e-3F;
  element = kept + step;
  const double above = weighed(network.forward(x), share);
  element = kept - step;
  const double below = weighed(network.forward(x), share);
  element = kept;
  return (above - below) / (2.0 * static_cast<double>(step));
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

  // A network may be a part of another one.
  Sequential whole;
  whole.add<Flatten>();
  Sequential& part = whole.add<Sequential>();
  part.add<Linear>(784, 64, rng);
  part.add<Activation<ReLU>>();
  whole.add<Linear>(64, 10, rng);
  CHECK(whole.steps().size() == 4);
  CHECK_SHAPE(whole.forward(Tensor(Shape{2, 1, 28, 28})), {2, 10});
  names.clear();
  for (const NamedTensor& entry : whole.state()) names.push_back(entry.name);
  CHECK_SAME(names, (std::vector<std::string>{"1.0.weight", "1.0.bias", "2.weight", "2.bias"}));

  // The same seed builds the same network.
  Rng again(1);
  const Linear twin(784, 64, again);
  REQUIRE(!net.parameters().empty());
  CHECK_CLOSE(twin.weight().value(), net.parameters()[0].value(), 0, 0);
}

TEST_CASE("Every weight of a network learns how the result depends on it") {
  // The layer in the middle is used twice, so its gradient has two parts.
  Rng rng(judge::seed());
  const auto shared = std::make_shared<Linear>(7, 7, rng);
  const auto inner = std::make_shared<Sequential>(
      std::vector<std::shared_ptr<Layer>>{shared, std::make_shared<Activation<Tanh>>(), shared});
  const auto first = std::make_shared<Linear>(5, 7, rng, Init::glorot);
  const auto last = std::make_shared<Linear>(7, 3, rng, Init::glorot);
  Sequential network({first, std::make_shared<Activation<Tanh>>(), inner, std::make_shared<Activation<Tanh>>(), last});
  const Tensor x = Tensor::normal(Shape{4, 5}, 0, 1, rng);
  const Tensor share = Tensor::uniform(Shape{4, 3}, -1, 1, rng);
  there_and_back(network, x, share);

  double largest = 0;
  for (const std::shared_ptr<Linear>& layer : {first, shared, last}) {
    INFO(layer->name());
    for (const Parameter& parameter : layer->parameters()) {
      REQUIRE(parameter.grad().shape() == parameter.value().shape());
      for (std::int64_t i = 0; i < parameter.value().size(); ++i) {
        const double expected = difference(network, x, share, parameter.value().data()[i]);
        const double error = std::abs(parameter.grad().data()[i] - expected) / std::max(1.0, std::abs(expected));
        if (!(error <= largest)) largest = error;  // NaN stays
      }
    }
  }
  judge::measure("largest error of a gradient", largest, "");
  CHECK(largest < 5e-3);
}

TEST_CASE("Gradients add up until they are forgotten, each parameter its own") {
  Rng rng(judge::seed());
  Linear layer(3, 2, rng);
  const Tensor x = Tensor::normal(Shape{5, 3}, 0, 1, rng);
  const Tensor dy = Tensor::normal(Shape{5, 2}, 0, 1, rng);
  there_and_back(layer, x, dy);
  Doubles doubled;
  for (const double value : numbers(layer.weight().grad())) doubled.push_back(2 * value);
  there_and_back(layer, x, dy);
  CHECK_CLOSE(layer.weight().grad(), doubled, 1e-5, 1e-6);
  layer.weight().zero_grad();
  CHECK(layer.weight().grad().empty());
  CHECK_FALSE(layer.bias().grad().empty());

  // A sum hands the same tensor to both of its sides.
  const Parameter left(Tensor(Shape{2}));
  const Parameter right(Tensor(Shape{2}));
  const Tensor both(Shape{2}, {1, 2});
  left.accumulate(both);
  right.accumulate(both);
  left.accumulate(Tensor(Shape{2}, {10, 20}));
  CHECK_CLOSE(left.grad(), Doubles{11, 22}, 0, 0);
  CHECK_CLOSE(right.grad(), Doubles{1, 2}, 0, 0);
  CHECK_CLOSE(both, Doubles{1, 2}, 0, 0);
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

  // And three that narrow: with the fans exchanged each would double the mean square.
  double total = 0;
  for (int round = 0; round < 4; ++round) {
    Sequential funnel;
    for (const std::int64_t width : {512, 256, 128}) {
      funnel.add<Linear>(width, width / 2, rng);
      funnel.add<Activation<ReLU>>();
    }
    const Tensor wide = Tensor::normal(Shape{32, 512}, 0, 1, rng);
    total += mean_square(funnel.forward(wide)) / mean_square(wide) / 4;
  }
  CHECK(total > 0.35);
  CHECK(total < 3);
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
  // Other elements each time: by chance 3,750 of the 10,000 differ.
  const Tensor later = net.forward(x);
  std::int64_t different = 0;
  for (std::int64_t i = 0; i < later.size(); ++i) different += later.data()[i] != learning.data()[i] ? 1 : 0;
  CHECK(different > 3300);
  // The way back drops what the way there dropped: for an input of ones and dy of ones it is the result.
  const auto function = net.steps().at(0)->function();
  const Tensor there = function->forward({x});
  CHECK_CLOSE(function->backward(x).at(0), numbers(there), 0, 0);
  net.set_training(false);
  CHECK_CLOSE(net.forward(x), Doubles(10000, 1.0), 0, 0);
}
