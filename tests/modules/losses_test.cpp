// Cases of module losses: values by hand, the formulas of the header in double precision, extreme logits,
// and every gradient rule against both the formula and central differences.
#include "tinytorch/losses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "judge/cases/compare.hpp"
#include "kernels/memory.hpp"

using namespace tinytorch;

namespace {

using Random = std::mt19937_64;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::int64_t integer(Random& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

Tensor random_tensor(const Shape& shape, Random& random, double low = -4, double high = 4) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  std::uniform_real_distribution<double> draw(low, high);
  for (float& value : values) value = static_cast<float>(draw(random));
  return Tensor(shape, values);
}

Tensor random_classes(std::int64_t N, std::int64_t C, Random& random) {
  std::vector<float> values(static_cast<std::size_t>(N));
  for (float& value : values) value = static_cast<float>(integer(random, 0, C - 1));
  return Tensor({N}, values);
}

Tensor nothing(const Shape& shape) { return Tensor(shape, std::vector<float>{}); }
Tensor scalar(float value) { return Tensor(Shape{}, {value}); }

std::vector<double> numbers(const Tensor& tensor) {
  return std::vector<double>(tensor.data(), tensor.data() + tensor.size());
}

Tensor forward(Function& loss, const Tensor& prediction, const Tensor& target) {
  return loss.forward({prediction, target});
}

// backward() of a loss, whose two inputs get a gradient each.
std::vector<Tensor> backward(Function& loss, float grad_output) {
  std::vector<Tensor> gradients = loss.backward(scalar(grad_output));
  REQUIRE(gradients.size() == 2);
  return gradients;
}

// --- the formulas ---

double mse(const Tensor& prediction, const Tensor& target) {
  const std::vector<double> p = numbers(prediction);
  const std::vector<double> t = numbers(target);
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += (p[i] - t[i]) * (p[i] - t[i]);
  return sum / static_cast<double>(p.size());
}

std::vector<double> mse_gradient(const Tensor& prediction, const Tensor& target, double g) {
  std::vector<double> gradient = numbers(prediction);
  const std::vector<double> t = numbers(target);
  for (std::size_t i = 0; i < t.size(); ++i) gradient[i] = g * 2 * (gradient[i] - t[i]) / static_cast<double>(t.size());
  return gradient;
}

struct CrossEntropy {
  double loss = 0;
  std::vector<double> gradient;
};

CrossEntropy cross_entropy(const Tensor& logits, const Tensor& target, double g) {
  const std::size_t N = static_cast<std::size_t>(logits.shape()[0]);
  const std::size_t C = static_cast<std::size_t>(logits.shape()[1]);
  CrossEntropy result;
  result.gradient = numbers(logits);
  for (std::size_t n = 0; n < N; ++n) {
    double* row = result.gradient.data() + n * C;
    const std::size_t correct = static_cast<std::size_t>(target.data()[n]);
    const double highest = *std::max_element(row, row + C);
    double sum = 0;
    for (std::size_t c = 0; c < C; ++c) sum += std::exp(row[c] - highest);
    result.loss += (highest + std::log(sum) - row[correct]) / static_cast<double>(N);
    for (std::size_t c = 0; c < C; ++c) {
      row[c] = g * (std::exp(row[c] - highest) / sum - (c == correct ? 1.0 : 0.0)) / static_cast<double>(N);
    }
  }
  return result;
}

double sigmoid(double x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

double bce(const Tensor& logits, const Tensor& target) {
  const std::vector<double> x = numbers(logits);
  const std::vector<double> t = numbers(target);
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += std::max(x[i], 0.0) - x[i] * t[i] + std::log1p(std::exp(-std::fabs(x[i])));
  }
  return sum / static_cast<double>(x.size());
}

std::vector<double> bce_gradient(const Tensor& logits, const Tensor& target, double g) {
  std::vector<double> gradient = numbers(logits);
  const std::vector<double> t = numbers(target);
  for (std::size_t i = 0; i < t.size(); ++i)
    gradient[i] = g * (sigmoid(gradient[i]) - t[i]) / static_cast<double>(t.size());
  return gradient;
}

const std::vector<Shape> shapes = {{}, {1}, {5}, {3, 4}, {4, 1}, {2, 3, 2}};

// --- what holds for each loss ---

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

// Pairs that NumPy would broadcast, or that have as many elements, and still do not fit.
template <class Loss>
void check_refuses_shapes() {
  const Tensor column({3, 1}, {0, 1, 0});
  const Tensor vector({3}, {0, 1, 0});
  const Tensor matrix({2, 3}, {0, 1, 0, 1, 0, 1});
  Loss loss;
  check_names_shapes([&] { forward(loss, column, vector); }, "(3, 1)", "(3,)");
  check_names_shapes([&] { forward(loss, matrix, vector); }, "(2, 3)", "(3,)");
  check_names_shapes([&] { forward(loss, vector, matrix); }, "(3,)", "(2, 3)");
  check_names_shapes([&] { forward(loss, vector, Tensor({1}, {1})); }, "(3,)", "(1,)");
  check_names_shapes([&] { forward(loss, matrix, Tensor({3, 2}, {0, 1, 0, 1, 0, 1})); }, "(2, 3)", "(3, 2)");
}

template <class Loss>
void check_leaves_inputs(const Tensor& prediction, const Tensor& target) {
  const std::vector<double> p = numbers(prediction);
  const std::vector<double> t = numbers(target);
  const Tensor grad_output = scalar(3);
  Loss loss;
  const Tensor value = forward(loss, prediction, target);
  const std::vector<double> before = numbers(value);
  loss.backward(grad_output);
  CHECK_CLOSE(prediction, p, 0, 0);
  CHECK_CLOSE(target, t, 0, 0);
  CHECK_CLOSE(grad_output, {3}, 0, 0);
  CHECK_CLOSE(value, before, 0, 0);
}

template <class Loss>
void check_refuses_gradient(const Tensor& prediction, const Tensor& target) {
  Loss loss;
  forward(loss, prediction, target);
  CHECK_THROWS_AS(loss.backward(Tensor({2}, {1, 1})), ShapeError);
  CHECK_THROWS_AS(loss.backward(prediction), ShapeError);
  CHECK_THROWS_AS(loss.backward(Tensor()), ShapeError);
}

}  // namespace

