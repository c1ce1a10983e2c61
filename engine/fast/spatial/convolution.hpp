// A convolution without a matrix of columns, which takes the ReLU and the 2 x 2 maximum behind it along while the
// pixels are still in the cache.
//
// Images are dealt out to the threads whole. Inside, channels are innermost (layout.hpp); tensors keep their order, and
// are transposed image by image.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "fast/spatial/direct_convolution.hpp"
#include "tinytorch/spatial.hpp"

namespace tinytorch::fast {

constexpr std::int64_t fused_pool = 2;  // the window of the maximum that can be taken along, moved by its own size

// What of the steps behind it a convolution computes.
struct Fused {
  bool relu = false;
  bool pool = false;  // only behind a ReLU, and with stride 1
};

class Convolution {
 public:
  explicit Convolution(const Window& window) : window_(window) {}

  Fused fused;

  // throws: ShapeError as conv2d()
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias);

  // The gradients of x, weight and bias; those that are not wanted stay empty.
  std::array<Tensor, 3> backward(const Tensor& grad_output, const std::array<bool, 3>& wanted) const;

 private:
  // PH and PW are the extents of the result: what pooling leaves, if it pools, else OH and OW.
  struct Extents {
    std::int64_t N, C, H, W, O, K, stride, padding, OH, OW, PH, PW;
    std::int64_t out, in;  // O and C filled up to whole vectors

    std::int64_t padded_height() const { return H + 2 * padding; }
    std::int64_t padded_width() const { return W + 2 * padding; }
    std::int64_t image() const { return C * H * W; }
    std::int64_t result() const { return O * PH * PW; }
    std::int64_t packed_weights() const { return out * C * K * K; }
    KernelStrides strides() const {
      return {.kernel_rows = K, .row_elements = K * C, .row = padded_width() * C, .output = stride * C};
    }
    std::int64_t work() const { return O * C * K * K * OH * OW / 32; }  // a vector's operations count as one
  };
  struct Gradients;
  struct SpreadGradient;

  Extents extents_of(const Tensor& x, const Tensor& weight) const;
  void forward_images(std::int64_t from, std::int64_t to, const float* bias, Tensor& y);
  void backward_images(std::int64_t from, std::int64_t to, const Tensor& grad_output, const float* flipped,
                       Gradients& gradients) const;
  void spread(std::int64_t n, const Tensor& grad_output, SpreadGradient& to, float* dbias) const;
  std::uint8_t* argmax(std::int64_t n) const;

  Window window_;
  Extents e_{};
  Tensor x_;
  Tensor y_;                         // kept where a ReLU is fused that no pooling follows
  std::shared_ptr<float[]> packed_;  // weights
  std::shared_ptr<float[]> argmax_;  // bytes: which pixel of the window was largest, (N, PH, PW, out)
};

}  // namespace tinytorch::fast
