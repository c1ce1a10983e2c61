// Module spatial: convolution, pooling and batch normalisation.
//
// Named extents throughout: N images, C channels, H rows, W columns; O output channels, OH x OW outputs of
// a K x K window.
#include "tinytorch/spatial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "kernels/gemm.hpp"
#include "kernels/memory.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/checks.hpp"

namespace tinytorch {

namespace {

using kernels::Transpose;

// BEGIN SOLUTION (helpers)
// The extents of images, and what a window makes of them.
struct Extents {
  std::int64_t N, C, H, W, OH, OW;
  std::int64_t pixels() const { return H * W; }     // of one plane
  std::int64_t outputs() const { return OH * OW; }  // likewise
};
Extents extents(const Shape& images, const Window& window) {
  return {images[0], images[1], images[2], images[3], window.output_size(images[2]), window.output_size(images[3])};
}

// A thread gets at least so many elementary operations: fewer are done before it wakes up.
constexpr std::int64_t worthwhile = 50000;
std::int64_t grain(std::int64_t work) { return (worthwhile - 1) / std::max<std::int64_t>(work, 1) + 1; }

// Images are independent of one another, and so are planes: calls body(i), of `work` operations, for every i
// below `count`, on several threads.
template <class Body>
void parallel_each(std::int64_t count, std::int64_t work, const Body& body) {
  kernels::parallel_for(0, count, grain(work), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) body(i);
  });
}

struct Range {
  std::int64_t begin, end;
};

// The outputs along an axis for which the pixel `offset` of the window lies inside the image; for the others it
// lies in the padding. 0 <= output * stride + offset - padding < extent, solved for output.
Range inside(const Window& window, std::int64_t offset, std::int64_t extent) {
  const auto first_at_or_past = [&](std::int64_t pixel) {
    const std::int64_t distance = pixel + window.padding - offset;
    return distance <= 0 ? 0 : (distance + window.stride - 1) / window.stride;
  };
  return {first_at_or_past(0), std::min(first_at_or_past(extent), window.output_size(extent))};
}

// One element of the kernel for neighbouring outputs: output + j reads pixel + j * stride for j < count.
// Elements, outputs and pixels are counted row by row.
struct Run {
  std::int64_t element, output, pixel, count;
};

// The loops that convolution and average pooling are made of: calls visit(run) for all elements and all outputs of a
// window over a plane of H x W, leaving out what lies in the padding.
template <class Visit>
void for_each_run(const Window& window, std::int64_t H, std::int64_t W, const Visit& visit) {
  const std::int64_t OW = window.output_size(W);
  for (std::int64_t element = 0; element < window.kernel * window.kernel; ++element) {
    const std::int64_t ki = element / window.kernel;
    const std::int64_t kj = element % window.kernel;
    const Range rows = inside(window, ki, H);
    const Range cols = inside(window, kj, W);
    for (std::int64_t i = rows.begin; i < rows.end; ++i) {
      const std::int64_t h = i * window.stride + ki - window.padding;
      const std::int64_t w = cols.begin * window.stride + kj - window.padding;
      visit(Run{element, i * OW + cols.begin, h * W + w, cols.end - cols.begin});
    }
  }
}
// END SOLUTION

}  // namespace

std::int64_t Window::output_size(std::int64_t extent) const {
  // BEGIN SOLUTION Window::output_size
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

// BEGIN SOLUTION (helpers)
void require_kernel(const Tensor& x, const Tensor& weight, const Window& window) {
  if (x.rank() != 4 || weight.rank() != 4 || weight.shape()[1] != x.shape()[1] || weight.shape()[2] != window.kernel ||
      weight.shape()[3] != window.kernel) {
    throw ShapeError("conv2d: x " + x.shape().to_string() + " and weight " + weight.shape().to_string() +
                     " do not fit: needs (N, C, H, W) and (O, C, K, K) with K = " + std::to_string(window.kernel));
  }
}
// END SOLUTION

}  // namespace

// Slow, and the measure of everything faster below.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window) {
  // BEGIN SOLUTION conv2d
  require_kernel(x, weight, window);
  const std::int64_t O = weight.shape()[0];
  const std::int64_t K = window.kernel;
  if (!bias.empty()) require_shape("conv2d: bias", bias.shape(), {O});
  const auto [N, C, H, W, OH, OW] = extents(x.shape(), window);
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