// --- MSELoss ---

TEST_CASE("MSELoss is the mean of the squared differences") {
  MSELoss loss;
  const Tensor value = forward(loss, Tensor({2, 2}, {1, 2, 3, 4}), Tensor({2, 2}, {1, 0, 6, 3}));
  CHECK_SHAPE(value, Shape{});
  CHECK_CLOSE(value, {3.5});
}

TEST_CASE("MSELoss of equal tensors is 0") {
  MSELoss loss;
  CHECK_CLOSE(forward(loss, Tensor({3}, {1, -2, 3}), Tensor({3}, {1, -2, 3})), {0}, 0, 0);
}

TEST_CASE("MSELoss agrees with its formula for any shape") {
  Random random(judge::seed());
  for (const Shape& shape : shapes) {
    INFO("shape " << shape.to_string());
    const Tensor prediction = random_tensor(shape, random);
    const Tensor target = random_tensor(shape, random);
    MSELoss loss;
    const Tensor value = forward(loss, prediction, target);
    CHECK_SHAPE(value, Shape{});
    CHECK_CLOSE(value, {mse(prediction, target)}, 1e-5);
  }
}

TEST_CASE("MSELoss backward gives twice the difference divided by the number of elements") {
  MSELoss loss;
  forward(loss, Tensor({2, 2}, {1, 2, 3, 4}), Tensor({2, 2}, {1, 0, 6, 3}));
  const std::vector<Tensor> gradients = backward(loss, 1);
  CHECK_SHAPE(gradients[0], {2, 2});
  CHECK_CLOSE(gradients[0], {0, 1, -1.5, 0.5});
}

