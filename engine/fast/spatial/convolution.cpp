#include "fast/spatial/convolution.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "fast/spatial/direct_convolution.hpp"
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
  const KernelStrides strides{
      .kernel_rows = e.K, .row_elements = e.K * e.C, .row = e.padded_width() * e.C, .output = e.stride * e.C};
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

// The gradient of x is itself a convolution: of dy, with `stride` - 1 zeros between its pixels and K - 1 around them,
// with the weights flipped.
void Convolution::backward_images(std::int64_t from, std::int64_t to, const Tensor& grad_output, const float* flipped,
                                  Gradients& gradients) const {
  const Extents& e = e_;
  const bool dx_wanted = !gradients.dx.empty();
  const bool weight_wanted = gradients.weight_wanted;
  float* dbias = gradients.bias.data();
  const std::int64_t margin = dx_wanted ? e.K - 1 : 0;
  const std::int64_t spread = dx_wanted ? e.stride : 1;
  const std::int64_t height = dx_wanted ? e.padded_height() + margin : e.OH;
  const std::int64_t width = dx_wanted ? e.padded_width() + margin : e.OW;
  const std::int64_t dy_row = spread * width * e.out;
  const std::int64_t dy_output = spread * e.out;
  const std::int64_t outputs = e.PH * e.PW;

  Scratch dy = Scratch::zeros(height * width * e.out);
  float* first = dy.data() + (margin * width + margin) * e.out;
  Scratch grad = Scratch::zeros(fused.pool ? outputs * e.out : 0);  // of what was pooled, channels innermost
  Scratch masked(fused.relu && !fused.pool ? e.result() : 0);
  Scratch x(weight_wanted ? e.padded_height() * e.padded_width() * e.C : 0);
  Scratch image(dx_wanted ? e.H * e.W * e.in : 0);

  const auto add_to_weights = [&](std::int64_t kernel_row) {
    const std::int64_t row = e.padded_width() * e.C;
    add_weight_gradient(
        {.x = x.data(),
         .strides = {.kernel_rows = e.K, .row_elements = e.K * e.C, .row = row, .output = e.stride * e.C},
         .x_row = e.stride * row,
         .kernel_row = kernel_row,
         .dy = first,
         .dy_row = dy_row,
         .dy_output = dy_output,
         .channels = e.out,
         .height = e.OH,
         .width = e.OW,
         .gradient = gradients.weight.data()});
  };
  const auto compute_dx_row = [&](std::int64_t h) {
    convolve_row({.x = dy.data() + ((h + e.padding) * width + e.padding) * e.out,
                  .strides = {.kernel_rows = e.K, .row_elements = e.K * e.out, .row = width * e.out, .output = e.out},
                  .weights = flipped,
                  .bias = nullptr,
                  .channels = e.in,
                  .width = e.W,
                  .y = image.data() + h * e.W * e.in});
  };

  for (std::int64_t n = from; n < to; ++n) {
    const float* given = grad_output.data() + n * e.result();
    if (fused.pool) {
      transpose({.from = given,
                 .rows = e.O,
                 .columns = outputs,
                 .from_stride = outputs,
                 .to = grad.data(),
                 .to_stride = e.out});
      for (std::int64_t i = 0; i < e.PH; ++i) {
        float* top = first + fused_pool * i * dy_row;
        relu_and_pool_gradient({.grad = grad.data() + i * e.PW * e.out,
                                .argmax = argmax(n) + i * e.PW * e.out,
                                .width = e.PW,
                                .channels = e.out,
                                .top = top,
                                .bottom = top + dy_row,
                                .dbias = dbias});
      }
    } else {
      if (fused.relu) {
        const float* y = y_.data() + n * e.result();
        for (std::int64_t i = 0; i < e.result(); ++i) masked.data()[i] = y[i] > 0.0F ? given[i] : 0.0F;
        given = masked.data();
      }
      for (std::int64_t i = 0; i < e.OH; ++i) {
        transpose({.from = given + i * e.OW,
                   .rows = e.O,
                   .columns = e.OW,
                   .from_stride = outputs,
                   .to = first + i * dy_row,
                   .to_stride = dy_output});
      }
      for (std::int64_t o = 0; o < e.O; ++o) dbias[o] += sum(given + o * outputs, outputs);
    }
    // The rows of the kernel for the weights' gradient, and then the rows of dx, are independent of one another.
    if (weight_wanted) {
      channels_last(x_.data() + n * e.image(), {.channels = e.C, .height = e.H, .width = e.W}, e.padding, x.data());
    }
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
