// What OpenBLAS alone reaches on a large matrix product, with its own threads: the peak that the networks are held
// against. It calls the library itself, not the engine's kernels.
#include <fmt/core.h>

#include <vector>

#include "bench/program.hpp"

// As OpenBLAS declares them; its header is left to the engine's gemm.
extern "C" {
void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a, int lda,
                 const float* b, int ldb, float beta, float* c, int ldc);
void openblas_set_num_threads(int threads);
int openblas_get_parallel();
char* openblas_get_config();
char* openblas_get_corename();
}

int main(int argc, char** argv) {
  bench::Program program("peer_gemm", "What OpenBLAS alone reaches on a large matrix product.",
                         bench::available_cores());
  std::int64_t size = 2048;
  program.add_number("--size", size, 1, 1 << 14, "extent of the matrices");
  return program.run(argc, argv, [&] {
    openblas_set_num_threads(program.threads());
    const int extent = static_cast<int>(size);
    constexpr int row_major = 101, as_it_is = 111;
    const std::size_t count = static_cast<std::size_t>(size * size);
    const std::vector<float> a(count, 0.5F), b(count, 0.25F);
    std::vector<float> c(count);
    const auto step = [&] {
      cblas_sgemm(row_major, as_it_is, as_it_is, extent, extent, extent, 1, a.data(), extent, b.data(), extent, 0,
                  c.data(), extent);
    };
    const char* variants[] = {"serial", "pthread", "openmp"};
    const int variant = openblas_get_parallel();
    std::string version = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE ..."
    if (version.starts_with("OpenBLAS ")) version = version.substr(9, version.find(' ', 9) - 9);
    program.say("/library/name", "OpenBLAS");
    program.say("/library/version", version);
    program.say("/library/variant", variant >= 0 && variant < 3 ? variants[variant] : "unknown");
    program.say("/library/core", openblas_get_corename());
    const double n = extent;
    program.add(fmt::format("sgemm {}^3, OpenBLAS", size), bench::measure(step, 2 * n * n * n, program.timing()),
                "GFLOP/s", 1e9);
  });
}
