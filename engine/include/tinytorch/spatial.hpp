// Convolution and pooling: layers that know that pixels have neighbours.
//
// Module spatial implements it, in spatial.cpp.
// Images are (N, C, H, W): N images of C channels, H rows and W columns. A window of K x K pixels
// moves by `stride`, over an image with `padding` zeros around it:
//   OH = (H + 2 padding - K) / stride + 1, rounded down; OW likewise.
// "Convolution" is, as in all of deep learning, cross-correlation: the kernel is not flipped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tinytorch/autograd.hpp"
#include "tinytorch/layers.hpp"

namespace tinytorch {

struct Window {
  std::int64_t kernel = 3;   // K > 0
  std::int64_t stride = 1;   // > 0
  std::int64_t padding = 0;  // >= 0

  // The size of the output along an axis of `extent` pixels: in how many positions the window fits.
  // throws: ValueError for a member out of its range; ShapeError when the window does not fit.
  std::int64_t output_size(std::int64_t extent) const;

  // Given: "3, stride=2, padding=1" for the names of layers, without a stride that is the usual one and no padding.
  std::string describe(std::int64_t usual_stride) const {
    std::string text = std::to_string(kernel);
    if (stride != usual_stride) text += ", stride=" + std::to_string(stride);
    if (padding != 0) text += ", padding=" + std::to_string(padding);
    return text;
  }
};

// The definition, seven loops deep: y[n,o,i,j] = bias[o] +
//   sum over c, ki, kj of weight[o,c,ki,kj] * x[n, c, i * stride + ki - padding, j * stride + kj - padding],
// where x is zero outside.
// shapes: x (N, C, H, W), weight (O, C, K, K), bias (O,) or empty -> (N, O, OH, OW)
// throws: ShapeError naming the shapes when they do not fit, or when the window is not K x K.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window);

// One image's windows as columns: columns[(c * K + ki) * K + kj, i * OW + j] =
//   image[c, i * stride + ki - padding, j * stride + kj - padding], 0 outside.
// shapes: image (C, H, W) -> columns (C * K * K, OH * OW), both row-major; columns is written whole
void im2col(const float* image, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* columns);

// The adjoint of im2col: adds every column entry to the pixel it came from.
// shapes: columns (C * K * K, OH * OW), image (C, H, W); image is added to, not cleared
void col2im(const float* columns, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* image);

// conv2d as matrix products of weight (O, C K K) with each image's columns.
// shapes: inputs {x (N, C, H, W), weight (O, C, K, K), bias (O,)}, or without bias -> (N, O, OH, OW)
// grad: dweight = sum over n of dy_n columns_n^T, dx_n = col2im(weight^T dy_n), dbias = dy summed over n, i and j.
// throws: ShapeError as conv2d.
class Conv2dFunction : public Function {
 public:
  explicit Conv2dFunction(const Window& window);
  const char* name() const override { return "Conv2d"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Window window_;
  Tensor x_;
  Tensor weight_;
  bool has_bias_ = false;
};

// The convolutional layer. state(): "weight", "bias". He initialisation with fan_in = C K K.
class Conv2d : public Layer {
 public:
  // throws: ValueError unless the channel counts are positive and the window is valid.
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Window& window, Rng& rng, bool bias = true);

  std::string name() const override;  // "Conv2d(3, 32, 3)", with ", stride=2" and ", padding=1" where set
  std::unique_ptr<Function> function() override;
  std::vector<Parameter> parameters() const override;
  std::vector<NamedTensor> state() const override;

  const Parameter& weight() const;
  // throws: ValueError for a layer without bias.
  const Parameter& bias() const;

