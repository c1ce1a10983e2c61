// Cases of module layers, in the order of its header.
//
// Random elements are multiples of 1/4 of small size where an answer can then be exact. What is drawn from
// an Rng is compared with the same draws made here.
#include "tinytorch/layers.hpp"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "judge/cases/compare.hpp"
#include "tinytorch/activations.hpp"

using namespace tinytorch;

namespace {

using Random = std::mt19937_64;

std::int64_t integer(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

// Multiples of 1/4 in [-4, 4], never 0.
Tensor random_tensor(const Shape& shape, Random& random) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (float& value : values) {
    const std::int64_t quarters = integer(random, 1, 16);
    value = static_cast<float>(integer(random, 0, 1) == 0 ? quarters : -quarters) / 4.0F;
  }
  return Tensor(shape, values);
}

Tensor nothing(const Shape& shape) { return Tensor(shape, std::vector<float>{}); }

std::vector<double> numbers(const Tensor& tensor) {
  return std::vector<double>(tensor.data(), tensor.data() + tensor.size());
}

double number(const Tensor& tensor, std::int64_t position) { return static_cast<double>(tensor.data()[position]); }

// --- what a dense layer computes ---

// y = x W^T + b for x (N, in), weight (out, in); without bias when that is empty.
std::vector<double> linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const std::int64_t N = x.shape()[0];
  const std::int64_t in = weight.shape()[1];
  const std::int64_t out = weight.shape()[0];
  std::vector<double> y;
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t o = 0; o < out; ++o) {
      double sum = bias.empty() ? 0.0 : number(bias, o);
      for (std::int64_t i = 0; i < in; ++i) sum += number(x, n * in + i) * number(weight, o * in + i);
      y.push_back(sum);
    }
  }
  return y;
}

struct LinearGradients {
  std::vector<double> x;
  std::vector<double> weight;
  std::vector<double> bias;
};

LinearGradients linear_gradients(const Tensor& x, const Tensor& weight, const Tensor& dy) {
  const std::int64_t N = x.shape()[0];
  const std::int64_t in = weight.shape()[1];
  const std::int64_t out = weight.shape()[0];
  LinearGradients gradients{std::vector<double>(static_cast<std::size_t>(N * in), 0.0),
                            std::vector<double>(static_cast<std::size_t>(out * in), 0.0),
                            std::vector<double>(static_cast<std::size_t>(out), 0.0)};
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t o = 0; o < out; ++o) {
      const double g = number(dy, n * out + o);
      gradients.bias[static_cast<std::size_t>(o)] += g;
      for (std::int64_t i = 0; i < in; ++i) {
        gradients.x[static_cast<std::size_t>(n * in + i)] += g * number(weight, o * in + i);
        gradients.weight[static_cast<std::size_t>(o * in + i)] += g * number(x, n * in + i);
      }
    }
  }
  return gradients;
}

// The masked values of x that DropoutFunction must give when it draws from `rng`.
std::vector<double> dropped(const Tensor& x, float p, Rng& rng) {
  std::vector<double> y = numbers(x);
  for (double& value : y) value *= rng.uniform() < static_cast<double>(p) ? 0.0 : 1.0 / (1.0 - static_cast<double>(p));
  return y;
}

// What `count` draws with He initialisation give.
std::vector<double> he_draws(std::int64_t count, double fan_in, Rng& rng) {
  std::vector<double> values;
  const float deviation = static_cast<float>(std::sqrt(2.0 / fan_in));
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(rng.normal(0.0F, deviation)));
  return values;
}

std::vector<double> glorot_draws(std::int64_t count, double fan_in, double fan_out, Rng& rng) {
  std::vector<double> values;
  const float limit = static_cast<float>(std::sqrt(6.0 / (fan_in + fan_out)));
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(rng.uniform(-limit, limit)));
  return values;
}

void fill(const Parameter& parameter, const std::vector<float>& values) {
  REQUIRE(parameter.value().size() == static_cast<std::int64_t>(values.size()));
  std::copy(values.begin(), values.end(), parameter.value().data());
}

// Whether `call` throws a ShapeError whose message names both shapes.
void check_names_shapes(const std::function<void()>& call, const std::string& a, const std::string& b) {
  std::string message;
  try {
    call();
    judge::set_detail({"a ShapeError that names " + a + " and " + b, "no error", ""});
  } catch (const ShapeError& error) {
    message = error.what();
    judge::set_detail({"a ShapeError that names " + a + " and " + b, message, ""});
  }
  const bool names_both = message.find(a) != std::string::npos && message.find(b) != std::string::npos;
  CHECK(names_both);
  judge::clear_detail();
}

std::vector<std::string> names_of(const std::vector<NamedTensor>& state) {
  std::vector<std::string> names;
  for (const NamedTensor& entry : state) names.push_back(entry.name);
  return names;
}

// --- a layer of the tests' own, with a parameter and a running number that is saved, too ---

// y = factor * x + 1, for inputs {x, factor}.
class ScaleFunction : public Function {
 public:
  const char* name() const override { return "Scale"; }
  Tensor forward(const std::vector<Tensor>& inputs) override {
    const Tensor& x = inputs.at(0);
    std::vector<float> values(x.data(), x.data() + x.size());
    for (float& value : values) value = inputs.at(1).data()[0] * value + 1.0F;
    return Tensor(x.shape(), values);
  }
  std::vector<Tensor> backward(const Tensor&) override { return {}; }
};

class Scale : public Layer {
 public:
  explicit Scale(float factor) : factor_(Tensor({1}, {factor})), calls_({1}, {0}) {}
  std::string name() const override { return "Scale()"; }
  std::unique_ptr<Function> function() override {
    calls_.data()[0] += 1;
    return std::make_unique<ScaleFunction>();
  }
  std::vector<Parameter> parameters() const override { return {factor_}; }
  std::vector<NamedTensor> state() const override { return {{"factor", factor_.value()}, {"calls", calls_}}; }

 private:
  Parameter factor_;
  Tensor calls_;
};

}  // namespace

// --- Parameter ---

