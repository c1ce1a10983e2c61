// C is cut into tiles of a few rows and two vectors of columns. A tile stays in registers while it runs through k:
// each step reads two vectors of B and multiplies them by one number of A for each row. The panel of B that a column of
// tiles needs is copied together first, so that it is read in order and stays in the nearest cache; A is read where
// it lies.
#include "kernels/tiles.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/register_tile.hpp"
#include "kernels/simd_math.hpp"

namespace tinytorch::kernels {

namespace {

constexpr int max_rows = vector_registers == 32 ? 12 : 6;  // of a tile: with two vectors each, and three to work with
constexpr int max_vectors = 2;                             // of columns
constexpr std::int64_t panel_columns = max_vectors * lanes;
constexpr std::int64_t panel_depth = 256;  // steps of k: a panel of B takes 32 KiB at most
constexpr std::int64_t block_rows = 240;   // of A, used for one panel after another: 240 KiB at most

// How A and C are reached from the first row of a tile.
struct Tile {
  const float* a;
  std::int64_t a_row, a_column;  // steps
  float* c;
  std::int64_t ldc;
  std::int64_t columns;  // of C that the tile covers, at most vectors * lanes
  float alpha, beta;
};

// One tile over `depth` steps of k. For each step there are `vectors` vectors of B's columns at `b`, `b_step` floats
// behind those of the step before.
template <std::size_t rows, std::size_t vectors>
void compute_tile(const Tile& tile, const float* b, std::int64_t b_step, std::int64_t depth) {
  RegisterTile<rows, vectors> sums{};
  multiply_add(tile.a, b, depth, {.a_row = tile.a_row, .a_step = tile.a_column, .b_step = b_step, .b_vector = lanes},
               sums);

  const bool whole = tile.columns == vectors * lanes;
  const Vector alpha = broadcast(tile.alpha);
  const Vector beta = broadcast(tile.beta);
#pragma GCC unroll 12
  for (std::size_t i = 0; i < rows; ++i) {
    float* c = tile.c + static_cast<std::int64_t>(i) * tile.ldc;
    if (whole) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) {
        float* to = c + static_cast<std::int64_t>(v) * lanes;
        store(to, tile.beta == 0.0F ? alpha * sums[i][v] : alpha * sums[i][v] + beta * load(to));
      }
    } else {
      std::array<float, vectors * lanes> result;
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) store(result.data() + v * lanes, alpha * sums[i][v]);
      for (std::int64_t j = 0; j < tile.columns; ++j) {
        const float product = result[static_cast<std::size_t>(j)];
        c[j] = tile.beta == 0.0F ? product : product + tile.beta * c[j];
      }
    }
  }
}

using TileFunction = void (*)(const Tile&, const float*, std::int64_t, std::int64_t);

template <std::size_t vectors, std::size_t... index>
constexpr std::array<TileFunction, sizeof...(index)> tiles_of(std::index_sequence<index...>) {
  return {&compute_tile<index + 1, vectors>...};
}

constexpr auto narrow_tiles = tiles_of<1>(std::make_index_sequence<max_rows>());
constexpr auto wide_tiles = tiles_of<2>(std::make_index_sequence<max_rows>());

// A square of `lanes` rows is transposed; from the row `filled` on, it counts as zero.
void transpose_square(const float* from, std::int64_t from_step, std::int64_t filled, float* to, std::int64_t to_step) {
  std::array<Vector, lanes> square;
  if (filled == lanes) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < lanes; ++i) square[i] = load(from + static_cast<std::int64_t>(i) * from_step);
  } else {
    square.fill(Vector{});
    for (std::size_t i = 0; i < static_cast<std::size_t>(filled); ++i)
      square[i] = load(from + static_cast<std::int64_t>(i) * from_step);
  }
  transpose(square);
#pragma GCC unroll 16
  for (std::size_t i = 0; i < lanes; ++i) store(to + static_cast<std::int64_t>(i) * to_step, square[i]);
}

