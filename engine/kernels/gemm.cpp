#include "kernels/gemm.hpp"

#include <algorithm>
#include <cstdint>

#include "kernels/blas.hpp"
#include "kernels/parallel.hpp"
#include "kernels/tiles.hpp"

namespace tinytorch::kernels {

namespace {

Operand operand(Transpose transpose, const float* data, std::int64_t ld) {
  return transpose == Transpose::no ? Operand{data, ld, 1} : Operand{data, 1, ld};
}

struct Result {
  float* data;
  std::int64_t ld;
};

// Below this number of multiply-adds a product is done before other threads could help.
constexpr std::int64_t min_work_to_split = std::int64_t{1} << 19;

// A thread gets at least so many rows or columns: fewer would leave register tiles unfilled.
constexpr std::int64_t tile = 16;

// The same for work that does little with each number of a matrix: its rows of `columns` numbers that a thread gets at
// least.
std::int64_t rows_worth_a_thread(std::int64_t columns) { return (std::int64_t{1} << 17) / columns + 1; }

// The product of matrices on one thread. bench/gemm_speed holds the two ways against each other: with AVX-512 ours are
// as fast as OpenBLAS or faster on most shapes that networks ask for, so it is not linked at all: a program then loads
// neither the library nor its threads. With AVX2 OpenBLAS wins large products, and everything on processors that lack
// fused multiply-adds.
void multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b,
              float beta, float* c, std::int64_t ldc) {
#if !defined(__AVX512F__)
#if defined(__FMA__)
  const bool blas_is_faster = std::min({m, n, k}) >= 512;
#else
  const bool blas_is_faster = true;
#endif
  if (blas_is_faster) return multiply_by_blas(m, n, k, alpha, a, b, beta, c, ldc);
#endif
  multiply_in_tiles(m, n, k, alpha, a, b, beta, c, ldc);
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
    parallel_for(0, m, rows_worth_a_thread(n), [&](std::int64_t from, std::int64_t to) {
      outer_product(to - from, n, alpha, left.data + from * left.row_step, left.row_step, right.data, right.column_step,
                    beta, {c + from * ldc, ldc});
    });
    return;
  }

  // y = M x, each thread computing a part of y.
  const auto vector_product = [&](std::int64_t rows, const Operand& matrix, const float* x, std::int64_t x_step,
                                  std::int64_t y_step) {
    parallel_for(0, rows, rows_worth_a_thread(k), [&](std::int64_t from, std::int64_t to) {
      multiply_vector(to - from, k, alpha, {matrix.data + from * matrix.row_step, matrix.row_step, matrix.column_step},
                      x, x_step, beta, c + from * y_step, y_step);
    });
  };
  if (m == 1)
    return vector_product(n, {right.data, right.column_step, right.row_step}, left.data, left.column_step,
                          1);  // transposed
  if (n == 1) return vector_product(m, left, right.data, right.row_step, ldc);

  const auto block = [&](std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns) {
    multiply(rows, columns, k, alpha, {left.data + row * left.row_step, left.row_step, left.column_step},
             {right.data + column * right.column_step, right.row_step, right.column_step}, beta, c + row * ldc + column,
             ldc);
  };
  const std::int64_t min_results = min_work_to_split / k + 1;  // m * n * k might overflow
  if (m * n < min_results || in_parallel()) return block(0, m, 0, n);

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
