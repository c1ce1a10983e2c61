#include "fast/spatial/layout.hpp"

#include <algorithm>
#include <array>

#include "kernels/simd.hpp"

namespace tinytorch::fast {

using kernels::lanes;
using kernels::load;
using kernels::store;
using kernels::Vector;

std::int64_t padded_channels(std::int64_t channels) { return (channels + lanes - 1) / lanes * lanes; }

namespace {

// Calls visit(at) for the beginnings of vectors that cover `extent`, which is no less than one: the last may overlap
// the one before it.
template <class Visit>
void for_vectors(std::int64_t extent, const Visit& visit) {
  for (std::int64_t at = 0; at + lanes <= extent; at += lanes) visit(at);
  if (extent % lanes != 0) visit(extent - lanes);
}

}  // namespace

void transpose(const Transposition& matrix) {
  const auto& [from, rows, columns, from_stride, to, to_stride] = matrix;
  if (rows == 1 && to_stride == 1) {
    std::copy_n(from, columns, to);
  } else if (rows < lanes || columns < lanes) {
    for (std::int64_t j = 0; j < columns; ++j) {
      for (std::int64_t i = 0; i < rows; ++i) to[j * to_stride + i] = from[i * from_stride + j];
    }
  } else {
    for_vectors(rows, [&m = matrix](std::int64_t i) {
      for_vectors(m.columns, [&](std::int64_t j) {
        std::array<Vector, lanes> square;
        for (std::int64_t r = 0; r < lanes; ++r)
          square[static_cast<std::size_t>(r)] = load(m.from + (i + r) * m.from_stride + j);
        kernels::transpose(square);
        for (std::int64_t r = 0; r < lanes; ++r)
          store(m.to + (j + r) * m.to_stride + i, square[static_cast<std::size_t>(r)]);
      });
    });
  }
}

void channels_last(const float* image, const ImageExtents& extents, std::int64_t padding, float* out) {
  const auto [channels, height, width] = extents;
  const auto fill = [&, C = channels, plane = height * width](const float* from, std::int64_t pixels, float* to) {
    transpose({.from = from, .rows = C, .columns = pixels, .from_stride = plane, .to = to, .to_stride = C});
    return to + pixels * C;
  };
  if (padding == 0) {
    fill(image, height * width, out);
    return;
  }
  const std::int64_t row = (width + 2 * padding) * channels;
  float* inside = std::fill_n(out, padding * row, 0.0F);
  for (std::int64_t h = 0; h < height; ++h) {
    inside = std::fill_n(inside, padding * channels, 0.0F);
    inside = fill(image + h * width, width, inside);
    inside = std::fill_n(inside, padding * channels, 0.0F);
  }
  std::fill_n(inside, padding * row, 0.0F);
}

// Weights (O, C, K, K) are a matrix of O rows. A row of the packed ones belongs to one element of the kernel, c
// innermost: so that matrix is transposed, and its rows change their order.
void pack_weights(const float* weight, const WeightExtents& extents, float* packed) {
  const std::int64_t in_channels = extents.in_channels;
  const std::int64_t window = extents.kernel * extents.kernel;
  const std::int64_t size = in_channels * window;  // of one output channel's weights
  for (std::int64_t o = 0; o < extents.out_channels; o += lanes, packed += size * lanes) {
    const std::int64_t channels = std::min(lanes, extents.out_channels - o);
    std::int64_t from = 0;
    for (; channels == lanes && from + lanes <= size; from += lanes) {
      std::array<Vector, lanes> square;
      for (std::int64_t r = 0; r < lanes; ++r)
        square[static_cast<std::size_t>(r)] = load(weight + (o + r) * size + from);
      kernels::transpose(square);
      for (std::int64_t r = 0; r < lanes; ++r) {
        const std::int64_t c = (from + r) / window;
        const std::int64_t element = (from + r) % window;
        store(packed + (element * in_channels + c) * lanes, square[static_cast<std::size_t>(r)]);
      }
    }
    for (; from < size; ++from) {
      float* to = packed + (from % window * in_channels + from / window) * lanes;
      for (std::int64_t r = 0; r < lanes; ++r) to[r] = r < channels ? weight[(o + r) * size + from] : 0.0F;
    }
  }
}

void unpack_weights(const float* packed, const WeightExtents& extents, float* weight) {
  const std::int64_t window = extents.kernel * extents.kernel;
  const std::int64_t size = extents.in_channels * window;
  for (std::int64_t o = 0; o < extents.out_channels; ++o) {
    const float* block = packed + o / lanes * size * lanes + o % lanes;
    for (std::int64_t c = 0; c < extents.in_channels; ++c) {
      for (std::int64_t element = 0; element < window; ++element)
        *weight++ = block[(element * extents.in_channels + c) * lanes];
    }
  }
}

void flip_weights(const float* packed, const WeightExtents& extents, float* flipped) {
  const std::int64_t window = extents.kernel * extents.kernel;
  const std::int64_t padded_out = padded_channels(extents.out_channels);
  const std::int64_t padded_in = padded_channels(extents.in_channels);
  for (std::int64_t c = 0; c < padded_in; c += lanes) {
    const std::int64_t channels = std::min(lanes, extents.in_channels - c);
    for (std::int64_t element = 0; element < window; ++element) {
      for (std::int64_t o = 0; o < padded_out; o += lanes) {
        // (channels, lanes) of the packed weights become (lanes, channels).
        const float* from = packed + ((o * window + element * lanes) * extents.in_channels) + c * lanes;
        float* to = flipped + ((c / lanes * window + window - 1 - element) * padded_out + o) * lanes;
        if (channels < lanes) std::fill_n(to, lanes * lanes, 0.0F);
        transpose(
            {.from = from, .rows = channels, .columns = lanes, .from_stride = lanes, .to = to, .to_stride = lanes});
      }
    }
  }
}

}  // namespace tinytorch::fast
