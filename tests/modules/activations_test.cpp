// Cases of module activations: each function's values, its behaviour at the extremes and its gradient rule.
//
// The oracles are the formulas of the header in double precision; gradients are compared with them and
// with central differences.
#include "tinytorch/activations.hpp"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "judge/cases/compare.hpp"
#include "kernels/memory.hpp"

using namespace tinytorch;

namespace {

using Random = std::mt19937_64;
using Rule = std::function<double(double)>;

constexpr float largest = std::numeric_limits<float>::max();
constexpr double sqrt_2 = 1.41421356237309504880;
constexpr double sqrt_2_pi = 2.50662827463100050242;

double real(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

Tensor random_tensor(const Shape& shape, Random& random, double low = -4, double high = 4) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (float& value : values) value = static_cast<float>(real(random, low, high));
  return Tensor(shape, values);
}

// As above, but no closer than 0.1 to 0, where ReLU has no derivative.
Tensor random_away_from_zero(const Shape& shape, Random& random) {
  Tensor tensor = random_tensor(shape, random, 0.1, 4);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    if (real(random, -1, 1) < 0) tensor.data()[i] = -tensor.data()[i];
  }
  return tensor;
}

Tensor nothing(const Shape& shape) { return Tensor(shape, std::vector<float>{}); }

std::vector<double> numbers(const Tensor& tensor) {
  return std::vector<double>(tensor.data(), tensor.data() + tensor.size());
}

std::vector<double> mapped(const Tensor& tensor, const Rule& rule) {
  std::vector<double> result = numbers(tensor);
  for (double& value : result) value = rule(value);
  return result;
}

const std::vector<Shape> shapes = {{}, {1}, {7}, {3, 4}, {2, 3, 4}, {2, 1, 3, 2}};

// --- the formulas ---

