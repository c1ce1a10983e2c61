// Capability of module setup: the machine is measured, and experiments can be repeated.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "judge/case.hpp"
#include "tinytorch/setup.hpp"

using namespace tinytorch;

namespace {

// The rate of multiply-adds that wait for one another: what a peak measured on independent ones must beat.
double dependent_gflops() {
  double best = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    constexpr int steps = 2'000'000;
    volatile float start = 1.0F;
    float x = start;
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < steps; ++i) x = x * 0.999F + 0.001F;
    start = x;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - before;
    best = std::max(best, 2e-9 * steps / elapsed.count());
  }
  return best;
}

}  // namespace

TEST_CASE("This machine's speed and memory are measured") {
  const Machine machine = inspect_machine();
  INFO(to_string(machine));
  CHECK(machine.cores >= 1);
  CHECK(machine.cores <= 4096);
  CHECK(!to_string(machine).empty());

  const double peak = measure_peak_gflops();
  const double bandwidth = measure_bandwidth_gbs();
  judge::measure("peak on one thread", peak, "GFLOP/s");
  judge::measure("memory bandwidth", bandwidth, "GB/s");
  CHECK(peak > 2 * dependent_gflops());
  CHECK(peak < 5000);
  CHECK(bandwidth > 0.2);
  CHECK(bandwidth < 5000);
}

TEST_CASE("Elapsed time is measured") {
  Stopwatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const double first = watch.seconds();
  CHECK(first >= 0.03);
  CHECK(first < 5);
  CHECK(watch.seconds() >= first);
  watch.restart();
  CHECK(watch.seconds() < first);
}

TEST_CASE("An experiment with random numbers can be repeated exactly") {
  Rng known(0);
  CHECK_SAME(known.next(), std::uint64_t{0xE220A8397B1DCDAF});  // the first number of SplitMix64 from 0

  Rng first(judge::seed());
  Rng again(judge::seed());
  Rng other(judge::seed() + 1);
  int equal_to_other = 0;
  for (int i = 0; i < 1000; ++i) {
    const float number = first.normal();
    CHECK_SAME(number, again.normal());
    equal_to_other += number == other.normal() ? 1 : 0;
  }
  CHECK(equal_to_other < 10);
  CHECK(first.permutation(1000) == again.permutation(1000));
}

TEST_CASE("Random numbers are spread as they should be") {
  Rng rng(judge::seed());
  constexpr int count = 100'000;
  double uniform_sum = 0;
  double normal_sum = 0;
  double normal_squares = 0;
  std::vector<int> tenths(10, 0);
  for (int i = 0; i < count; ++i) {
    const double u = rng.uniform();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    uniform_sum += u;
    ++tenths[static_cast<std::size_t>(10 * u)];
    const double n = rng.normal();
    normal_sum += n;
    normal_squares += n * n;
  }
  CHECK_CLOSE(uniform_sum / count, 0.5, 0, 0.01);
  CHECK_CLOSE(normal_sum / count, 0.0, 0, 0.03);
  CHECK_CLOSE(normal_squares / count, 1.0, 0, 0.05);
  for (const int hits : tenths) CHECK_CLOSE(hits, count / 10.0, 0.1);

  std::vector<std::int64_t> order = rng.permutation(500);
  REQUIRE(order.size() == 500);
  std::vector<bool> seen(500, false);
  for (const std::int64_t i : order) {
    REQUIRE(i >= 0);
    REQUIRE(i < 500);
    seen[static_cast<std::size_t>(i)] = true;
  }
  CHECK(seen == std::vector<bool>(500, true));
}
