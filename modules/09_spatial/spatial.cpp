// Module spatial: convolution, pooling and batch normalisation.
//
// Named extents throughout: N images, C channels, H rows, W columns; O output channels, OH x OW places of
// a K x K window. Images are independent of one another, so the loops over them run on several threads.
#include "tinytorch/spatial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "kernels/gemm.hpp"
#include "kernels/memory.hpp"
#include "kernels/parallel.hpp"

namespace tinytorch {

namespace {

using kernels::Transpose;

// A part of a loop should be worth at least this many elementary operations: less is done sooner than a
// second thread wakes up.
[[maybe_unused]] constexpr std::int64_t worthwhile = 50000;

// How many turns of `work` operations each make a part worthwhile.
[[maybe_unused]] std::int64_t grain(std::int64_t work) { return worthwhile / std::max<std::int64_t>(work, 1) + 1; }

[[maybe_unused]] void require_images(const char* operation, const Tensor& x) {
  if (x.rank() != 4) {
    throw ShapeError(std::string(operation) + ": needs images (N, C, H, W), not shape " + x.shape().to_string());
  }
}

[[maybe_unused]] void require_shape(const char* operation, const char* what, const Tensor& x, const Shape& expected) {
  if (!(x.shape() == expected)) {
    throw ShapeError(std::string(operation) + ": " + what + " has shape " + x.shape().to_string() + ", expected " +
                     expected.to_string());
  }
}

// The sum of term(0) .. term(count - 1) in double precision, kept as eight sums: the additions of a single
// one would wait for each other.
template <class Term>
[[maybe_unused]] double sum_of(std::int64_t count, const Term& term) {
  constexpr std::int64_t lanes = 8;
  std::array<double, lanes> sums{};
  const std::int64_t whole = count / lanes * lanes;
  for (std::int64_t i = 0; i < whole; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) sums[static_cast<std::size_t>(lane)] += double{term(i + lane)};
  }
  double total = 0.0;
  for (std::int64_t i = whole; i < count; ++i) total += double{term(i)};
  for (const double sum : sums) total += sum;
  return total;
}

// ", stride=2, padding=1", leaving out what is as usual.
[[maybe_unused]] std::string describe(const Window& window, std::int64_t usual_stride) {
  std::string text = std::to_string(window.kernel);
  if (window.stride != usual_stride) text += ", stride=" + std::to_string(window.stride);
  if (window.padding != 0) text += ", padding=" + std::to_string(window.padding);
  return text;
}

// The positions [begin, end) of a window along an axis at which the pixel `offset` of the window lies inside
// the image; at the others it lies in the padding.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};
[[maybe_unused]] Range inside(const Window& window, std::int64_t offset, std::int64_t extent, std::int64_t places) {
  // BEGIN SOLUTION inside
  // 0 <= place * stride + offset - padding < extent, solved for place and rounded up.
  const std::int64_t first = window.padding - offset;
  const std::int64_t begin = first <= 0 ? 0 : (first + window.stride - 1) / window.stride;
  const std::int64_t last = extent + window.padding - offset;
  const std::int64_t end = last <= 0 ? 0 : (last + window.stride - 1) / window.stride;
  return {std::min(begin, places), std::clamp(end, std::min(begin, places), places)};
  // END SOLUTION
}

}  // namespace

std::int64_t Window::places(std::int64_t extent) const {
  // BEGIN SOLUTION Window::places
  if (kernel <= 0) throw ValueError("Window: kernel must be positive, but is " + std::to_string(kernel));
  if (stride <= 0) throw ValueError("Window: stride must be positive, but is " + std::to_string(stride));
  if (padding < 0) throw ValueError("Window: padding must not be negative, but is " + std::to_string(padding));
  const std::int64_t room = extent + 2 * padding - kernel;
  if (room < 0) {
    throw ShapeError("Window: kernel " + std::to_string(kernel) + " does not fit an extent of " +
                     std::to_string(extent) + " with padding " + std::to_string(padding));
  }
  return room / stride + 1;
  // END SOLUTION
}

// ---- Convolution