double relu(double x) { return x > 0 ? x : 0; }
double relu_slope(double x) { return x > 0 ? 1 : 0; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double sigmoid_slope(double x) { return sigmoid(x) * (1 - sigmoid(x)); }
double hyperbolic(double x) { return std::tanh(x); }
double hyperbolic_slope(double x) { return 1 - std::tanh(x) * std::tanh(x); }
double normal_distribution(double x) { return std::erfc(-x / sqrt_2) / 2; }
double gelu(double x) { return x * normal_distribution(x); }
double gelu_slope(double x) { return normal_distribution(x) + x * std::exp(-x * x / 2) / sqrt_2_pi; }

// The softmax of each row of `x`, whose last axis has C elements.
std::vector<double> softmax(const Tensor& x) {
  const std::size_t C = static_cast<std::size_t>(x.shape()[x.rank() - 1]);
  std::vector<double> y = numbers(x);
  for (std::size_t row = 0; row + C <= y.size(); row += C) {
    double highest = y[row];
    for (std::size_t i = 0; i < C; ++i) highest = std::max(highest, y[row + i]);
    double sum = 0;
    for (std::size_t i = 0; i < C; ++i) sum += y[row + i] = std::exp(y[row + i] - highest);
    for (std::size_t i = 0; i < C; ++i) y[row + i] /= sum;
  }
  return y;
}

// The whole Jacobian of softmax, applied to dy: dx_i = sum_j dy_j y_j ([i = j] - y_i).
std::vector<double> softmax_gradient(const Tensor& x, const Tensor& dy) {
  const std::size_t C = static_cast<std::size_t>(x.shape()[x.rank() - 1]);
  const std::vector<double> y = softmax(x);
  const std::vector<double> g = numbers(dy);
  std::vector<double> dx(y.size(), 0.0);
  for (std::size_t row = 0; row + C <= y.size(); row += C) {
    for (std::size_t i = 0; i < C; ++i) {
      for (std::size_t j = 0; j < C; ++j) {
        dx[row + i] += g[row + j] * y[row + j] * ((i == j ? 1.0 : 0.0) - y[row + i]);
      }
    }
  }
  return dx;
}

// --- what holds for each function ---

Tensor forward(Function& function, const Tensor& x) { return function.forward({x}); }

// The only gradient of a function of one input.
Tensor backward(Function& function, const Tensor& grad_output) {
  const std::vector<Tensor> gradients = function.backward(grad_output);
  REQUIRE(gradients.size() == 1);
  return gradients[0];
}

template <class F>
void check_forward(const Rule& rule) {
  Random random(judge::seed());
  for (const Shape& shape : shapes) {
    const Tensor x = random_tensor(shape, random);
    F function;
    const Tensor y = forward(function, x);
    CHECK_SHAPE(y, shape);
    CHECK_CLOSE(y, mapped(x, rule), 1e-5, 1e-6);
  }
}

template <class F>
void check_many_elements(const Rule& rule, const Rule& slope) {
  Random random(judge::seed());
  const Tensor x = random_away_from_zero({301, 200}, random);
  const Tensor dy = random_tensor(x.shape(), random);
  F function;
  CHECK_CLOSE(forward(function, x), mapped(x, rule), 1e-5, 1e-6);
  std::vector<double> expected = mapped(x, slope);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= static_cast<double>(dy.data()[i]);
  CHECK_CLOSE(backward(function, dy), expected, 1e-4, 1e-5);
}

template <class F>
void check_backward(const Rule& slope) {
  Random random(judge::seed());
  for (const Shape& shape : shapes) {
    const Tensor x = random_away_from_zero(shape, random);
    const Tensor dy = random_tensor(shape, random);
    F function;
    forward(function, x);
    std::vector<double> expected = mapped(x, slope);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= static_cast<double>(dy.data()[i]);
    const Tensor dx = backward(function, dy);
    CHECK_SHAPE(dx, shape);
    CHECK_CLOSE(dx, expected, 1e-4, 1e-5);
    CHECK_GRADIENTS([] { return std::make_unique<F>(); }, {x});
  }
}

template <class F>
void check_without_elements(const Shape& shape) {
  F function;
  CHECK_SHAPE(forward(function, nothing(shape)), shape);
  CHECK_SHAPE(backward(function, nothing(shape)), shape);
}

// A copy of a tensor shares its storage: a function that computes in place destroys its caller's data.
template <class F>
void check_leaves_tensors() {
  const std::vector<float> values = {-2, -0.5F, 0.25F, 1, 3, -4};
  const std::vector<float> gradient = {1, -2, 3, -4, 5, -6};
  const Tensor x({2, 3}, values);
  const Tensor dy({2, 3}, gradient);
  F function;
  const Tensor y = forward(function, x);
  CHECK_CLOSE(x, std::vector<double>(values.begin(), values.end()), 0, 0);
  CHECK_FALSE(y.shares_storage_with(x));
  const std::vector<double> result = numbers(y);
  const Tensor dx = backward(function, dy);
  CHECK_CLOSE(dy, std::vector<double>(gradient.begin(), gradient.end()), 0, 0);
  CHECK_FALSE(dx.shares_storage_with(dy));
  CHECK_CLOSE(y, result, 0, 0);
  CHECK_CLOSE(x, std::vector<double>(values.begin(), values.end()), 0, 0);
}

template <class F>
void check_refuses_gradient() {
  F function;
  forward(function, Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK_THROWS_AS(function.backward(Tensor({3, 2}, {1, 2, 3, 4, 5, 6})), ShapeError);
  CHECK_THROWS_AS(function.backward(Tensor({3}, {1, 2, 3})), ShapeError);
  CHECK_THROWS_AS(function.backward(Tensor({1}, {1})), ShapeError);
}

// Two calls are two function objects: each remembers its own.
template <class F>
void check_objects_independent() {
  const Tensor x({2}, {0.5F, 2.0F});
  const Tensor dy({2}, {1.0F, -1.0F});
  F alone;
  forward(alone, x);
  const std::vector<double> expected = numbers(backward(alone, dy));
  F first;
  F second;
  F third;
  forward(first, x);
  forward(second, Tensor({2}, {-1, -3}));
  forward(third, Tensor({3}, {-1, -2, 3}));
  CHECK_CLOSE(backward(first, dy), expected, 0, 0);
}

}  // namespace

// --- ReLU ---

TEST_CASE("ReLU keeps what is positive and turns the rest to 0") {
  ReLU function;
  const Tensor y = forward(function, Tensor({2, 3}, {-2, -0.5F, 0, 0.5F, 2, 1000}));
  CHECK_SHAPE(y, {2, 3});
  CHECK_CLOSE(y, {0, 0, 0, 0.5, 2, 1000}, 0, 0);
}

TEST_CASE("ReLU agrees with its formula for any shape") { check_forward<ReLU>(relu); }

TEST_CASE("ReLU passes the gradient where its input is positive") {
  ReLU function;
  forward(function, Tensor({5}, {-2, -0.5F, 0, 0.5F, 2}));
  const Tensor dx = backward(function, Tensor({5}, {1, 2, 3, -4, 5}));
  CHECK_SHAPE(dx, {5});
  CHECK_CLOSE(dx, {0, 0, 0, -4, 5}, 0, 0);
}

TEST_CASE("ReLU backward agrees with central differences") { check_backward<ReLU>(relu_slope); }
TEST_CASE("ReLU is right for many elements") { check_many_elements<ReLU>(relu, relu_slope); }
TEST_CASE("ReLU of no elements has none") { check_without_elements<ReLU>({2, 0}); }
TEST_CASE("ReLU leaves its input and the gradient it is given as they were") { check_leaves_tensors<ReLU>(); }
TEST_CASE("ReLU backward refuses a gradient of another shape") { check_refuses_gradient<ReLU>(); }
TEST_CASE("Two ReLU objects remember their own calls") { check_objects_independent<ReLU>(); }

// --- Sigmoid ---

TEST_CASE("Sigmoid gives a half at 0 and known values elsewhere") {
  Sigmoid function;
  const Tensor y = forward(function, Tensor({4}, {0, 1, -1, 2}));
  CHECK_CLOSE(y, {0.5, 0.7310585786, 0.2689414214, 0.8807970780}, 1e-6);
}

TEST_CASE("Sigmoid agrees with its formula for any shape") { check_forward<Sigmoid>(sigmoid); }

TEST_CASE("Sigmoid is finite and saturates for extreme inputs") {
  Sigmoid function;
  const Tensor y = forward(function, Tensor({8}, {100, -100, 1000, -1000, 1e30F, -1e30F, largest, -largest}));
  CHECK_CLOSE(y, {1, 0, 1, 0, 1, 0, 1, 0});
  CHECK_CLOSE(backward(function, Tensor({8}, std::vector<float>(8, 1))), std::vector<double>(8, 0.0));
}

TEST_CASE("Sigmoid backward has its steepest slope of a quarter at 0") {
  Sigmoid function;
  forward(function, Tensor({2}, {0, 1}));
  CHECK_CLOSE(backward(function, Tensor({2}, {2, 3})), {0.5, 3 * 0.1966119332}, 1e-5);
}

TEST_CASE("Sigmoid backward agrees with central differences") { check_backward<Sigmoid>(sigmoid_slope); }
TEST_CASE("Sigmoid is right for many elements") { check_many_elements<Sigmoid>(sigmoid, sigmoid_slope); }
TEST_CASE("Sigmoid of no elements has none") { check_without_elements<Sigmoid>({0, 3}); }
TEST_CASE("Sigmoid leaves its input and the gradient it is given as they were") { check_leaves_tensors<Sigmoid>(); }
TEST_CASE("Sigmoid backward refuses a gradient of another shape") { check_refuses_gradient<Sigmoid>(); }
TEST_CASE("Two Sigmoid objects remember their own calls") { check_objects_independent<Sigmoid>(); }

// --- Tanh ---

TEST_CASE("Tanh gives known values and is odd") {
  Tanh function;
  const Tensor y = forward(function, Tensor({4}, {0, 1, -1, 2}));
  CHECK_CLOSE(y, {0, 0.7615941560, -0.7615941560, 0.9640275801}, 1e-6);
}

TEST_CASE("Tanh agrees with its formula for any shape") { check_forward<Tanh>(hyperbolic); }

TEST_CASE("Tanh is finite and saturates for extreme inputs") {
  Tanh function;
  const Tensor y = forward(function, Tensor({6}, {50, -50, 1000, -1000, largest, -largest}));
  CHECK_CLOSE(y, {1, -1, 1, -1, 1, -1});
  CHECK_CLOSE(backward(function, Tensor({6}, std::vector<float>(6, 1))), std::vector<double>(6, 0.0));
}

TEST_CASE("Tanh backward multiplies by 1 - y squared") {
  Tanh function;
  forward(function, Tensor({2}, {0, 1}));
  CHECK_CLOSE(backward(function, Tensor({2}, {2, 3})), {2, 3 * 0.4199743416}, 1e-5);
}

TEST_CASE("Tanh backward agrees with central differences") { check_backward<Tanh>(hyperbolic_slope); }
TEST_CASE("Tanh is right for many elements") { check_many_elements<Tanh>(hyperbolic, hyperbolic_slope); }
TEST_CASE("Tanh of no elements has none") { check_without_elements<Tanh>({0}); }
TEST_CASE("Tanh leaves its input and the gradient it is given as they were") { check_leaves_tensors<Tanh>(); }
TEST_CASE("Tanh backward refuses a gradient of another shape") { check_refuses_gradient<Tanh>(); }
TEST_CASE("Two Tanh objects remember their own calls") { check_objects_independent<Tanh>(); }

// --- Softmax ---

TEST_CASE("Softmax gives equal shares to equal inputs and known shares to others") {
  Softmax function;
  CHECK_CLOSE(forward(function, Tensor({4}, {3, 3, 3, 3})), {0.25, 0.25, 0.25, 0.25}, 1e-6);
  Softmax another;
  const Tensor y = forward(another, Tensor({2, 3}, {1, 2, 3, 0, 0, 0.6931471806F}));
  CHECK_SHAPE(y, {2, 3});
  CHECK_CLOSE(y, {0.0900305732, 0.2447284711, 0.6652409558, 0.25, 0.25, 0.5}, 1e-5);
}

TEST_CASE("Softmax normalises along the last axis of any shape") {
  Random random(judge::seed());
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 4}, Shape{4, 1}, Shape{2, 3, 4}, Shape{2, 3, 1, 5}}) {
    const Tensor x = random_tensor(shape, random);
    Softmax function;
    const Tensor y = forward(function, x);
    CHECK_SHAPE(y, shape);
    CHECK_CLOSE(y, softmax(x), 1e-5, 1e-6);
  }
}

