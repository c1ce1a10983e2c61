// Matrix products by OpenBLAS.
//
// Given: not coursework. The only code that calls BLAS.
#pragma once

#include <cstdint>

#include "kernels/tiles.hpp"

namespace tinytorch::kernels {

// C = alpha * A * B + beta * C on the calling thread, as multiply_in_tiles().
// throws: ValueError for an extent that BLAS cannot count.
void multiply_by_blas(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b,
                      float beta, float* c, std::int64_t ldc);

}  // namespace tinytorch::kernels
