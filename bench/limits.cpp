// What this machine can do: multiply-adds in registers, matrix products, and memory.
#include <fmt/core.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "bench/program.hpp"
#include "kernels/gemm.hpp"
#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"

using namespace tinytorch;

namespace {

using kernels::Vector;
constexpr int lanes = static_cast<int>(kernels::lanes);

// Enough chains of multiply-adds that none has to wait for itself: at most 4 cycles on 2 units, and some to spare.
constexpr int chains = 12;

// `steps` multiply-adds in each chain. The empty asm keeps the compiler from working any of them out.
[[gnu::noinline]] float multiply_adds(long steps) {
  Vector a = Vector{} + 0.999999F, b = Vector{} + 1e-7F;
  asm volatile("" : "+v"(a), "+v"(b));
  Vector sum[chains];
#pragma GCC unroll 12
  for (int c = 0; c < chains; ++c) sum[c] = a;
  for (long i = 0; i < steps; ++i) {
#pragma GCC unroll 12
    for (int c = 0; c < chains; ++c) {
      sum[c] = sum[c] * a + b;
      asm volatile("" : "+v"(sum[c]));
    }
  }
#pragma GCC unroll 12
  for (int c = 1; c < chains; ++c) sum[0] += sum[c];
  return sum[0][0];
}

void measure_multiply_adds(bench::Program& program) {
  constexpr long steps = 100'000;
  const int parts = program.threads() * 4;
  std::atomic<float> sink{0};
  const auto step = [&] {
    kernels::parallel_for(0, parts, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t i = from; i < to; ++i) sink.store(multiply_adds(steps), std::memory_order_relaxed);
    });
  };
  const double flops = 2.0 * chains * lanes * static_cast<double>(steps) * parts;
  program.add(fmt::format("multiply-adds, vectors of {} bytes", sizeof(Vector)),
              bench::measure(step, flops, program.timing()), "GFLOP/s", 1e9);
}

void measure_gemm(bench::Program& program, std::int64_t size) {
  const std::vector<float> a(static_cast<std::size_t>(size * size), 0.5F), b(a.size(), 0.25F);
  std::vector<float> c(a.size());
  const auto step = [&] {
    kernels::gemm(kernels::Transpose::no, kernels::Transpose::no, size, size, size, 1, a.data(), size, b.data(), size,
                  0, c.data(), size);
  };
  const double n = static_cast<double>(size);
  program.add(fmt::format("kernels::gemm {}^3", size), bench::measure(step, 2 * n * n * n, program.timing()), "GFLOP/s",
              1e9);
}

// Three arrays of `mebibytes` each, which together are to be larger than any cache.
void measure_memory(bench::Program& program, std::int64_t mebibytes) {
  const std::int64_t count = mebibytes * (std::int64_t{1} << 20) / static_cast<std::int64_t>(sizeof(float));
  std::vector<float> a(static_cast<std::size_t>(count), 0.0F), b(a.size(), 1.0F), c(a.size(), 2.0F);
  constexpr std::int64_t grain = 1 << 14;
  const auto triad = [&] {
    kernels::parallel_for(0, count, grain, [&](std::int64_t from, std::int64_t to) {
      float* result = a.data();
      const float *left = b.data(), *right = c.data();
#pragma GCC ivdep
      for (std::int64_t i = from; i < to; ++i) result[i] = left[i] + 3.0F * right[i];
    });
  };
  const double bytes = static_cast<double>(count) * sizeof(float);
  program.add(fmt::format("memory, a = b + s c, {} MiB each", mebibytes),
              bench::measure(triad, 3 * bytes, program.timing()), "GB/s", 1e9);

  std::atomic<float> sink{0};
  const auto read = [&] {
    kernels::parallel_for(0, count / lanes, grain / lanes, [&](std::int64_t from, std::int64_t to) {
      constexpr int sums = 8;
      Vector sum[sums] = {};
      for (std::int64_t i = from; i + sums <= to; i += sums) {
#pragma GCC unroll 8
        for (int s = 0; s < sums; ++s) {
          Vector next;
          std::memcpy(&next, b.data() + (i + s) * lanes, sizeof next);
          sum[s] += next;
        }
      }
      for (int s = 1; s < sums; ++s) sum[0] += sum[s];
      sink.store(sum[0][0], std::memory_order_relaxed);
    });
  };
  program.add(fmt::format("memory, reading {} MiB", mebibytes), bench::measure(read, bytes, program.timing()), "GB/s",
              1e9);
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("limits", "What this machine can do: multiply-adds, matrix products, memory.",
                         kernels::thread_count());
  std::int64_t size = 2048, mebibytes = 128;
  std::string only = "all";
  program.add_number("--size", size, 1, 1 << 14, "extent of the matrices");
  program.add_number("--mebibytes", mebibytes, 1, 1 << 12, "size of each array");
  program.add_choice("--only", only, {"all", "fma", "gemm", "memory"}, "all, or one part: fma, gemm or memory");
  return program.run(argc, argv, [&] {
    kernels::set_thread_count(program.threads());
    if (only == "all" || only == "fma") measure_multiply_adds(program);
    if (only == "all" || only == "gemm") measure_gemm(program, size);
    if (only == "all" || only == "memory") measure_memory(program, mebibytes);
  });
}
