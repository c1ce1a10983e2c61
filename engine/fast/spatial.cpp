// Module spatial for speed: convolution without a matrix of columns, which takes the ReLU and the 2 x 2 maximum behind
// it along while the pixels are still in the cache.
//
// Images are dealt out to the threads whole. Inside, channels are innermost (fast/convolution.hpp); tensors keep
// their order, and are turned around image by image.
#include "tinytorch/spatial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fast/convolution.hpp"
#include "kernels/memory.hpp"
#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"
#include "tinytorch/activations.hpp"

namespace tinytorch {

// Defined by the fast body of module activations. Only where that is linked is a ReLU absorbed: the student's own is
// called.
extern const bool fast_activations __attribute__((weak));

namespace {

using fast::padded_channels;

std::string describe(const Window& window, std::int64_t usual_stride) {
  std::string text = std::to_string(window.kernel);
  if (window.stride != usual_stride) text += ", stride=" + std::to_string(window.stride);
  if (window.padding != 0) text += ", padding=" + std::to_string(window.padding);
  return text;
}

void require(bool holds, const std::string& message) {
  if (!holds) throw ValueError(message);
}

void require_shape(const std::string& what, const Shape& found, const Shape& expected) {
  if (found == expected) return;
  throw ShapeError(what + " has shape " + found.to_string() + ", expected " + expected.to_string());
}

void require_images(const std::string& operation, const Shape& shape) {
  if (shape.rank() != 4) throw ShapeError(operation + ": needs images (N, C, H, W), not shape " + shape.to_string());
}

// The number of elements from which on a second thread is worth waking for work of `cost` operations each.
std::int64_t grain(std::int64_t cost) { return 16000 / std::max<std::int64_t>(cost, 1) + 1; }

// Memory for a thread's use, from the pool that tensors come from.
class Scratch {
 public:
  explicit Scratch(std::int64_t count) : memory_(kernels::allocate(count)) {}
  static Scratch zeros(std::int64_t count) {
    Scratch scratch(count);
    std::fill_n(scratch.data(), count, 0.0F);
    return scratch;
  }
  float* data() { return memory_.get(); }
  const float* data() const { return memory_.get(); }

