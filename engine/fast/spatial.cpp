// Module spatial for speed: what the header declares; the work is done by the parts in fast/spatial/.
#include "tinytorch/spatial.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fast/fusion.hpp"
#include "fast/spatial/batch_norm.hpp"
#include "fast/spatial/convolution.hpp"
#include "fast/spatial/pooling.hpp"
#include "kernels/memory.hpp"

namespace tinytorch {

namespace {

void require(bool holds, const std::string& message) {
  if (!holds) throw ValueError(message);
}

}  // namespace

std::int64_t Window::output_size(std::int64_t extent) const {
  require(kernel > 0, "Window: kernel must be positive, but is " + std::to_string(kernel));
  require(stride > 0, "Window: stride must be positive, but is " + std::to_string(stride));
  require(padding >= 0, "Window: padding must not be negative, but is " + std::to_string(padding));
  const std::int64_t padded = extent + 2 * padding;
  if (padded < kernel) {
    throw ShapeError("Window: kernel " + std::to_string(kernel) + " does not fit an extent of " +
                     std::to_string(extent) + " with padding " + std::to_string(padding));
  }
  return (padded - kernel) / stride + 1;
}

// ---- The functions that layers hand out

namespace {

// A maximum over windows, whose argmax lies in memory that is used again. A convolution may compute it.
class PoolStep : public Function {
 public:
  explicit PoolStep(const Window& window) : window_(window) {}
  const char* name() const override { return "MaxPool2d"; }

  bool can_be_fused() const {
    return window_.kernel == fast::fused_pool && window_.stride == fast::fused_pool && window_.padding == 0;
  }

  Tensor forward(const std::vector<Tensor>& inputs) override {
    images_ = inputs[0].shape();
    argmax_ = kernels::allocate(fast::pooled_size(images_, window_));
    return fast::max_pool(inputs[0], window_, argmax());
  }

  std::vector<Tensor> backward(const Tensor& grad_output) override {
    return {fast::max_pool_gradient(images_, window_, argmax(), grad_output)};
  }

 private:
  std::int32_t* argmax() { return reinterpret_cast<std::int32_t*>(argmax_.get()); }

  Window window_;
  Shape images_;
  std::shared_ptr<float[]> argmax_;
};

// The gradients of a convolution as a list, with or without that of a bias.
std::vector<Tensor> gradients_of(const fast::Convolution& convolution, const Tensor& grad_output,
                                 const Function& function, bool has_bias) {
  auto [dx, dweight, dbias] = convolution.backward(
      grad_output, {function.wants_gradient(0), function.wants_gradient(1), has_bias && function.wants_gradient(2)});
  if (!has_bias) return {std::move(dx), std::move(dweight)};
  return {std::move(dx), std::move(dweight), std::move(dbias)};
}

class ConvolutionStep : public Function {
 public:
  explicit ConvolutionStep(const Window& window) : stride_(window.stride), convolution_(window) {}
  const char* name() const override { return "Conv2d"; }

  bool fuse(const Function& next) override {
    fast::Fused& fused = convolution_.fused;
    if (fused.pool) return false;
    if (!fused.relu) return fused.relu = fast::is_fast_relu(next);
    const auto* pooling = dynamic_cast<const PoolStep*>(&next);
    return fused.pool = stride_ == 1 && pooling != nullptr && pooling->can_be_fused();
  }

  Tensor forward(const std::vector<Tensor>& inputs) override {
    has_bias_ = inputs.size() > 2;
    return convolution_.forward(inputs[0], inputs[1], has_bias_ ? inputs[2] : Tensor());
  }

  std::vector<Tensor> backward(const Tensor& grad_output) override {
    return gradients_of(convolution_, grad_output, *this, has_bias_);
  }

 private:
  std::int64_t stride_;
  fast::Convolution convolution_;
  bool has_bias_ = false;
};

}  // namespace

// ---- Convolution

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window) {
  return fast::Convolution(window).forward(x, weight, bias);
}