TEST_CASE("Parameter holds its value and no gradient until one is accumulated") {
  const Parameter parameter(Tensor({2}, {3, 4}));
  CHECK_SHAPE(parameter.value(), {2});
  CHECK_CLOSE(parameter.value(), {3, 4}, 0, 0);
  CHECK(parameter.grad().empty());
  parameter.accumulate(Tensor({2}, {1, 2}));
  CHECK_SHAPE(parameter.grad(), {2});
  CHECK_CLOSE(parameter.grad(), {1, 2}, 0, 0);
  CHECK_CLOSE(parameter.value(), {3, 4}, 0, 0);
}

TEST_CASE("Copies of a Parameter refer to the same value and gradient") {
  const Parameter parameter(Tensor({2}, {3, 4}));
  const Parameter copy = parameter;
  CHECK(&copy.value() == &parameter.value());
  REQUIRE(copy.value().size() == 2);
  copy.value().data()[1] = 40;
  CHECK_CLOSE(parameter.value(), {3, 40}, 0, 0);
  parameter.accumulate(Tensor({2}, {1, 2}));
  CHECK_CLOSE(copy.grad(), {1, 2}, 0, 0);
  copy.accumulate(Tensor({2}, {10, 20}));
  CHECK_CLOSE(parameter.grad(), {11, 22}, 0, 0);
  copy.zero_grad();
  CHECK(parameter.grad().empty());
}

TEST_CASE("accumulate adds up gradients") {
  const Parameter parameter(Tensor({2, 2}, {1, 2, 3, 4}));
  parameter.accumulate(Tensor({2, 2}, {1, 1, 1, 1}));
  CHECK_SHAPE(parameter.grad(), {2, 2});
  CHECK_CLOSE(parameter.grad(), {1, 1, 1, 1}, 0, 0);
  parameter.accumulate(Tensor({2, 2}, {1, 2, 3, 4}));
  parameter.accumulate(Tensor({2, 2}, {0.5F, 0, 0, -4}));
  CHECK_CLOSE(parameter.grad(), {2.5, 3, 4, 1}, 0, 0);
  CHECK_CLOSE(parameter.value(), {1, 2, 3, 4}, 0, 0);
}

TEST_CASE("accumulate takes over a gradient that nobody else holds") {
  const Parameter parameter(Tensor({2}, {3, 4}));
  Tensor gradient({2}, {1, 2});
  const float* storage = gradient.data();
  parameter.accumulate(std::move(gradient));
  CHECK(parameter.grad().data() == storage);
  parameter.accumulate(Tensor({2}, {1, 1}));
  CHECK_CLOSE(parameter.grad(), {2, 3}, 0, 0);
}

TEST_CASE("accumulate copies a gradient that somebody else holds") {
  const Parameter parameter(Tensor({2}, {3, 4}));
  Tensor gradient({2}, {1, 2});
  parameter.accumulate(gradient);
  CHECK_FALSE(parameter.grad().shares_storage_with(gradient));
  parameter.accumulate(gradient);
  CHECK_CLOSE(parameter.grad(), {2, 4}, 0, 0);
  CHECK_CLOSE(gradient, {1, 2}, 0, 0);
  const Parameter another(Tensor({2}, {5, 6}));
  another.accumulate(gradient);
  gradient.data()[0] = 100;
  CHECK_CLOSE(another.grad(), {1, 2}, 0, 0);
}