 private:
  std::shared_ptr<float[]> memory_;
};

}  // namespace

std::int64_t Window::places(std::int64_t extent) const {
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

// ---- Convolution

namespace {

constexpr std::int64_t pool = 2;  // the window that a convolution absorbs, moved by its own size

// The extents of one convolution. PH and PW are those of its result: what pooling leaves, if it pools, else OH and OW.
struct Extents {
  std::int64_t N, C, H, W, O, K, stride, padding, OH, OW, PH, PW;
  std::int64_t out, in;  // O and C filled up to whole vectors

  std::int64_t padded_height() const { return H + 2 * padding; }
  std::int64_t padded_width() const { return W + 2 * padding; }
  std::int64_t image() const { return C * H * W; }
  std::int64_t result() const { return O * PH * PW; }
  std::int64_t work() const { return O * C * K * K * OH * OW / 32; }  // a vector's operations count as one

  // How the window moves over x with its channels innermost.
  fast::Walk over_x() const { return {K, K * C, padded_width() * C, stride * C}; }
};

struct Fused {
  bool relu = false;
  bool pool = false;
};

Extents extents_of(const Tensor& x, const Tensor& weight, const Window& window, const Fused& fused) {
  const Shape& images = x.shape();
  const Shape& kernels = weight.shape();
  const bool fit = images.rank() == 4 && kernels.rank() == 4 && kernels[1] == images[1] &&
                   kernels[2] == window.kernel && kernels[3] == window.kernel;
  if (!fit) {
    throw ShapeError("conv2d: x " + images.to_string() + " and weight " + kernels.to_string() +
                     " do not fit: needs (N, C, H, W) and (O, C, K, K) with K = " + std::to_string(window.kernel));
  }
  Extents e{};
  e.N = images[0];
  e.C = images[1];
  e.H = images[2];
  e.W = images[3];
  e.O = kernels[0];
  e.K = window.kernel;
  e.stride = window.stride;
  e.padding = window.padding;
  e.OH = window.places(e.H);
  e.OW = window.places(e.W);
  const Window pooling{pool, pool, 0};
  e.PH = fused.pool ? pooling.places(e.OH) : e.OH;
  e.PW = fused.pool ? pooling.places(e.OW) : e.OW;
  e.out = padded_channels(e.O);
  e.in = padded_channels(e.C);
  return e;
}

// A convolution, perhaps with the ReLU and the pooling behind it.
class Convolution {
 public:
  explicit Convolution(const Window& window) : window_(window) {}

  Fused fused;

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias);

  // The gradients of x, weight and bias; those that are not wanted stay empty.
  std::array<Tensor, 3> backward(const Tensor& grad_output, const std::array<bool, 3>& wanted) const;

 private:
  void forward_images(std::int64_t from, std::int64_t to, const float* bias, Tensor& y);

  // The sums of one thread's images.
  struct Sums {
    Scratch weight, bias;
  };
  void backward_images(std::int64_t from, std::int64_t to, const Tensor& grad_output, const float* flipped,
                       bool weight_wanted, Tensor& dx, Sums& sums) const;

  Window window_;
  Extents e_{};
  Tensor x_;
  Tensor y_;                         // kept where a ReLU is fused that no pooling follows
  std::shared_ptr<float[]> packed_;  // weights
  std::shared_ptr<float[]> which_;   // bytes: which pixel won, (N, PH, PW, out)
  std::uint8_t* which(std::int64_t n) const {
    return reinterpret_cast<std::uint8_t*>(which_.get()) + n * e_.PH * e_.PW * e_.out;
  }
};

Tensor Convolution::forward(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  e_ = extents_of(x, weight, window_, fused);
  if (!bias.empty()) require_shape("conv2d: bias", bias.shape(), {e_.O});
  x_ = x;
  packed_ = kernels::allocate(e_.out * e_.C * e_.K * e_.K);
  fast::pack_weights(weight.data(), e_.O, e_.C, e_.K, packed_.get());
  Scratch padded_bias = Scratch::zeros(e_.out);
  if (!bias.empty()) std::copy_n(bias.data(), e_.O, padded_bias.data());
  if (fused.pool) which_ = kernels::allocate((e_.N * e_.PH * e_.PW * e_.out + 3) / 4);
  Tensor y = Tensor::uninitialized({e_.N, e_.O, e_.PH, e_.PW});
  kernels::parallel_for(0, e_.N, grain(e_.work()),
                        [&](std::int64_t from, std::int64_t to) { forward_images(from, to, padded_bias.data(), y); });
  if (fused.relu && !fused.pool) y_ = y;
  return y;
}

// A single image is split by its rows; where images are split already, the inner loop is a plain one.
void Convolution::forward_images(std::int64_t from, std::int64_t to, const float* bias, Tensor& y) {
  const Extents& e = e_;
  const fast::Walk walk = e.over_x();
  Scratch x(e.padded_height() * e.padded_width() * e.C);
  Scratch result(e.PH * e.PW * e.out);
  const auto convolve = [&](std::int64_t i, float* row) {
    fast::convolve_row(x.data() + i * e.stride * walk.row, walk, packed_.get(), bias, e.out, e.OW, row);
  };
  for (std::int64_t n = from; n < to; ++n) {
    fast::channels_last(x_.data() + n * e.image(), e.C, e.H, e.W, e.padding, x.data());
    kernels::parallel_for(0, e.PH, grain(e.work() / e.PH), [&](std::int64_t first, std::int64_t last) {
      Scratch top(fused.pool ? pool * e.OW * e.out : 0);
      for (std::int64_t i = first; i < last; ++i) {
        float* row = result.data() + i * e.PW * e.out;
        if (fused.pool) {
          float* bottom = top.data() + e.OW * e.out;
          convolve(pool * i, top.data());
          convolve(pool * i + 1, bottom);
          fast::relu_and_pool(top.data(), bottom, e.PW, e.out, row, which(n) + i * e.PW * e.out);
        } else {
          convolve(i, row);
          if (fused.relu) fast::relu(row, e.PW * e.out);
        }
      }
    });
    fast::transpose(result.data(), e.PH * e.PW, e.O, e.out, y.data() + n * e.result(), e.PH * e.PW);
  }
}

std::array<Tensor, 3> Convolution::backward(const Tensor& grad_output, const std::array<bool, 3>& wanted) const {
  const Extents& e = e_;
  require_shape("Conv2d backward: grad_output", grad_output.shape(), {e.N, e.O, e.PH, e.PW});
  const std::int64_t weights = e.out * e.C * e.K * e.K;
  Scratch flipped(wanted[0] ? e.in * e.out * e.K * e.K : 0);
  if (wanted[0]) fast::flip_weights(packed_.get(), e.O, e.C, e.K, flipped.data());
  Tensor dx = wanted[0] ? Tensor::uninitialized(x_.shape()) : Tensor();

  // Each thread has sums of its own, added in order: the result does not depend on which thread was faster.
  const std::int64_t parts = std::clamp<std::int64_t>(
      e.N / grain(2 * e.work()), 1, std::min<std::int64_t>(kernels::thread_count(), std::max<std::int64_t>(e.N, 1)));
  std::vector<Sums> sums;
  for (std::int64_t part = 0; part < parts; ++part) sums.push_back({Scratch::zeros(weights), Scratch::zeros(e.out)});
  kernels::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t part = first; part < last; ++part) {
      backward_images(e.N * part / parts, e.N * (part + 1) / parts, grad_output, flipped.data(), wanted[1], dx,
                      sums[static_cast<std::size_t>(part)]);
    }
  });

  float* dweight = sums[0].weight.data();
  float* dbias = sums[0].bias.data();
  for (std::size_t part = 1; part < sums.size(); ++part) {
    const float* other = sums[part].weight.data();
    for (std::int64_t i = 0; i < weights; ++i) dweight[i] += other[i];
    for (std::int64_t o = 0; o < e.out; ++o) dbias[o] += sums[part].bias.data()[o];
  }
  std::array<Tensor, 3> gradients{dx, Tensor(), Tensor()};
  if (wanted[1]) {
    gradients[1] = Tensor::uninitialized({e.O, e.C, e.K, e.K});
    fast::unpack_weights(dweight, e.O, e.C, e.K, gradients[1].data());
  }
  if (wanted[2]) {
    gradients[2] = Tensor::uninitialized({e.O});
    std::copy_n(dbias, e.O, gradients[2].data());
  }
  return gradients;
}