// A row of columns belongs to one element of the kernel in one channel, and runs over the outputs. The outputs of one
// row read neighbouring pixels, so with stride 1 they are a plain copy.
void im2col(const float* image, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* columns) {
  // BEGIN SOLUTION im2col
  const std::int64_t elements = window.kernel * window.kernel;
  const std::int64_t outputs = window.output_size(height) * window.output_size(width);
  if (window.padding > 0) std::fill_n(columns, channels * elements * outputs, 0.0F);
  for (std::int64_t c = 0; c < channels; ++c) {
    const float* plane = image + c * height * width;
    float* rows = columns + c * elements * outputs;
    for_each_run(window, height, width, [=, stride = window.stride](const Run& run) {
      const float* from = plane + run.pixel;
      float* to = rows + run.element * outputs + run.output;
      if (stride == 1) {
        std::copy_n(from, run.count, to);
      } else {
        for (std::int64_t j = 0; j < run.count; ++j) to[j] = from[j * stride];
      }
    });
  }
  // END SOLUTION
}

// The same loops in the other direction: a pixel that was copied into several columns adds up all of them.
void col2im(const float* columns, std::int64_t channels, std::int64_t height, std::int64_t width, const Window& window,
            float* image) {
  // BEGIN SOLUTION col2im
  const std::int64_t elements = window.kernel * window.kernel;
  const std::int64_t outputs = window.output_size(height) * window.output_size(width);
  for (std::int64_t c = 0; c < channels; ++c) {
    const float* rows = columns + c * elements * outputs;
    float* plane = image + c * height * width;
    for_each_run(window, height, width, [=, stride = window.stride](const Run& run) {
      const float* from = rows + run.element * outputs + run.output;
      float* to = plane + run.pixel;
      for (std::int64_t j = 0; j < run.count; ++j) to[j * stride] += from[j];
    });
  }
  // END SOLUTION
}

Conv2dFunction::Conv2dFunction(const Window& window) : window_(window) {}

// Each image's columns are used up as soon as they are made, while they are still in the cache. The product is
// added to outputs that already hold the bias.
Tensor Conv2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION Conv2dFunction::forward
  x_ = inputs[0];
  weight_ = inputs[1];
  has_bias_ = inputs.size() > 2;
  require_kernel(x_, weight_, window_);
  const std::int64_t O = weight_.shape()[0];
  if (has_bias_) require_shape("conv2d: bias", inputs[2].shape(), {O});
  const Extents e = extents(x_.shape(), window_);
  const std::int64_t elements = e.C * window_.kernel * window_.kernel;  // the inputs of one output
  const std::int64_t outputs = e.outputs();
  Tensor y = Tensor::uninitialized({e.N, O, e.OH, e.OW});

  parallel_each(e.N, O * elements * outputs / 8, [&](std::int64_t n) {  // the product does several at a time
    const std::shared_ptr<float[]> columns = kernels::allocate(elements * outputs);
    im2col(x_.data() + n * e.C * e.pixels(), e.C, e.H, e.W, window_, columns.get());
    float* out = y.data() + n * O * outputs;
    for (std::int64_t o = 0; o < O; ++o) {
      std::fill_n(out + o * outputs, outputs, has_bias_ ? inputs[2].data()[o] : 0.0F);
    }
    kernels::gemm(Transpose::no, Transpose::no, O, outputs, elements, 1.0F, weight_.data(), elements, columns.get(),
                  outputs, 1.0F, out, outputs);
  });
  return y;
  // END SOLUTION
}

