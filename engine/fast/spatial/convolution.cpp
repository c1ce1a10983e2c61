#include "fast/spatial/convolution.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "fast/spatial/layout.hpp"
#include "fast/spatial/scratch.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/checks.hpp"

namespace tinytorch::fast {

// What one thread's images add up to, and the gradient of x, of which each thread writes its images.
struct Convolution::Gradients {
  Scratch weight, bias;
  Tensor dx;  // empty where it is not wanted
  bool weight_wanted;
};

Convolution::Extents Convolution::extents_of(const Tensor& x, const Tensor& weight) const {
  const Shape& images = x.shape();
  const Shape& kernels = weight.shape();
  const bool fit = images.rank() == 4 && kernels.rank() == 4 && kernels[1] == images[1] &&
                   kernels[2] == window_.kernel && kernels[3] == window_.kernel;
  if (!fit) {
    throw ShapeError("conv2d: x " + images.to_string() + " and weight " + kernels.to_string() +
                     " do not fit: needs (N, C, H, W) and (O, C, K, K) with K = " + std::to_string(window_.kernel));
  }
  const Window pooling{fused_pool, fused_pool, 0};
  const std::int64_t OH = window_.output_size(images[2]);
  const std::int64_t OW = window_.output_size(images[3]);
  return {.N = images[0],
          .C = images[1],
          .H = images[2],
          .W = images[3],
          .O = kernels[0],
          .K = window_.kernel,
          .stride = window_.stride,
          .padding = window_.padding,
          .OH = OH,
          .OW = OW,
          .PH = fused.pool ? pooling.output_size(OH) : OH,
          .PW = fused.pool ? pooling.output_size(OW) : OW,
          .out = padded_channels(kernels[0]),
          .in = padded_channels(images[1])};
}

std::uint8_t* Convolution::argmax(std::int64_t n) const {
  return reinterpret_cast<std::uint8_t*>(argmax_.get()) + n * e_.PH * e_.PW * e_.out;
}

Tensor Convolution::forward(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  e_ = extents_of(x, weight);
  if (!bias.empty()) require_shape("conv2d: bias", bias.shape(), {e_.O});
  x_ = x;
  packed_ = kernels::allocate(e_.packed_weights());
  pack_weights(weight.data(), {.out_channels = e_.O, .in_channels = e_.C, .kernel = e_.K}, packed_.get());
  Scratch padded_bias = Scratch::zeros(e_.out);
  if (!bias.empty()) std::copy_n(bias.data(), e_.O, padded_bias.data());
  if (fused.pool) argmax_ = kernels::allocate((e_.N * e_.PH * e_.PW * e_.out + 3) / 4);
  Tensor y = Tensor::uninitialized({e_.N, e_.O, e_.PH, e_.PW});
  kernels::parallel_for(0, e_.N, grain(e_.work()),
                        [&](std::int64_t from, std::int64_t to) { forward_images(from, to, padded_bias.data(), y); });
  if (fused.relu && !fused.pool) y_ = y;
  return y;
}

// A single image is split by its rows; where images are split already, the inner loop is a plain one.
void Convolution::forward_images(std::int64_t from, std::int64_t to, const float* bias, Tensor& y) {
  const Extents& e = e_;
  const KernelStrides strides = e.strides();
  Scratch x(e.padded_height() * e.padded_width() * e.C);
  Scratch result(e.PH * e.PW * e.out);
  const auto convolve = [&](std::int64_t i, float* row) {
    convolve_row({.x = x.data() + i * e.stride * strides.row,
                  .strides = strides,
                  .weights = packed_.get(),
                  .bias = bias,
                  .channels = e.out,
                  .width = e.OW,
                  .y = row});
  };
  for (std::int64_t n = from; n < to; ++n) {
    channels_last(x_.data() + n * e.image(), {.channels = e.C, .height = e.H, .width = e.W}, e.padding, x.data());
    kernels::parallel_for(0, e.PH, grain(e.work() / e.PH), [&](std::int64_t first, std::int64_t last) {
      Scratch top(fused.pool ? fused_pool * e.OW * e.out : 0);
      for (std::int64_t i = first; i < last; ++i) {
        float* row = result.data() + i * e.PW * e.out;
        if (fused.pool) {
          float* bottom = top.data() + e.OW * e.out;
          convolve(fused_pool * i, top.data());
          convolve(fused_pool * i + 1, bottom);
          relu_and_pool({.top = top.data(),
                         .bottom = bottom,
                         .width = e.PW,
                         .channels = e.out,
                         .largest = row,
                         .argmax = argmax(n) + i * e.PW * e.out});
        } else {
          convolve(i, row);
          if (fused.relu) relu(row, e.PW * e.out);
        }
      }
    });
    transpose({.from = result.data(),
               .rows = e.PH * e.PW,
               .columns = e.O,
               .from_stride = e.out,
               .to = y.data() + n * e.result(),
               .to_stride = e.PH * e.PW});
  }
}

std::array<Tensor, 3> Convolution::backward(const Tensor& grad_output, const std::array<bool, 3>& wanted) const {
  const Extents& e = e_;
  require_shape("Conv2d backward: grad_output", grad_output.shape(), {e.N, e.O, e.PH, e.PW});
  const WeightExtents weight_extents{.out_channels = e.O, .in_channels = e.C, .kernel = e.K};
  Scratch flipped(wanted[0] ? e.in * e.out * e.K * e.K : 0);
  if (wanted[0]) flip_weights(packed_.get(), weight_extents, flipped.data());
  Tensor dx = wanted[0] ? Tensor::uninitialized(x_.shape()) : Tensor();

  // Each thread has sums of its own, added in order: the result does not depend on which thread was faster.
  const std::int64_t parts = std::clamp<std::int64_t>(
      e.N / grain(2 * e.work()), 1, std::min<std::int64_t>(kernels::thread_count(), std::max<std::int64_t>(e.N, 1)));
  std::vector<Gradients> gradients;
  for (std::int64_t part = 0; part < parts; ++part) {
    gradients.push_back({.weight = Scratch::zeros(e.packed_weights()),
                         .bias = Scratch::zeros(e.out),
                         .dx = dx,
                         .weight_wanted = wanted[1]});
  }
  kernels::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t part = first; part < last; ++part) {
      backward_images(e.N * part / parts, e.N * (part + 1) / parts, grad_output, flipped.data(),
                      gradients[static_cast<std::size_t>(part)]);
    }
  });

  float* dweight = gradients[0].weight.data();
  float* dbias = gradients[0].bias.data();
  for (std::size_t part = 1; part < gradients.size(); ++part) {
    const float* other = gradients[part].weight.data();
    for (std::int64_t i = 0; i < e.packed_weights(); ++i) dweight[i] += other[i];
    for (std::int64_t o = 0; o < e.out; ++o) dbias[o] += gradients[part].bias.data()[o];
  }
  std::array<Tensor, 3> result{dx, Tensor(), Tensor()};
  if (wanted[1]) {
    result[1] = Tensor::uninitialized({e.O, e.C, e.K, e.K});
    unpack_weights(dweight, weight_extents, result[1].data());
  }
  if (wanted[2]) {
    result[2] = Tensor::uninitialized({e.O});
    std::copy_n(dbias, e.O, result[2].data());
  }
  return result;
}