// The gradient of x is itself a convolution: of dy, with `stride` - 1 zeros between its pixels and K - 1 around them,
// with the weights turned around.
void Convolution::backward_images(std::int64_t from, std::int64_t to, const Tensor& grad_output, const float* flipped,
                                  bool weight_wanted, Tensor& dx, Sums& sums) const {
  const Extents& e = e_;
  const bool dx_wanted = !dx.empty();
  const std::int64_t margin = dx_wanted ? e.K - 1 : 0;
  const std::int64_t spread = dx_wanted ? e.stride : 1;
  const std::int64_t height = dx_wanted ? e.padded_height() + margin : e.OH;
  const std::int64_t width = dx_wanted ? e.padded_width() + margin : e.OW;
  const std::int64_t dy_row = spread * width * e.out;
  const std::int64_t dy_step = spread * e.out;
  const std::int64_t places = e.PH * e.PW;

  Scratch dy = Scratch::zeros(height * width * e.out);
  float* first = dy.data() + (margin * width + margin) * e.out;
  Scratch grad = Scratch::zeros(fused.pool ? places * e.out : 0);  // of what was pooled, channels innermost
  Scratch masked(fused.relu && !fused.pool ? e.result() : 0);
  Scratch x(weight_wanted ? e.padded_height() * e.padded_width() * e.C : 0);
  Scratch image(dx_wanted ? e.H * e.W * e.in : 0);

  for (std::int64_t n = from; n < to; ++n) {
    const float* given = grad_output.data() + n * e.result();
    if (fused.pool) {
      fast::transpose(given, e.O, places, places, grad.data(), e.out);
      for (std::int64_t i = 0; i < e.PH; ++i) {
        float* top = first + pool * i * dy_row;
        fast::relu_and_pool_gradient(grad.data() + i * e.PW * e.out, which(n) + i * e.PW * e.out, e.PW, e.out, top,
                                     top + dy_row, sums.bias.data());
      }
    } else {
      if (fused.relu) {
        const float* y = y_.data() + n * e.result();
        for (std::int64_t i = 0; i < e.result(); ++i) masked.data()[i] = y[i] > 0.0F ? given[i] : 0.0F;
        given = masked.data();
      }
      for (std::int64_t i = 0; i < e.OH; ++i) {
        fast::transpose(given + i * e.OW, e.O, e.OW, places, first + i * dy_row, dy_step);
      }
      for (std::int64_t o = 0; o < e.O; ++o) sums.bias.data()[o] += fast::sum(given + o * places, places);
    }
    // The rows of the window for the weights' gradient, and then the rows of dx, are independent of one another.
    if (weight_wanted) fast::channels_last(x_.data() + n * e.image(), e.C, e.H, e.W, e.padding, x.data());
    const std::int64_t window_rows = weight_wanted ? e.K : 0;
    const std::int64_t tasks = window_rows + (dx_wanted ? e.H : 0);
    kernels::parallel_for(0, tasks, grain(2 * e.work() / std::max<std::int64_t>(tasks, 1)),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t task = begin; task < end; ++task) {
                              if (task < window_rows) {
                                const fast::Walk walk = e.over_x();
                                fast::add_weight_gradient(x.data(), walk, task, e.stride * walk.row, first, dy_row,
                                                          dy_step, e.out, e.OH, e.OW, sums.weight.data());
                              } else {
                                const std::int64_t h = task - window_rows;
                                const fast::Walk walk{e.K, e.K * e.out, width * e.out, e.out};
                                fast::convolve_row(dy.data() + ((h + e.padding) * width + e.padding) * e.out, walk,
                                                   flipped, nullptr, e.in, e.W, image.data() + h * e.W * e.in);
                              }
                            }
                          });
    if (dx_wanted) fast::transpose(image.data(), e.H * e.W, e.C, e.in, dx.data() + n * e.image(), e.H * e.W);
  }
}