TEST_CASE("accumulate refuses a gradient of another shape") {
  const Parameter parameter(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK_THROWS_AS(parameter.accumulate(Tensor({3, 2}, {1, 2, 3, 4, 5, 6})), ShapeError);
  CHECK_THROWS_AS(parameter.accumulate(Tensor({3}, {1, 2, 3})), ShapeError);
  CHECK(parameter.grad().empty());
  parameter.accumulate(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK_THROWS_AS(parameter.accumulate(Tensor({3}, {1, 2, 3})), ShapeError);
  CHECK_THROWS_AS(parameter.accumulate(Tensor({1}, {1})), ShapeError);
  CHECK_CLOSE(parameter.grad(), {1, 2, 3, 4, 5, 6}, 0, 0);
}

TEST_CASE("zero_grad forgets the gradient") {
  const Parameter parameter(Tensor({2}, {3, 4}));
  parameter.accumulate(Tensor({2}, {1, 2}));
  parameter.zero_grad();
  CHECK(parameter.grad().empty());
  CHECK_CLOSE(parameter.value(), {3, 4}, 0, 0);
  parameter.accumulate(Tensor({2}, {5, 6}));
  CHECK_CLOSE(parameter.grad(), {5, 6}, 0, 0);
}

TEST_CASE("is_same_as tells handles to one parameter from equal parameters") {
  const Parameter parameter(Tensor({2}, {3, 4}));
  const Parameter copy = parameter;
  const Parameter equal(Tensor({2}, {3, 4}));
  const Parameter sharing(parameter.value());
  copy.accumulate(Tensor({2}, {1, 2}));
  CHECK_CLOSE(parameter.grad(), {1, 2}, 0, 0);
  CHECK(equal.grad().empty());
  CHECK(sharing.grad().empty());
  CHECK(parameter.is_same_as(parameter));
  CHECK(parameter.is_same_as(copy));
  CHECK(copy.is_same_as(parameter));
  CHECK_FALSE(parameter.is_same_as(equal));
  CHECK_FALSE(parameter.is_same_as(sharing));
}

// --- LinearFunction ---

TEST_CASE("LinearFunction computes x times W transposed plus b") {
  LinearFunction function;
  const Tensor y =
      function.forward({Tensor({1, 2}, {1, 2}), Tensor({3, 2}, {1, 0, 0, 1, 10, 100}), Tensor({3}, {0.5F, -0.5F, 1})});
  CHECK_SHAPE(y, {1, 3});
  CHECK_CLOSE(y, {1.5, 1.5, 211}, 0, 0);
}

TEST_CASE("LinearFunction adds the bias to every row") {
  LinearFunction function;
  const Tensor y = function.forward({Tensor({3, 1}, {1, 2, 3}), Tensor({2, 1}, {10, 100}), Tensor({2}, {1, 2})});
  CHECK_SHAPE(y, {3, 2});
  CHECK_CLOSE(y, {11, 102, 21, 202, 31, 302}, 0, 0);
}

TEST_CASE("LinearFunction works without a bias") {
  LinearFunction function;
  const Tensor x({2, 2}, {1, 2, 3, 4});
  const Tensor weight({3, 2}, {1, 2, 3, 4, 5, 6});
  const Tensor y = function.forward({x, weight});
  CHECK_SHAPE(y, {2, 3});
  CHECK_CLOSE(y, linear(x, weight, Tensor()), 0, 0);
}

TEST_CASE("LinearFunction agrees with loops for random sizes") {
  Random random(judge::seed());
  for (int round = 0; round < 20; ++round) {
    const std::int64_t N = integer(random, 1, 9), in = integer(random, 1, 20), out = integer(random, 1, 9);
    INFO("N " << N << " in " << in << " out " << out);
    const Tensor x = random_tensor({N, in}, random);
    const Tensor weight = random_tensor({out, in}, random);
    const Tensor bias = random_tensor({out}, random);
    LinearFunction function;
    const Tensor y = function.forward({x, weight, bias});
    CHECK_SHAPE(y, {N, out});
    CHECK_CLOSE(y, linear(x, weight, bias), 0, 0);
  }
}

TEST_CASE("LinearFunction handles many samples") {
  Random random(judge::seed());
  const Tensor x = random_tensor({301, 40}, random);
  const Tensor weight = random_tensor({30, 40}, random);
  const Tensor bias = random_tensor({30}, random);
  const Tensor dy = random_tensor({301, 30}, random);
  LinearFunction function;
  CHECK_CLOSE(function.forward({x, weight, bias}), linear(x, weight, bias), 0, 0);
  const std::vector<Tensor> gradients = function.backward(dy);
  REQUIRE(gradients.size() == 3);
  const LinearGradients expected = linear_gradients(x, weight, dy);
  CHECK_CLOSE(gradients[0], expected.x, 0, 0);
  CHECK_CLOSE(gradients[1], expected.weight, 0, 0);
  CHECK_CLOSE(gradients[2], expected.bias, 0, 0);
}

TEST_CASE("LinearFunction refuses inputs that do not fit and names their shapes") {
  const Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor weight({4, 3}, std::vector<float>(12, 1));
  const Tensor bias({4}, {1, 2, 3, 4});
  LinearFunction function;
  check_names_shapes(
      [&] {
        function.forward({x, Tensor({3, 4}, std::vector<float>(12, 1)), bias});
      },
      "(2, 3)", "(3, 4)");
  check_names_shapes([&] { function.forward({x, Tensor({4, 2}, std::vector<float>(8, 1))}); }, "(2, 3)", "(4, 2)");
  check_names_shapes([&] { function.forward({Tensor({3}, {1, 2, 3}), weight, bias}); }, "(3,)", "(4, 3)");
  check_names_shapes(
      [&] {
        function.forward({Tensor({2, 3, 1}, {1, 2, 3, 4, 5, 6}), weight, bias});
      },
      "(2, 3, 1)", "(4, 3)");
  check_names_shapes(
      [&] {
        function.forward({x, Tensor({4, 3, 1}, std::vector<float>(12, 1)), bias});
      },
      "(2, 3)", "(4, 3, 1)");
  check_names_shapes(
      [&] {
        function.forward({Tensor({1, 2, 3}, {1, 2, 3, 4, 5, 6}), weight, bias});
      },
      "(1, 2, 3)", "(4, 3)");
}

TEST_CASE("LinearFunction takes two inputs or three") {
  const Tensor x({1, 2}, {1, 2});
  const Tensor weight({1, 2}, {3, 4});
  const Tensor bias({1}, {5});
  LinearFunction function;
  CHECK_THROWS_AS(function.forward({}), ShapeError);
  CHECK_THROWS_AS(function.forward({x}), ShapeError);
  CHECK_THROWS_AS(function.forward({x, weight, bias, bias}), ShapeError);
  CHECK_CLOSE(function.forward({x, weight, bias}), {16}, 0, 0);
}

TEST_CASE("LinearFunction refuses a bias that does not fit") {
  const Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor weight({4, 3}, std::vector<float>(12, 1));
  LinearFunction function;
  CHECK_THROWS_AS(function.forward({x, weight, Tensor({3}, {1, 2, 3})}), ShapeError);
  CHECK_THROWS_AS(function.forward({x, weight, Tensor({1}, {1})}), ShapeError);
  CHECK_THROWS_AS(function.forward({x, weight, Tensor({2, 4}, std::vector<float>(8, 1))}), ShapeError);
}

TEST_CASE("LinearFunction backward gives dx dW and db of a small example") {
  LinearFunction function;
  function.forward({Tensor({2, 2}, {1, 2, 3, 4}), Tensor({3, 2}, {1, 2, 3, 4, 5, 6}), Tensor({3}, {0, 0, 0})});
  const std::vector<Tensor> gradients = function.backward(Tensor({2, 3}, {1, 0, 2, 0, 1, 0}));
  REQUIRE(gradients.size() == 3);
  CHECK_SHAPE(gradients[0], {2, 2});
  CHECK_CLOSE(gradients[0], {11, 14, 3, 4}, 0, 0);
  CHECK_SHAPE(gradients[1], {3, 2});
  CHECK_CLOSE(gradients[1], {1, 2, 3, 4, 2, 4}, 0, 0);
  CHECK_SHAPE(gradients[2], {3});
  CHECK_CLOSE(gradients[2], {1, 1, 2}, 0, 0);
}

TEST_CASE("LinearFunction backward agrees with central differences") {
  Random random(judge::seed());
  for (int round = 0; round < 5; ++round) {
    const std::int64_t N = integer(random, 1, 4), in = integer(random, 1, 5), out = integer(random, 1, 4);
    INFO("N " << N << " in " << in << " out " << out);
    const Tensor x = random_tensor({N, in}, random);
    const Tensor weight = random_tensor({out, in}, random);
    CHECK_GRADIENTS([] { return std::make_unique<LinearFunction>(); }, {x, weight, random_tensor({out}, random)});
    CHECK_GRADIENTS([] { return std::make_unique<LinearFunction>(); }, {x, weight});
  }
}

TEST_CASE("LinearFunction backward agrees with loops for random sizes") {
  Random random(judge::seed());
  for (int round = 0; round < 20; ++round) {
    const std::int64_t N = integer(random, 1, 9), in = integer(random, 1, 20), out = integer(random, 1, 9);
    INFO("N " << N << " in " << in << " out " << out);
    const Tensor x = random_tensor({N, in}, random);
    const Tensor weight = random_tensor({out, in}, random);
    const Tensor dy = random_tensor({N, out}, random);
    LinearFunction function;
    function.forward({x, weight, random_tensor({out}, random)});
    const std::vector<Tensor> gradients = function.backward(dy);
    REQUIRE(gradients.size() == 3);
    const LinearGradients expected = linear_gradients(x, weight, dy);
    CHECK_SHAPE(gradients[0], {N, in});
    CHECK_CLOSE(gradients[0], expected.x, 0, 0);
    CHECK_SHAPE(gradients[1], {out, in});
    CHECK_CLOSE(gradients[1], expected.weight, 0, 0);
    CHECK_SHAPE(gradients[2], {out});
    CHECK_CLOSE(gradients[2], expected.bias, 0, 0);
  }
}

TEST_CASE("LinearFunction backward without a bias gives two gradients") {
  LinearFunction function;
  function.forward({Tensor({1, 2}, {1, 2}), Tensor({1, 2}, {3, 4})});
  const std::vector<Tensor> gradients = function.backward(Tensor({1, 1}, {2}));
  REQUIRE(gradients.size() == 2);
  CHECK_CLOSE(gradients[0], {6, 8}, 0, 0);
  CHECK_CLOSE(gradients[1], {2, 4}, 0, 0);
}

TEST_CASE("LinearFunction spares the gradient of an input that does not want one") {
  const Tensor x({2, 2}, {1, 2, 3, 4});
  const Tensor weight({1, 2}, {5, 6});
  const Tensor dy({2, 1}, {1, -2});
  const std::vector<std::vector<double>> expected = {{5, 6, -10, -12}, {-5, -6}, {-1}};
  for (std::size_t spared = 0; spared < 3; ++spared) {
    CAPTURE(spared);
    LinearFunction function;
    function.want_gradient(spared, false);
    function.forward({x, weight, Tensor({1}, {0})});
    const std::vector<Tensor> gradients = function.backward(dy);
    REQUIRE(gradients.size() == 3);
    for (std::size_t input = 0; input < 3; ++input) {
      CAPTURE(input);
      if (input == spared) {
        CHECK(gradients[input].empty());
      } else {
        CHECK_CLOSE(gradients[input], expected[input], 0, 0);
      }
    }
  }
}

TEST_CASE("LinearFunction of no samples gives none and gradients of zeros") {
  LinearFunction function;
  const Tensor y = function.forward({nothing({0, 2}), Tensor({3, 2}, {1, 2, 3, 4, 5, 6}), Tensor({3}, {1, 2, 3})});
  CHECK_SHAPE(y, {0, 3});
  const std::vector<Tensor> gradients = function.backward(nothing({0, 3}));
  REQUIRE(gradients.size() == 3);
  CHECK_SHAPE(gradients[0], {0, 2});
  CHECK_SHAPE(gradients[1], {3, 2});
  CHECK_CLOSE(gradients[1], {0, 0, 0, 0, 0, 0}, 0, 0);
  CHECK_SHAPE(gradients[2], {3});
  CHECK_CLOSE(gradients[2], {0, 0, 0}, 0, 0);
}

TEST_CASE("LinearFunction leaves its inputs as they were") {
  const Tensor x({1, 2}, {1, 2});
  const Tensor weight({2, 2}, {3, 4, 5, 6});
  const Tensor bias({2}, {7, 8});
  const Tensor dy({1, 2}, {-1, 2});
  LinearFunction function;
  function.forward({x, weight, bias});
  function.backward(dy);
  CHECK_CLOSE(x, {1, 2}, 0, 0);
  CHECK_CLOSE(weight, {3, 4, 5, 6}, 0, 0);
  CHECK_CLOSE(bias, {7, 8}, 0, 0);
  CHECK_CLOSE(dy, {-1, 2}, 0, 0);
}

TEST_CASE("LinearFunction backward refuses a gradient of another shape") {
  LinearFunction function;
  function.forward({Tensor({2, 2}, {1, 2, 3, 4}), Tensor({3, 2}, {1, 2, 3, 4, 5, 6}), Tensor({3}, {0, 0, 0})});
  CHECK_THROWS_AS(function.backward(Tensor({3, 2}, {1, 2, 3, 4, 5, 6})), ShapeError);
  CHECK_THROWS_AS(function.backward(Tensor({2, 2}, {1, 2, 3, 4})), ShapeError);
  CHECK_THROWS_AS(function.backward(Tensor({6}, {1, 2, 3, 4, 5, 6})), ShapeError);
}

// --- initialisation ---

TEST_CASE("initialize he draws from the normal distribution with deviation sqrt(2 / fan_in)") {
  Rng rng(judge::seed());
  Rng again(judge::seed());
  Tensor weight({4, 6}, std::vector<float>(24, 99));
  initialize(weight, Init::he, 6, 4, rng);
  CHECK_SHAPE(weight, {4, 6});
  CHECK_CLOSE(weight, he_draws(24, 6, again), 1e-5, 1e-6);
  CHECK_SAME(rng.next(), again.next());
}

TEST_CASE("initialize glorot draws evenly within sqrt(6 / (fan_in + fan_out))") {
  Rng rng(judge::seed());
  Rng again(judge::seed());
  Tensor weight({4, 6}, std::vector<float>(24, 99));
  initialize(weight, Init::glorot, 6, 4, rng);
  CHECK_SHAPE(weight, {4, 6});
  CHECK_CLOSE(weight, glorot_draws(24, 6, 4, again), 1e-5, 1e-6);
  CHECK_SAME(rng.next(), again.next());
}

TEST_CASE("initialize gives the deviations it promises") {
  Rng rng(judge::seed());
  constexpr std::int64_t fan_in = 200, fan_out = 50;
  for (const auto& [init, deviation] :
       {std::pair{Init::he, std::sqrt(2.0 / fan_in)}, std::pair{Init::glorot, std::sqrt(2.0 / (fan_in + fan_out))}}) {
    Tensor weight(Shape{fan_out, fan_in});
    initialize(weight, init, fan_in, fan_out, rng);
    double sum = 0;
    double sum_of_squares = 0;
    for (const double value : numbers(weight)) {
      sum += value / deviation;
      sum_of_squares += value / deviation * value / deviation;
    }
    // Six standard deviations of the estimates from 10,000 numbers.
    CHECK_CLOSE(sum / 10000, 0.0, 0, 0.06);
    CHECK_CLOSE(sum_of_squares / 10000, 1.0, 0, 0.085);
  }
}

TEST_CASE("initialize takes the fans it is told and not those of the shape") {
  Rng rng(judge::seed());
  Rng again(judge::seed());
  Tensor kernel({2, 3, 2, 2}, std::vector<float>(24, 99));
  initialize(kernel, Init::he, 12, 8, rng);
  CHECK_CLOSE(kernel, he_draws(24, 12, again), 1e-5, 1e-6);
  initialize(kernel, Init::glorot, 12, 8, rng);
  CHECK_CLOSE(kernel, glorot_draws(24, 12, 8, again), 1e-5, 1e-6);
}

TEST_CASE("initialize fills in place so that copies see it") {
  Rng rng(judge::seed());
  for (const Init init : {Init::he, Init::glorot}) {
    Tensor weight({2, 2}, {99, 99, 99, 99});
    const Tensor copy = weight;
    initialize(weight, init, 2, 2, rng);
    CHECK(weight.shares_storage_with(copy));
    for (const double value : numbers(copy)) CHECK(value != 99.0);
  }
}

TEST_CASE("initialize refuses fans that are not positive") {
  Rng rng(1);
  Tensor weight({2, 2}, {1, 2, 3, 4});
  for (const Init init : {Init::he, Init::glorot}) {
    CHECK_THROWS_AS(initialize(weight, init, 0, 2, rng), ValueError);
    CHECK_THROWS_AS(initialize(weight, init, 2, 0, rng), ValueError);
    CHECK_THROWS_AS(initialize(weight, init, -1, 2, rng), ValueError);
    CHECK_THROWS_AS(initialize(weight, init, 2, -1, rng), ValueError);
  }
}

// --- Linear ---

TEST_CASE("Linear has a weight of shape (out in) and a bias of zeros") {
  Rng rng(judge::seed());
  const Linear layer(3, 2, rng);
  CHECK_SHAPE(layer.weight().value(), {2, 3});
  CHECK_SHAPE(layer.bias().value(), {2});
  CHECK_CLOSE(layer.bias().value(), {0, 0}, 0, 0);
}

TEST_CASE("Linear starts with He weights from the generator it is given") {
  Rng rng(judge::seed());
  Rng again(judge::seed());
  const Linear first(5, 3, rng);
  CHECK_CLOSE(first.weight().value(), he_draws(15, 5, again), 1e-5, 1e-6);
  const Linear second(3, 4, rng, Init::he);
  CHECK_CLOSE(second.weight().value(), he_draws(12, 3, again), 1e-5, 1e-6);
}

TEST_CASE("Linear starts with Glorot weights when asked to") {
  Rng rng(judge::seed());
  Rng again(judge::seed());
  const Linear layer(5, 3, rng, Init::glorot);
  CHECK_CLOSE(layer.weight().value(), glorot_draws(15, 5, 3, again), 1e-5, 1e-6);
}

TEST_CASE("Linear lists weight and bias as its parameters") {
  Rng rng(judge::seed());
  const Linear layer(3, 2, rng);
  const std::vector<Parameter> parameters = layer.parameters();
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].is_same_as(layer.weight()));
  CHECK(parameters[1].is_same_as(layer.bias()));
}