// The images are dealt out in as many parts as there are threads. Each part sums dweight in memory of its own,
// and the parts are added in order: the result does not depend on which thread was faster.
std::vector<Tensor> Conv2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION Conv2dFunction::backward
  const Extents e = extents(x_.shape(), window_);
  const std::int64_t O = weight_.shape()[0];
  const std::int64_t elements = e.C * window_.kernel * window_.kernel;
  const std::int64_t outputs = e.outputs();
  require_shape("Conv2d backward: grad_output", grad_output.shape(), {e.N, O, e.OH, e.OW});
  const std::int64_t max_parts = std::max<std::int64_t>(e.N / grain(O * elements * outputs / 4), 1);
  const std::int64_t parts = std::min<std::int64_t>(kernels::thread_count(), max_parts);
  Tensor dx = wants_gradient(0) ? Tensor(x_.shape()) : Tensor();
  std::vector<Tensor> dweight(static_cast<std::size_t>(parts));

  const auto sum_part = [&](std::int64_t part) {
    const std::shared_ptr<float[]> columns = kernels::allocate(elements * outputs);
    Tensor& dw = dweight[static_cast<std::size_t>(part)];
    if (wants_gradient(1)) dw = Tensor(weight_.shape());
    for (std::int64_t n = part * e.N / parts; n < (part + 1) * e.N / parts; ++n) {
      const std::int64_t image = n * e.C * e.pixels();
      const float* dy = grad_output.data() + n * O * outputs;
      if (wants_gradient(1)) {  // dy_n columns_n^T
        im2col(x_.data() + image, e.C, e.H, e.W, window_, columns.get());
        kernels::gemm(Transpose::no, Transpose::yes, O, elements, outputs, 1.0F, dy, outputs, columns.get(), outputs,
                      1.0F, dw.data(), elements);
      }
      if (wants_gradient(0)) {  // col2im(weight^T dy_n)
        kernels::gemm(Transpose::yes, Transpose::no, elements, outputs, O, 1.0F, weight_.data(), elements, dy, outputs,
                      0.0F, columns.get(), outputs);
        col2im(columns.get(), e.C, e.H, e.W, window_, dx.data() + image);
      }
    }
  };
  parallel_each(parts, worthwhile, sum_part);  // each is worth a thread
  for (std::size_t part = 1; wants_gradient(1) && part < dweight.size(); ++part) dweight[0] += dweight[part];

  std::vector<Tensor> gradients{dx, dweight[0]};
  if (has_bias_) {
    const Tensor dy = grad_output.reshape({e.N, O, outputs});
    gradients.push_back(wants_gradient(2) ? sum(sum(dy, 2), 0) : Tensor());
  }
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
  window.output_size(K);  // checks the members
  Tensor weight = Tensor::uninitialized({out_channels, in_channels, K, K});
  initialize(weight, Init::he, in_channels * K * K, out_channels * K * K, rng);
  parameters_.emplace_back(weight);
  if (bias) parameters_.emplace_back(Tensor({out_channels}));
  // END SOLUTION
}

std::string Conv2d::name() const {
  const Shape& weight = parameters_[0].value().shape();
  return "Conv2d(" + std::to_string(weight[1]) + ", " + std::to_string(weight[0]) + ", " + window_.describe(1) + ")";
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

// BEGIN SOLUTION (helpers)
Extents pool_extents(const std::string& operation, const Tensor& x, const Window& window) {
  require_images(operation, x.shape());
  const Extents e = extents(x.shape(), window);
  if (window.padding > window.kernel / 2) {
    throw ValueError(operation + ": padding " + std::to_string(window.padding) + " is more than half of kernel " +
                     std::to_string(window.kernel));
  }
  if (e.pixels() == 0) throw ShapeError(operation + ": no pixels in shape " + x.shape().to_string());
  return e;
}

// The pixels along an axis that the window covers for one output.
Range covered(const Window& window, std::int64_t output, std::int64_t extent) {
  const std::int64_t start = output * window.stride - window.padding;
  return {std::max<std::int64_t>(start, 0), std::min(start + window.kernel, extent)};
}
// END SOLUTION

}  // namespace

MaxPool2dFunction::MaxPool2dFunction(const Window& window) : window_(window) {}

// Keeps for every output which pixel was largest: that pixel alone will get the gradient.
Tensor MaxPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION MaxPool2dFunction::forward
  x_ = inputs[0];
  const Extents e = pool_extents("MaxPool2d", x_, window_);
  Tensor y = Tensor::uninitialized({e.N, e.C, e.OH, e.OW});
  argmax_.resize(static_cast<std::size_t>(y.size()));
  parallel_each(e.N * e.C, e.pixels(), [&](std::int64_t plane) {
    const float* x = x_.data() + plane * e.pixels();
    float* out = y.data() + plane * e.outputs();
    std::int32_t* argmax = argmax_.data() + plane * e.outputs();
    for (std::int64_t i = 0; i < e.OH; ++i) {
      const Range rows = covered(window_, i, e.H);
      for (std::int64_t j = 0; j < e.OW; ++j) {
        const Range cols = covered(window_, j, e.W);
        std::int64_t best = rows.begin * e.W + cols.begin;
        for (std::int64_t h = rows.begin; h < rows.end; ++h) {
          for (std::int64_t w = cols.begin; w < cols.end; ++w) {
            // Not an if: which pixel is largest cannot be predicted, and a wrong prediction costs time.
            const std::int64_t pixel = h * e.W + w;
            best = x[pixel] > x[best] ? pixel : best;
          }
        }
        *out++ = x[best];
        *argmax++ = static_cast<std::int32_t>(best);
      }
    }
  });
  return y;
  // END SOLUTION
}