// Whether the window is the usual one of pooling, which a convolution absorbs.
bool halves(const Window& window) { return window.kernel == pool && window.stride == pool && window.padding == 0; }

// A maximum over windows, as far as a convolution must know it.
class Pooling : public Function {
 public:
  explicit Pooling(const Window& window) : can_be_absorbed(halves(window)) {}
  const bool can_be_absorbed;
};

// What Conv2d hands out.
class ConvolutionStep : public Function {
 public:
  explicit ConvolutionStep(const Window& window) : stride_(window.stride), convolution_(window) {}
  const char* name() const override { return "Conv2d"; }

  bool absorb(const Function& next) override {
    Fused& fused = convolution_.fused;
    if (fused.pool) return false;
    if (!fused.relu) return fused.relu = &fast_activations != nullptr && dynamic_cast<const ReLU*>(&next) != nullptr;
    const auto* pooling = dynamic_cast<const Pooling*>(&next);
    return fused.pool = stride_ == 1 && pooling != nullptr && pooling->can_be_absorbed;
  }

  Tensor forward(const std::vector<Tensor>& inputs) override {
    has_bias_ = inputs.size() > 2;
    return convolution_.forward(inputs[0], inputs[1], has_bias_ ? inputs[2] : Tensor());
  }

  std::vector<Tensor> backward(const Tensor& grad_output) override {
    auto [dx, dweight, dbias] =
        convolution_.backward(grad_output, {wants_gradient(0), wants_gradient(1), has_bias_ && wants_gradient(2)});
    if (!has_bias_) return {std::move(dx), std::move(dweight)};
    return {std::move(dx), std::move(dweight), std::move(dbias)};
  }

 private:
  std::int64_t stride_;
  Convolution convolution_;
  bool has_bias_ = false;
};

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window) {
  return Convolution(window).forward(x, weight, bias);
}