TEST_CASE("MSELoss backward gives the target the opposite gradient") {
  MSELoss loss;
  forward(loss, Tensor({2, 2}, {1, 2, 3, 4}), Tensor({2, 2}, {1, 0, 6, 3}));
  const std::vector<Tensor> gradients = backward(loss, 1);
  CHECK_SHAPE(gradients[1], {2, 2});
  CHECK_CLOSE(gradients[1], {0, -1, 1.5, -0.5});
  CHECK_FALSE(gradients[1].shares_storage_with(gradients[0]));
}

TEST_CASE("MSELoss backward scales by the gradient it is given") {
  Random random(judge::seed());
  const Tensor prediction = random_tensor({3, 4}, random);
  const Tensor target = random_tensor({3, 4}, random);
  for (const float g : {1.0F, -2.5F, 0.0F, 128.0F}) {
    MSELoss loss;
    forward(loss, prediction, target);
    CHECK_CLOSE(backward(loss, g)[0], mse_gradient(prediction, target, static_cast<double>(g)), 1e-5, 1e-5);
  }
}

TEST_CASE("MSELoss backward agrees with central differences") {
  Random random(judge::seed());
  for (const Shape& shape : shapes) {
    INFO("shape " << shape.to_string());
    CHECK_GRADIENTS([] { return std::make_unique<MSELoss>(); },
                    {random_tensor(shape, random, -2, 2), random_tensor(shape, random, -2, 2)});
  }
}

TEST_CASE("MSELoss backward spares the gradient of an input that does not want one") {
  for (const std::size_t wanted : {0U, 1U}) {
    MSELoss loss;
    loss.want_gradient(1 - wanted, false);
    forward(loss, Tensor({2, 2}, {1, 2, 3, 4}), Tensor({2, 2}, {1, 0, 6, 3}));
    const double sign = wanted == 0 ? 1 : -1;
    const std::vector<Tensor> gradients = backward(loss, 1);
    CHECK_CLOSE(gradients[wanted], {0, sign, sign * -1.5, sign * 0.5});
    CHECK(gradients[1 - wanted].empty());
  }
}

TEST_CASE("MSELoss is right for many elements") {
  Random random(judge::seed());
  const Tensor prediction = random_tensor({301, 200}, random);
  const Tensor target = random_tensor({301, 200}, random);
  MSELoss loss;
  CHECK_CLOSE(forward(loss, prediction, target), {mse(prediction, target)}, 1e-4);
  const std::vector<Tensor> gradients = backward(loss, 1000);
  CHECK_CLOSE(gradients[0], mse_gradient(prediction, target, 1000), 1e-4, 1e-6);
  CHECK_CLOSE(gradients[1], mse_gradient(target, prediction, 1000), 1e-4, 1e-6);
}

TEST_CASE("MSELoss refuses other shapes and names both") { check_refuses_shapes<MSELoss>(); }

TEST_CASE("MSELoss refuses no elements") {
  MSELoss loss;
  CHECK_THROWS_AS(forward(loss, nothing({0}), nothing({0})), ValueError);
  CHECK_THROWS_AS(forward(loss, nothing({2, 0}), nothing({2, 0})), ValueError);
}

TEST_CASE("MSELoss leaves its inputs as they were") {
  check_leaves_inputs<MSELoss>(Tensor({3}, {1, 2, 3}), Tensor({3}, {3, 2, 0}));
}

TEST_CASE("MSELoss backward refuses a gradient that is not a scalar") {
  check_refuses_gradient<MSELoss>(Tensor({3}, {1, 2, 3}), Tensor({3}, {3, 2, 0}));
}

// --- CrossEntropyLoss ---

TEST_CASE("CrossEntropyLoss of equal logits is the logarithm of the number of classes") {
  CrossEntropyLoss loss;
  const Tensor value = forward(loss, Tensor({2, 4}, {0, 0, 0, 0, 5, 5, 5, 5}), Tensor({2}, {0, 3}));
  CHECK_SHAPE(value, Shape{});
  CHECK_CLOSE(value, {std::log(4.0)});
}