namespace {

// The extents of one convolution, checked.
struct ConvExtents {
  std::int64_t N, C, H, W, O, K, OH, OW;
  std::int64_t image() const { return C * H * W; }
  std::int64_t taps() const { return C * K * K; }   // the inputs of one output
  std::int64_t places() const { return OH * OW; }   // the outputs of one channel
  std::int64_t output() const { return O * OH * OW; }
};
[[maybe_unused]] ConvExtents conv_extents(const Tensor& x, const Tensor& weight, const Tensor* bias,
                                          const Window& window) {
  // BEGIN SOLUTION conv_extents
  if (x.rank() != 4 || weight.rank() != 4 || weight.shape()[1] != x.shape()[1] ||
      weight.shape()[2] != window.kernel || weight.shape()[3] != window.kernel) {
    throw ShapeError("conv2d: x " + x.shape().to_string() + " and weight " + weight.shape().to_string() +
                     " do not fit: needs (N, C, H, W) and (O, C, K, K) with K = " + std::to_string(window.kernel));
  }
  const std::int64_t O = weight.shape()[0];
  if (bias != nullptr) require_shape("conv2d", "bias", *bias, {O});
  const std::int64_t H = x.shape()[2];
  const std::int64_t W = x.shape()[3];
  return {x.shape()[0], x.shape()[1], H, W, O, window.kernel, window.places(H), window.places(W)};
  // END SOLUTION
}

}  // namespace

// Slow, and the measure of everything faster below.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window) {
  // BEGIN SOLUTION conv2d
  const auto [N, C, H, W, O, K, OH, OW] = conv_extents(x, weight, bias.empty() ? nullptr : &bias, window);
  Tensor y = Tensor::uninitialized({N, O, OH, OW});
  float* out = y.data();
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t o = 0; o < O; ++o) {
      for (std::int64_t i = 0; i < OH; ++i) {
        for (std::int64_t j = 0; j < OW; ++j) {
          float total = bias.empty() ? 0.0F : bias.data()[o];
          for (std::int64_t c = 0; c < C; ++c) {
            for (std::int64_t ki = 0; ki < K; ++ki) {
              for (std::int64_t kj = 0; kj < K; ++kj) {
                const std::int64_t h = i * window.stride + ki - window.padding;
                const std::int64_t w = j * window.stride + kj - window.padding;
                if (h < 0 || h >= H || w < 0 || w >= W) continue;
                total += weight.data()[((o * C + c) * K + ki) * K + kj] * x.data()[((n * C + c) * H + h) * W + w];
              }
            }
          }
          *out++ = total;
        }
      }
    }
  }
  return y;
  // END SOLUTION
}

// A row of columns belongs to one pixel (c, ki, kj) of the window and runs over the window's places. The
// places of one image row read neighbouring pixels, so with stride 1 they are a plain copy.
void im2col(const float* image, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* columns) {
  // BEGIN SOLUTION im2col
  const std::int64_t K = window.kernel;
  const std::int64_t OH = window.places(height);
  const std::int64_t OW = window.places(width);
  for (std::int64_t c = 0; c < channels; ++c, image += height * width) {
    for (std::int64_t ki = 0; ki < K; ++ki) {
      const Range rows = inside(window, ki, height, OH);
      for (std::int64_t kj = 0; kj < K; ++kj, columns += OH * OW) {
        const Range cols = inside(window, kj, width, OW);
        const bool padded = cols.begin > 0 || cols.end < OW;
        std::fill(columns, columns + rows.begin * OW, 0.0F);
        std::fill(columns + rows.end * OW, columns + OH * OW, 0.0F);
        for (std::int64_t i = rows.begin; i < rows.end; ++i) {
          float* to = columns + i * OW;
          // Points at the pixel of place 0, which may lie in the padding: only places inside are read.
          const std::int64_t from = (i * window.stride + ki - window.padding) * width + kj - window.padding;
          if (padded) {
            std::fill(to, to + cols.begin, 0.0F);
            std::fill(to + cols.end, to + OW, 0.0F);
          }
          if (window.stride == 1) {
            std::copy(image + from + cols.begin, image + from + cols.end, to + cols.begin);
          } else {
            for (std::int64_t j = cols.begin; j < cols.end; ++j) to[j] = image[from + j * window.stride];
          }
        }
      }
    }
  }
  // END SOLUTION
}