TEST_CASE("Linear saves weight and bias by name and without a copy") {
  Rng rng(judge::seed());
  const Linear layer(3, 2, rng);
  const std::vector<NamedTensor> state = layer.state();
  REQUIRE(state.size() == 2);
  CHECK_SAME(state[0].name, "weight");
  CHECK(state[0].tensor.shares_storage_with(layer.weight().value()));
  CHECK_SAME(state[1].name, "bias");
  CHECK(state[1].tensor.shares_storage_with(layer.bias().value()));
}

TEST_CASE("Linear without bias has one parameter") {
  Rng rng(judge::seed());
  Linear layer(3, 2, rng, Init::he, false);
  REQUIRE(layer.parameters().size() == 1);
  CHECK(layer.parameters()[0].is_same_as(layer.weight()));
  CHECK_SAME(names_of(layer.state()), std::vector<std::string>{"weight"});
  CHECK_THROWS_AS(layer.bias(), ValueError);
  fill(layer.weight(), {1, 2, 3, 4, 5, 6});
  CHECK_CLOSE(layer.forward(Tensor({1, 3}, {1, 1, 1})), {6, 15}, 0, 0);
}

TEST_CASE("Linear makes a new function for every call") {
  Rng rng(judge::seed());
  Linear layer(2, 2, rng);
  fill(layer.weight(), {1, 2, 3, 4});
  fill(layer.bias(), {10, 20});
  const std::unique_ptr<Function> first = layer.function();
  const std::unique_ptr<Function> second = layer.function();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first != second);
  const Tensor weight = layer.weight().value();
  const Tensor bias = layer.bias().value();
  CHECK_CLOSE(first->forward({Tensor({1, 2}, {1, 1}), weight, bias}), {13, 27}, 0, 0);
  CHECK_CLOSE(second->forward({Tensor({1, 2}, {0, 1}), weight, bias}), {12, 24}, 0, 0);
  const std::vector<Tensor> gradients = first->backward(Tensor({1, 2}, {1, 0}));
  REQUIRE(gradients.size() == 3);
  CHECK_CLOSE(gradients[0], {1, 2}, 0, 0);
  CHECK_CLOSE(gradients[1], {1, 1, 0, 0}, 0, 0);
  CHECK_CLOSE(gradients[2], {1, 0}, 0, 0);
}

