// The engine's matrix products in tiles against OpenBLAS's, in turn, on one thread, on the shapes that the course's
// networks ask for. engine/kernels/gemm.cpp chooses between the two by what this prints.
#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <vector>

#include "bench/program.hpp"
#include "kernels/blas.hpp"
#include "kernels/tiles.hpp"

extern "C" char* openblas_get_corename();  // no header of its own: BLAS is for engine/kernels/blas.cpp alone

using namespace tinytorch;

namespace {

struct Product {
  const char* name;
  bool a_transposed, b_transposed;
  std::int64_t m, n, k;
};

constexpr Product products[] = {
    {"square", false, false, 1024, 1024, 1024},
    {"square", false, false, 256, 256, 256},
    {"mlp forward, batch 32", false, true, 32, 64, 784},
    {"mlp weight gradient, batch 32", true, false, 64, 784, 32},
    {"mlp forward, batch 256", false, true, 256, 64, 784},
    {"mlp weight gradient, batch 256", true, false, 64, 784, 256},
    {"mnist linear forward, batch 32", false, true, 32, 10, 2704},
    {"mnist linear input gradient, batch 32", false, false, 32, 2704, 10},
    {"cifar linear forward, batch 32", false, true, 32, 256, 2304},
    {"cifar linear input gradient, batch 32", false, false, 32, 2304, 256},
    {"cifar linear weight gradient, batch 32", true, false, 256, 2304, 32},
    {"conv 3 to 32 by im2col", false, false, 32, 900, 27},
    {"conv 32 to 64 by im2col", false, false, 64, 169, 288},
    {"its weight gradient", false, true, 64, 288, 169},
};

std::vector<float> random_values(std::int64_t count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = uniform(random);
  return values;
}

kernels::Operand operand(bool transposed, const std::vector<float>& values, std::int64_t rows, std::int64_t columns) {
  return transposed ? kernels::Operand{values.data(), 1, rows} : kernels::Operand{values.data(), columns, 1};
}

bench::Rate rate_of(std::vector<double> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {bench::median(values), *low, *high, static_cast<int>(values.size()), 0, bench::clock_ghz()};
}

void measure(bench::Program& program, const Product& p) {
  const std::vector<float> a = random_values(p.m * p.k), b = random_values(p.k * p.n);
  std::vector<float> c(static_cast<std::size_t>(p.m * p.n));
  const kernels::Operand left = operand(p.a_transposed, a, p.m, p.k), right = operand(p.b_transposed, b, p.k, p.n);
  const auto ours = [&] { kernels::multiply_in_tiles(p.m, p.n, p.k, 1, left, right, 0, c.data(), p.n); };
  const auto blas = [&] { kernels::multiply_by_blas(p.m, p.n, p.k, 1, left, right, 0, c.data(), p.n); };
  const double flops = 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  const bench::Timing& timing = program.timing();
  bench::one_round(ours, timing.seconds / 4);
  bench::one_round(blas, timing.seconds / 4);
  std::vector<double> of_ours, of_blas, ratios;
  for (int round = 0; round < timing.rounds; ++round) {
    of_ours.push_back(bench::one_round(ours, timing.seconds / 4) * flops);
    of_blas.push_back(bench::one_round(blas, timing.seconds / 4) * flops);
    ratios.push_back(of_ours.back() / of_blas.back());
  }
  const std::string name = fmt::format("{} ({} x {} x {})", p.name, p.m, p.n, p.k);
  program.add(name + ", ours", rate_of(of_ours), "GFLOP/s", 1e9);
  program.add(name + ", OpenBLAS", rate_of(of_blas), "GFLOP/s", 1e9);
  program.add(name + ", ours to OpenBLAS", rate_of(ratios), "x");
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("gemm_speed", "Matrix products: the engine's tiles against OpenBLAS, in turn, on one thread.",
                         1);
  return program.run(argc, argv, [&] {
    program.say("/library/core", openblas_get_corename());
    for (const Product& product : products) measure(program, product);
  });
}