// The same walk as im2col, with the arrow reversed: a pixel that was copied into several columns collects
// from all of them.
void col2im(const float* columns, std::int64_t channels, std::int64_t height, std::int64_t width,
            const Window& window, float* image) {
  // BEGIN SOLUTION col2im
  const std::int64_t K = window.kernel;
  const std::int64_t OH = window.places(height);
  const std::int64_t OW = window.places(width);
  for (std::int64_t c = 0; c < channels; ++c, image += height * width) {
    for (std::int64_t ki = 0; ki < K; ++ki) {
      const Range rows = inside(window, ki, height, OH);
      for (std::int64_t kj = 0; kj < K; ++kj, columns += OH * OW) {
        const Range cols = inside(window, kj, width, OW);
        for (std::int64_t i = rows.begin; i < rows.end; ++i) {
          const float* from = columns + i * OW;
          const std::int64_t to = (i * window.stride + ki - window.padding) * width + kj - window.padding;
          if (window.stride == 1) {
            for (std::int64_t j = cols.begin; j < cols.end; ++j) image[to + j] += from[j];
          } else {
            for (std::int64_t j = cols.begin; j < cols.end; ++j) image[to + j * window.stride] += from[j];
          }
        }
      }
    }
  }
  // END SOLUTION
}

Conv2dFunction::Conv2dFunction(const Window& window) : window_(window) {}

// Each image's columns are used up as soon as they are made, so that one buffer per thread serves all its
// images and stays in the cache. The product is added to outputs that already hold the bias.
Tensor Conv2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION Conv2dFunction::forward
  x_ = inputs[0];
  weight_ = inputs[1];
  has_bias_ = inputs.size() > 2;
  const ConvExtents e = conv_extents(x_, weight_, has_bias_ ? &inputs[2] : nullptr, window_);
  Tensor y = Tensor::uninitialized({e.N, e.O, e.OH, e.OW});

  const float* weight = weight_.data();
  const float* bias = has_bias_ ? inputs[2].data() : nullptr;
  kernels::parallel_for(0, e.N, grain(e.output() * e.taps() / 8), [&](std::int64_t from, std::int64_t to) {
    const std::shared_ptr<float[]> columns = kernels::allocate(e.taps() * e.places());
    for (std::int64_t n = from; n < to; ++n) {
      im2col(x_.data() + n * e.image(), e.C, e.H, e.W, window_, columns.get());
      float* out = y.data() + n * e.output();
      for (std::int64_t o = 0; o < e.O; ++o) {
        std::fill_n(out + o * e.places(), e.places(), bias != nullptr ? bias[o] : 0.0F);
      }
      kernels::gemm(Transpose::no, Transpose::no, e.O, e.places(), e.taps(), 1.0F, weight, e.taps(), columns.get(),
                    e.places(), 1.0F, out, e.places());
    }
  });
  return y;
  // END SOLUTION
}

