#include "tinytorch/layers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "kernels/gemm.hpp"

namespace tinytorch {

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
bool Parameter::is_same_as(const Parameter& other) const { return state_ == other.state_; }

// Taking the first gradient over saves a pass over it, but is only safe when nobody else can see or change
// its storage: Tensor::is_sole_owner().
void Parameter::accumulate(Tensor gradient) const {
  // BEGIN SOLUTION Parameter::accumulate
  if (!(gradient.shape() == value().shape())) {
    throw ShapeError("Parameter::accumulate: a gradient of shape " + gradient.shape().to_string() +
                     " for a value of shape " + value().shape().to_string());
  }
  if (!grad().empty()) {
    grad() += gradient;
  } else {
    grad() = gradient.is_sole_owner() ? std::move(gradient) : gradient.clone();
  }
  // END SOLUTION
}

void Parameter::zero_grad() const {
  // BEGIN SOLUTION Parameter::zero_grad
  state_->grad = Tensor();
  // END SOLUTION
}

// ---- Layer

// Each step gets a new Function, whose inputs are the result so far and the step's parameters.
Tensor Layer::forward(const Tensor& x) {
  // BEGIN SOLUTION Layer::forward
  Tensor result = x;
  for (Layer* step : steps()) {
    std::vector<Tensor> inputs{result};
    for (const Parameter& parameter : step->parameters()) inputs.push_back(parameter.value());
    result = step->function()->forward(inputs);
  }
  return result;
  // END SOLUTION
}

namespace {

[[maybe_unused]] void require_gradient_shape(const char* name, const Tensor& grad_output, const Shape& expected) {
  if (grad_output.shape() == expected) return;
  throw ShapeError(std::string(name) + ": the gradient has shape " + grad_output.shape().to_string() + ", the result " +
                   expected.to_string());
}

}  // namespace

// ---- Linear

// Every row of y starts as the bias, and the product is added to it: one pass less over y.
Tensor LinearFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION LinearFunction::forward
  using kernels::Transpose;
  if (inputs.size() != 2 && inputs.size() != 3) {
    throw ShapeError("Linear: takes x, weight and perhaps bias, not " + std::to_string(inputs.size()) + " inputs");
  }
  x_ = inputs[0];
  weight_ = inputs[1];
  has_bias_ = inputs.size() == 3;
  if (x_.rank() != 2 || weight_.rank() != 2 || x_.shape()[1] != weight_.shape()[1]) {
    throw ShapeError("Linear: x " + x_.shape().to_string() + " and weight " + weight_.shape().to_string() +
                     " do not fit: they must be (N, in) and (out, in)");
  }
  const std::int64_t N = x_.shape()[0];
  const std::int64_t in = weight_.shape()[1];
  const std::int64_t out = weight_.shape()[0];
  Tensor y = Tensor::uninitialized({N, out});
  if (has_bias_) {
    const Tensor& bias = inputs[2];
    if (!(bias.shape() == Shape{out})) {
      throw ShapeError("Linear: bias " + bias.shape().to_string() + " does not fit weight " +
                       weight_.shape().to_string());
    }
    for (std::int64_t n = 0; n < N; ++n) std::copy_n(bias.data(), out, y.data() + n * out);
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
    const auto deviation = static_cast<float>(std::sqrt(2.0 / static_cast<double>(fan_in)));
    std::generate_n(weight.data(), weight.size(), [&] { return rng.normal(0.0F, deviation); });
  } else {
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
  const Shape& shape = weight().value().shape();
  return "Linear(" + std::to_string(shape[1]) + ", " + std::to_string(shape[0]) + ")";
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

// Nothing is computed: both ways are a reshape.
Tensor FlattenFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION FlattenFunction::forward
  if (inputs.size() != 1) throw ShapeError("Flatten: takes one input, not " + std::to_string(inputs.size()));
  input_shape_ = inputs[0].shape();
  if (input_shape_.rank() == 0) throw ShapeError("Flatten: a scalar has no axis N");
  std::int64_t features = 1;
  for (int axis = 1; axis < input_shape_.rank(); ++axis) features *= input_shape_[axis];
  return inputs[0].reshape({input_shape_[0], features});
  // END SOLUTION
}

std::vector<Tensor> FlattenFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION FlattenFunction::backward
  std::int64_t features = 1;
  for (int axis = 1; axis < input_shape_.rank(); ++axis) features *= input_shape_[axis];
  require_gradient_shape(name(), grad_output, {input_shape_[0], features});
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

// What survives is scaled by 1 / (1 - p), so that the next layer sees the same expectation with and without
// dropout. With p = 0 the input passes through and no number is drawn.
Tensor DropoutFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION DropoutFunction::forward
  if (inputs.size() != 1) throw ShapeError("Dropout: takes one input, not " + std::to_string(inputs.size()));
  const Tensor& x = inputs[0];
  if (p_ == 0.0F) {
    mask_ = x;  // only its shape will be asked for
    return x;
  }
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

Dropout::Dropout(float p, std::uint64_t seed) : p_(p), rng_(std::make_shared<Rng>(seed)) {
  // BEGIN SOLUTION Dropout::Dropout
  if (!(p >= 0.0F && p < 1.0F)) throw ValueError("Dropout: p " + std::to_string(p) + " is not in [0, 1)");
  // END SOLUTION
}

std::string Dropout::name() const {
  char text[32];
  std::snprintf(text, sizeof text, "Dropout(%g)", static_cast<double>(p_));
  return text;
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

// A container among the layers answers with its own steps: however deep they are nested, the result is flat.
std::vector<Layer*> Sequential::steps() {
  // BEGIN SOLUTION Sequential::steps
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
