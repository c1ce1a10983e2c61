// Matrix products in tiles that stay in registers.
//
// Given: not coursework.
#pragma once

#include <cstdint>

namespace tinytorch::kernels {

// A matrix as it is stored: element (i, j) stands at data[i * row_step + j * column_step].
struct Operand {
  const float* data;
  std::int64_t row_step;
  std::int64_t column_step;
};

// C = alpha * A * B + beta * C on the calling thread. With beta == 0, C need not be initialised.
// shapes: A (m, k), B (k, n), C (m, n) row-major with a row stride of ldc; one of each operand's steps is 1
void multiply_in_tiles(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b,
                       float beta, float* c, std::int64_t ldc);

// y = alpha * M x + beta * y on the calling thread. With beta == 0, y need not be initialised.
// shapes: M (rows, columns), one of its steps 1; x (columns,) with x_step, y (rows,) with y_step between neighbours
void multiply_vector(std::int64_t rows, std::int64_t columns, float alpha, const Operand& matrix, const float* x,
                     std::int64_t x_step, float beta, float* y, std::int64_t y_step);

}  // namespace tinytorch::kernels