 private:
  Window window_;
  std::vector<Parameter> parameters_;
};

// The largest pixel of each window; padding counts as minus infinity and must be at most K / 2.
// shapes: (N, C, H, W) -> (N, C, OH, OW)
// grad: each dy goes to the pixel that was largest, the first in row-major order among equals.
// throws: ShapeError unless x is (N, C, H, W) and the window fits; ValueError for too much padding.
class MaxPool2dFunction : public Function {
 public:
  explicit MaxPool2dFunction(const Window& window);
  const char* name() const override { return "MaxPool2d"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Window window_;
  Tensor x_;
  std::vector<std::int32_t> argmax_;  // per output, the largest pixel's offset in its (H, W) plane
};

// The mean of each window; zeros of the padding are counted (as PyTorch does by default). Padding must be at most
// K / 2.
// shapes: (N, C, H, W) -> (N, C, OH, OW)
// grad: each dy / K^2 goes to every pixel of its window.
// throws: as MaxPool2dFunction.
class AvgPool2dFunction : public Function {
 public:
  explicit AvgPool2dFunction(const Window& window);
  const char* name() const override { return "AvgPool2d"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  Window window_;
  Shape input_shape_;
};

class MaxPool2d : public Layer {
 public:
  // A window of kernel x kernel, moved by its own size.
  explicit MaxPool2d(std::int64_t kernel);
  explicit MaxPool2d(const Window& window);
  std::string name() const override;  // "MaxPool2d(2)", with stride and padding where they differ from kernel and 0
  std::unique_ptr<Function> function() override;

 private:
  Window window_;
};

class AvgPool2d : public Layer {
 public:
  explicit AvgPool2d(std::int64_t kernel);
  explicit AvgPool2d(const Window& window);
  std::string name() const override;
  std::unique_ptr<Function> function() override;

 private:
  Window window_;
};

// The running statistics of a BatchNorm2d layer, shared with the functions it makes.
struct BatchNormState {
  Tensor running_mean;  // (C,)
  Tensor running_var;   // (C,)
};

// Normalises each channel: y = gamma * (x - mean) / sqrt(var + epsilon) + beta. While training, mean and
// (biased) variance are the batch's over N, H and W, and the running statistics move towards them:
// running = (1 - momentum) * running + momentum * batch, with the unbiased variance. Otherwise the
// running statistics are used.
// shapes: inputs {x (N, C, H, W), gamma (C,), beta (C,)} -> (N, C, H, W)
// grad: with xhat the normalised x and m = N H W,
//   dbeta = sum dy, dgamma = sum dy xhat,
//   dx = gamma / sqrt(var + epsilon) * (dy - dbeta / m - xhat * dgamma / m) while training, and
//   dx = gamma / sqrt(var + epsilon) * dy otherwise.
// throws: ShapeError when shapes do not fit; ValueError when training on one value per channel.
// source: Ioffe, Szegedy, arXiv:1502.03167.
class BatchNorm2dFunction : public Function {
 public:
  BatchNorm2dFunction(std::shared_ptr<BatchNormState> state, bool training, float momentum, float epsilon);
  const char* name() const override { return "BatchNorm2d"; }
  Tensor forward(const std::vector<Tensor>& inputs) override;
  std::vector<Tensor> backward(const Tensor& grad_output) override;

 private:
  std::shared_ptr<BatchNormState> state_;
  bool training_;
  float momentum_;
  float epsilon_;
  Tensor normalized_;   // xhat (N, C, H, W)
  Tensor inverse_std_;  // (C,)
  Tensor gamma_;        // (C,)
};

// state(): "weight" (gamma, 1 at first), "bias" (beta, 0), "running_mean" (0), "running_var" (1).
class BatchNorm2d : public Layer {
 public:
  // throws: ValueError unless channels > 0, 0 < momentum <= 1, epsilon > 0.
  explicit BatchNorm2d(std::int64_t channels, float momentum = 0.1F, float epsilon = 1e-5F);

  std::string name() const override;  // "BatchNorm2d(32)"
  std::unique_ptr<Function> function() override;
  std::vector<Parameter> parameters() const override;
  std::vector<NamedTensor> state() const override;

 private:
  float momentum_;
  float epsilon_;
  std::vector<Parameter> parameters_;  // gamma, beta
  std::shared_ptr<BatchNormState> state_;
};

}  // namespace tinytorch
