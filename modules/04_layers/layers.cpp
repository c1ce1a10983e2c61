#include "tinytorch/layers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "kernels/gemm.hpp"

namespace tinytorch {

// BEGIN SOLUTION (helpers)
namespace {

void require_gradient_shape(const char* name, const Tensor& grad_output, const Shape& expected) {
  if (grad_output.shape() == expected) return;
  throw ShapeError(std::string(name) + ": the gradient has shape " + grad_output.shape().to_string() + ", the result " +
                   expected.to_string());
}

void require_linear_inputs(const std::vector<Tensor>& inputs) {
  if (inputs.size() != 2 && inputs.size() != 3) {
    throw ShapeError("Linear: takes x, weight and perhaps bias, not " + std::to_string(inputs.size()) + " inputs");
  }
  const Shape& x = inputs[0].shape();
  const Shape& weight = inputs[1].shape();
  if (x.rank() != 2 || weight.rank() != 2 || x[1] != weight[1]) {
    throw ShapeError("Linear: x " + x.to_string() + " and weight " + weight.to_string() +
                     " do not fit: they must be (N, in) and (out, in)");
  }
  if (inputs.size() == 3 && !(inputs[2].shape() == Shape{weight[0]})) {
    throw ShapeError("Linear: bias " + inputs[2].shape().to_string() + " does not fit weight " + weight.to_string());
  }
}

// The shape (N, A, B, ..) with all axes but the first joined.
Shape flattened(const Shape& shape) {
  std::int64_t features = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) features *= shape[axis];
  return {shape[0], features};
}

}  // namespace
// END SOLUTION

// ---- Parameter

// The value and an empty gradient go into one State that all copies of the handle share.
Parameter::Parameter(Tensor value) {
  // BEGIN SOLUTION Parameter::Parameter
  state_ = std::make_shared<State>();
  state_->value = std::move(value);
  // END SOLUTION
}

Tensor& Parameter::value() const { return state_->value; }
Tensor& Parameter::grad() const { return state_->grad; }
void Parameter::zero_grad() const { state_->grad = Tensor(); }
bool Parameter::is_same_as(const Parameter& other) const { return state_ == other.state_; }

void Parameter::accumulate(Tensor gradient) const {
  // BEGIN SOLUTION Parameter::accumulate
  if (!(gradient.shape() == value().shape())) {
    throw ShapeError("Parameter::accumulate: a gradient of shape " + gradient.shape().to_string() +
                     " for a value of shape " + value().shape().to_string());
  }
  if (!grad().empty()) {
    grad() += gradient;
  } else {
    // Taking the first gradient over saves a pass over it, but is only safe when nobody else can see or change it.
    grad() = gradient.is_sole_owner() ? std::move(gradient) : gradient.clone();
  }
  // END SOLUTION
}

// ---- Layer

Tensor Layer::forward(const Tensor& x) {
  // BEGIN SOLUTION Layer::forward
  Tensor result = x;
  for (Layer* step : steps()) {
    // A new Function for this one call; its inputs are the result so far and the step's parameters.
    std::vector<Tensor> inputs{result};
    for (const Parameter& parameter : step->parameters()) inputs.push_back(parameter.value());
    result = step->function()->forward(inputs);
  }
  return result;
  // END SOLUTION
}

// ---- Linear

Tensor LinearFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION LinearFunction::forward
  using kernels::Transpose;
  require_linear_inputs(inputs);
  x_ = inputs[0];
  weight_ = inputs[1];
  has_bias_ = inputs.size() == 3;
  const std::int64_t N = x_.shape()[0];
  const std::int64_t in = weight_.shape()[1];
  const std::int64_t out = weight_.shape()[0];
  Tensor y = Tensor::uninitialized({N, out});
  // Every row of y starts as the bias, and the product is added to it: one pass less over y.
  if (has_bias_) {
    for (std::int64_t n = 0; n < N; ++n) std::copy_n(inputs[2].data(), out, y.data() + n * out);
  }
  kernels::gemm(Transpose::no, Transpose::yes, N, out, in, 1.0F, x_.data(), in, weight_.data(), in,
                has_bias_ ? 1.0F : 0.0F, y.data(), out);
  return y;
  // END SOLUTION
}