TEST_CASE("Softmax rows are positive and sum to 1") {
  Random random(judge::seed());
  Softmax function;
  const Tensor y = forward(function, random_tensor({50, 10}, random, -10, 10));
  REQUIRE(y.size() == 500);
  for (int row = 0; row < 50; ++row) {
    double sum = 0;
    for (int i = 0; i < 10; ++i) {
      REQUIRE(y.data()[row * 10 + i] > 0);
      sum += static_cast<double>(y.data()[row * 10 + i]);
    }
    REQUIRE(judge::close(sum, 1.0, 0, 1e-5));
  }
}

TEST_CASE("Softmax does not overflow for large inputs") {
  Softmax function;
  const Tensor y = forward(function, Tensor({4, 2}, {1000, 1000, 1000, 999, 1e30F, -1e30F, 89, 88}));
  CHECK_CLOSE(y, {0.5, 0.5, 0.7310585786, 0.2689414214, 1, 0, 0.7310585786, 0.2689414214});
}

TEST_CASE("Softmax does not divide by zero for very negative inputs") {
  Softmax function;
  const Tensor y = forward(function, Tensor({3, 2}, {-1000, -1000, -1000, -1001, -1e30F, -1e30F}));
  CHECK_CLOSE(y, {0.5, 0.5, 0.7310585786, 0.2689414214, 0.5, 0.5});
}

