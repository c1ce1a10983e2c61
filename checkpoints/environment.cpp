// Capability of module setup: the machine is measured, and experiments can be repeated.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "judge/cases/case.hpp"
#include "tinytorch/setup.hpp"

using namespace tinytorch;

namespace {

using Clock = std::chrono::steady_clock;

// The rate of multiply-adds that wait for one another: what a peak measured on independent ones must beat.
double dependent_gflops() {
  double best = 0;
  for (int repeat = 0; repeat < 60; ++repeat) {  // short, so that some are not interrupted
    constexpr int steps = 40'000;
    volatile float start = 1.0F;
    float x = start;
    const auto before = Clock::now();
    for (int i = 0; i < steps; ++i) x = x * 0.999F + 0.001F;
    start = x;
    const std::chrono::duration<double> elapsed = Clock::now() - before;
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
  CHECK(peak > 4 * dependent_gflops());
  CHECK(peak < 2000);
  CHECK(bandwidth > 0.2);
  CHECK(bandwidth < 2000);
}

TEST_CASE("Elapsed time is measured") {
  // Held between two readings of the clock, so that a pause of this program at any place does no harm.
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  Clock::time_point before = Clock::now();
  Stopwatch watch;
  Clock::time_point after = Clock::now();
  for (int round = 0; round < 2; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const double least = seconds_since(after);
    const double seconds = watch.seconds();
    const double most = seconds_since(before);
    INFO("round " << round << ": between " << least << " and " << most << " s have passed");
    CHECK(seconds >= least - 1e-6);
    CHECK(seconds <= most + 1e-6);
    before = Clock::now();
    watch.restart();
    after = Clock::now();
  }
}

TEST_CASE("An experiment with random numbers can be repeated exactly") {
  // The first numbers of SplitMix64 from 0: the same on every machine.
  Rng known(0);
  for (const std::uint64_t expected :
       {0xE220A8397B1DCDAFU, 0x6E789E6AA1B965F4U, 0x06C45D188009454FU, 0xF88BB8A8724C81ECU}) {
    CHECK_SAME(known.next(), expected);
  }

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

// Every bound below is at least six standard deviations of what is estimated.

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
    const double n = rng.normal(3, 2);
    normal_sum += n;
    normal_squares += (n - 3) * (n - 3);
  }
  CHECK_CLOSE(uniform_sum / count, 0.5, 0, 0.01);
  CHECK_CLOSE(normal_sum / count, 3.0, 0, 0.05);
  CHECK_CLOSE(normal_squares / count, 4.0, 0, 0.15);
  for (const int hits : tenths) CHECK_CLOSE(hits, count / 10.0, 0.1);

  // Of numbers below 3/4 of 2^64, one third lies below 1/4 of it: a plain remainder puts half of them there.
  const std::uint64_t quarter = std::uint64_t{1} << 62;
  int low = 0;
  for (int i = 0; i < count; ++i) low += rng.below(3 * quarter) < quarter ? 1 : 0;
  CHECK_CLOSE(low, count / 3.0, 0.03);
}

TEST_CASE("Every order of a shuffle is equally likely") {
  Rng rng(judge::seed());
  std::vector<std::int64_t> numbers = rng.permutation(500);
  std::sort(numbers.begin(), numbers.end());
  REQUIRE(numbers.size() == 500);
  for (std::size_t i = 0; i < 500; ++i) CHECK_SAME(numbers[i], static_cast<std::int64_t>(i));

  constexpr int count = 60'000;
  std::map<std::vector<std::int64_t>, int> seen;
  for (int i = 0; i < count; ++i) ++seen[rng.permutation(3)];
  CHECK_SAME(seen.size(), std::size_t{6});
  for (const auto& [order, times] : seen) CHECK_CLOSE(times, count / 6.0, 0.06);
}