std::vector<Tensor> LinearFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION LinearFunction::backward
  const std::int64_t N = x_.shape()[0];
  const std::int64_t out = weight_.shape()[0];
  require_gradient_shape(name(), grad_output, {N, out});
  std::vector<Tensor> grads(has_bias_ ? 3 : 2);
  // What is not wanted stays empty: in a network's first layer dx would cost as much as dW, for nothing.
  if (wants_gradient(0)) grads[0] = matmul(grad_output, weight_);
  if (wants_gradient(1)) grads[1] = matmul_tn(grad_output, x_);
  if (has_bias_ && wants_gradient(2)) grads[2] = sum(grad_output, 0);
  return grads;
  // END SOLUTION
}

void initialize(Tensor& weight, Init init, std::int64_t fan_in, std::int64_t fan_out, Rng& rng) {
  // BEGIN SOLUTION initialize
  if (fan_in <= 0 || fan_out <= 0) {
    throw ValueError("initialize: fan_in " + std::to_string(fan_in) + " and fan_out " + std::to_string(fan_out) +
                     " must be positive");
  }
  if (init == Init::he) {
    // The 2 makes up for the half of the mean square that ReLU removes.
    const auto deviation = static_cast<float>(std::sqrt(2.0 / static_cast<double>(fan_in)));
    std::generate_n(weight.data(), weight.size(), [&] { return rng.normal(0.0F, deviation); });
  } else {
    // A uniform distribution within +-limit has the variance limit^2 / 3: 2 / (fan_in + fan_out).
    const auto limit = static_cast<float>(std::sqrt(6.0 / static_cast<double>(fan_in + fan_out)));
    std::generate_n(weight.data(), weight.size(), [&] { return rng.uniform(-limit, limit); });
  }
  // END SOLUTION
}

Linear::Linear(std::int64_t in, std::int64_t out, Rng& rng, Init init, bool bias) {
  // BEGIN SOLUTION Linear::Linear
  if (in <= 0 || out <= 0) {
    throw ValueError("Linear: in " + std::to_string(in) + " and out " + std::to_string(out) + " must be positive");
  }
  Tensor weight = Tensor::uninitialized({out, in});
  initialize(weight, init, in, out, rng);
  parameters_.emplace_back(weight);
  if (bias) parameters_.emplace_back(Tensor({out}));
  // END SOLUTION
}

std::string Linear::name() const {
  // BEGIN SOLUTION Linear::name
  const Shape& shape = weight().value().shape();
  return "Linear(" + std::to_string(shape[1]) + ", " + std::to_string(shape[0]) + ")";
  // END SOLUTION
}

std::unique_ptr<Function> Linear::function() { return std::make_unique<LinearFunction>(); }
std::vector<Parameter> Linear::parameters() const { return parameters_; }
const Parameter& Linear::weight() const { return parameters_[0]; }

const Parameter& Linear::bias() const {
  // BEGIN SOLUTION Linear::bias
  if (parameters_.size() < 2) throw ValueError(name() + " has no bias");
  return parameters_[1];
  // END SOLUTION
}

std::vector<NamedTensor> Linear::state() const {
  // BEGIN SOLUTION Linear::state
  std::vector<NamedTensor> state{{"weight", weight().value()}};
  if (parameters_.size() > 1) state.push_back({"bias", bias().value()});
  return state;
  // END SOLUTION
}

// ---- Flatten

Tensor FlattenFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION FlattenFunction::forward
  if (inputs.size() != 1) throw ShapeError("Flatten: takes one input, not " + std::to_string(inputs.size()));
  input_shape_ = inputs[0].shape();
  if (input_shape_.rank() == 0) throw ShapeError("Flatten: a scalar has no axis N");
  // Nothing is computed: both ways are a reshape.
  return inputs[0].reshape(flattened(input_shape_));
  // END SOLUTION
}