TEST_CASE("Softmax takes the maximum of each row and not of the whole tensor") {
  Softmax function;
  const Tensor y = forward(function, Tensor({2, 2}, {1000, 1000, -1000, -1001}));
  CHECK_CLOSE(y, {0.5, 0.5, 0.7310585786, 0.2689414214});
}

TEST_CASE("Softmax does not change when a number is added to its inputs") {
  Random random(judge::seed());
  const Tensor x = random_tensor({5, 6}, random);
  Tensor shifted(x.shape(), std::vector<float>(x.data(), x.data() + x.size()));
  for (std::int64_t i = 0; i < shifted.size(); ++i) shifted.data()[i] += 64.0F;
  Softmax function;
  Softmax another;
  CHECK_CLOSE(forward(another, shifted), numbers(forward(function, x)), 1e-4, 1e-6);
}

TEST_CASE("Softmax backward multiplies by its Jacobian") {
  Softmax function;
  forward(function, Tensor({2}, {0, 0}));
  CHECK_CLOSE(backward(function, Tensor({2}, {1, 0})), {0.25, -0.25}, 1e-5);
  Random random(judge::seed());
  for (const Shape& shape : {Shape{1}, Shape{5}, Shape{3, 4}, Shape{2, 3, 4}}) {
    const Tensor x = random_tensor(shape, random);
    const Tensor dy = random_tensor(shape, random);
    Softmax another;
    forward(another, x);
    const Tensor dx = backward(another, dy);
    CHECK_SHAPE(dx, shape);
    CHECK_CLOSE(dx, softmax_gradient(x, dy), 1e-4, 1e-5);
  }
}