// The images are dealt out in as many parts as there are threads. Each part sums dweight and dbias in memory
// of its own, and the parts are added in order: the result does not depend on which thread was faster.
std::vector<Tensor> Conv2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION Conv2dFunction::backward
  const ConvExtents e = conv_extents(x_, weight_, nullptr, window_);
  require_shape("Conv2d backward", "grad_output", grad_output, {e.N, e.O, e.OH, e.OW});
  const bool want_dx = wants_gradient(0);
  const bool want_dweight = wants_gradient(1);
  const bool want_dbias = has_bias_ && wants_gradient(2);

  const std::int64_t most = std::max<std::int64_t>(e.N / grain(e.output() * e.taps() / 4), 1);
  const std::int64_t parts = std::min<std::int64_t>(kernels::thread_count(), most);
  Tensor dx = want_dx ? Tensor::uninitialized(x_.shape()) : Tensor();
  std::vector<Tensor> dweight(static_cast<std::size_t>(parts));
  std::vector<Tensor> dbias(static_cast<std::size_t>(parts));

  const auto one_part = [&](std::int64_t part) {
    const std::shared_ptr<float[]> columns = kernels::allocate(e.taps() * e.places());
    Tensor& dw = dweight[static_cast<std::size_t>(part)];
    Tensor& db = dbias[static_cast<std::size_t>(part)];
    if (want_dweight) dw = Tensor(weight_.shape());
    if (want_dbias) db = Tensor({e.O});
    for (std::int64_t n = part * e.N / parts; n < (part + 1) * e.N / parts; ++n) {
      const float* dy = grad_output.data() + n * e.output();
      if (want_dweight) {  // dy_n columns_n^T
        im2col(x_.data() + n * e.image(), e.C, e.H, e.W, window_, columns.get());
        kernels::gemm(Transpose::no, Transpose::yes, e.O, e.taps(), e.places(), 1.0F, dy, e.places(), columns.get(),
                      e.places(), 1.0F, dw.data(), e.taps());
      }
      for (std::int64_t o = 0; want_dbias && o < e.O; ++o) {
        const float* plane = dy + o * e.places();
        db.data()[o] += static_cast<float>(sum_of(e.places(), [=](std::int64_t i) { return plane[i]; }));
      }
      if (want_dx) {  // col2im(weight^T dy_n)
        kernels::gemm(Transpose::yes, Transpose::no, e.taps(), e.places(), e.O, 1.0F, weight_.data(), e.taps(), dy,
                      e.places(), 0.0F, columns.get(), e.places());
        float* image = dx.data() + n * e.image();
        std::fill_n(image, e.image(), 0.0F);
        col2im(columns.get(), e.C, e.H, e.W, window_, image);
      }
    }
  };
  kernels::parallel_for(0, parts, 1, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t part = from; part < to; ++part) one_part(part);
  });

  for (std::size_t part = 1; part < dweight.size(); ++part) {
    if (want_dweight) dweight[0] += dweight[part];
    if (want_dbias) dbias[0] += dbias[part];
  }
  std::vector<Tensor> gradients{std::move(dx), std::move(dweight[0])};
  if (has_bias_) gradients.push_back(std::move(dbias[0]));
  return gradients;
  // END SOLUTION
}

// Weights by He's rule, bias zero.
Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Window& window, Rng& rng, bool bias)
    : window_(window) {
  // BEGIN SOLUTION Conv2d::Conv2d
  if (in_channels <= 0 || out_channels <= 0) {
    throw ValueError("Conv2d: channels must be positive, but are " + std::to_string(in_channels) + " and " +
                     std::to_string(out_channels));
  }
  const std::int64_t K = window.kernel;
  window.places(K);  // checks the members
  Tensor weight = Tensor::uninitialized({out_channels, in_channels, K, K});
  initialize(weight, Init::he, in_channels * K * K, out_channels * K * K, rng);
  parameters_.emplace_back(weight);
  if (bias) parameters_.emplace_back(Tensor({out_channels}));
  // END SOLUTION
}

std::string Conv2d::name() const {
  const Shape& weight = parameters_[0].value().shape();
  return "Conv2d(" + std::to_string(weight[1]) + ", " + std::to_string(weight[0]) + ", " + describe(window_, 1) + ")";
}

std::unique_ptr<Function> Conv2d::function() { return std::make_unique<Conv2dFunction>(window_); }

std::vector<Parameter> Conv2d::parameters() const { return parameters_; }

std::vector<NamedTensor> Conv2d::state() const {
  // BEGIN SOLUTION Conv2d::state
  std::vector<NamedTensor> tensors{{"weight", parameters_[0].value()}};
  if (parameters_.size() > 1) tensors.push_back({"bias", parameters_[1].value()});
  return tensors;
  // END SOLUTION
}

const Parameter& Conv2d::weight() const { return parameters_[0]; }

const Parameter& Conv2d::bias() const {
  // BEGIN SOLUTION Conv2d::bias
  if (parameters_.size() < 2) throw ValueError(name() + " has no bias");
  return parameters_[1];
  // END SOLUTION
}

// ---- Pooling