std::vector<Tensor> MaxPool2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION MaxPool2dFunction::backward
  const Extents e = extents(x_.shape(), window_);
  require_shape("MaxPool2d backward: grad_output", grad_output.shape(), {e.N, e.C, e.OH, e.OW});
  Tensor dx(x_.shape());
  parallel_each(e.N * e.C, e.pixels(), [&](std::int64_t plane) {
    const float* dy = grad_output.data() + plane * e.outputs();
    const std::int32_t* argmax = argmax_.data() + plane * e.outputs();
    float* out = dx.data() + plane * e.pixels();
    for (std::int64_t output = 0; output < e.outputs(); ++output) out[argmax[output]] += dy[output];
  });
  return {dx};
  // END SOLUTION
}

AvgPool2dFunction::AvgPool2dFunction(const Window& window) : window_(window) {}

Tensor AvgPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION AvgPool2dFunction::forward
  const Extents e = pool_extents("AvgPool2d", inputs[0], window_);
  input_shape_ = inputs[0].shape();
  Tensor y({e.N, e.C, e.OH, e.OW});
  const float share = 1.0F / static_cast<float>(window_.kernel * window_.kernel);
  parallel_each(e.N * e.C, e.pixels(), [&](std::int64_t plane) {
    const float* x = inputs[0].data() + plane * e.pixels();
    float* mean = y.data() + plane * e.outputs();
    for_each_run(window_, e.H, e.W, [=, stride = window_.stride](const Run& run) {
      for (std::int64_t j = 0; j < run.count; ++j) mean[run.output + j] += share * x[run.pixel + j * stride];
    });
  });
  return y;
  // END SOLUTION
}

std::vector<Tensor> AvgPool2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION AvgPool2dFunction::backward
  const Extents e = extents(input_shape_, window_);
  require_shape("AvgPool2d backward: grad_output", grad_output.shape(), {e.N, e.C, e.OH, e.OW});
  Tensor dx(input_shape_);
  const float share = 1.0F / static_cast<float>(window_.kernel * window_.kernel);
  parallel_each(e.N * e.C, e.pixels(), [&](std::int64_t plane) {
    const float* dy = grad_output.data() + plane * e.outputs();
    float* out = dx.data() + plane * e.pixels();
    for_each_run(window_, e.H, e.W, [=, stride = window_.stride](const Run& run) {
      for (std::int64_t j = 0; j < run.count; ++j) out[run.pixel + j * stride] += share * dy[run.output + j];
    });
  });
  return {dx};
  // END SOLUTION
}

MaxPool2d::MaxPool2d(std::int64_t kernel) : MaxPool2d(Window{kernel, kernel, 0}) {}
MaxPool2d::MaxPool2d(const Window& window) : window_(window) { window.output_size(window.kernel); }
std::string MaxPool2d::name() const { return "MaxPool2d(" + window_.describe(window_.kernel) + ")"; }
std::unique_ptr<Function> MaxPool2d::function() { return std::make_unique<MaxPool2dFunction>(window_); }

AvgPool2d::AvgPool2d(std::int64_t kernel) : AvgPool2d(Window{kernel, kernel, 0}) {}
AvgPool2d::AvgPool2d(const Window& window) : window_(window) { window.output_size(window.kernel); }
std::string AvgPool2d::name() const { return "AvgPool2d(" + window_.describe(window_.kernel) + ")"; }
std::unique_ptr<Function> AvgPool2d::function() { return std::make_unique<AvgPool2dFunction>(window_); }

// ---- Batch normalisation

namespace {

// BEGIN SOLUTION (helpers)
// The channels of images (N, C, H, W): each has a plane in every image. An element is named by its offset.
struct Channels {
  std::int64_t N, C, plane;
  explicit Channels(const Shape& images) : N(images[0]), C(images[1]), plane(images[2] * images[3]) {}

  std::int64_t values() const { return N * plane; }  // of one channel

  // Calls visit(i) for every element of channel c.
  template <class Visit>
  void for_each(std::int64_t c, const Visit& visit) const {
    for (std::int64_t n = 0; n < N; ++n) {
      const std::int64_t begin = (n * C + c) * plane;
      for (std::int64_t i = begin; i < begin + plane; ++i) visit(i);
    }
  }

  // The sum of term(i) over channel c in double precision, kept as eight sums: in a single one, every addition
  // would wait for the one before.
  template <class Term>
  double sum(std::int64_t c, const Term& term) const {
    constexpr std::int64_t sum_count = 8;
    std::array<double, sum_count> sums{};
    for (std::int64_t n = 0; n < N; ++n) {
      std::int64_t i = (n * C + c) * plane;
      const std::int64_t end = i + plane;
      for (; i + sum_count <= end; i += sum_count) {
        for (std::int64_t k = 0; k < sum_count; ++k) sums[static_cast<std::size_t>(k)] += term(i + k);
      }
      for (; i < end; ++i) sums[0] += term(i);
    }
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  }
};
// END SOLUTION

}  // namespace