// Copies `depth` rows of `columns` columns of B together, `width` floats for each row, zeros filling in.
void copy_panel(const Operand& b, std::int64_t depth, std::int64_t columns, std::int64_t width, float* panel) {
  if (b.column_step == 1) {
    for (std::int64_t p = 0; p < depth; ++p, panel += width) {
      const float* row = b.data + p * b.row_step;
      if (columns == width) {
        for (std::int64_t j = 0; j < width; j += lanes) store(panel + j, load(row + j));
      } else {
        std::fill(std::copy_n(row, columns, panel), panel + width, 0.0F);
      }
    }
    return;
  }
  // B lies transposed: its columns are in order. Whole squares are transposed in registers; the last one may overlap
  // the one before it.
  for (std::int64_t j = 0; j < width; j += lanes) {
    const float* first = b.data + j * b.column_step;
    const std::int64_t filled = std::min(lanes, columns - j);
    if (depth < lanes) {
      for (std::int64_t p = 0; p < depth; ++p) {
        for (std::int64_t i = 0; i < lanes; ++i)
          panel[p * width + j + i] = i < filled ? first[i * b.column_step + p] : 0.0F;
      }
      continue;
    }
    const std::int64_t last = depth - lanes;
    for (std::int64_t p = 0;; p = std::min(p + lanes, last)) {
      transpose_square(first + p, b.column_step, filled, panel + p * width + j, width);
      if (p == last) break;
    }
  }
}

// The number of parts of at most `max_part` that `extent` is cut into.
std::int64_t parts_of(std::int64_t extent, std::int64_t max_part) { return (extent + max_part - 1) / max_part; }

// The products of `rows` rows with x, for each row two sums that do not wait for one another.
template <int rows>
void dot_rows(const float* matrix, std::int64_t row_step, std::int64_t columns, const float* x, float* result) {
  std::array<std::array<Vector, 2>, rows> sums{};
  std::int64_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) {
    const Vector x0 = load(x + j);
    const Vector x1 = load(x + j + lanes);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < rows; ++i) {
      const float* row = matrix + static_cast<std::int64_t>(i) * row_step + j;
      sums[i][0] += load(row) * x0;
      sums[i][1] += load(row + lanes) * x1;
    }
  }
  for (; j + lanes <= columns; j += lanes) {
    const Vector x0 = load(x + j);
    for (std::size_t i = 0; i < rows; ++i)
      sums[i][0] += load(matrix + static_cast<std::int64_t>(i) * row_step + j) * x0;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    result[i] = sum_of(sums[i][0] + sums[i][1])[0];
    for (std::int64_t k = j; k < columns; ++k) result[i] += matrix[static_cast<std::int64_t>(i) * row_step + k] * x[k];
  }
}

// y[j] += sum over four rows of factor[i] * row i [j].
void add_rows(const float* matrix, std::int64_t row_step, const std::array<float, 4>& factor, std::int64_t columns,
              float* y) {
  const float* r0 = matrix;
  const float* r1 = r0 + row_step;
  const float* r2 = r1 + row_step;
  const float* r3 = r2 + row_step;
  for (std::int64_t j = 0; j < columns; ++j) {
    y[j] += (factor[0] * r0[j] + factor[1] * r1[j]) + (factor[2] * r2[j] + factor[3] * r3[j]);
  }
}

}  // namespace