std::vector<Tensor> FlattenFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION FlattenFunction::backward
  require_gradient_shape(name(), grad_output, flattened(input_shape_));
  return {grad_output.reshape(input_shape_)};
  // END SOLUTION
}

std::unique_ptr<Function> Flatten::function() { return std::make_unique<FlattenFunction>(); }

// ---- Dropout

DropoutFunction::DropoutFunction(float p, std::shared_ptr<Rng> rng) : p_(p), rng_(std::move(rng)) {
  // BEGIN SOLUTION DropoutFunction::DropoutFunction
  if (!(p >= 0.0F && p < 1.0F)) throw ValueError("Dropout: p " + std::to_string(p) + " is not in [0, 1)");
  // END SOLUTION
}

// With p = 0 the input passes through and no number is drawn.
Tensor DropoutFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION DropoutFunction::forward
  if (inputs.size() != 1) throw ShapeError("Dropout: takes one input, not " + std::to_string(inputs.size()));
  const Tensor& x = inputs[0];
  if (p_ == 0.0F) {
    mask_ = x;  // only its shape will be asked for
    return x;
  }
  // What survives is scaled, so that the next layer sees the same expectation with and without dropout.
  const float scale = 1.0F / (1.0F - p_);
  mask_ = Tensor::uninitialized(x.shape());
  std::generate_n(mask_.data(), mask_.size(), [&] { return rng_->uniform() < p_ ? 0.0F : scale; });
  return x * mask_;
  // END SOLUTION
}

std::vector<Tensor> DropoutFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION DropoutFunction::backward
  require_gradient_shape(name(), grad_output, mask_.shape());
  return {p_ == 0.0F ? grad_output : grad_output * mask_};
  // END SOLUTION
}

// A p that a function would refuse is refused here, too.
Dropout::Dropout(float p, std::uint64_t seed) : p_(p), rng_(std::make_shared<Rng>(seed)) { DropoutFunction(p, rng_); }

std::string Dropout::name() const {
  // BEGIN SOLUTION Dropout::name
  char text[32];
  std::snprintf(text, sizeof text, "Dropout(%g)", static_cast<double>(p_));
  return text;
  // END SOLUTION
}

std::unique_ptr<Function> Dropout::function() {
  // BEGIN SOLUTION Dropout::function
  return std::make_unique<DropoutFunction>(training() ? p_ : 0.0F, rng_);
  // END SOLUTION
}

// ---- Sequential

Sequential::Sequential(std::vector<std::shared_ptr<Layer>> layers) : layers_(std::move(layers)) {}

std::string Sequential::name() const {
  // BEGIN SOLUTION Sequential::name
  std::string text;
  for (const auto& layer : layers_) text += (text.empty() ? "" : ", ") + layer->name();
  return "Sequential(" + text + ")";
  // END SOLUTION
}

std::vector<Parameter> Sequential::parameters() const {
  // BEGIN SOLUTION Sequential::parameters
  std::vector<Parameter> all;
  for (const auto& layer : layers_) {
    const std::vector<Parameter> own = layer->parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
  // END SOLUTION
}

std::vector<NamedTensor> Sequential::state() const {
  // BEGIN SOLUTION Sequential::state
  std::vector<NamedTensor> all;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    for (const NamedTensor& entry : layers_[i]->state()) {
      all.push_back({std::to_string(i) + "." + entry.name, entry.tensor});
    }
  }
  return all;
  // END SOLUTION
}

std::vector<Layer*> Sequential::steps() {
  // BEGIN SOLUTION Sequential::steps
  // A container among the layers answers with its own steps: however deep they are nested, the result is flat.
  std::vector<Layer*> all;
  for (const auto& layer : layers_) {
    const std::vector<Layer*> own = layer->steps();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
  // END SOLUTION
}

void Sequential::set_training(bool training) {
  // BEGIN SOLUTION Sequential::set_training
  Layer::set_training(training);
  for (const auto& layer : layers_) layer->set_training(training);
  // END SOLUTION
}

}  // namespace tinytorch