namespace {

// The walk that im2col and col2im share: calls visit(h, w, count, column) for every run of `count` neighbouring places
// of one tap that read pixels (h, w), (h, w + stride), .., whose entries begin at `column` of a plane's columns. With
// padding some places have none.
template <class Visit>
void for_runs(std::int64_t H, std::int64_t W, const Window& window, const Visit& visit) {
  const std::int64_t OH = window.places(H);
  const std::int64_t OW = window.places(W);
  const auto first_inside = [&](std::int64_t tap) {
    return std::max<std::int64_t>((window.padding - tap + window.stride - 1) / window.stride, 0);
  };
  const auto end_inside = [&](std::int64_t tap, std::int64_t extent, std::int64_t places) {
    const std::int64_t room = extent + window.padding - tap;
    return room <= 0 ? 0 : std::min((room + window.stride - 1) / window.stride, places);
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
  const std::int64_t size = window.kernel * window.kernel * window.places(height) * window.places(width);
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
  const std::int64_t size = window.kernel * window.kernel * window.places(height) * window.places(width);
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
  Convolution convolution(window_);
  convolution.forward(x_, weight_, Tensor());
  auto [dx, dweight, dbias] =
      convolution.backward(grad_output, {wants_gradient(0), wants_gradient(1), has_bias_ && wants_gradient(2)});
  if (!has_bias_) return {std::move(dx), std::move(dweight)};
  return {std::move(dx), std::move(dweight), std::move(dbias)};
}

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, const Window& window, Rng& rng, bool bias)
    : window_(window) {
  require(in_channels > 0 && out_channels > 0, "Conv2d: channels must be positive, but are " +
                                                   std::to_string(in_channels) + " and " +
                                                   std::to_string(out_channels));
  const std::int64_t K = window.kernel;
  window.places(K);
  Tensor weight = Tensor::uninitialized({out_channels, in_channels, K, K});
  initialize(weight, Init::he, in_channels * K * K, out_channels * K * K, rng);
  parameters_.emplace_back(std::move(weight));
  if (bias) parameters_.emplace_back(Tensor({out_channels}));
}

std::string Conv2d::name() const {
  const Shape& weight = parameters_[0].value().shape();
  return "Conv2d(" + std::to_string(weight[1]) + ", " + std::to_string(weight[0]) + ", " + describe(window_, 1) + ")";
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

namespace {

struct PoolExtents {
  std::int64_t planes, H, W, OH, OW;
  std::int64_t pixels() const { return H * W; }
  std::int64_t places() const { return OH * OW; }
};

PoolExtents pool_extents(const std::string& operation, const Shape& images, const Window& window) {
  require_images(operation, images);
  const PoolExtents e{images[0] * images[1], images[2], images[3], window.places(images[2]), window.places(images[3])};
  require(window.padding <= window.kernel / 2, operation + ": padding " + std::to_string(window.padding) +
                                                   " is more than half of kernel " + std::to_string(window.kernel));
  if (e.pixels() == 0) throw ShapeError(operation + ": no pixels in shape " + images.to_string());
  return e;
}

// The first and the last but one pixel along an axis that the window covers at a place.
std::pair<std::int64_t, std::int64_t> covered(const Window& window, std::int64_t place, std::int64_t extent) {
  const std::int64_t start = place * window.stride - window.padding;
  return {std::max<std::int64_t>(start, 0), std::min(start + window.kernel, extent)};
}

// Calls body(plane) for all planes, on several threads.
template <class Body>
void for_planes(const PoolExtents& e, const Body& body) {
  kernels::parallel_for(0, e.planes, grain(e.pixels()), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t plane = from; plane < to; ++plane) body(plane);
  });
}

// Calls visit(place, pixel) for every pixel under the window at every place of a plane.
template <class Visit>
void for_pixels(const PoolExtents& e, const Window& window, const Visit& visit) {
  for (std::int64_t i = 0; i < e.OH; ++i) {
    const auto [top, bottom] = covered(window, i, e.H);
    for (std::int64_t j = 0; j < e.OW; ++j) {
      const auto [left, right] = covered(window, j, e.W);
      for (std::int64_t h = top; h < bottom; ++h) {
        for (std::int64_t w = left; w < right; ++w) visit(i * e.OW + j, h * e.W + w);
      }
    }
  }
}

}  // namespace

MaxPool2dFunction::MaxPool2dFunction(const Window& window) : window_(window) {}

namespace {

// One row of places of the usual window, 2 x 2 moved by 2: the largest pixels and their offsets in the plane, of which
// `first` is the offset of the row's first pixel. The loop has no branch, so that it is done in vectors.
void halve_row(const float* __restrict top, std::int64_t width, std::int64_t first, std::int64_t places,
               float* __restrict largest, std::int32_t* __restrict winner) {
  const float* bottom = top + width;
  const auto below = static_cast<std::int32_t>(width);
  for (std::int64_t j = 0; j < places; ++j) {
    float best = top[2 * j];
    std::int32_t at = 0;
    at = top[2 * j + 1] > best ? 1 : at;
    best = top[2 * j + 1] > best ? top[2 * j + 1] : best;
    at = bottom[2 * j] > best ? below : at;
    best = bottom[2 * j] > best ? bottom[2 * j] : best;
    at = bottom[2 * j + 1] > best ? below + 1 : at;
    best = bottom[2 * j + 1] > best ? bottom[2 * j + 1] : best;
    largest[j] = best;
    winner[j] = static_cast<std::int32_t>(first + 2 * j) + at;
  }
}

}  // namespace