// dy of one image with its channels innermost. The gradient of x is itself a convolution of it, with `stride` - 1
// zeros between its pixels and K - 1 around them, and with the weights flipped; without that gradient there are no
// such zeros.
struct Convolution::SpreadGradient {
  SpreadGradient(const Extents& e, const Fused& fused, bool for_dx)
      : width(for_dx ? e.padded_width() + e.K - 1 : e.OW),
        row((for_dx ? e.stride : 1) * width * e.out),
        output((for_dx ? e.stride : 1) * e.out),
        dy(Scratch::zeros((for_dx ? e.padded_height() + e.K - 1 : e.OH) * width * e.out)),
        first(dy.data() + (for_dx ? (e.K - 1) * (width + 1) * e.out : 0)),
        pooled(Scratch::zeros(fused.pool ? e.PH * e.PW * e.out : 0)),
        masked(fused.relu && !fused.pool ? e.result() : 0) {}

  std::int64_t width;        // of a row, zeros included
  std::int64_t row, output;  // strides from one row of outputs to the next, and from one output to the next
  Scratch dy;
  float* first;    // of the first output
  Scratch pooled;  // the gradient of what was pooled, channels innermost
  Scratch masked;  // the gradient behind a ReLU alone
};

// Takes the gradient of image n's result through what is fused, into dy, and adds it to dbias.
void Convolution::spread(std::int64_t n, const Tensor& grad_output, SpreadGradient& to, float* dbias) const {
  const Extents& e = e_;
  const std::int64_t outputs = e.PH * e.PW;
  const float* given = grad_output.data() + n * e.result();
  if (fused.pool) {
    float* pooled = to.pooled.data();
    transpose(
        {.from = given, .rows = e.O, .columns = outputs, .from_stride = outputs, .to = pooled, .to_stride = e.out});
    for (std::int64_t i = 0; i < e.PH; ++i) {
      float* top = to.first + fused_pool * i * to.row;
      relu_and_pool_gradient({.grad = pooled + i * e.PW * e.out,
                              .argmax = argmax(n) + i * e.PW * e.out,
                              .width = e.PW,
                              .channels = e.out,
                              .top = top,
                              .bottom = top + to.row,
                              .dbias = dbias});
    }
    return;
  }
  if (fused.relu) {
    const float* y = y_.data() + n * e.result();
    float* masked = to.masked.data();
    for (std::int64_t i = 0; i < e.result(); ++i) masked[i] = y[i] > 0.0F ? given[i] : 0.0F;
    given = masked;
  }
  for (std::int64_t i = 0; i < e.OH; ++i) {
    transpose({.from = given + i * e.OW,
               .rows = e.O,
               .columns = e.OW,
               .from_stride = outputs,
               .to = to.first + i * to.row,
               .to_stride = to.output});
  }
  for (std::int64_t o = 0; o < e.O; ++o) dbias[o] += sum(given + o * outputs, outputs);
}