TEST_CASE("Linear says its sizes in its name") {
  Rng rng(1);
  CHECK_SAME(Linear(784, 64, rng).name(), "Linear(784, 64)");
  CHECK_SAME(Linear(1, 2, rng, Init::glorot, false).name(), "Linear(1, 2)");
}

TEST_CASE("Linear refuses sizes that are not positive") {
  Rng rng(1);
  CHECK_THROWS_AS(Linear(0, 2, rng), ValueError);
  CHECK_THROWS_AS(Linear(2, 0, rng), ValueError);
  CHECK_THROWS_AS(Linear(-3, 2, rng), ValueError);
  CHECK_THROWS_AS(Linear(2, -3, rng), ValueError);
}

// --- Layer::forward ---

TEST_CASE("forward of a layer applies its function to the input and its parameters") {
  Rng rng(judge::seed());
  Linear layer(2, 3, rng);
  fill(layer.weight(), {1, 2, 3, 4, 5, 6});
  fill(layer.bias(), {0.5F, 1, 2});
  const Tensor y = layer.forward(Tensor({2, 2}, {1, 0, 0, 1}));
  CHECK_SHAPE(y, {2, 3});
  CHECK_CLOSE(y, {1.5, 4, 7, 2.5, 5, 8}, 0, 0);
}