namespace {

// Writes for every place the largest pixel's offset in its plane to `winner`.
Tensor pool_forward(const Tensor& images, const PoolExtents& e, const Window& window, std::int32_t* all_winners) {
  Tensor y = Tensor::uninitialized({images.shape()[0], images.shape()[1], e.OH, e.OW});
  for_planes(e, [&](std::int64_t plane) {
    const float* x = images.data() + plane * e.pixels();
    std::int32_t* winner = all_winners + plane * e.places();
    float* out = y.data() + plane * e.places();
    for (std::int64_t i = 0; i < e.OH; ++i, winner += e.OW, out += e.OW) {
      if (halves(window)) {
        halve_row(x + 2 * i * e.W, e.W, 2 * i * e.W, e.OW, out, winner);
        continue;
      }
      const auto [top, bottom] = covered(window, i, e.H);
      for (std::int64_t j = 0; j < e.OW; ++j) {
        const auto [left, right] = covered(window, j, e.W);
        std::int64_t best = top * e.W + left;
        for (std::int64_t h = top; h < bottom; ++h) {
          for (std::int64_t pixel = h * e.W + left; pixel < h * e.W + right; ++pixel)
            best = x[pixel] > x[best] ? pixel : best;
        }
        winner[j] = static_cast<std::int32_t>(best);
        out[j] = x[best];
      }
    }
  });
  return y;
}

Tensor pool_backward(const Shape& images, const PoolExtents& e, const std::int32_t* all_winners,
                     const Tensor& grad_output) {
  require_shape("MaxPool2d backward: grad_output", grad_output.shape(), {images[0], images[1], e.OH, e.OW});
  Tensor dx = Tensor::uninitialized(images);
  for_planes(e, [&](std::int64_t plane) {
    const float* dy = grad_output.data() + plane * e.places();
    const std::int32_t* winner = all_winners + plane * e.places();
    float* out = dx.data() + plane * e.pixels();
    std::fill_n(out, e.pixels(), 0.0F);
    for (std::int64_t place = 0; place < e.places(); ++place) out[winner[place]] += dy[place];
  });
  return dx;
}

// What MaxPool2d hands out: a convolution may absorb it, and where it stands alone its winners lie in memory that is
// used again.
class PoolStep : public Pooling {
 public:
  explicit PoolStep(const Window& window) : Pooling(window), window_(window) {}
  const char* name() const override { return "MaxPool2d"; }

  Tensor forward(const std::vector<Tensor>& inputs) override {
    const PoolExtents e = pool_extents("MaxPool2d", inputs[0].shape(), window_);
    images_ = inputs[0].shape();
    winners_ = kernels::allocate(e.planes * e.places());
    return pool_forward(inputs[0], e, window_, winners());
  }

  std::vector<Tensor> backward(const Tensor& grad_output) override {
    return {pool_backward(images_, pool_extents("MaxPool2d", images_, window_), winners(), grad_output)};
  }

 private:
  std::int32_t* winners() { return reinterpret_cast<std::int32_t*>(winners_.get()); }

  Window window_;
  Shape images_;
  std::shared_ptr<float[]> winners_;
};

}  // namespace

Tensor MaxPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  x_ = inputs[0];
  const PoolExtents e = pool_extents("MaxPool2d", x_.shape(), window_);
  winner_.resize(static_cast<std::size_t>(e.planes * e.places()));
  return pool_forward(x_, e, window_, winner_.data());
}

std::vector<Tensor> MaxPool2dFunction::backward(const Tensor& grad_output) {
  return {pool_backward(x_.shape(), pool_extents("MaxPool2d", x_.shape(), window_), winner_.data(), grad_output)};
}

AvgPool2dFunction::AvgPool2dFunction(const Window& window) : window_(window) {}

Tensor AvgPool2dFunction::forward(const std::vector<Tensor>& inputs) {
  const PoolExtents e = pool_extents("AvgPool2d", inputs[0].shape(), window_);
  input_shape_ = inputs[0].shape();
  const float share = 1.0F / static_cast<float>(window_.kernel * window_.kernel);
  Tensor y({input_shape_[0], input_shape_[1], e.OH, e.OW});
  for_planes(e, [&](std::int64_t plane) {
    const float* x = inputs[0].data() + plane * e.pixels();
    float* mean = y.data() + plane * e.places();
    for_pixels(e, window_, [&](std::int64_t place, std::int64_t pixel) { mean[place] += share * x[pixel]; });
  });
  return y;
}

