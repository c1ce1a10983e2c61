// convolve_row() and add_weight_gradient(), which take the time, keep a tile of sums in registers: some outputs or
// elements of the kernel, times two vectors of output channels.
#include "fast/spatial/direct_convolution.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "kernels/register_tile.hpp"
#include "kernels/simd_math.hpp"

namespace tinytorch::fast {

using kernels::IntVector;
using kernels::lanes;
using kernels::load;
using kernels::RegisterTile;
using kernels::store;
using kernels::Vector;
using kernels::vector_registers;

namespace {

constexpr int max_sums = vector_registers == 32 ? 14 : 6;  // in a tile, for each of its two vectors

using Bytes = std::uint8_t __attribute__((vector_size(lanes)));

// Calls visit(at, size) for nearly equal parts of at most max_sums, that make up `extent`.
template <class Visit>
void for_tiles(std::int64_t extent, const Visit& visit) {
  const std::int64_t parts = (extent + max_sums - 1) / max_sums;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t at = extent * part / parts;
    visit(at, extent * (part + 1) / parts - at);
  }
}

// Some neighbouring outputs, and one or two vectors of their channels.
struct OutputsTile {
  const float* x;
  KernelStrides strides;  // a copy: the caller's may lie on a cache line that another thread writes
  const float* weights;
  std::int64_t weights_vector;  // floats from one vector's weights to the next one's
  const float* bias;            // or null
  float* y;
  std::int64_t y_output;  // floats from one output to the next
};

template <std::size_t outputs, std::size_t vectors>
void compute_tile(const OutputsTile& tile) {
  RegisterTile<outputs, vectors> sums{};
  if (tile.bias != nullptr) {
#pragma GCC unroll 14
    for (auto& sum : sums) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) sum[v] = load(tile.bias + static_cast<std::int64_t>(v) * lanes);
    }
  }
  const KernelStrides& strides = tile.strides;
  for (std::int64_t ki = 0; ki < strides.kernel_rows; ++ki) {
    kernels::multiply_add(
        tile.x + ki * strides.row, tile.weights + ki * strides.row_elements * lanes, strides.row_elements,
        {.a_row = strides.output, .a_step = 1, .b_step = lanes, .b_vector = tile.weights_vector}, sums);
  }
#pragma GCC unroll 14
  for (std::size_t i = 0; i < outputs; ++i) {
    float* y = tile.y + static_cast<std::int64_t>(i) * tile.y_output;
#pragma GCC unroll 2
    for (std::size_t v = 0; v < vectors; ++v) store(y + static_cast<std::int64_t>(v) * lanes, sums[i][v]);
  }
}

// Some neighbouring elements of one row of the kernel, summed over all outputs of an image.
struct ElementsTile {
  const float* x;
  std::int64_t x_row, x_output;
  const float* dy;
  std::int64_t dy_row, dy_output;
  std::int64_t height, width;
  float* gradient;
  std::int64_t gradient_vector;
};

template <std::size_t elements, std::size_t vectors>
void compute_tile(const ElementsTile& tile) {
  RegisterTile<elements, vectors> sums{};
  for (std::int64_t i = 0; i < tile.height; ++i) {
    kernels::multiply_add(tile.x + i * tile.x_row, tile.dy + i * tile.dy_row, tile.width,
                          {.a_row = 1, .a_step = tile.x_output, .b_step = tile.dy_output, .b_vector = lanes}, sums);
  }
#pragma GCC unroll 14
  for (std::size_t i = 0; i < elements; ++i) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < vectors; ++v) {
      float* to =
          tile.gradient + static_cast<std::int64_t>(i) * lanes + static_cast<std::int64_t>(v) * tile.gradient_vector;
      store(to, load(to) + sums[i][v]);
    }
  }
}

// The functions for 1, 2, .. max_sums sums, with one vector and with two.
template <class Tile, std::size_t... index>
constexpr auto tile_functions(std::index_sequence<index...>) {
  using Row = std::array<void (*)(const Tile&), sizeof...(index)>;
  return std::array<Row, 2>{Row{&compute_tile<index + 1, 1>...}, Row{&compute_tile<index + 1, 2>...}};
}

template <class Tile>
void compute(std::int64_t sums, std::int64_t vectors, const Tile& tile) {
  static constexpr auto functions = tile_functions<Tile>(std::make_index_sequence<max_sums>());
  functions[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(sums - 1)](tile);
}