void Convolution::backward_images(std::int64_t from, std::int64_t to, const Tensor& grad_output, const float* flipped,
                                  Gradients& gradients) const {
  const Extents& e = e_;
  const bool dx_wanted = !gradients.dx.empty();
  const bool weight_wanted = gradients.weight_wanted;
  SpreadGradient dy(e, fused, dx_wanted);
  Scratch x(weight_wanted ? e.padded_height() * e.padded_width() * e.C : 0);
  Scratch image(dx_wanted ? e.H * e.W * e.in : 0);

  const auto add_to_weights = [&](std::int64_t kernel_row) {
    add_weight_gradient({.x = x.data(),
                         .strides = e.strides(),
                         .x_row = e.stride * e.strides().row,
                         .kernel_row = kernel_row,
                         .dy = dy.first,
                         .dy_row = dy.row,
                         .dy_output = dy.output,
                         .channels = e.out,
                         .height = e.OH,
                         .width = e.OW,
                         .gradient = gradients.weight.data()});
  };
  const auto compute_dx_row = [&](std::int64_t h) {
    convolve_row(
        {.x = dy.dy.data() + ((h + e.padding) * dy.width + e.padding) * e.out,
         .strides = {.kernel_rows = e.K, .row_elements = e.K * e.out, .row = dy.width * e.out, .output = e.out},
         .weights = flipped,
         .bias = nullptr,
         .channels = e.in,
         .width = e.W,
         .y = image.data() + h * e.W * e.in});
  };

  for (std::int64_t n = from; n < to; ++n) {
    spread(n, grad_output, dy, gradients.bias.data());
    if (weight_wanted) {
      channels_last(x_.data() + n * e.image(), {.channels = e.C, .height = e.H, .width = e.W}, e.padding, x.data());
    }
    // The rows of the kernel for the weights' gradient, and then the rows of dx, are independent of one another.
    const std::int64_t kernel_rows = weight_wanted ? e.K : 0;
    const std::int64_t tasks = kernel_rows + (dx_wanted ? e.H : 0);
    kernels::parallel_for(0, tasks, grain(2 * e.work() / std::max<std::int64_t>(tasks, 1)),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t task = begin; task < end; ++task) {
                              task < kernel_rows ? add_to_weights(task) : compute_dx_row(task - kernel_rows);
                            }
                          });
    if (dx_wanted) {
      transpose({.from = image.data(),
                 .rows = e.H * e.W,
                 .columns = e.C,
                 .from_stride = e.in,
                 .to = gradients.dx.data() + n * e.image(),
                 .to_stride = e.H * e.W});
    }
  }
}

}  // namespace tinytorch::fast