TEST_CASE("CrossEntropyLoss is minus the logarithm of the probability of the target") {
  // Logits log(1), log(2), log(5): probabilities 1/8, 2/8, 5/8.
  const std::vector<float> logits = {0, 0.6931471806F, 1.6094379124F};
  const std::vector<double> probabilities = {0.125, 0.25, 0.625};
  for (int c = 0; c < 3; ++c) {
    CAPTURE(c);
    CrossEntropyLoss loss;
    CHECK_CLOSE(forward(loss, Tensor({1, 3}, logits), Tensor({1}, {static_cast<float>(c)})),
                {-std::log(probabilities[static_cast<std::size_t>(c)])});
  }
}

TEST_CASE("CrossEntropyLoss is the mean over the samples") {
  const std::vector<float> logits = {0, 0.6931471806F, 1.6094379124F, 0, 0.6931471806F, 1.6094379124F};
  CrossEntropyLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({2, 3}, logits), Tensor({2}, {0, 2})), {(std::log(8.0) + std::log(1.6)) / 2});
}

TEST_CASE("CrossEntropyLoss agrees with its formula for random sizes") {
  Random random(judge::seed());
  for (int round = 0; round < 20; ++round) {
    const std::int64_t N = integer(random, 1, 8), C = integer(random, 1, 12);
    INFO("N " << N << " C " << C);
    const Tensor logits = random_tensor({N, C}, random);
    const Tensor target = random_classes(N, C, random);
    CrossEntropyLoss loss;
    const Tensor value = forward(loss, logits, target);
    CHECK_SHAPE(value, Shape{});
    CHECK_CLOSE(value, {cross_entropy(logits, target, 1).loss}, 1e-5, 1e-5);
  }
}

TEST_CASE("CrossEntropyLoss is finite for large logits") {
  CrossEntropyLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({1, 2}, {1000, 999}), Tensor({1}, {1})), {1 + std::log1p(std::exp(-1.0))});
  CrossEntropyLoss wrong;
  CHECK_CLOSE(forward(wrong, Tensor({1, 3}, {1000, 0, -1000}), Tensor({1}, {2})), {2000});
  CrossEntropyLoss right;
  CHECK_CLOSE(forward(right, Tensor({1, 3}, {1e30F, 0, -1e30F}), Tensor({1}, {0})), {0});
  CrossEntropyLoss huge;
  CHECK_CLOSE(forward(huge, Tensor({1, 2}, {1e30F, -1e30F}), Tensor({1}, {1})), {2e30});
}

TEST_CASE("CrossEntropyLoss is finite for very negative logits") {
  CrossEntropyLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({2, 2}, {-1000, -1000, -1000, -1001}), Tensor({2}, {0, 0})),
              {(std::log(2.0) + std::log1p(std::exp(-1.0))) / 2});
}

TEST_CASE("CrossEntropyLoss subtracts the maximum of each row") {
  CrossEntropyLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({2, 2}, {1000, 1000, -1000, -1000}), Tensor({2}, {0, 1})), {std::log(2.0)});
}

TEST_CASE("CrossEntropyLoss backward is softmax minus one hot divided by the samples") {
  const std::vector<float> logits = {0, 0.6931471806F, 1.6094379124F, 1, 1, 1};
  CrossEntropyLoss loss;
  forward(loss, Tensor({2, 3}, logits), Tensor({2}, {1, 2}));
  const std::vector<Tensor> gradients = backward(loss, 1);
  CHECK_SHAPE(gradients[0], {2, 3});
  CHECK_CLOSE(gradients[0], {0.0625, -0.375, 0.3125, 1.0 / 6, 1.0 / 6, -1.0 / 3}, 1e-5, 1e-6);
}

TEST_CASE("CrossEntropyLoss has no gradient for the target") {
  CrossEntropyLoss loss;
  forward(loss, Tensor({2, 2}, {1, 2, 3, 4}), Tensor({2}, {1, 0}));
  CHECK(backward(loss, 1)[1].empty());
}

TEST_CASE("CrossEntropyLoss backward scales by the gradient it is given") {
  Random random(judge::seed());
  const Tensor logits = random_tensor({4, 5}, random);
  const Tensor target = random_classes(4, 5, random);
  for (const float g : {1.0F, -2.5F, 0.0F, 128.0F}) {
    CrossEntropyLoss loss;
    forward(loss, logits, target);
    CHECK_CLOSE(backward(loss, g)[0], cross_entropy(logits, target, static_cast<double>(g)).gradient, 1e-5, 1e-4);
  }
}

