#include "kernels/gemm.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "kernels/parallel.hpp"
#include "tinytorch/errors.hpp"

namespace tinytorch::kernels {

namespace {

// A matrix as it is stored, seen through its Transpose: element (i, j) stands at
// data[i * row_step + j * column_step].
struct Operand {
  const float* data;
  std::int64_t row_step;
  std::int64_t column_step;
};

Operand operand(Transpose transpose, const float* data, std::int64_t ld) {
  return transpose == Transpose::no ? Operand{data, ld, 1} : Operand{data, 1, ld};
}

struct Result {
  float* data;
  std::int64_t ld;
};

// Below this number of multiply-adds a product is done before other threads could help.
constexpr std::int64_t least_work_to_split = std::int64_t{1} << 19;

// A thread gets at least so many rows or columns: fewer would leave OpenBLAS's register tiles unfilled.
constexpr std::int64_t tile = 16;

CBLAS_TRANSPOSE cblas(Transpose transpose) { return transpose == Transpose::yes ? CblasTrans : CblasNoTrans; }

blasint extent(std::int64_t value) {
  if (value > std::numeric_limits<blasint>::max()) {
    throw ValueError("gemm: " + std::to_string(value) + " is past what BLAS can count");
  }
  return static_cast<blasint>(value);
}

// OpenBLAS's own threads would compete with those of parallel_for.
void use_one_blas_thread() {
  static const bool once = [] {
    openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(once);
}

void scale(std::int64_t m, std::int64_t n, float beta, const Result& c) {
  for (std::int64_t i = 0; i < m; ++i) {
    float* row = c.data + i * c.ld;
    if (beta == 0.0F) {
      std::fill_n(row, n, 0.0F);
    } else if (beta != 1.0F) {
      for (std::int64_t j = 0; j < n; ++j) row[j] *= beta;
    }
  }
}

// y = alpha * M x + beta * y, with M (rows, columns) after transposing. What y held is scaled before:
// with beta == 0 it may be NaN, which not every BLAS ignores.
void gemv(Transpose transpose, std::int64_t rows, std::int64_t columns, float alpha, const float* matrix,
          std::int64_t ld, const float* x, std::int64_t x_step, float beta, float* y, std::int64_t y_step) {
  for (std::int64_t i = 0; i < rows && beta != 1.0F; ++i) {
    y[i * y_step] = beta == 0.0F ? 0.0F : beta * y[i * y_step];
  }
  if (transpose == Transpose::yes) std::swap(rows, columns);
  cblas_sgemv(CblasRowMajor, cblas(transpose), extent(rows), extent(columns), alpha, matrix, extent(ld), x,
              extent(x_step), 1.0F, y, extent(y_step));
}

// C = alpha * column a * row b + beta * C.
void outer_product(std::int64_t m, std::int64_t n, float alpha, const float* a, std::int64_t a_step, const float* b,
                   std::int64_t b_step, float beta, const Result& c) {
  for (std::int64_t i = 0; i < m; ++i) {
    const float factor = alpha * a[i * a_step];
    float* row = c.data + i * c.ld;
    if (b_step != 1) {
      for (std::int64_t j = 0; j < n; ++j) {
        row[j] = factor * b[j * b_step] + (beta == 0.0F ? 0.0F : beta * row[j]);
      }
    } else if (beta == 0.0F) {
      for (std::int64_t j = 0; j < n; ++j) row[j] = factor * b[j];
    } else {
      for (std::int64_t j = 0; j < n; ++j) row[j] = factor * b[j] + beta * row[j];
    }
  }
}

}  // namespace

void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
          const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc) {
  if (m <= 0 || n <= 0) return;
  if (k <= 0 || alpha == 0.0F) return scale(m, n, beta, {c, ldc});

  const Operand left = operand(transpose_a, a, lda);
  const Operand right = operand(transpose_b, b, ldb);
  if (k == 1) {
    return outer_product(m, n, alpha, left.data, left.row_step, right.data, right.column_step, beta, {c, ldc});
  }

  use_one_blas_thread();
  const Transpose other_b = transpose_b == Transpose::no ? Transpose::yes : Transpose::no;
  if (m == 1) {  // c^T = op(B)^T a^T
    return gemv(other_b, n, k, alpha, b, ldb, a, left.column_step, beta, c, 1);
  }
  if (n == 1) return gemv(transpose_a, m, k, alpha, a, lda, b, right.row_step, beta, c, ldc);

  const auto block = [&](std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns) {
    cblas_sgemm(CblasRowMajor, cblas(transpose_a), cblas(transpose_b), extent(rows), extent(columns), extent(k), alpha,
                a + row * left.row_step, extent(lda), b + column * right.column_step, extent(ldb), beta,
                c + row * ldc + column, extent(ldc));
  };
  const std::int64_t least_results = least_work_to_split / k + 1;  // m * n * k might overflow
  if (m * n < least_results || in_parallel()) return block(0, m, 0, n);

  // Each thread computes some whole rows of C, or some whole columns, whichever there are more of.
  const bool by_rows = m >= n;
  const std::int64_t extent_split = std::max(m, n);
  const std::int64_t parts = std::clamp<std::int64_t>(extent_split / tile, 1, thread_count());
  parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
    const std::int64_t from = extent_split * first / parts;
    const std::int64_t size = extent_split * last / parts - from;
    by_rows ? block(from, size, 0, n) : block(0, m, from, size);
  });
}

}  // namespace tinytorch::kernels