TEST_CASE("forward of a layer works for layers of any kind") {
  Scale scale(3);
  CHECK_CLOSE(scale.forward(Tensor({2}, {1, 2})), {4, 7}, 0, 0);
  Activation<ReLU> relu;
  CHECK_CLOSE(relu.forward(Tensor({2}, {-1, 2})), {0, 2}, 0, 0);
}

TEST_CASE("forward of a layer refuses an input that does not fit") {
  Rng rng(1);
  Linear layer(2, 3, rng);
  CHECK_THROWS_AS(layer.forward(Tensor({1, 3}, {1, 2, 3})), ShapeError);
  CHECK_THROWS_AS(layer.forward(Tensor({2}, {1, 2})), ShapeError);
}

// --- Flatten ---

TEST_CASE("FlattenFunction joins all axes but the first") {
  FlattenFunction function;
  const Tensor y = function.forward({Tensor({2, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})});
  CHECK_SHAPE(y, {2, 6});
  CHECK_CLOSE(y, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 0, 0);
}

TEST_CASE("FlattenFunction takes any rank from 1 on") {
  FlattenFunction function;
  CHECK_SHAPE(function.forward({Tensor({3}, {1, 2, 3})}), {3, 1});
  CHECK_SHAPE(function.forward({Tensor({2, 3}, {1, 2, 3, 4, 5, 6})}), {2, 3});
  CHECK_SHAPE(function.forward({Tensor({1, 1, 2, 1, 3}, {1, 2, 3, 4, 5, 6})}), {1, 6});
}

TEST_CASE("FlattenFunction keeps the other sizes when one is 0") {
  FlattenFunction function;
  CHECK_SHAPE(function.forward({nothing({0, 3, 4})}), {0, 12});
  CHECK_SHAPE(function.backward(nothing({0, 12})).at(0), {0, 3, 4});
  FlattenFunction another;
  CHECK_SHAPE(another.forward({nothing({2, 0, 4})}), {2, 0});
}

TEST_CASE("FlattenFunction backward restores the shape") {
  FlattenFunction function;
  function.forward({Tensor({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7})});
  const std::vector<Tensor> gradients = function.backward(Tensor({2, 4}, {8, 7, 6, 5, 4, 3, 2, 1}));
  REQUIRE(gradients.size() == 1);
  CHECK_SHAPE(gradients[0], {2, 2, 2});
  CHECK_CLOSE(gradients[0], {8, 7, 6, 5, 4, 3, 2, 1}, 0, 0);
  Random random(judge::seed());
  CHECK_GRADIENTS([] { return std::make_unique<FlattenFunction>(); }, {random_tensor({2, 3, 2}, random)});
}

TEST_CASE("FlattenFunction refuses a scalar") {
  FlattenFunction function;
  CHECK_THROWS_AS(function.forward({Tensor(Shape{}, {1.0F})}), ShapeError);
}

TEST_CASE("FlattenFunction backward refuses a gradient that does not fit") {
  FlattenFunction function;
  function.forward({Tensor({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7})});
  CHECK_THROWS_AS(function.backward(Tensor({2, 3}, {1, 2, 3, 4, 5, 6})), ShapeError);
  CHECK_THROWS_AS(function.backward(Tensor({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})), ShapeError);
}

TEST_CASE("Flatten makes a function that flattens") {
  Flatten layer;
  const std::unique_ptr<Function> function = layer.function();
  REQUIRE(function != nullptr);
  CHECK_SHAPE(function->forward({Tensor({1, 2, 2}, {1, 2, 3, 4})}), {1, 4});
  CHECK(function != layer.function());
  CHECK(layer.parameters().empty());
}

// --- Dropout ---

TEST_CASE("DropoutFunction drops element i when the i-th uniform number is below p") {
  Random random(judge::seed());
  for (const float p : {0.5F, 0.25F, 0.1F, 0.9F}) {
    CAPTURE(p);
    const Tensor x = random_tensor({6, 10}, random);
    const auto rng = std::make_shared<Rng>(judge::seed());
    Rng again(judge::seed());
    DropoutFunction function(p, rng);
    const Tensor y = function.forward({x});
    CHECK_SHAPE(y, {6, 10});
    CHECK_CLOSE(y, dropped(x, p, again), 1e-5, 0);
    CHECK_SAME(rng->next(), again.next());
  }
}

TEST_CASE("DropoutFunction keeps the expectation") {
  constexpr std::int64_t count = 20000;
  const Tensor ones({count}, std::vector<float>(count, 1.0F));
  DropoutFunction function(0.75F, std::make_shared<Rng>(judge::seed()));
  double sum = 0;
  std::int64_t zeros = 0;
  for (const double value : numbers(function.forward({ones}))) {
    sum += value;
    if (value == 0) ++zeros;
  }
  // Six standard deviations.
  CHECK_CLOSE(static_cast<double>(zeros) / count, 0.75, 0, 6 * std::sqrt(0.1875 / count));
  CHECK_CLOSE(sum / count, 1.0, 0, 6 * std::sqrt(3.0 / count));
}

