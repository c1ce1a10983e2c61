// The fast body of module activations: each function is one pass in vectors, exp() and erf() included.
#include "tinytorch/activations.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "fast/elementwise.hpp"
#include "fast/fusion.hpp"

namespace tinytorch {

namespace {

// A convolution may compute the ReLU below, too, and no other body's.
[[maybe_unused]] const bool registered = fast::register_fast_relu();

using fast::for_each;
using fast::Grain;
using kernels::Vector;

const Tensor& only_input(const Function& function, const std::vector<Tensor>& inputs) {
  if (inputs.size() != 1) {
    throw ShapeError(std::string(function.name()) + ": takes one input, not " + std::to_string(inputs.size()));
  }
  return inputs[0];
}

void require_same_shape(const Function& function, const Tensor& grad_output, const Tensor& kept) {
  if (grad_output.shape() == kept.shape()) return;
  throw ShapeError(std::string(function.name()) + ": the gradient has shape " + grad_output.shape().to_string() +
                   ", the result " + kept.shape().to_string());
}

// A list of one tensor, without a copy of it.
std::vector<Tensor> only(Tensor tensor) {
  std::vector<Tensor> list;
  list.push_back(std::move(tensor));
  return list;
}

// What a rule makes of every element of x.
template <class Rule>
Tensor mapped(const Tensor& x, std::int64_t grain, const Rule& rule) {
  Tensor y = Tensor::uninitialized(x.shape());
  for_each(x.size(), grain, x.data(), y.data(), rule);
  return y;
}

// What a rule makes of every element that was kept and of its gradient.
template <class Rule>
std::vector<Tensor> gradient(const Function& function, const Tensor& kept, const Tensor& grad_output,
                             std::int64_t grain, const Rule& rule) {
  require_same_shape(function, grad_output, kept);
  Tensor dx = Tensor::uninitialized(kept.shape());
  for_each(kept.size(), grain, kept.data(), grad_output.data(), dx.data(), rule);
  return only(std::move(dx));
}

}  // namespace

// ---- ReLU

Tensor ReLU::forward(const std::vector<Tensor>& inputs) {
  output_ =
      mapped(only_input(*this, inputs), Grain::of_arithmetic, [](Vector x) { return kernels::larger(Vector{}, x); });
  return output_;
}

std::vector<Tensor> ReLU::backward(const Tensor& grad_output) {
  return gradient(*this, output_, grad_output, Grain::of_arithmetic,
                  [](Vector y, Vector dy) { return y > 0.0F ? dy : Vector{}; });
}

// ---- Sigmoid

Tensor Sigmoid::forward(const std::vector<Tensor>& inputs) {
  output_ =
      mapped(only_input(*this, inputs), Grain::of_functions, [](Vector x) { return 1.0F / (1.0F + kernels::exp(-x)); });
  return output_;
}

std::vector<Tensor> Sigmoid::backward(const Tensor& grad_output) {
  return gradient(*this, output_, grad_output, Grain::of_arithmetic,
                  [](Vector y, Vector dy) { return dy * y * (1.0F - y); });
}

// ---- Tanh

Tensor Tanh::forward(const std::vector<Tensor>& inputs) {
  output_ = mapped(only_input(*this, inputs), Grain::of_functions, [](Vector x) { return kernels::tanh(x); });
  return output_;
}

std::vector<Tensor> Tanh::backward(const Tensor& grad_output) {
  return gradient(*this, output_, grad_output, Grain::of_arithmetic,
                  [](Vector y, Vector dy) { return dy * (1.0F - y * y); });
}

// ---- Softmax

Tensor Softmax::forward(const std::vector<Tensor>& inputs) {
  const Tensor& input = only_input(*this, inputs);
  if (input.rank() == 0) throw ShapeError("Softmax: a scalar has no axis");
  output_ = Tensor::uninitialized(input.shape());
  if (input.empty()) return output_;
  const std::int64_t C = input.shape()[input.rank() - 1];
  const float* x = input.data();
  float* y = output_.data();
  kernels::parallel_for(0, input.size() / C, std::max<std::int64_t>(Grain::of_functions / C, 1),
                        [=](std::int64_t first, std::int64_t last) {
                          fast::softmax_rows(first, last, C, x, y, [](std::int64_t, float, float) {});
                        });
  return output_;
}

// dx_i = y_i * (dy_i - sum_j dy_j y_j).
std::vector<Tensor> Softmax::backward(const Tensor& grad_output) {
  require_same_shape(*this, grad_output, output_);
  Tensor grad_input = Tensor::uninitialized(output_.shape());
  if (output_.empty()) return only(std::move(grad_input));
  const std::int64_t C = output_.shape()[output_.rank() - 1];
  const float* all_y = output_.data();
  const float* all_dy = grad_output.data();
  float* all_dx = grad_input.data();
  const auto rows = [=](std::int64_t first, std::int64_t last) {
    using namespace kernels;
    const std::int64_t whole = C / lanes * lanes;
    const std::int64_t rest = C - whole;
    for (std::int64_t n = first; n < last; ++n) {
      const float* y = all_y + n * C;
      const float* dy = all_dy + n * C;
      float* dx = all_dx + n * C;
      const Vector last_y = load_first(y + whole, rest);
      const Vector last_dy = load_first(dy + whole, rest);
      Vector products = last_y * last_dy;
      for (std::int64_t i = 0; i < whole; i += lanes) products += load(y + i) * load(dy + i);
      const Vector dot = sum_of(products);
      for (std::int64_t i = 0; i < whole; i += lanes) store(dx + i, load(y + i) * (load(dy + i) - dot));
      store_first(dx + whole, last_y * (last_dy - dot), rest);
    }
  };
  kernels::parallel_for(0, output_.size() / C, std::max<std::int64_t>(Grain::of_functions / C, 1), rows);
  return only(std::move(grad_input));
}

// ---- GELU

Tensor GELU::forward(const std::vector<Tensor>& inputs) {
  input_ = only_input(*this, inputs);
  return mapped(input_, Grain::of_functions, [](Vector x) { return x * kernels::normal(x).distribution; });
}

// d/dx (x Phi(x)) = Phi(x) + x phi(x); both come from one exp().
std::vector<Tensor> GELU::backward(const Tensor& grad_output) {
  return gradient(*this, input_, grad_output, Grain::of_functions, [](Vector x, Vector dy) {
    const kernels::Normal normal = kernels::normal(x);
    return dy * (normal.distribution + x * normal.density);
  });
}

}  // namespace tinytorch
