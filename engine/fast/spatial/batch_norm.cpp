#include "fast/spatial/batch_norm.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "fast/spatial/scratch.hpp"
#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"
#include "tinytorch/checks.hpp"

namespace tinytorch::fast {

namespace {

using kernels::lanes;
using kernels::Vector;

// Two sums over one channel of images (N, C, plane): add(a, b, i) adds to the vectors of sums a and b what the `lanes`
// elements from offset i on give, and term(i) is what a single element gives. The sums of one image are in single
// precision, those of all images in double.
template <class Add, class Term>
std::pair<double, double> sums_over(const Shape& images, std::int64_t c, const Add& add, const Term& term) {
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
      const std::pair<float, float> rest = term(i);
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

struct Statistics {
  double mean, variance;
};

// Of differences from the channel's first value, so that a large mean costs no digits.
Statistics statistics_of(const float* x, const Shape& shape, std::int64_t c) {
  const auto m = static_cast<double>(shape[0] * shape[2] * shape[3]);
  const float origin = x[c * shape[2] * shape[3]];
  const auto [sum, squares] = sums_over(
      shape, c,
      [=](Vector& a, Vector& b, std::int64_t i) {
        const Vector difference = kernels::load(x + i) - origin;
        a += difference;
        b += difference * difference;
      },
      [=](std::int64_t i) {
        const float difference = x[i] - origin;
        return std::make_pair(difference, difference * difference);
      });
  const double variance = std::max(squares / m - sum / m * (sum / m), 0.0);
  return {origin + sum / m, std::isnan(sum) ? sum : variance};
}

}  // namespace

BatchNormResult batch_norm(const BatchNormInputs& inputs) {
  const Shape& shape = inputs.x.shape();
  require_images("BatchNorm2d", shape);
  const std::int64_t C = shape[1];
  const std::int64_t values = shape[0] * shape[2] * shape[3];
  require_shape("BatchNorm2d: gamma", inputs.gamma.shape(), {C});
  require_shape("BatchNorm2d: beta", inputs.beta.shape(), {C});
  require_shape("BatchNorm2d: running_mean", inputs.state.running_mean.shape(), {C});
  if (inputs.training && values < 2) {
    throw ValueError("BatchNorm2d: training needs more than one value per channel, got shape " + shape.to_string());
  }
  BatchNormResult result{.y = Tensor::uninitialized(shape),
                         .normalized = Tensor::uninitialized(shape),
                         .inverse_std = Tensor::uninitialized({C})};
  kernels::parallel_for(0, C, grain(values), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t c = from; c < to; ++c) {
      const float* in = inputs.x.data();
      float& running_mean = inputs.state.running_mean.data()[c];
      float& running_var = inputs.state.running_var.data()[c];
      Statistics statistics{running_mean, running_var};
      if (inputs.training) {
        statistics = statistics_of(in, shape, c);
        const auto m = static_cast<double>(values);
        const float momentum = inputs.momentum;
        running_mean = (1.0F - momentum) * running_mean + momentum * static_cast<float>(statistics.mean);
        running_var =
            (1.0F - momentum) * running_var + momentum * static_cast<float>(statistics.variance * m / (m - 1.0));
      }
      const auto inverse_std = static_cast<float>(1.0 / std::sqrt(statistics.variance + inputs.epsilon));
      result.inverse_std.data()[c] = inverse_std;
      const auto center = static_cast<float>(statistics.mean);
      const float gamma = inputs.gamma.data()[c];
      const float beta = inputs.beta.data()[c];
      float* xhat = result.normalized.data();
      float* out = result.y.data();
      for_channel(shape, c, [=](std::int64_t i) {
        xhat[i] = (in[i] - center) * inverse_std;
        out[i] = gamma * xhat[i] + beta;
      });
    }
  });
  return result;
}

BatchNormGradients batch_norm_gradients(const Tensor& grad_output, const BatchNormKept& kept) {
  const Shape& shape = kept.normalized.shape();
  require_shape("BatchNorm2d backward: grad_output", grad_output.shape(), shape);
  const std::int64_t C = shape[1];
  const std::int64_t values = shape[0] * shape[2] * shape[3];
  BatchNormGradients gradients{.dx = kept.dx_wanted ? Tensor::uninitialized(shape) : Tensor(),
                               .dgamma = Tensor::uninitialized({C}),
                               .dbeta = Tensor::uninitialized({C})};
  kernels::parallel_for(0, C, grain(values), [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t c = from; c < to; ++c) {
      const float* dy = grad_output.data();
      const float* xhat = kept.normalized.data();
      const auto [sum_dy, sum_dy_xhat] = sums_over(
          shape, c,
          [=](Vector& a, Vector& b, std::int64_t i) {
            const Vector gradient = kernels::load(dy + i);
            a += gradient;
            b += gradient * kernels::load(xhat + i);
          },
          [=](std::int64_t i) { return std::make_pair(dy[i], dy[i] * xhat[i]); });
      gradients.dbeta.data()[c] = static_cast<float>(sum_dy);
      gradients.dgamma.data()[c] = static_cast<float>(sum_dy_xhat);
      if (gradients.dx.empty()) continue;
      const auto m = static_cast<double>(values);
      const float scale = kept.gamma.data()[c] * kept.inverse_std.data()[c];
      const float mean_dy = kept.training ? static_cast<float>(sum_dy / m) : 0.0F;
      const float mean_dy_xhat = kept.training ? static_cast<float>(sum_dy_xhat / m) : 0.0F;
      float* out = gradients.dx.data();
      for_channel(shape, c, [=](std::int64_t i) { out[i] = scale * (dy[i] - mean_dy - xhat[i] * mean_dy_xhat); });
    }
  });
  return gradients;
}

}  // namespace tinytorch::fast