TEST_CASE("CrossEntropyLoss backward agrees with central differences") {
  Random random(judge::seed());
  for (int round = 0; round < 8; ++round) {
    const std::int64_t N = integer(random, 1, 5), C = integer(random, 1, 6);
    INFO("N " << N << " C " << C);
    judge::GradientOptions options;
    options.differentiable = {0};
    CHECK_GRADIENTS([] { return std::make_unique<CrossEntropyLoss>(); },
                    {random_tensor({N, C}, random, -2, 2), random_classes(N, C, random)}, options);
  }
}

TEST_CASE("CrossEntropyLoss backward agrees with its formula for random sizes") {
  Random random(judge::seed());
  for (int round = 0; round < 20; ++round) {
    const std::int64_t N = integer(random, 1, 8), C = integer(random, 1, 12);
    INFO("N " << N << " C " << C);
    const Tensor logits = random_tensor({N, C}, random);
    const Tensor target = random_classes(N, C, random);
    CrossEntropyLoss loss;
    forward(loss, logits, target);
    const Tensor gradient = backward(loss, 1)[0];
    CHECK_SHAPE(gradient, {N, C});
    CHECK_CLOSE(gradient, cross_entropy(logits, target, 1).gradient, 1e-5, 1e-6);
  }
}

TEST_CASE("CrossEntropyLoss backward spares the gradient of the logits only when it is not wanted") {
  CrossEntropyLoss loss;
  loss.want_gradient(1, false);
  forward(loss, Tensor({1, 2}, {0, 0}), Tensor({1}, {1}));
  CHECK_CLOSE(backward(loss, 1)[0], {0.5, -0.5});
  loss.want_gradient(0, false);
  CHECK(backward(loss, 1)[0].empty());
}

TEST_CASE("CrossEntropyLoss backward is finite for extreme logits") {
  CrossEntropyLoss loss;
  forward(loss, Tensor({2, 2}, {1000, -1000, -1e30F, 1e30F}), Tensor({2}, {1, 1}));
  CHECK_CLOSE(backward(loss, 1)[0], {0.5, -0.5, 0, 0});
}

TEST_CASE("CrossEntropyLoss is right for many samples") {
  Random random(judge::seed());
  const Tensor logits = random_tensor({6001, 10}, random);
  const Tensor target = random_classes(6001, 10, random);
  const CrossEntropy expected = cross_entropy(logits, target, 6001);
  CrossEntropyLoss loss;
  CHECK_CLOSE(forward(loss, logits, target), {expected.loss}, 1e-4);
  CHECK_CLOSE(backward(loss, 6001)[0], expected.gradient, 1e-4, 1e-5);
}

TEST_CASE("CrossEntropyLoss refuses shapes that do not fit") {
  const Tensor logits({2, 3}, {1, 2, 3, 4, 5, 6});
  CrossEntropyLoss loss;
  CHECK_THROWS_AS(forward(loss, logits, Tensor({3}, {0, 1, 2})), ShapeError);
  CHECK_THROWS_AS(forward(loss, logits, Tensor({1}, {0})), ShapeError);
  CHECK_THROWS_AS(forward(loss, logits, Tensor({2, 1}, {0, 1})), ShapeError);
  CHECK_THROWS_AS(forward(loss, logits, Tensor({2, 3}, {0, 1, 0, 0, 0, 1})), ShapeError);
  CHECK_THROWS_AS(forward(loss, Tensor({3}, {1, 2, 3}), Tensor({3}, {0, 0, 0})), ShapeError);
  CHECK_THROWS_AS(forward(loss, Tensor({2, 3, 1}, {1, 2, 3, 4, 5, 6}), Tensor({2}, {0, 0})), ShapeError);
}