TEST_CASE("DropoutFunction keeps an element whose number is p itself") {
  // SplitMix64 can be run backwards: the first uniform() of this seed is exactly 0.5.
  constexpr std::uint64_t seed = 0x2FEDF1EFCE1D5545ULL;
  REQUIRE(Rng(seed).uniform() == 0.5);
  DropoutFunction function(0.5F, std::make_shared<Rng>(seed));
  CHECK_CLOSE(function.forward({Tensor({1}, {3})}), {6}, 0, 0);
}

TEST_CASE("DropoutFunction with p 0 passes everything through") {
  DropoutFunction function(0.0F, std::make_shared<Rng>(judge::seed()));
  CHECK_CLOSE(function.forward({Tensor({3}, {1, -2, 3})}), {1, -2, 3}, 0, 0);
  const std::vector<Tensor> gradients = function.backward(Tensor({3}, {4, 5, -6}));
  REQUIRE(gradients.size() == 1);
  CHECK_CLOSE(gradients[0], {4, 5, -6}, 0, 0);
}

TEST_CASE("DropoutFunction backward uses the mask of its forward") {
  Random random(judge::seed());
  const Tensor x = random_tensor({5, 8}, random);
  const Tensor dy = random_tensor({5, 8}, random);
  const auto rng = std::make_shared<Rng>(judge::seed());
  DropoutFunction function(0.4F, rng);
  function.forward({x});
  rng->next();  // others draw in between
  Rng again(judge::seed());
  const std::vector<Tensor> gradients = function.backward(dy);
  REQUIRE(gradients.size() == 1);
  CHECK_SHAPE(gradients[0], {5, 8});
  CHECK_CLOSE(gradients[0], dropped(dy, 0.4F, again), 1e-5, 0);
}

TEST_CASE("DropoutFunction backward agrees with central differences") {
  Random random(judge::seed());
  const Tensor x = random_tensor({4, 5}, random);
  CHECK_GRADIENTS([] { return std::make_unique<DropoutFunction>(0.5F, std::make_shared<Rng>(judge::seed() + 1)); },
                  {x});
}

TEST_CASE("DropoutFunction leaves its input and the gradient it is given as they were") {
  const Tensor x({8}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor dy({8}, {8, 7, 6, 5, 4, 3, 2, 1});
  DropoutFunction function(0.9F, std::make_shared<Rng>(judge::seed()));
  function.forward({x});
  function.backward(dy);
  CHECK_CLOSE(x, {1, 2, 3, 4, 5, 6, 7, 8}, 0, 0);
  CHECK_CLOSE(dy, {8, 7, 6, 5, 4, 3, 2, 1}, 0, 0);
}

TEST_CASE("DropoutFunction backward refuses a gradient of another shape") {
  for (const float p : {0.0F, 0.5F}) {
    CAPTURE(p);
    DropoutFunction function(p, std::make_shared<Rng>(judge::seed()));
    function.forward({Tensor({2, 3}, {1, 2, 3, 4, 5, 6})});
    CHECK_THROWS_AS(function.backward(Tensor({3, 2}, {1, 2, 3, 4, 5, 6})), ShapeError);
    CHECK_THROWS_AS(function.backward(Tensor({3}, {1, 2, 3})), ShapeError);
  }
}

TEST_CASE("DropoutFunction of no elements has none") {
  DropoutFunction function(0.5F, std::make_shared<Rng>(judge::seed()));
  CHECK_SHAPE(function.forward({nothing({0, 3})}), {0, 3});
  CHECK_SHAPE(function.backward(nothing({0, 3})).at(0), {0, 3});
}

TEST_CASE("DropoutFunction refuses a probability below 0 or not below 1") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float p : {-0.1F, 1.0F, 1.5F, nan}) {
    CAPTURE(p);
    CHECK_THROWS_AS(DropoutFunction(p, std::make_shared<Rng>(1)), ValueError);
  }
}

TEST_CASE("Dropout drops with its own generator while training") {
  Random random(judge::seed());
  const Tensor x = random_tensor({30}, random);
  Dropout layer(0.5F, judge::seed());
  Rng again(judge::seed());
  const std::unique_ptr<Function> function = layer.function();
  REQUIRE(function != nullptr);
  CHECK_CLOSE(function->forward({x}), dropped(x, 0.5F, again), 1e-5, 0);
}

TEST_CASE("Dropout draws a new mask for every call") {
  Random random(judge::seed());
  const Tensor x = random_tensor({30}, random);
  Dropout layer(0.5F, judge::seed());
  Rng again(judge::seed());
  CHECK_CLOSE(layer.forward(x), dropped(x, 0.5F, again), 1e-5, 0);
  CHECK_CLOSE(layer.forward(x), dropped(x, 0.5F, again), 1e-5, 0);
  CHECK_CLOSE(layer.forward(x), dropped(x, 0.5F, again), 1e-5, 0);
}

TEST_CASE("Dropout passes everything through when it does not train and draws nothing") {
  Random random(judge::seed());
  const Tensor x = random_tensor({30}, random);
  Dropout layer(0.5F, judge::seed());
  Rng again(judge::seed());
  layer.set_training(false);
  CHECK_CLOSE(layer.forward(x), numbers(x), 0, 0);
  const std::unique_ptr<Function> function = layer.function();
  REQUIRE(function != nullptr);
  CHECK_CLOSE(function->forward({x}), numbers(x), 0, 0);
  CHECK_CLOSE(function->backward(x).at(0), numbers(x), 0, 0);
  layer.set_training(true);
  CHECK_CLOSE(layer.forward(x), dropped(x, 0.5F, again), 1e-5, 0);
}

TEST_CASE("Dropout says its probability in its name") {
  CHECK_SAME(Dropout(0.5F, 1).name(), "Dropout(0.5)");
  CHECK_SAME(Dropout(0.25F, 1).name(), "Dropout(0.25)");
  CHECK_SAME(Dropout(0.1F, 1).name(), "Dropout(0.1)");
}

TEST_CASE("Dropout refuses a probability below 0 or not below 1") {
  CHECK_THROWS_AS(Dropout(-0.1F, 1), ValueError);
  CHECK_THROWS_AS(Dropout(1.0F, 1), ValueError);
  CHECK_THROWS_AS(Dropout(std::numeric_limits<float>::quiet_NaN(), 1), ValueError);
}