// Calls visit(first channel, vectors) for pairs of vectors of channels, and a single one at the end.
template <class Visit>
void for_vector_pairs(std::int64_t channels, const Visit& visit) {
  for (std::int64_t o = 0; o < channels; o += 2 * lanes) visit(o, channels - o >= 2 * lanes ? 2 : 1);
}

}  // namespace

void convolve_row(const OutputRow& row) {
  const std::int64_t weights = row.strides.kernel_rows * row.strides.row_elements;  // of one output channel
  for_vector_pairs(row.channels, [&](std::int64_t o, std::int64_t vectors) {
    for_tiles(row.width, [&](std::int64_t at, std::int64_t size) {
      compute<OutputsTile>(size, vectors,
                           {.x = row.x + at * row.strides.output,
                            .strides = row.strides,
                            .weights = row.weights + o * weights,
                            .weights_vector = weights * lanes,
                            .bias = row.bias == nullptr ? nullptr : row.bias + o,
                            .y = row.y + at * row.channels + o,
                            .y_output = row.channels});
    });
  });
}

void add_weight_gradient(const WeightGradient& part) {
  const KernelStrides& strides = part.strides;
  const std::int64_t weights = strides.kernel_rows * strides.row_elements;
  for_vector_pairs(part.channels, [&](std::int64_t o, std::int64_t vectors) {
    for_tiles(strides.row_elements, [&](std::int64_t at, std::int64_t size) {
      const std::int64_t element = part.kernel_row * strides.row_elements + at;
      compute<ElementsTile>(size, vectors,
                            {.x = part.x + part.kernel_row * strides.row + at,
                             .x_row = part.x_row,
                             .x_output = strides.output,
                             .dy = part.dy + o,
                             .dy_row = part.dy_row,
                             .dy_output = part.dy_output,
                             .height = part.height,
                             .width = part.width,
                             .gradient = part.gradient + o * weights + element * lanes,
                             .gradient_vector = weights * lanes});
    });
  });
}

float sum(const float* x, std::int64_t count) {
  std::array<Vector, 4> sums{};
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    for (std::int64_t s = 0; s < 4; ++s) sums[static_cast<std::size_t>(s)] += load(x + i + s * lanes);
  }
  Vector total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (; i < count; ++i) total[0] += x[i];
  return kernels::sum_of(total)[0];
}

void relu(float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] < 0.0F ? 0.0F : x[i];
}

void relu_and_pool(const PooledRow& row) {
  const auto [top, bottom, width, channels, largest, all_argmax] = row;
  const Vector zero{};
  const auto positive = [zero](const float* from) {
    const Vector x = load(from);
    return x < zero ? zero : x;
  };
  for (std::int64_t j = 0; j < width; ++j) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
      const float* upper = top + 2 * j * channels + c;
      const float* lower = bottom + 2 * j * channels + c;
      Vector best = positive(upper);
      IntVector argmax{};
      const std::array<Vector, 3> others{positive(upper + channels), positive(lower), positive(lower + channels)};
#pragma GCC unroll 3
      for (int i = 0; i < 3; ++i) {
        const Vector other = others[static_cast<std::size_t>(i)];
        const IntVector is_larger = other > best;
        best = is_larger ? other : best;
        argmax = is_larger ? i + 1 - IntVector{} : argmax;
      }
      argmax = best > zero ? argmax : 4 - IntVector{};
      store(largest + j * channels + c, best);
      const Bytes bytes = __builtin_convertvector(argmax, Bytes);
      std::memcpy(all_argmax + j * channels + c, &bytes, sizeof bytes);
    }
  }
}

void relu_and_pool_gradient(const PooledRowGradient& row) {
  const auto [grad, all_argmax, width, channels, top, bottom, dbias] = row;
  const Vector zero{};
  for (std::int64_t j = 0; j < width; ++j) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
      const Vector dy = load(grad + j * channels + c);
      Bytes bytes;
      std::memcpy(&bytes, all_argmax + j * channels + c, sizeof bytes);
      const IntVector argmax = __builtin_convertvector(bytes, IntVector);
      float* upper = top + 2 * j * channels + c;
      float* lower = bottom + 2 * j * channels + c;
      store(upper, argmax == 0 ? dy : zero);
      store(upper + channels, argmax == 1 ? dy : zero);
      store(lower, argmax == 2 ? dy : zero);
      store(lower + channels, argmax == 3 ? dy : zero);
      store(dbias + c, load(dbias + c) + (argmax < 4 ? dy : zero));
    }
  }
}

}  // namespace tinytorch::fast
