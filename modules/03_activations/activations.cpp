#include "tinytorch/activations.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>

namespace tinytorch {

// BEGIN SOLUTION (helpers)
namespace {

const Tensor& only_input(const Function& function, const std::vector<Tensor>& inputs) {
  if (inputs.size() != 1) {
    throw ShapeError(std::string(function.name()) + ": takes one input, not " + std::to_string(inputs.size()));
  }
  return inputs[0];
}

// Backward rules start with this: the gradient of the result has the result's shape.
void require_same_shape(const Function& function, const Tensor& grad_output, const Tensor& kept) {
  if (grad_output.shape() == kept.shape()) return;
  throw ShapeError(std::string(function.name()) + ": the gradient has shape " + grad_output.shape().to_string() +
                   ", the result " + kept.shape().to_string());
}

// Phi: the share of a normal distribution that lies below x.
float normal_distribution(float x) { return 0.5F * (1.0F + std::erf(x / std::numbers::sqrt2_v<float>)); }

// phi: its density at x, the derivative of Phi.
float normal_density(float x) {
  const float scale = std::numbers::inv_sqrtpi_v<float> / std::numbers::sqrt2_v<float>;
  return scale * std::exp(-0.5F * x * x);
}

}  // namespace
// END SOLUTION

// ---- ReLU

Tensor ReLU::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION ReLU::forward
  const Tensor& x = only_input(*this, inputs);
  output_ = Tensor::uninitialized(x.shape());
  // A maximum instead of an if: a vector instruction takes eight or sixteen of them at a time.
  std::transform(x.data(), x.data() + x.size(), output_.data(), [](float v) { return std::max(v, 0.0F); });
  return output_;
  // END SOLUTION
}

std::vector<Tensor> ReLU::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION ReLU::backward
  require_same_shape(*this, grad_output, output_);
  Tensor dx = Tensor::uninitialized(output_.shape());
  // x > 0 exactly where y > 0: the output is all that must be kept.
  std::transform(output_.data(), output_.data() + output_.size(), grad_output.data(), dx.data(),
                 [](float y, float dy) { return y > 0.0F ? dy : 0.0F; });
  return {dx};
  // END SOLUTION
}

// ---- Sigmoid

Tensor Sigmoid::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION Sigmoid::forward
  const Tensor& x = only_input(*this, inputs);
  output_ = Tensor::uninitialized(x.shape());
  // Where exp(-x) is past the largest float it is infinite, and 1 / infinity is the right answer: 0.
  std::transform(x.data(), x.data() + x.size(), output_.data(), [](float v) { return 1.0F / (1.0F + std::exp(-v)); });
  return output_;
  // END SOLUTION
}

std::vector<Tensor> Sigmoid::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION Sigmoid::backward
  require_same_shape(*this, grad_output, output_);
  Tensor dx = Tensor::uninitialized(output_.shape());
  std::transform(output_.data(), output_.data() + output_.size(), grad_output.data(), dx.data(),
                 [](float y, float dy) { return dy * y * (1.0F - y); });
  return {dx};
  // END SOLUTION
}

// ---- Tanh

Tensor Tanh::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION Tanh::forward
  const Tensor& x = only_input(*this, inputs);
  output_ = Tensor::uninitialized(x.shape());
  std::transform(x.data(), x.data() + x.size(), output_.data(), [](float v) { return std::tanh(v); });
  return output_;
  // END SOLUTION
}

std::vector<Tensor> Tanh::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION Tanh::backward
  require_same_shape(*this, grad_output, output_);
  Tensor dx = Tensor::uninitialized(output_.shape());
  std::transform(output_.data(), output_.data() + output_.size(), grad_output.data(), dx.data(),
                 [](float y, float dy) { return dy * (1.0F - y * y); });
  return {dx};
  // END SOLUTION
}

// ---- Softmax

// Row by row, along the last axis.
Tensor Softmax::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION Softmax::forward
  const Tensor& input = only_input(*this, inputs);
  if (input.rank() == 0) throw ShapeError("Softmax: a scalar has no axis");
  output_ = Tensor::uninitialized(input.shape());
  const std::int64_t C = input.shape()[input.rank() - 1];
  for (std::int64_t start = 0; start < input.size(); start += C) {
    const float* x = input.data() + start;
    float* y = output_.data() + start;
    // Subtracting the row's maximum changes nothing in the quotient, and no exp() can overflow.
    const float largest = *std::max_element(x, x + C);
    float total = 0.0F;
    for (std::int64_t i = 0; i < C; ++i) {
      y[i] = std::exp(x[i] - largest);
      total += y[i];
    }
    for (std::int64_t i = 0; i < C; ++i) y[i] /= total;
  }
  return output_;
  // END SOLUTION
}

// Every y_i depends on every x_j of its row: dx_i = y_i * (dy_i - sum_j dy_j y_j).
std::vector<Tensor> Softmax::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION Softmax::backward
  require_same_shape(*this, grad_output, output_);
  Tensor grad_input = Tensor::uninitialized(output_.shape());
  const std::int64_t C = output_.shape()[output_.rank() - 1];
  for (std::int64_t start = 0; start < output_.size(); start += C) {
    const float* y = output_.data() + start;
    const float* dy = grad_output.data() + start;
    float* dx = grad_input.data() + start;
    float dot = 0.0F;
    for (std::int64_t i = 0; i < C; ++i) dot += dy[i] * y[i];
    for (std::int64_t i = 0; i < C; ++i) dx[i] = y[i] * (dy[i] - dot);
  }
  return {grad_input};
  // END SOLUTION
}

// ---- GELU

Tensor GELU::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION GELU::forward
  input_ = only_input(*this, inputs);
  Tensor y = Tensor::uninitialized(input_.shape());
  std::transform(input_.data(), input_.data() + input_.size(), y.data(),
                 [](float x) { return x * normal_distribution(x); });
  return y;
  // END SOLUTION
}

// The product rule: d/dx (x Phi(x)) = Phi(x) + x phi(x).
std::vector<Tensor> GELU::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION GELU::backward
  require_same_shape(*this, grad_output, input_);
  Tensor dx = Tensor::uninitialized(input_.shape());
  std::transform(input_.data(), input_.data() + input_.size(), grad_output.data(), dx.data(),
                 [](float x, float dy) { return dy * (normal_distribution(x) + x * normal_density(x)); });
  return {dx};
  // END SOLUTION
}

}  // namespace tinytorch