namespace {

// The extents of one pooling, checked.
struct PoolExtents {
  std::int64_t N, C, H, W, OH, OW;
};
[[maybe_unused]] PoolExtents pool_extents(const char* operation, const Tensor& x, const Window& window) {
  // BEGIN SOLUTION pool_extents
  require_images(operation, x);
  const auto [N, C, H, W] = std::array{x.shape()[0], x.shape()[1], x.shape()[2], x.shape()[3]};
  const PoolExtents extents{N, C, H, W, window.places(H), window.places(W)};
  if (window.padding > window.kernel / 2) {
    throw ValueError(std::string(operation) + ": padding " + std::to_string(window.padding) +
                     " is more than half of kernel " + std::to_string(window.kernel));
  }
  if (H == 0 || W == 0) {
    throw ShapeError(std::string(operation) + ": no pixels in shape " + x.shape().to_string());
  }
  return extents;
  // END SOLUTION
}

// The pixels [begin, end) of an axis that a window at `place` covers.
[[maybe_unused]] Range covered(const Window& window, std::int64_t place, std::int64_t extent) {
  // BEGIN SOLUTION covered
  const std::int64_t start = place * window.stride - window.padding;
  return {std::max<std::int64_t>(start, 0), std::min(start + window.kernel, extent)};
  // END SOLUTION
}

// One plane's maxima and where they stood, for any window.
[[maybe_unused]] void max_pool(const float* x, const PoolExtents& e, const Window& window, float* y,
                               std::int32_t* winner) {
  // BEGIN SOLUTION max_pool
  for (std::int64_t i = 0; i < e.OH; ++i) {
    const Range rows = covered(window, i, e.H);
    for (std::int64_t j = 0; j < e.OW; ++j) {
      const Range cols = covered(window, j, e.W);
      std::int64_t best = rows.begin * e.W + cols.begin;
      for (std::int64_t h = rows.begin; h < rows.end; ++h) {
        for (std::int64_t w = cols.begin; w < cols.end; ++w) {
          if (x[h * e.W + w] > x[best]) best = h * e.W + w;
        }
      }
      *y++ = x[best];
      *winner++ = static_cast<std::int32_t>(best);
    }
  }
  // END SOLUTION
}

// The same for the window everybody uses, 2 x 2 moved by 2: three comparisons and no branch, so that the
// compiler works on several windows at a time.
[[maybe_unused]] void max_pool_2x2(const float* x, const PoolExtents& e, float* y, std::int32_t* winner) {
  // BEGIN SOLUTION max_pool_2x2
  const auto W = static_cast<std::int32_t>(e.W);
  const auto OW = static_cast<std::int32_t>(e.OW);
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(e.OH); ++i, y += OW, winner += OW) {
    const std::int32_t row = 2 * i * W;
    const float* upper = x + row;
    const float* lower = upper + W;
    for (std::int32_t j = 0; j < OW; ++j) {
      // The left pixel wins a tie, and so does the upper row.
      const bool upper_right = upper[2 * j + 1] > upper[2 * j];
      const bool lower_right = lower[2 * j + 1] > lower[2 * j];
      const float best_upper = upper_right ? upper[2 * j + 1] : upper[2 * j];
      const float best_lower = lower_right ? lower[2 * j + 1] : lower[2 * j];
      const bool down = best_lower > best_upper;
      y[j] = down ? best_lower : best_upper;
      winner[j] = row + 2 * j + (down ? W + lower_right : upper_right);
    }
  }
  // END SOLUTION
}

}  // namespace

MaxPool2dFunction::MaxPool2dFunction(const Window& window) : window_(window) {}

// Remembers for every output which pixel won: that pixel alone will get the gradient.
Tensor MaxPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION MaxPool2dFunction::forward
  const Tensor& x = inputs[0];
  const PoolExtents e = pool_extents("MaxPool2d", x, window_);
  input_shape_ = x.shape();
  Tensor y = Tensor::uninitialized({e.N, e.C, e.OH, e.OW});
  winner_.resize(static_cast<std::size_t>(y.size()));

  const bool two_by_two = window_.kernel == 2 && window_.stride == 2 && window_.padding == 0;
  kernels::parallel_for(0, e.N * e.C, grain(e.H * e.W), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t plane = from; plane < to; ++plane) {
      const float* pixels = x.data() + plane * e.H * e.W;
      float* out = y.data() + plane * e.OH * e.OW;
      std::int32_t* winner = winner_.data() + plane * e.OH * e.OW;
      if (two_by_two) {
        max_pool_2x2(pixels, e, out, winner);
      } else {
        max_pool(pixels, e, window_, out, winner);
      }
    }
  });
  return y;
  // END SOLUTION
}