namespace {

// The loops that im2col and col2im share: calls visit(h, w, count, column) for every run of `count` neighbouring
// outputs for which one element of the kernel reads pixels (h, w), (h, w + stride), .., whose entries begin at
// `column` of a plane's columns. With padding some outputs have none.
template <class Visit>
void for_runs(std::int64_t H, std::int64_t W, const Window& window, const Visit& visit) {
  const std::int64_t OH = window.output_size(H);
  const std::int64_t OW = window.output_size(W);
  const auto first_inside = [&](std::int64_t element) {
    return std::max<std::int64_t>((window.padding - element + window.stride - 1) / window.stride, 0);
  };
  const auto end_inside = [&](std::int64_t element, std::int64_t extent, std::int64_t outputs) {
    const std::int64_t room = extent + window.padding - element;
    return room <= 0 ? 0 : std::min((room + window.stride - 1) / window.stride, outputs);
  };
  for (std::int64_t ki = 0; ki < window.kernel; ++ki) {
    const std::int64_t top = first_inside(ki);
    const std::int64_t bottom = end_inside(ki, H, OH);
    for (std::int64_t kj = 0; kj < window.kernel; ++kj) {
      const std::int64_t left = first_inside(kj);
      const std::int64_t count = end_inside(kj, W, OW) - left;
      for (std::int64_t i = top; count > 0 && i < bottom; ++i) {
        visit(i * window.stride + ki - window.padding, left * window.stride + kj - window.padding, count,
              ((ki * window.kernel + kj) * OH + i) * OW + left);
      }
    }
  }
}

}  // namespace

void im2col(const float* image, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* columns) {
  const std::int64_t size = window.kernel * window.kernel * window.output_size(height) * window.output_size(width);
  if (window.padding > 0) std::fill_n(columns, channels * size, 0.0F);
  for (std::int64_t c = 0; c < channels; ++c, image += height * width, columns += size) {
    for_runs(height, width, window,
             [=, stride = window.stride](std::int64_t h, std::int64_t w, std::int64_t count, std::int64_t column) {
               const float* from = image + h * width + w;
               if (stride == 1) {
                 std::copy_n(from, count, columns + column);
               } else {
                 for (std::int64_t j = 0; j < count; ++j) columns[column + j] = from[j * stride];
               }
             });
  }
}

void col2im(const float* columns, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* image) {
  const std::int64_t size = window.kernel * window.kernel * window.output_size(height) * window.output_size(width);
  for (std::int64_t c = 0; c < channels; ++c, image += height * width, columns += size) {
    for_runs(height, width, window,
             [=, stride = window.stride](std::int64_t h, std::int64_t w, std::int64_t count, std::int64_t column) {
               float* to = image + h * width + w;
               for (std::int64_t j = 0; j < count; ++j) to[j * stride] += columns[column + j];
             });
  }
}

Conv2dFunction::Conv2dFunction(const Window& window) : window_(window) {}

Tensor Conv2dFunction::forward(const std::vector<Tensor>& inputs) {
  x_ = inputs[0];
  weight_ = inputs[1];
  has_bias_ = inputs.size() > 2;
  return conv2d(x_, weight_, has_bias_ ? inputs[2] : Tensor(), window_);
}

// What the class in the header can keep is x and weight, so the way forward is taken again. Networks are made of
// ConvolutionStep, which keeps what it needs.
std::vector<Tensor> Conv2dFunction::backward(const Tensor& grad_output) {
  fast::Convolution convolution(window_);
  convolution.forward(x_, weight_, Tensor());
  return gradients_of(convolution, grad_output, *this, has_bias_);
}

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Window& window, Rng& rng, bool bias)
    : window_(window) {
  require(in_channels > 0 && out_channels > 0, "Conv2d: channels must be positive, but are " +
                                                   std::to_string(in_channels) + " and " +
                                                   std::to_string(out_channels));
  const std::int64_t K = window.kernel;
  window.output_size(K);
  Tensor weight = Tensor::uninitialized({out_channels, in_channels, K, K});
  initialize(weight, Init::he, in_channels * K * K, out_channels * K * K, rng);
  parameters_.emplace_back(std::move(weight));
  if (bias) parameters_.emplace_back(Tensor({out_channels}));
}

std::string Conv2d::name() const {
  const Shape& weight = parameters_[0].value().shape();
  return "Conv2d(" + std::to_string(weight[1]) + ", " + std::to_string(weight[0]) + ", " + window_.describe(1) + ")";
}

std::unique_ptr<Function> Conv2d::function() { return std::make_unique<ConvolutionStep>(window_); }
std::vector<Parameter> Conv2d::parameters() const { return parameters_; }

std::vector<NamedTensor> Conv2d::state() const {
  std::vector<NamedTensor> tensors{{"weight", parameters_[0].value()}};
  if (parameters_.size() > 1) tensors.push_back({"bias", parameters_[1].value()});
  return tensors;
}

const Parameter& Conv2d::weight() const { return parameters_[0]; }

const Parameter& Conv2d::bias() const {
  require(parameters_.size() > 1, name() + " has no bias");
  return parameters_[1];
}

// ---- Pooling

MaxPool2dFunction::MaxPool2dFunction(const Window& window) : window_(window) {}

