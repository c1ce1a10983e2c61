#include "kernels/blas.hpp"

#include <cblas.h>

#include <limits>
#include <string>

#include "tinytorch/errors.hpp"

namespace tinytorch::kernels {

namespace {

CBLAS_TRANSPOSE transposition(const Operand& operand) { return operand.column_step == 1 ? CblasNoTrans : CblasTrans; }

blasint extent(std::int64_t value) {
  if (value > std::numeric_limits<blasint>::max()) {
    throw ValueError("gemm: " + std::to_string(value) + " is past what BLAS can count");
  }
  return static_cast<blasint>(value);
}

// The distance between the rows as they are stored.
blasint leading(const Operand& operand) {
  return extent(operand.column_step == 1 ? operand.row_step : operand.column_step);
}

// OpenBLAS's own threads would compete with those of parallel_for.
void use_one_blas_thread() {
  static const bool once = [] {
    openblas_set_num_threads(1);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

void multiply_by_blas(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b,
                      float beta, float* c, std::int64_t ldc) {
  use_one_blas_thread();
  cblas_sgemm(CblasRowMajor, transposition(a), transposition(b), extent(m), extent(n), extent(k), alpha, a.data,
              leading(a), b.data, leading(b), beta, c, extent(ldc));
}

}  // namespace tinytorch::kernels