std::vector<Tensor> AvgPool2dFunction::backward(const Tensor& grad_output) {
  const PoolExtents e = pool_extents("AvgPool2d", input_shape_, window_);
  require_shape("AvgPool2d backward: grad_output", grad_output.shape(), {input_shape_[0], input_shape_[1], e.OH, e.OW});
  const float share = 1.0F / static_cast<float>(window_.kernel * window_.kernel);
  Tensor dx(input_shape_);
  for_planes(e, [&](std::int64_t plane) {
    const float* dy = grad_output.data() + plane * e.places();
    float* out = dx.data() + plane * e.pixels();
    for_pixels(e, window_, [&](std::int64_t place, std::int64_t pixel) { out[pixel] += share * dy[place]; });
  });
  return {dx};
}

MaxPool2d::MaxPool2d(std::int64_t kernel) : MaxPool2d(Window{kernel, kernel, 0}) {}
MaxPool2d::MaxPool2d(const Window& window) : window_(window) { window.places(window.kernel); }
std::string MaxPool2d::name() const { return "MaxPool2d(" + describe(window_, window_.kernel) + ")"; }
std::unique_ptr<Function> MaxPool2d::function() { return std::make_unique<PoolStep>(window_); }

AvgPool2d::AvgPool2d(std::int64_t kernel) : AvgPool2d(Window{kernel, kernel, 0}) {}
AvgPool2d::AvgPool2d(const Window& window) : window_(window) { window.places(window.kernel); }
std::string AvgPool2d::name() const { return "AvgPool2d(" + describe(window_, window_.kernel) + ")"; }
std::unique_ptr<Function> AvgPool2d::function() { return std::make_unique<AvgPool2dFunction>(window_); }

// ---- Batch normalisation

namespace {

using kernels::lanes;
using kernels::Vector;

// Two sums over one channel of images (N, C, plane): add(a, b, i) adds to the vectors of sums a and b what the `lanes`
// elements from offset i on give, and one(i) is what a single element gives. The sums of one image are in single
// precision, those of all images in double.
template <class Add, class One>
std::pair<double, double> sums_over(const Shape& images, std::int64_t c, const Add& add, const One& one) {
  const std::int64_t plane = images[2] * images[3];
  std::pair<double, double> total;
  for (std::int64_t n = 0; n < images[0]; ++n) {
    const std::int64_t begin = (n * images[1] + c) * plane;
    const std::int64_t whole = begin + plane / (2 * lanes) * (2 * lanes);
    std::array<Vector, 2> a{}, b{};
    for (std::int64_t i = begin; i < whole; i += 2 * lanes) {
      add(a[0], b[0], i);
      add(a[1], b[1], i + lanes);
    }
    std::array<float, 2 * lanes> sums;
    kernels::store(sums.data(), a[0] + a[1]);
    kernels::store(sums.data() + lanes, b[0] + b[1]);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      total.first += sums[lane];
      total.second += sums[lane + lanes];
    }
    for (std::int64_t i = whole; i < begin + plane; ++i) {
      const std::pair<float, float> rest = one(i);
      total.first += rest.first;
      total.second += rest.second;
    }
  }
  return total;
}

// Calls body(i) for the offset of every element of channel c.
template <class Body>
void for_channel(const Shape& images, std::int64_t c, const Body& body) {
  const std::int64_t plane = images[2] * images[3];
  for (std::int64_t n = 0; n < images[0]; ++n) {
    const std::int64_t begin = (n * images[1] + c) * plane;
    for (std::int64_t i = begin; i < begin + plane; ++i) body(i);
  }
}

}  // namespace

BatchNorm2dFunction::BatchNorm2dFunction(std::shared_ptr<BatchNormState> state, bool training, float momentum,
                                         float epsilon)
    : state_(std::move(state)), training_(training), momentum_(momentum), epsilon_(epsilon) {}