TEST_CASE("CrossEntropyLoss refuses an index that is no class") {
  const Tensor logits({2, 3}, {1, 2, 3, 4, 5, 6});
  for (const float index : {3.0F, -1.0F, 0.5F, 1e30F, -1e30F, not_a_number}) {
    CAPTURE(index);
    CrossEntropyLoss loss;
    CHECK_THROWS_AS(forward(loss, logits, Tensor({2}, {0, index})), ValueError);
    CHECK_THROWS_AS(forward(loss, logits, Tensor({2}, {index, 0})), ValueError);
  }
}

TEST_CASE("CrossEntropyLoss refuses no samples") {
  CrossEntropyLoss loss;
  CHECK_THROWS_AS(forward(loss, nothing({0, 3}), nothing({0})), ValueError);
}

TEST_CASE("CrossEntropyLoss leaves its inputs as they were") {
  check_leaves_inputs<CrossEntropyLoss>(Tensor({2, 2}, {1, 2, 3, 5}), Tensor({2}, {1, 0}));
}

TEST_CASE("CrossEntropyLoss backward refuses a gradient that is not a scalar") {
  check_refuses_gradient<CrossEntropyLoss>(Tensor({2, 2}, {1, 2, 3, 5}), Tensor({2}, {1, 0}));
}

// --- BCEWithLogitsLoss ---

TEST_CASE("BCEWithLogitsLoss of logits 0 is the logarithm of 2") {
  BCEWithLogitsLoss loss;
  const Tensor value = forward(loss, Tensor({2, 2}, {0, 0, 0, 0}), Tensor({2, 2}, {0, 1, 0.5F, 1}));
  CHECK_SHAPE(value, Shape{});
  CHECK_CLOSE(value, {std::log(2.0)});
}

TEST_CASE("BCEWithLogitsLoss is the binary cross-entropy of the sigmoid") {
  // Logit log(3) is a probability of 3/4.
  const float logit = 1.0986122887F;
  BCEWithLogitsLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({1}, {logit}), Tensor({1}, {1})), {-std::log(0.75)});
  CHECK_CLOSE(forward(loss, Tensor({1}, {logit}), Tensor({1}, {0})), {-std::log(0.25)});
  CHECK_CLOSE(forward(loss, Tensor({1}, {-logit}), Tensor({1}, {1})), {-std::log(0.25)});
  CHECK_CLOSE(forward(loss, Tensor({1}, {-logit}), Tensor({1}, {0})), {-std::log(0.75)});
  CHECK_CLOSE(forward(loss, Tensor({1}, {logit}), Tensor({1}, {0.25F})),
              {-0.25 * std::log(0.75) - 0.75 * std::log(0.25)});
}

TEST_CASE("BCEWithLogitsLoss is the mean over all elements") {
  const float logit = 1.0986122887F;
  BCEWithLogitsLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({2, 2}, {logit, logit, -logit, -logit}), Tensor({2, 2}, {1, 1, 0, 1})),
              {-(3 * std::log(0.75) + std::log(0.25)) / 4});
}

TEST_CASE("BCEWithLogitsLoss agrees with its formula for any shape") {
  Random random(judge::seed());
  for (const Shape& shape : shapes) {
    INFO("shape " << shape.to_string());
    const Tensor logits = random_tensor(shape, random, -6, 6);
    const Tensor target = random_tensor(shape, random, 0, 1);
    BCEWithLogitsLoss loss;
    const Tensor value = forward(loss, logits, target);
    CHECK_SHAPE(value, Shape{});
    CHECK_CLOSE(value, {bce(logits, target)}, 1e-5);
  }
}

TEST_CASE("BCEWithLogitsLoss is finite for extreme logits") {
  BCEWithLogitsLoss loss;
  CHECK_CLOSE(forward(loss, Tensor({4}, {1000, -1000, 1000, -1000}), Tensor({4}, {1, 0, 0, 1})), {500});
  CHECK_CLOSE(forward(loss, Tensor({2}, {1e30F, -1e30F}), Tensor({2}, {1, 0})), {0});
  CHECK_CLOSE(forward(loss, Tensor({1}, {-1e30F}), Tensor({1}, {1})), {1e30});
  CHECK_CLOSE(forward(loss, Tensor({2}, {100, -100}), Tensor({2}, {0, 1})), {100});
}

