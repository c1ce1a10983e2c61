// The immediate use of module setup: what this machine is, what it can do at most, and how far a plain
// program stays below that.
#include "judge/demos/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tinytorch/setup.hpp"

using namespace tinytorch;

namespace {

using Rows = std::vector<std::vector<float>>;  // a matrix as one first thinks of it: each row on its own

Rows random_rows(std::size_t extent, Rng& rng) {
  Rows rows(extent, std::vector<float>(extent));
  for (auto& row : rows) {
    for (float& value : row) value = rng.uniform(-1.0F, 1.0F);
  }
  return rows;
}

Rows multiply(const Rows& a, const Rows& b) {
  const std::size_t extent = a.size();
  Rows c(extent, std::vector<float>(extent));
  for (std::size_t i = 0; i < extent; ++i) {
    for (std::size_t j = 0; j < extent; ++j) {
      float sum = 0.0F;
      for (std::size_t k = 0; k < extent; ++k) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
  return c;
}

// The rate of the loops above: the best of the products that fit into a quarter of a second.
double rows_gflops() {
  constexpr std::size_t extent = 256;
  Rng rng(demo::seed());
  const Rows a = random_rows(extent, rng);
  const Rows b = random_rows(extent, rng);
  const Stopwatch total;
  double best = 0.0;
  float used = 0.0F;  // the results are looked at, so that no product can be left out
  do {
    const Stopwatch watch;
    used += multiply(a, b)[0][0];
    best = std::max(best, 2e-9 * extent * extent * extent / watch.seconds());
  } while (total.seconds() < 0.25);
  if (used != used) throw ValueError("the product of two finite matrices is not a number");
  return best;
}

double normals_per_second() {
  constexpr int count = 1'000'000;
  Rng rng(demo::seed());
  const Stopwatch watch;
  double total = 0.0;
  for (int i = 0; i < count; ++i) total += rng.normal();
  const double rate = count / watch.seconds();
  demo::say(fmt::format("  their mean, which should be near 0: {:.4f}", total / count));
  return rate;
}

void say_machine() {
  std::istringstream report(to_string(inspect_machine()));
  for (std::string line; std::getline(report, line);) demo::say("  " + line);
}

}  // namespace

void demo::run() {
  say("The machine:");
  say_machine();
  say();

  say("The limits of one of its cores, as measured now:");
  const double peak = measure_peak_gflops();
  measure("Peak of one core, float32", peak, "GFLOP/s");
  const double bandwidth = measure_bandwidth_gbs();
  measure("Memory bandwidth of one core", bandwidth, "GB/s");
  say(fmt::format("  Below {:.1f} operations a byte work waits for memory, above it for arithmetic.",
                  peak / bandwidth));
  say();

  say(fmt::format("Random numbers: whoever starts from seed {} gets the same.", seed()));
  Rng rng(seed());
  say(fmt::format("  {:016x} {:016x} {:016x}", rng.next(), rng.next(), rng.next()));
  say("A million drawn from the normal distribution:");
  measure("Normal random numbers", normals_per_second(), "samples/s");
  say();

  say("A 256 x 256 matrix product over vectors of vectors, as first written:");
  const double rows = rows_gflops();
  measure("Product of vectors of vectors", rows, "GFLOP/s");
  measure("Share of the peak", 100.0 * rows / peak, "%");
  say("Each number lies in a row of its own, somewhere: computing with many at once needs a better home for them.");
}