TEST_CASE("Softmax backward agrees with central differences") {
  Random random(judge::seed());
  for (const Shape& shape : {Shape{5}, Shape{3, 4}, Shape{2, 2, 3}}) {
    const Tensor x = random_tensor(shape, random);
    CHECK_GRADIENTS([] { return std::make_unique<Softmax>(); }, {x});
  }
}

TEST_CASE("Softmax backward ignores a part of the gradient that is the same everywhere") {
  Softmax function;
  forward(function, Tensor({2, 3}, {1, 2, 3, -1, 0, 4}));
  CHECK_CLOSE(backward(function, Tensor({2, 3}, {2, 2, 2, -3, -3, -3})), {0, 0, 0, 0, 0, 0}, 0, 1e-5);
}

TEST_CASE("Softmax is right for many rows") {
  Random random(judge::seed());
  const Tensor x = random_tensor({6001, 10}, random);
  const Tensor dy = random_tensor(x.shape(), random);
  Softmax function;
  CHECK_CLOSE(forward(function, x), softmax(x), 1e-5, 1e-6);
  CHECK_CLOSE(backward(function, dy), softmax_gradient(x, dy), 1e-4, 1e-5);
}

TEST_CASE("Softmax of no rows has none") { check_without_elements<Softmax>({0, 3}); }

TEST_CASE("Softmax refuses a scalar") {
  Softmax function;
  CHECK_THROWS_AS(function.forward({Tensor(Shape{}, {1.0F})}), ShapeError);
}