// Mean and variance in one pass: of differences from the channel's first value, so that a large mean costs no digits.
Tensor BatchNorm2dFunction::forward(const std::vector<Tensor>& inputs) {
  const Tensor& x = inputs[0];
  const Shape& shape = x.shape();
  require_images("BatchNorm2d", shape);
  const std::int64_t C = shape[1];
  const std::int64_t values = shape[0] * shape[2] * shape[3];
  require_shape("BatchNorm2d: gamma", inputs[1].shape(), {C});
  require_shape("BatchNorm2d: beta", inputs[2].shape(), {C});
  require_shape("BatchNorm2d: running_mean", state_->running_mean.shape(), {C});
  require(!training_ || values >= 2,
          "BatchNorm2d: training needs more than one value per channel, got shape " + shape.to_string());
  gamma_ = inputs[1];
  normalized_ = Tensor::uninitialized(shape);
  inverse_std_ = Tensor::uninitialized({C});
  Tensor y = Tensor::uninitialized(shape);
  kernels::parallel_for(0, C, grain(values), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t c = from; c < to; ++c) {
      const float* in = x.data();
      float& running_mean = state_->running_mean.data()[c];
      float& running_var = state_->running_var.data()[c];
      double mean = running_mean;
      double var = running_var;
      if (training_) {
        const auto m = static_cast<double>(values);
        const float origin = in[c * shape[2] * shape[3]];
        const auto [sum, squares] = sums_over(
            shape, c,
            [=](Vector& a, Vector& b, std::int64_t i) {
              const Vector difference = kernels::load(in + i) - origin;
              a += difference;
              b += difference * difference;
            },
            [=](std::int64_t i) {
              const float difference = in[i] - origin;
              return std::make_pair(difference, difference * difference);
            });
        mean = origin + sum / m;
        var = std::max(squares / m - sum / m * (sum / m), 0.0);
        if (std::isnan(sum)) var = sum;
        running_mean = (1.0F - momentum_) * running_mean + momentum_ * static_cast<float>(mean);
        running_var = (1.0F - momentum_) * running_var + momentum_ * static_cast<float>(var * m / (m - 1.0));
      }
      const auto inverse_std = static_cast<float>(1.0 / std::sqrt(var + epsilon_));
      inverse_std_.data()[c] = inverse_std;
      const auto center = static_cast<float>(mean);
      const float gamma = gamma_.data()[c];
      const float beta = inputs[2].data()[c];
      float* xhat = normalized_.data();
      float* out = y.data();
      for_channel(shape, c, [=](std::int64_t i) {
        xhat[i] = (in[i] - center) * inverse_std;
        out[i] = gamma * xhat[i] + beta;
      });
    }
  });
  return y;
}

std::vector<Tensor> BatchNorm2dFunction::backward(const Tensor& grad_output) {
  const Shape& shape = normalized_.shape();
  require_shape("BatchNorm2d backward: grad_output", grad_output.shape(), shape);
  const std::int64_t C = shape[1];
  const std::int64_t values = shape[0] * shape[2] * shape[3];
  Tensor dx = wants_gradient(0) ? Tensor::uninitialized(shape) : Tensor();
  Tensor dgamma = Tensor::uninitialized({C});
  Tensor dbeta = Tensor::uninitialized({C});
  kernels::parallel_for(0, C, grain(values), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t c = from; c < to; ++c) {
      const float* dy = grad_output.data();
      const float* xhat = normalized_.data();
      const auto [sum_dy, sum_dy_xhat] = sums_over(
          shape, c,
          [=](Vector& a, Vector& b, std::int64_t i) {
            const Vector gradient = kernels::load(dy + i);
            a += gradient;
            b += gradient * kernels::load(xhat + i);
          },
          [=](std::int64_t i) { return std::make_pair(dy[i], dy[i] * xhat[i]); });
      dbeta.data()[c] = static_cast<float>(sum_dy);
      dgamma.data()[c] = static_cast<float>(sum_dy_xhat);
      if (dx.empty()) continue;
      const auto m = static_cast<double>(values);
      const float scale = gamma_.data()[c] * inverse_std_.data()[c];
      const float mean_dy = training_ ? static_cast<float>(sum_dy / m) : 0.0F;
      const float mean_dy_xhat = training_ ? static_cast<float>(sum_dy_xhat / m) : 0.0F;
      float* out = dx.data();
      for_channel(shape, c, [=](std::int64_t i) { out[i] = scale * (dy[i] - mean_dy - xhat[i] * mean_dy_xhat); });
    }
  });
  return {dx, wants_gradient(1) ? dgamma : Tensor(), wants_gradient(2) ? dbeta : Tensor()};
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