std::vector<Tensor> MaxPool2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION MaxPool2dFunction::backward
  const Shape& in = input_shape_;
  const std::int64_t pixels = in[2] * in[3];
  const std::int64_t places = window_.places(in[2]) * window_.places(in[3]);
  require_shape("MaxPool2d backward", "grad_output", grad_output,
                {in[0], in[1], window_.places(in[2]), window_.places(in[3])});
  Tensor dx = Tensor::uninitialized(in);
  kernels::parallel_for(0, in[0] * in[1], grain(pixels), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t plane = from; plane < to; ++plane) {
      const float* dy = grad_output.data() + plane * places;
      const std::int32_t* winner = winner_.data() + plane * places;
      float* out = dx.data() + plane * pixels;
      std::fill_n(out, pixels, 0.0F);
      for (std::int64_t place = 0; place < places; ++place) out[winner[place]] += dy[place];
    }
  });
  return {dx};
  // END SOLUTION
}

AvgPool2dFunction::AvgPool2dFunction(const Window& window) : window_(window) {}

Tensor AvgPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION AvgPool2dFunction::forward
  const Tensor& x = inputs[0];
  const PoolExtents e = pool_extents("AvgPool2d", x, window_);
  input_shape_ = x.shape();
  Tensor y = Tensor::uninitialized({e.N, e.C, e.OH, e.OW});
  const float share = 1.0F / static_cast<float>(window_.kernel * window_.kernel);
  kernels::parallel_for(0, e.N * e.C, grain(e.H * e.W), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t plane = from; plane < to; ++plane) {
      const float* pixels = x.data() + plane * e.H * e.W;
      float* out = y.data() + plane * e.OH * e.OW;
      for (std::int64_t i = 0; i < e.OH; ++i) {
        const Range rows = covered(window_, i, e.H);
        for (std::int64_t j = 0; j < e.OW; ++j) {
          const Range cols = covered(window_, j, e.W);
          float total = 0.0F;
          for (std::int64_t h = rows.begin; h < rows.end; ++h) {
            for (std::int64_t w = cols.begin; w < cols.end; ++w) total += pixels[h * e.W + w];
          }
          *out++ = total * share;
        }
      }
    }
  });
  return y;
  // END SOLUTION
}

std::vector<Tensor> AvgPool2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION AvgPool2dFunction::backward
  const Shape& in = input_shape_;
  const std::int64_t H = in[2];
  const std::int64_t W = in[3];
  const std::int64_t OH = window_.places(H);
  const std::int64_t OW = window_.places(W);
  require_shape("AvgPool2d backward", "grad_output", grad_output, {in[0], in[1], OH, OW});
  Tensor dx = Tensor::uninitialized(in);
  const float share = 1.0F / static_cast<float>(window_.kernel * window_.kernel);
  kernels::parallel_for(0, in[0] * in[1], grain(H * W), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t plane = from; plane < to; ++plane) {
      const float* dy = grad_output.data() + plane * OH * OW;
      float* out = dx.data() + plane * H * W;
      std::fill_n(out, H * W, 0.0F);
      for (std::int64_t i = 0; i < OH; ++i) {
        const Range rows = covered(window_, i, H);
        for (std::int64_t j = 0; j < OW; ++j) {
          const Range cols = covered(window_, j, W);
          const float each = *dy++ * share;
          for (std::int64_t h = rows.begin; h < rows.end; ++h) {
            for (std::int64_t w = cols.begin; w < cols.end; ++w) out[h * W + w] += each;
          }
        }
      }
    }
  });
  return {dx};
  // END SOLUTION
}

