// Matrix products on raw float32 memory.
//
// Given: not coursework.
#pragma once

#include <cstdint>

namespace tinytorch::kernels {

enum class Transpose { no, yes };

// C = alpha * op(A) * op(B) + beta * C, where op transposes when asked to. With beta == 0, C need not be initialised.
// shapes: op(A) (m, k), op(B) (k, n), C (m, n), all row-major; lda, ldb and ldc are the distances
//         between the rows as stored, in floats
// Large products are split over thread_count() threads, unless called from inside parallel_for.
void gemm(Transpose transpose_a, Transpose transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, float alpha,
          const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);

}  // namespace tinytorch::kernels