TEST_CASE("Softmax leaves its input and the gradient it is given as they were") { check_leaves_tensors<Softmax>(); }
TEST_CASE("Softmax backward refuses a gradient of another shape") { check_refuses_gradient<Softmax>(); }
TEST_CASE("Two Softmax objects remember their own calls") { check_objects_independent<Softmax>(); }

// --- GELU ---

TEST_CASE("GELU gives known values of the exact form with erf") {
  // The approximation with tanh is off by up to 5e-4.
  GELU function;
  const Tensor y = forward(function, Tensor({5}, {0, 1, -1, 2, -3}));
  CHECK_CLOSE(y, {0, 0.8413447461, -0.1586552539, 1.9544997361, -0.0040496940}, 1e-5, 1e-6);
}

TEST_CASE("GELU agrees with its formula for any shape") { check_forward<GELU>(gelu); }

TEST_CASE("GELU is the identity for large inputs and 0 for very negative ones") {
  GELU function;
  const Tensor y = forward(function, Tensor({4}, {20, -20, 1000, -1000}));
  CHECK_CLOSE(y, {20, 0, 1000, 0});
  CHECK_CLOSE(backward(function, Tensor({4}, {2, 2, 2, 2})), {2, 0, 2, 0});
}

TEST_CASE("GELU backward has slope a half at 0 and known slopes elsewhere") {
  GELU function;
  forward(function, Tensor({3}, {0, 1, -1}));
  CHECK_CLOSE(backward(function, Tensor({3}, {2, 1, 3})), {1, 1.0833154706, 3 * -0.0833154706}, 1e-5);
}

TEST_CASE("GELU backward agrees with central differences") { check_backward<GELU>(gelu_slope); }
TEST_CASE("GELU is right for many elements") { check_many_elements<GELU>(gelu, gelu_slope); }
TEST_CASE("GELU of no elements has none") { check_without_elements<GELU>({3, 0}); }
TEST_CASE("GELU leaves its input and the gradient it is given as they were") { check_leaves_tensors<GELU>(); }
TEST_CASE("GELU backward refuses a gradient of another shape") { check_refuses_gradient<GELU>(); }
TEST_CASE("Two GELU objects remember their own calls") { check_objects_independent<GELU>(); }

// --- all of them ---

TEST_CASE("Each nonlinearity refuses anything but one input") {
  const Tensor x({2, 2}, {1, 2, 3, 4});
  const auto check = [&](Function& function) {
    INFO(function.name());
    CHECK_THROWS_AS(function.forward({}), ShapeError);
    CHECK_THROWS_AS(function.forward({x, x}), ShapeError);
  };
  ReLU relu;
  Sigmoid sigmoid;
  Tanh tanh;
  Softmax softmax;
  GELU gelu;
  check(relu);
  check(sigmoid);
  check(tanh);
  check(softmax);
  check(gelu);
}

TEST_CASE("No nonlinearity writes behind the last element of its result") {
  // kernels::allocate puts a word of its own there, and looks at it when the memory is released.
  Random random(judge::seed());
  const auto check = [&](Function& function) {
    INFO(function.name());
    const Tensor x = random_tensor({3, 5}, random);
    const Tensor dy = random_tensor({3, 5}, random);
    const std::int64_t before = kernels::memory_use().overruns;
    CHECK_SHAPE(function.forward({x}), {3, 5});
    CHECK_SAME(kernels::memory_use().overruns, before);  // counts the result, if nobody keeps it
    { const std::vector<Tensor> released = function.backward(dy); }
    CHECK_SAME(kernels::memory_use().overruns, before);
    function.forward({dy});  // what was kept of the first call is released
    CHECK_SAME(kernels::memory_use().overruns, before);
  };
  ReLU relu;
  Sigmoid sigmoid;
  Tanh tanh;
  Softmax softmax;
  GELU gelu;
  check(relu);
  check(sigmoid);
  check(tanh);
  check(softmax);
  check(gelu);
}