void multiply_in_tiles(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b,
                       float beta, float* c, std::int64_t ldc) {
  alignas(64) static thread_local std::array<float, static_cast<std::size_t>(panel_columns * panel_depth)> panel;
  const std::int64_t depths = parts_of(k, panel_depth);
  for (std::int64_t depth = 0; depth < depths; ++depth) {
    const std::int64_t p = k * depth / depths;
    const std::int64_t steps = k * (depth + 1) / depths - p;
    for (std::int64_t block = 0; block < m; block += block_rows) {
      const std::int64_t rows = std::min(block_rows, m - block);
      const std::int64_t tiles = parts_of(rows, max_rows);
      for (std::int64_t j = 0; j < n; j += panel_columns) {
        const std::int64_t columns = std::min(panel_columns, n - j);
        const bool narrow = columns <= lanes;
        const std::int64_t width = narrow ? lanes : panel_columns;
        const Operand part{b.data + p * b.row_step + j * b.column_step, b.row_step, b.column_step};
        // Where few tiles would use the copy, and B can be read as it lies, there is none.
        const bool in_place = b.column_step == 1 && columns == width && tiles <= 3 && steps <= 64;
        if (!in_place) copy_panel(part, steps, columns, width, panel.data());
        for (std::int64_t t = 0; t < tiles; ++t) {
          const std::int64_t i = block + rows * t / tiles;
          const std::int64_t height = block + rows * (t + 1) / tiles - i;
          const Tile tile{.a = a.data + i * a.row_step + p * a.column_step,
                          .a_row = a.row_step,
                          .a_column = a.column_step,
                          .c = c + i * ldc + j,
                          .ldc = ldc,
                          .columns = columns,
                          .alpha = alpha,
                          .beta = depth == 0 ? beta : 1.0F};
          (narrow ? narrow_tiles : wide_tiles)[static_cast<std::size_t>(height - 1)](
              tile, in_place ? part.data : panel.data(), in_place ? b.row_step : width, steps);
        }
      }
    }
  }
}

void multiply_vector(std::int64_t rows, std::int64_t columns, float alpha, const Operand& matrix, const float* x,
                     std::int64_t x_step, float beta, float* y, std::int64_t y_step) {
  static thread_local std::vector<float> gathered;
  if (x_step != 1) {
    gathered.resize(static_cast<std::size_t>(columns));
    for (std::int64_t j = 0; j < columns; ++j) gathered[static_cast<std::size_t>(j)] = x[j * x_step];
    x = gathered.data();
  }
  const auto put = [&](std::int64_t i, float product) {
    float& to = y[i * y_step];
    to = beta == 0.0F ? alpha * product : alpha * product + beta * to;
  };
  if (matrix.column_step == 1) {
    std::array<float, 4> products;
    std::int64_t i = 0;
    for (; i + 4 <= rows; i += 4) {
      dot_rows<4>(matrix.data + i * matrix.row_step, matrix.row_step, columns, x, products.data());
      for (std::int64_t r = 0; r < 4; ++r) put(i + r, products[static_cast<std::size_t>(r)]);
    }
    for (; i < rows; ++i) {
      dot_rows<1>(matrix.data + i * matrix.row_step, matrix.row_step, columns, x, products.data());
      put(i, products[0]);
    }
    return;
  }
  // The columns lie in order: y is a sum of columns, a piece of y at a time that stays in the nearest cache.
  constexpr std::int64_t piece = 2048;
  std::array<float, piece> sums;
  for (std::int64_t from = 0; from < rows; from += piece) {
    const std::int64_t count = std::min(piece, rows - from);
    std::fill_n(sums.begin(), count, 0.0F);
    const float* column = matrix.data + from;
    std::int64_t j = 0;
    for (; j + 4 <= columns; j += 4, column += 4 * matrix.column_step) {
      add_rows(column, matrix.column_step, {x[j], x[j + 1], x[j + 2], x[j + 3]}, count, sums.data());
    }
    for (; j < columns; ++j, column += matrix.column_step) {
      for (std::int64_t i = 0; i < count; ++i) sums[static_cast<std::size_t>(i)] += x[j] * column[i];
    }
    for (std::int64_t i = 0; i < count; ++i) put(from + i, sums[static_cast<std::size_t>(i)]);
  }
}

}  // namespace tinytorch::kernels