TEST_CASE("BCEWithLogitsLoss backward is sigmoid minus target divided by the elements") {
  const float logit = 1.0986122887F;
  BCEWithLogitsLoss loss;
  forward(loss, Tensor({2, 2}, {0, logit, -logit, logit}), Tensor({2, 2}, {1, 1, 0, 0.25F}));
  const std::vector<Tensor> gradients = backward(loss, 1);
  CHECK_SHAPE(gradients[0], {2, 2});
  CHECK_CLOSE(gradients[0], {-0.125, -0.0625, 0.0625, 0.125});
}

TEST_CASE("BCEWithLogitsLoss has no gradient for the target") {
  BCEWithLogitsLoss loss;
  forward(loss, Tensor({2}, {1, 2}), Tensor({2}, {1, 0}));
  CHECK(backward(loss, 1)[1].empty());
}

TEST_CASE("BCEWithLogitsLoss backward scales by the gradient it is given") {
  Random random(judge::seed());
  const Tensor logits = random_tensor({3, 4}, random);
  const Tensor target = random_tensor({3, 4}, random, 0, 1);
  for (const float g : {1.0F, -2.5F, 0.0F, 128.0F}) {
    BCEWithLogitsLoss loss;
    forward(loss, logits, target);
    CHECK_CLOSE(backward(loss, g)[0], bce_gradient(logits, target, static_cast<double>(g)), 1e-5, 1e-4);
  }
}

TEST_CASE("BCEWithLogitsLoss backward agrees with central differences") {
  Random random(judge::seed());
  for (const Shape& shape : shapes) {
    INFO("shape " << shape.to_string());
    judge::GradientOptions options;
    options.differentiable = {0};
    CHECK_GRADIENTS([] { return std::make_unique<BCEWithLogitsLoss>(); },
                    {random_tensor(shape, random), random_tensor(shape, random, 0, 1)}, options);
  }
}

TEST_CASE("BCEWithLogitsLoss backward spares the gradient of the logits only when it is not wanted") {
  BCEWithLogitsLoss loss;
  loss.want_gradient(1, false);
  forward(loss, Tensor({2}, {0, 0}), Tensor({2}, {1, 0}));
  CHECK_CLOSE(backward(loss, 1)[0], {-0.25, 0.25});
  loss.want_gradient(0, false);
  CHECK(backward(loss, 1)[0].empty());
}

TEST_CASE("BCEWithLogitsLoss backward is finite for extreme logits") {
  BCEWithLogitsLoss loss;
  forward(loss, Tensor({4}, {1000, -1000, 1e30F, -1e30F}), Tensor({4}, {0, 1, 1, 0}));
  CHECK_CLOSE(backward(loss, 1)[0], {0.25, -0.25, 0, 0});
}

TEST_CASE("BCEWithLogitsLoss is right for many elements") {
  Random random(judge::seed());
  const Tensor logits = random_tensor({301, 200}, random);
  const Tensor target = random_tensor({301, 200}, random, 0, 1);
  BCEWithLogitsLoss loss;
  CHECK_CLOSE(forward(loss, logits, target), {bce(logits, target)}, 1e-4);
  CHECK_CLOSE(backward(loss, 10000)[0], bce_gradient(logits, target, 10000), 1e-4, 1e-6);
}

TEST_CASE("BCEWithLogitsLoss refuses other shapes and names both") { check_refuses_shapes<BCEWithLogitsLoss>(); }

TEST_CASE("BCEWithLogitsLoss refuses no elements") {
  BCEWithLogitsLoss loss;
  CHECK_THROWS_AS(forward(loss, nothing({0}), nothing({0})), ValueError);
  CHECK_THROWS_AS(forward(loss, nothing({2, 0}), nothing({2, 0})), ValueError);
}

TEST_CASE("BCEWithLogitsLoss leaves its inputs as they were") {
  check_leaves_inputs<BCEWithLogitsLoss>(Tensor({3}, {1, -2, 3}), Tensor({3}, {1, 0, 0.5F}));
}

