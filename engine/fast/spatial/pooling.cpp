#include "fast/spatial/pooling.hpp"

#include <algorithm>
#include <string>

#include "fast/spatial/scratch.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/checks.hpp"

namespace tinytorch::fast {

namespace {

struct Extents {
  std::int64_t planes, H, W, OH, OW;
  std::int64_t pixels() const { return H * W; }     // of one plane
  std::int64_t outputs() const { return OH * OW; }  // likewise
};

Extents extents_of(const std::string& operation, const Shape& images, const Window& window) {
  require_images(operation, images);
  const Extents e{.planes = images[0] * images[1],
                  .H = images[2],
                  .W = images[3],
                  .OH = window.output_size(images[2]),
                  .OW = window.output_size(images[3])};
  if (window.padding > window.kernel / 2) {
    throw ValueError(operation + ": padding " + std::to_string(window.padding) + " is more than half of kernel " +
                     std::to_string(window.kernel));
  }
  if (e.pixels() == 0) throw ShapeError(operation + ": no pixels in shape " + images.to_string());
  return e;
}

// Some pixels along an axis.
struct Range {
  std::int64_t begin, end;
};

// Those that the window covers for one output.
Range covered(const Window& window, std::int64_t output, std::int64_t extent) {
  const std::int64_t start = output * window.stride - window.padding;
  return {std::max<std::int64_t>(start, 0), std::min(start + window.kernel, extent)};
}

// Calls body(plane) for all planes, on several threads.
template <class Body>
void for_planes(const Extents& e, const Body& body) {
  kernels::parallel_for(0, e.planes, grain(e.pixels()), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t plane = from; plane < to; ++plane) body(plane);
  });
}

// Calls visit(output, pixel) for every pixel under the window of every output of a plane.
template <class Visit>
void for_pixels(const Extents& e, const Window& window, const Visit& visit) {
  for (std::int64_t i = 0; i < e.OH; ++i) {
    const Range rows = covered(window, i, e.H);
    for (std::int64_t j = 0; j < e.OW; ++j) {
      const Range columns = covered(window, j, e.W);
      for (std::int64_t h = rows.begin; h < rows.end; ++h) {
        for (std::int64_t w = columns.begin; w < columns.end; ++w) visit(i * e.OW + j, h * e.W + w);
      }
    }
  }
}

// One row of outputs of the usual window, 2 x 2 moved by 2: the largest pixels and their offsets in the plane, of which
// `first` is the offset of the row's first pixel. The loop has no branch, so that it is done in vectors.
void halve_row(const float* __restrict top, std::int64_t width, std::int64_t first, std::int64_t outputs,
               float* __restrict largest, std::int32_t* __restrict argmax) {
  const float* bottom = top + width;
  const auto below = static_cast<std::int32_t>(width);
  for (std::int64_t j = 0; j < outputs; ++j) {
    float best = top[2 * j];
    std::int32_t at = 0;
    at = top[2 * j + 1] > best ? 1 : at;
    best = top[2 * j + 1] > best ? top[2 * j + 1] : best;
    at = bottom[2 * j] > best ? below : at;
    best = bottom[2 * j] > best ? bottom[2 * j] : best;
    at = bottom[2 * j + 1] > best ? below + 1 : at;
    best = bottom[2 * j + 1] > best ? bottom[2 * j + 1] : best;
    largest[j] = best;
    argmax[j] = static_cast<std::int32_t>(first + 2 * j) + at;
  }
}

}  // namespace

std::int64_t pooled_size(const Shape& images, const Window& window) {
  const Extents e = extents_of("MaxPool2d", images, window);
  return e.planes * e.outputs();
}

Tensor max_pool(const Tensor& images, const Window& window, std::int32_t* all_argmax) {
  const Extents e = extents_of("MaxPool2d", images.shape(), window);
  const bool halves = window.kernel == 2 && window.stride == 2 && window.padding == 0;
  Tensor y = Tensor::uninitialized({images.shape()[0], images.shape()[1], e.OH, e.OW});
  for_planes(e, [&](std::int64_t plane) {
    const float* x = images.data() + plane * e.pixels();
    std::int32_t* argmax = all_argmax + plane * e.outputs();
    float* out = y.data() + plane * e.outputs();
    for (std::int64_t i = 0; i < e.OH; ++i, argmax += e.OW, out += e.OW) {
      if (halves) {
        halve_row(x + 2 * i * e.W, e.W, 2 * i * e.W, e.OW, out, argmax);
        continue;
      }
      const Range rows = covered(window, i, e.H);
      for (std::int64_t j = 0; j < e.OW; ++j) {
        const Range columns = covered(window, j, e.W);
        std::int64_t best = rows.begin * e.W + columns.begin;
        for (std::int64_t h = rows.begin; h < rows.end; ++h) {
          for (std::int64_t pixel = h * e.W + columns.begin; pixel < h * e.W + columns.end; ++pixel)
            best = x[pixel] > x[best] ? pixel : best;
        }
        argmax[j] = static_cast<std::int32_t>(best);
        out[j] = x[best];
      }
    }
  });
  return y;
}

Tensor max_pool_gradient(const Shape& images, const Window& window, const std::int32_t* all_argmax,
                         const Tensor& grad_output) {
  const Extents e = extents_of("MaxPool2d", images, window);
  require_shape("MaxPool2d backward: grad_output", grad_output.shape(), {images[0], images[1], e.OH, e.OW});
  Tensor dx = Tensor::uninitialized(images);
  for_planes(e, [&](std::int64_t plane) {
    const float* dy = grad_output.data() + plane * e.outputs();
    const std::int32_t* argmax = all_argmax + plane * e.outputs();
    float* out = dx.data() + plane * e.pixels();
    std::fill_n(out, e.pixels(), 0.0F);
    for (std::int64_t output = 0; output < e.outputs(); ++output) out[argmax[output]] += dy[output];
  });
  return dx;
}

Tensor average_pool(const Tensor& images, const Window& window) {
  const Extents e = extents_of("AvgPool2d", images.shape(), window);
  const float share = 1.0F / static_cast<float>(window.kernel * window.kernel);
  Tensor y({images.shape()[0], images.shape()[1], e.OH, e.OW});
  for_planes(e, [&](std::int64_t plane) {
    const float* x = images.data() + plane * e.pixels();
    float* mean = y.data() + plane * e.outputs();
    for_pixels(e, window, [&](std::int64_t output, std::int64_t pixel) { mean[output] += share * x[pixel]; });
  });
  return y;
}

Tensor average_pool_gradient(const Shape& images, const Window& window, const Tensor& grad_output) {
  const Extents e = extents_of("AvgPool2d", images, window);
  require_shape("AvgPool2d backward: grad_output", grad_output.shape(), {images[0], images[1], e.OH, e.OW});
  const float share = 1.0F / static_cast<float>(window.kernel * window.kernel);
  Tensor dx(images);
  for_planes(e, [&](std::int64_t plane) {
    const float* dy = grad_output.data() + plane * e.outputs();
    float* out = dx.data() + plane * e.pixels();
    for_pixels(e, window, [&](std::int64_t output, std::int64_t pixel) { out[pixel] += share * dy[output]; });
  });
  return dx;
}

}  // namespace tinytorch::fast
