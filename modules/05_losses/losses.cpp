#include "tinytorch/losses.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace tinytorch {

namespace {

// BEGIN SOLUTION (helpers)
std::string both(const Tensor& a, const Tensor& b) {
  return "shapes " + a.shape().to_string() + " and " + b.shape().to_string();
}

void require_two(const char* name, const std::vector<Tensor>& inputs) {
  if (inputs.size() != 2) {
    throw ShapeError(std::string(name) + ": takes prediction and target, not " + std::to_string(inputs.size()) +
                     " inputs");
  }
}

// For losses that compare element with element.
void require_alike(const char* name, const Tensor& prediction, const Tensor& target) {
  if (!(prediction.shape() == target.shape())) {
    throw ShapeError(std::string(name) + ": " + both(prediction, target) + " must be equal");
  }
  if (prediction.empty()) throw ValueError(std::string(name) + ": there are no elements to average over");
}

// For what compares a row of logits with a class index.
void require_rows_and_indices(const char* name, const Tensor& logits, const Tensor& target) {
  if (logits.rank() != 2 || target.rank() != 1 || logits.shape()[0] != target.shape()[0]) {
    throw ShapeError(std::string(name) + ": " + both(logits, target) + " do not fit: logits (N, C) need target (N,)");
  }
  if (target.empty()) throw ValueError(std::string(name) + ": there are no samples to average over");
}

// The class index that row n names; written so that NaN is refused, too.
std::int64_t class_index(const Tensor& target, std::int64_t n, std::int64_t C) {
  const float value = target.data()[n];
  if (!(value >= 0.0F && value < static_cast<float>(C) && value == std::floor(value))) {
    throw ValueError("CrossEntropyLoss: target " + std::to_string(value) + " in row " + std::to_string(n) +
                     " is not a class index from 0 to " + std::to_string(C - 1));
  }
  return static_cast<std::int64_t>(value);
}
// END SOLUTION

}  // namespace

// ---- MSELoss

// One pass: keep the differences, which are all that the gradient needs, and add up their squares.
Tensor MSELoss::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION MSELoss::forward
  require_two(name(), inputs);
  require_alike(name(), inputs[0], inputs[1]);
  difference_ = inputs[0] - inputs[1];
  double total = 0.0;
  for (std::int64_t i = 0; i < difference_.size(); ++i) {
    const double difference = difference_.data()[i];
    total += difference * difference;
  }
  return Tensor::scalar(static_cast<float>(total / static_cast<double>(difference_.size())));
  // END SOLUTION
}

std::vector<Tensor> MSELoss::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION MSELoss::backward
  const float factor = grad_output.item() * 2.0F / static_cast<float>(difference_.size());
  return {wants_gradient(0) ? difference_ * factor : Tensor(), wants_gradient(1) ? difference_ * -factor : Tensor()};
  // END SOLUTION
}

// ---- CrossEntropyLoss

// For each row: exp(x - max) gives the numerators of softmax, their sum the denominator, and
//   -log softmax(x)[t] = log(sum) - (x[t] - max).
// Taking the logarithm of a softmax that has been rounded to 0 would give infinity; this does not.
Tensor CrossEntropyLoss::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION CrossEntropyLoss::forward
  require_two(name(), inputs);
  const Tensor& logits = inputs[0];
  target_ = inputs[1];
  require_rows_and_indices(name(), logits, target_);
  const std::int64_t N = logits.shape()[0];
  const std::int64_t C = logits.shape()[1];
  probabilities_ = Tensor::uninitialized(logits.shape());
  double total = 0.0;
  for (std::int64_t n = 0; n < N; ++n) {
    const float* x = logits.data() + n * C;
    float* p = probabilities_.data() + n * C;
    const std::int64_t t = class_index(target_, n, C);
    const float largest = *std::max_element(x, x + C);
    float sum = 0.0F;
    for (std::int64_t c = 0; c < C; ++c) {
      p[c] = std::exp(x[c] - largest);
      sum += p[c];
    }
    for (std::int64_t c = 0; c < C; ++c) p[c] /= sum;
    total += std::log(sum) - (x[t] - largest);
  }
  return Tensor::scalar(static_cast<float>(total / static_cast<double>(N)));
  // END SOLUTION
}

// What remains of all the logarithms and quotients is a difference: softmax(x) - one_hot(t).
std::vector<Tensor> CrossEntropyLoss::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION CrossEntropyLoss::backward
  const std::int64_t N = probabilities_.shape()[0];
  const std::int64_t C = probabilities_.shape()[1];
  const float factor = grad_output.item() / static_cast<float>(N);
  if (!wants_gradient(0)) return {Tensor(), Tensor()};
  Tensor dlogits = probabilities_ * factor;
  for (std::int64_t n = 0; n < N; ++n) dlogits.data()[n * C + class_index(target_, n, C)] -= factor;
  return {dlogits, Tensor()};
  // END SOLUTION
}

// ---- BCEWithLogitsLoss

// Both ways around zero, the exponent is negative: exp(-|x|) cannot overflow.
Tensor BCEWithLogitsLoss::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION BCEWithLogitsLoss::forward
  require_two(name(), inputs);
  logits_ = inputs[0];
  target_ = inputs[1];
  require_alike(name(), logits_, target_);
  double total = 0.0;
  for (std::int64_t i = 0; i < logits_.size(); ++i) {
    const float x = logits_.data()[i];
    const float t = target_.data()[i];
    total += std::max(x, 0.0F) - x * t + std::log1p(std::exp(-std::abs(x)));
  }
  return Tensor::scalar(static_cast<float>(total / static_cast<double>(logits_.size())));
  // END SOLUTION
}

std::vector<Tensor> BCEWithLogitsLoss::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION BCEWithLogitsLoss::backward
  const float factor = grad_output.item() / static_cast<float>(logits_.size());
  if (!wants_gradient(0)) return {Tensor(), Tensor()};
  Tensor dlogits = Tensor::uninitialized(logits_.shape());
  std::transform(logits_.data(), logits_.data() + logits_.size(), target_.data(), dlogits.data(),
                 [factor](float x, float t) { return factor * (1.0F / (1.0F + std::exp(-x)) - t); });
  return {dlogits, Tensor()};
  // END SOLUTION
}

// ---- Accuracy

double accuracy(const Tensor& logits, const Tensor& target) {
  // BEGIN SOLUTION accuracy
  require_rows_and_indices("accuracy", logits, target);
  const Tensor predicted = argmax(logits, 1);
  std::int64_t hits = 0;
  for (std::int64_t n = 0; n < target.size(); ++n) hits += predicted.data()[n] == target.data()[n] ? 1 : 0;
  return static_cast<double>(hits) / static_cast<double>(target.size());
  // END SOLUTION
}

}  // namespace tinytorch