Tensor MaxPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  x_ = inputs[0];
  argmax_.resize(static_cast<std::size_t>(fast::pooled_size(x_.shape(), window_)));
  return fast::max_pool(x_, window_, argmax_.data());
}

std::vector<Tensor> MaxPool2dFunction::backward(const Tensor& grad_output) {
  return {fast::max_pool_gradient(x_.shape(), window_, argmax_.data(), grad_output)};
}

AvgPool2dFunction::AvgPool2dFunction(const Window& window) : window_(window) {}

Tensor AvgPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  input_shape_ = inputs[0].shape();
  return fast::average_pool(inputs[0], window_);
}

std::vector<Tensor> AvgPool2dFunction::backward(const Tensor& grad_output) {
  return {fast::average_pool_gradient(input_shape_, window_, grad_output)};
}

MaxPool2d::MaxPool2d(std::int64_t kernel) : MaxPool2d(Window{kernel, kernel, 0}) {}
MaxPool2d::MaxPool2d(const Window& window) : window_(window) { window.output_size(window.kernel); }
std::string MaxPool2d::name() const { return "MaxPool2d(" + window_.describe(window_.kernel) + ")"; }
std::unique_ptr<Function> MaxPool2d::function() { return std::make_unique<PoolStep>(window_); }

AvgPool2d::AvgPool2d(std::int64_t kernel) : AvgPool2d(Window{kernel, kernel, 0}) {}
AvgPool2d::AvgPool2d(const Window& window) : window_(window) { window.output_size(window.kernel); }
std::string AvgPool2d::name() const { return "AvgPool2d(" + window_.describe(window_.kernel) + ")"; }
std::unique_ptr<Function> AvgPool2d::function() { return std::make_unique<AvgPool2dFunction>(window_); }

// ---- Batch normalisation

BatchNorm2dFunction::BatchNorm2dFunction(std::shared_ptr<BatchNormState> state, bool training, float momentum,
                                         float epsilon)
    : state_(std::move(state)), training_(training), momentum_(momentum), epsilon_(epsilon) {}

Tensor BatchNorm2dFunction::forward(const std::vector<Tensor>& inputs) {
  fast::BatchNormResult result = fast::batch_norm({.x = inputs[0],
                                                   .gamma = inputs[1],
                                                   .beta = inputs[2],
                                                   .state = *state_,
                                                   .training = training_,
                                                   .momentum = momentum_,
                                                   .epsilon = epsilon_});
  gamma_ = inputs[1];
  normalized_ = std::move(result.normalized);
  inverse_std_ = std::move(result.inverse_std);
  return std::move(result.y);
}

std::vector<Tensor> BatchNorm2dFunction::backward(const Tensor& grad_output) {
  fast::BatchNormGradients gradients = fast::batch_norm_gradients(grad_output, {.normalized = normalized_,
                                                                                .inverse_std = inverse_std_,
                                                                                .gamma = gamma_,
                                                                                .training = training_,
                                                                                .dx_wanted = wants_gradient(0)});
  return {std::move(gradients.dx), wants_gradient(1) ? gradients.dgamma : Tensor(),
          wants_gradient(2) ? gradients.dbeta : Tensor()};
}

BatchNorm2d::BatchNorm2d(std::int64_t channels, float momentum, float epsilon)
    : momentum_(momentum), epsilon_(epsilon) {
  require(channels > 0, "BatchNorm2d: channels must be positive, but are " + std::to_string(channels));
  require(momentum > 0.0F && momentum <= 1.0F,
          "BatchNorm2d: momentum must be in (0, 1], but is " + std::to_string(momentum));
  require(epsilon > 0.0F, "BatchNorm2d: epsilon must be positive, but is " + std::to_string(epsilon));
  parameters_.emplace_back(Tensor::full({channels}, 1.0F));
  parameters_.emplace_back(Tensor({channels}));
  state_ = std::make_shared<BatchNormState>(BatchNormState{Tensor({channels}), Tensor::full({channels}, 1.0F)});
}

std::string BatchNorm2d::name() const { return "BatchNorm2d(" + std::to_string(parameters_[0].value().size()) + ")"; }

std::unique_ptr<Function> BatchNorm2d::function() {
  return std::make_unique<BatchNorm2dFunction>(state_, training(), momentum_, epsilon_);
}

std::vector<Parameter> BatchNorm2d::parameters() const { return parameters_; }

std::vector<NamedTensor> BatchNorm2d::state() const {
  return {{"weight", parameters_[0].value()},
          {"bias", parameters_[1].value()},
          {"running_mean", state_->running_mean},
          {"running_var", state_->running_var}};
}

}  // namespace tinytorch