MaxPool2d::MaxPool2d(std::int64_t kernel) : MaxPool2d(Window{kernel, kernel, 0}) {}
MaxPool2d::MaxPool2d(const Window& window) : window_(window) { window.places(window.kernel); }
std::string MaxPool2d::name() const { return "MaxPool2d(" + describe(window_, window_.kernel) + ")"; }
std::unique_ptr<Function> MaxPool2d::function() { return std::make_unique<MaxPool2dFunction>(window_); }

AvgPool2d::AvgPool2d(std::int64_t kernel) : AvgPool2d(Window{kernel, kernel, 0}) {}
AvgPool2d::AvgPool2d(const Window& window) : window_(window) { window.places(window.kernel); }
std::string AvgPool2d::name() const { return "AvgPool2d(" + describe(window_, window_.kernel) + ")"; }
std::unique_ptr<Function> AvgPool2d::function() { return std::make_unique<AvgPool2dFunction>(window_); }

// ---- Batch normalisation

BatchNorm2dFunction::BatchNorm2dFunction(std::shared_ptr<BatchNormState> state, bool training, float momentum,
                                         float epsilon)
    : state_(std::move(state)), training_(training), momentum_(momentum), epsilon_(epsilon) {}

// Two passes over a channel: one for its sum and sum of squares (in double precision, where their difference
// loses nothing that matters), one that normalises.
Tensor BatchNorm2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION BatchNorm2dFunction::forward
  const Tensor& x = inputs[0];
  require_images("BatchNorm2d", x);
  const std::int64_t N = x.shape()[0];
  const std::int64_t C = x.shape()[1];
  const std::int64_t plane = x.shape()[2] * x.shape()[3];
  require_shape("BatchNorm2d", "gamma", inputs[1], {C});
  require_shape("BatchNorm2d", "beta", inputs[2], {C});
  require_shape("BatchNorm2d", "running_mean", state_->running_mean, {C});
  if (training_ && N * plane < 2) {
    throw ValueError("BatchNorm2d: training needs more than one value per channel, got shape " +
                     x.shape().to_string());
  }
  gamma_ = inputs[1];
  normalized_ = Tensor::uninitialized(x.shape());
  inverse_std_ = Tensor::uninitialized({C});
  Tensor y = Tensor::uninitialized(x.shape());

  const auto m = static_cast<double>(N * plane);
  kernels::parallel_for(0, C, grain(N * plane), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t c = from; c < to; ++c) {
      float& running_mean = state_->running_mean.data()[c];
      float& running_var = state_->running_var.data()[c];
      double mean = running_mean;
      double var = running_var;
      if (training_) {
        double sum = 0.0;
        double squares = 0.0;
        for (std::int64_t n = 0; n < N; ++n) {
          const float* from_x = x.data() + (n * C + c) * plane;
          sum += sum_of(plane, [=](std::int64_t i) { return from_x[i]; });
          squares += sum_of(plane, [=](std::int64_t i) { return double{from_x[i]} * from_x[i]; });
        }
        mean = sum / m;
        var = std::max(squares / m - mean * mean, 0.0);
        const double unbiased = var * m / (m - 1.0);
        running_mean = (1.0F - momentum_) * running_mean + momentum_ * static_cast<float>(mean);
        running_var = (1.0F - momentum_) * running_var + momentum_ * static_cast<float>(unbiased);
      }

      const auto inverse_std = static_cast<float>(1.0 / std::sqrt(var + epsilon_));
      inverse_std_.data()[c] = inverse_std;
      const auto center = static_cast<float>(mean);
      const float gamma = gamma_.data()[c];
      const float beta = inputs[2].data()[c];
      for (std::int64_t n = 0; n < N; ++n) {
        const std::int64_t start = (n * C + c) * plane;
        const float* from_x = x.data() + start;
        float* xhat = normalized_.data() + start;
        float* out = y.data() + start;
        for (std::int64_t i = 0; i < plane; ++i) {
          xhat[i] = (from_x[i] - center) * inverse_std;
          out[i] = gamma * xhat[i] + beta;
        }
      }
    }
  });
  return y;
  // END SOLUTION
}