BatchNorm2dFunction::BatchNorm2dFunction(std::shared_ptr<BatchNormState> state, bool training, float momentum,
                                         float epsilon)
    : state_(std::move(state)), training_(training), momentum_(momentum), epsilon_(epsilon) {}

// Three passes over a channel: its mean, its variance, and one that normalises.
Tensor BatchNorm2dFunction::forward(const std::vector<Tensor>& inputs) {
  // BEGIN SOLUTION BatchNorm2dFunction::forward
  const Tensor& x = inputs[0];
  require_images("BatchNorm2d", x.shape());
  const Channels channels(x.shape());
  require_shape("BatchNorm2d: gamma", inputs[1].shape(), {channels.C});
  require_shape("BatchNorm2d: beta", inputs[2].shape(), {channels.C});
  require_shape("BatchNorm2d: running_mean", state_->running_mean.shape(), {channels.C});
  const auto m = static_cast<double>(channels.values());
  if (training_ && m < 2) {
    throw ValueError("BatchNorm2d: training needs more than one value per channel, got shape " + x.shape().to_string());
  }
  gamma_ = inputs[1];
  normalized_ = Tensor::uninitialized(x.shape());
  inverse_std_ = Tensor::uninitialized({channels.C});
  Tensor y = Tensor::uninitialized(x.shape());

  parallel_each(channels.C, channels.values(), [&](std::int64_t c) {
    const float* in = x.data();
    float& running_mean = state_->running_mean.data()[c];
    float& running_var = state_->running_var.data()[c];
    double mean = running_mean;
    double var = running_var;
    if (training_) {
      mean = channels.sum(c, [=](std::int64_t i) { return double{in[i]}; }) / m;
      var = channels.sum(c, [=](std::int64_t i) { return (in[i] - mean) * (in[i] - mean); }) / m;
      const double unbiased = var * m / (m - 1.0);
      running_mean = (1.0F - momentum_) * running_mean + momentum_ * static_cast<float>(mean);
      running_var = (1.0F - momentum_) * running_var + momentum_ * static_cast<float>(unbiased);
    }

    const auto inverse_std = static_cast<float>(1.0 / std::sqrt(var + epsilon_));
    inverse_std_.data()[c] = inverse_std;
    const auto center = static_cast<float>(mean);
    const float gamma = gamma_.data()[c];
    const float beta = inputs[2].data()[c];
    float* xhat = normalized_.data();
    float* out = y.data();
    channels.for_each(c, [=](std::int64_t i) {
      xhat[i] = (in[i] - center) * inverse_std;
      out[i] = gamma * xhat[i] + beta;
    });
  });
  return y;
  // END SOLUTION
}

// While training, every pixel takes part in its channel's mean and variance, and so in every output.
std::vector<Tensor> BatchNorm2dFunction::backward(const Tensor& grad_output) {
  // BEGIN SOLUTION BatchNorm2dFunction::backward
  const Shape& shape = normalized_.shape();
  require_shape("BatchNorm2d backward: grad_output", grad_output.shape(), shape);
  const Channels channels(shape);
  const auto m = static_cast<double>(channels.values());
  Tensor dx = wants_gradient(0) ? Tensor::uninitialized(shape) : Tensor();
  Tensor dgamma = Tensor::uninitialized({channels.C});
  Tensor dbeta = Tensor::uninitialized({channels.C});

  parallel_each(channels.C, channels.values(), [&](std::int64_t c) {
    const float* dy = grad_output.data();
    const float* xhat = normalized_.data();
    const double sum_dy = channels.sum(c, [=](std::int64_t i) { return double{dy[i]}; });
    const double sum_dy_xhat = channels.sum(c, [=](std::int64_t i) { return double{dy[i]} * xhat[i]; });
    dbeta.data()[c] = static_cast<float>(sum_dy);
    dgamma.data()[c] = static_cast<float>(sum_dy_xhat);
    if (dx.empty()) return;

    const float scale = gamma_.data()[c] * inverse_std_.data()[c];
    const float mean_dy = training_ ? static_cast<float>(sum_dy / m) : 0.0F;
    const float mean_dy_xhat = training_ ? static_cast<float>(sum_dy_xhat / m) : 0.0F;
    float* out = dx.data();
    channels.for_each(c, [=](std::int64_t i) { out[i] = scale * (dy[i] - mean_dy - xhat[i] * mean_dy_xhat); });
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