TEST_CASE("BCEWithLogitsLoss backward refuses a gradient that is not a scalar") {
  check_refuses_gradient<BCEWithLogitsLoss>(Tensor({3}, {1, -2, 3}), Tensor({3}, {1, 0, 0.5F}));
}

// --- accuracy ---

TEST_CASE("accuracy is the share of rows whose largest logit is the target's") {
  const Tensor logits({4, 3}, {1, 2, 3, 9, 2, 1, -1, 0, -2, 0.5F, 0.25F, 0.75F});
  CHECK_CLOSE(accuracy(logits, Tensor({4}, {2, 0, 1, 2})), 1.0, 0, 1e-9);
  CHECK_CLOSE(accuracy(logits, Tensor({4}, {2, 0, 1, 0})), 0.75, 0, 1e-9);
  CHECK_CLOSE(accuracy(logits, Tensor({4}, {0, 0, 2, 0})), 0.25, 0, 1e-9);
  CHECK_CLOSE(accuracy(logits, Tensor({4}, {0, 1, 2, 1})), 0.0, 0, 1e-9);
}

TEST_CASE("accuracy works when all logits are negative") {
  CHECK_CLOSE(accuracy(Tensor({2, 3}, {-5, -2, -9, -1, -2, -3}), Tensor({2}, {1, 0})), 1.0, 0, 1e-9);
}

TEST_CASE("accuracy does not round the share") {
  CHECK_CLOSE(accuracy(Tensor({3, 2}, {1, 0, 1, 0, 1, 0}), Tensor({3}, {0, 1, 1})), 1.0 / 3, 0, 1e-6);
}

TEST_CASE("accuracy agrees with counting") {
  Random random(judge::seed());
  for (int round = 0; round < 20; ++round) {
    const std::int64_t N = integer(random, 1, 60), C = integer(random, 1, 6);
    INFO("N " << N << " C " << C);
    std::vector<float> values;
    for (std::int64_t n = 0; n < N; ++n) {  // each row in random order, without equal logits
      for (std::int64_t c = 0; c < C; ++c) values.push_back(static_cast<float>(c) - 2.5F);
      std::shuffle(values.end() - C, values.end(), random);
    }
    const Tensor logits({N, C}, values);
    const Tensor target = random_classes(N, C, random);
    int right = 0;
    for (std::int64_t n = 0; n < N; ++n) {
      const float* row = logits.data() + n * C;
      const float correct = row[static_cast<std::int64_t>(target.data()[n])];
      if (*std::max_element(row, row + C) == correct) ++right;
    }
    CHECK_CLOSE(accuracy(logits, target), static_cast<double>(right) / static_cast<double>(N), 0, 1e-6);
  }
}

TEST_CASE("accuracy refuses shapes that do not fit") {
  const Tensor logits({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(accuracy(logits, Tensor({3}, {0, 1, 2})), ShapeError);
  CHECK_THROWS_AS(accuracy(logits, Tensor({1}, {0})), ShapeError);
  CHECK_THROWS_AS(accuracy(logits, Tensor({2, 1}, {0, 1})), ShapeError);
  CHECK_THROWS_AS(accuracy(Tensor({3}, {1, 2, 3}), Tensor({3}, {0, 0, 0})), ShapeError);
}

TEST_CASE("accuracy refuses no samples") { CHECK_THROWS_AS(accuracy(nothing({0, 3}), nothing({0})), ValueError); }

// --- what is true of all of them ---

TEST_CASE("No loss writes behind the last element of a tensor") {
  // kernels::allocate puts a word of its own there, and looks at it when the memory is released.
  Random random(judge::seed());
  const std::int64_t before = kernels::memory_use().overruns;
  const auto run = [](Function&& loss, const Tensor& prediction, const Tensor& target) {
    forward(loss, prediction, target);
    backward(loss, 1);
  };
  {
    const Tensor logits = random_tensor({3, 5}, random);
    const Tensor values = random_tensor({3, 5}, random, 0, 1);
    run(MSELoss(), logits, values);
    run(BCEWithLogitsLoss(), logits, values);
    run(CrossEntropyLoss(), logits, random_classes(3, 5, random));
  }
  CHECK_SAME(kernels::memory_use().overruns, before);
}