// While training, every pixel takes part in its channel's mean and variance, and so in every output.
std::vector<Tensor> BatchNorm2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION BatchNorm2dFunction::backward
  require_shape("BatchNorm2d backward", "grad_output", grad_output, normalized_.shape());
  const std::int64_t N = normalized_.shape()[0];
  const std::int64_t C = normalized_.shape()[1];
  const std::int64_t plane = normalized_.shape()[2] * normalized_.shape()[3];
  Tensor dx = wants_gradient(0) ? Tensor::uninitialized(normalized_.shape()) : Tensor();
  Tensor dgamma = Tensor::uninitialized({C});
  Tensor dbeta = Tensor::uninitialized({C});

  const auto m = static_cast<double>(N * plane);
  kernels::parallel_for(0, C, grain(N * plane), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t c = from; c < to; ++c) {
      double sum_dy = 0.0;
      double sum_dy_xhat = 0.0;
      for (std::int64_t n = 0; n < N; ++n) {
        const float* dy = grad_output.data() + (n * C + c) * plane;
        const float* xhat = normalized_.data() + (n * C + c) * plane;
        sum_dy += sum_of(plane, [=](std::int64_t i) { return dy[i]; });
        sum_dy_xhat += sum_of(plane, [=](std::int64_t i) { return double{dy[i]} * xhat[i]; });
      }
      dbeta.data()[c] = static_cast<float>(sum_dy);
      dgamma.data()[c] = static_cast<float>(sum_dy_xhat);
      if (dx.empty()) continue;

      const float scale = gamma_.data()[c] * inverse_std_.data()[c];
      const float mean_dy = training_ ? static_cast<float>(sum_dy / m) : 0.0F;
      const float mean_dy_xhat = training_ ? static_cast<float>(sum_dy_xhat / m) : 0.0F;
      for (std::int64_t n = 0; n < N; ++n) {
        const std::int64_t start = (n * C + c) * plane;
        const float* dy = grad_output.data() + start;
        const float* xhat = normalized_.data() + start;
        float* out = dx.data() + start;
        for (std::int64_t i = 0; i < plane; ++i) out[i] = scale * (dy[i] - mean_dy - xhat[i] * mean_dy_xhat);
      }
    }
  });
  return {dx, wants_gradient(1) ? dgamma : Tensor(), wants_gradient(2) ? dbeta : Tensor()};
  // END SOLUTION
}

BatchNorm2d::BatchNorm2d(std::int64_t channels, float momentum, float epsilon)
    : momentum_(momentum), epsilon_(epsilon) {
  // BEGIN SOLUTION BatchNorm2d::BatchNorm2d
  if (channels <= 0) throw ValueError("BatchNorm2d: channels must be positive, but are " + std::to_string(channels));
  if (!(momentum > 0.0F && momentum <= 1.0F)) {
    throw ValueError("BatchNorm2d: momentum must be in (0, 1], but is " + std::to_string(momentum));
  }
  if (!(epsilon > 0.0F)) throw ValueError("BatchNorm2d: epsilon must be positive, but is " + std::to_string(epsilon));
  parameters_.emplace_back(Tensor::full({channels}, 1.0F));
  parameters_.emplace_back(Tensor({channels}));
  state_ = std::make_shared<BatchNormState>();
  state_->running_mean = Tensor({channels});
  state_->running_var = Tensor::full({channels}, 1.0F);
  // END SOLUTION
}

std::string BatchNorm2d::name() const { return "BatchNorm2d(" + std::to_string(parameters_[0].value().size()) + ")"; }

std::unique_ptr<Function> BatchNorm2d::function() {
  // BEGIN SOLUTION BatchNorm2d::function
  return std::make_unique<BatchNorm2dFunction>(state_, training(), momentum_, epsilon_);
  // END SOLUTION
}

std::vector<Parameter> BatchNorm2d::parameters() const { return parameters_; }

std::vector<NamedTensor> BatchNorm2d::state() const {
  // BEGIN SOLUTION BatchNorm2d::state
  return {{"weight", parameters_[0].value()},
          {"bias", parameters_[1].value()},
          {"running_mean", state_->running_mean},
          {"running_var", state_->running_var}};
  // END SOLUTION
}

}  // namespace tinytorch