// --- Sequential ---

TEST_CASE("Sequential applies its layers one after another") {
  Sequential net;
  net.add<Scale>(2.0F);
  net.add<Scale>(10.0F);
  net.add<Scale>(-1.0F);
  CHECK_CLOSE(net.forward(Tensor({2}, {1, 2})), {-30, -50}, 0, 0);
}

TEST_CASE("Sequential computes what its layers compute by hand") {
  Random random(judge::seed());
  Rng rng(judge::seed());
  Sequential net;
  Linear& first = net.add<Linear>(4, 5, rng);
  net.add<Activation<ReLU>>();
  Linear& second = net.add<Linear>(5, 3, rng);
  const Tensor x = random_tensor({6, 4}, random);
  std::vector<double> hidden = linear(x, first.weight().value(), first.bias().value());
  std::vector<float> activated;
  for (const double value : hidden) activated.push_back(value > 0 ? static_cast<float>(value) : 0.0F);
  const Tensor y = net.forward(x);
  CHECK_SHAPE(y, {6, 3});
  CHECK_CLOSE(y, linear(Tensor({6, 5}, activated), second.weight().value(), second.bias().value()), 1e-4, 1e-4);
}

TEST_CASE("Sequential may be made from a list of layers") {
  const auto first = std::make_shared<Scale>(2.0F);
  const auto second = std::make_shared<Scale>(10.0F);
  Sequential net({first, second});
  CHECK_SAME(net.steps(), (std::vector<Layer*>{first.get(), second.get()}));
  CHECK_CLOSE(net.forward(Tensor({1}, {1})), {31}, 0, 0);
}

TEST_CASE("Sequential without layers returns its input") {
  Sequential net;
  CHECK(net.steps().empty());
  CHECK(net.parameters().empty());
  CHECK(net.state().empty());
  CHECK_CLOSE(net.forward(Tensor({2}, {1, 2})), {1, 2}, 0, 0);
}

TEST_CASE("Sequential steps flatten containers in order") {
  const auto a = std::make_shared<Scale>(1.0F);
  const auto b = std::make_shared<Scale>(2.0F);
  const auto c = std::make_shared<Scale>(3.0F);
  const auto d = std::make_shared<Scale>(4.0F);
  const auto deepest = std::make_shared<Sequential>(std::vector<std::shared_ptr<Layer>>{c});
  const auto inner = std::make_shared<Sequential>(std::vector<std::shared_ptr<Layer>>{b, deepest});
  Sequential net({a, inner, d});
  CHECK_SAME(net.steps(), (std::vector<Layer*>{a.get(), b.get(), c.get(), d.get()}));
  CHECK_CLOSE(net.forward(Tensor({1}, {1})), {((1.0 + 1) * 2 + 1) * 3 * 4 + 4 + 1}, 0, 0);
}

TEST_CASE("Sequential lists the parameters of its layers in order") {
  Rng rng(judge::seed());
  Sequential net;
  Linear& first = net.add<Linear>(2, 3, rng);
  net.add<Activation<ReLU>>();
  Sequential& inner = net.add<Sequential>();
  Linear& second = inner.add<Linear>(3, 4, rng);
  Linear& third = net.add<Linear>(4, 1, rng, Init::he, false);
  const std::vector<Parameter> parameters = net.parameters();
  REQUIRE(parameters.size() == 5);
  CHECK(parameters[0].is_same_as(first.weight()));
  CHECK(parameters[1].is_same_as(first.bias()));
  CHECK(parameters[2].is_same_as(second.weight()));
  CHECK(parameters[3].is_same_as(second.bias()));
  CHECK(parameters[4].is_same_as(third.weight()));
}

TEST_CASE("Sequential puts the position before the names of its state") {
  Rng rng(judge::seed());
  Sequential net;
  Linear& first = net.add<Linear>(2, 3, rng);
  net.add<Activation<ReLU>>();
  net.add<Linear>(3, 1, rng);
  const std::vector<NamedTensor> state = net.state();
  CHECK_SAME(names_of(state), (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));
  REQUIRE_FALSE(state.empty());
  CHECK(state[0].tensor.shares_storage_with(first.weight().value()));
}

TEST_CASE("Sequential names the state of containers by every position") {
  Sequential net;
  net.add<Scale>(1.0F);
  Sequential& inner = net.add<Sequential>();
  inner.add<Activation<ReLU>>();
  inner.add<Scale>(2.0F);
  CHECK_SAME(names_of(net.state()), (std::vector<std::string>{"0.factor", "0.calls", "1.1.factor", "1.1.calls"}));
}

TEST_CASE("Sequential tells all its layers whether they train") {
  Sequential net;
  Dropout& outer = net.add<Dropout>(0.5F, judge::seed());
  Sequential& inner = net.add<Sequential>();
  Dropout& deep = inner.add<Dropout>(0.5F, judge::seed());
  net.set_training(false);
  CHECK_FALSE(net.training());
  CHECK_FALSE(outer.training());
  CHECK_FALSE(inner.training());
  CHECK_FALSE(deep.training());
  CHECK_CLOSE(net.forward(Tensor({4}, {1, 2, 3, 4})), {1, 2, 3, 4}, 0, 0);
  net.set_training(true);
  CHECK(net.training());
  CHECK(outer.training());
  CHECK(inner.training());
  CHECK(deep.training());
}

TEST_CASE("Sequential lists its layers in its name") {
  Rng rng(1);
  Sequential net;
  CHECK_SAME(net.name(), "Sequential()");
  net.add<Linear>(784, 64, rng);
  CHECK_SAME(net.name(), "Sequential(Linear(784, 64))");
  net.add<Activation<ReLU>>();
  net.add<Linear>(64, 10, rng);
  CHECK_SAME(net.name(), "Sequential(Linear(784, 64), ReLU(), Linear(64, 10))");
}

TEST_CASE("Sequential has no function of its own") {
  Sequential net;
  net.add<Scale>(1.0F);
  CHECK_THROWS_AS(net.function(), ValueError);
}
