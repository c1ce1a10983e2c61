// Cases of module setup: the stopwatch, the machine report, the measured limits, the random numbers.
//
// What is measured is only asked to be possible on some machine. The random numbers are compared with an
// oracle written from the contract's formulas: the k-th SplitMix64 number in closed form.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
#endif

#include "judge/cases/case.hpp"
#include "tinytorch/setup.hpp"

using namespace tinytorch;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

void wait_busily(double seconds) {
  const Clock::time_point start = Clock::now();
  while (seconds_between(start, Clock::now()) < seconds) {
  }
}

// --- the random oracle ---

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// The number that `factor`, which is odd, turns into 1 modulo 2^64, by Newton's iteration.
std::uint64_t inverse(std::uint64_t factor) {
  std::uint64_t result = factor;
  for (int i = 0; i < 6; ++i) result *= 2 - factor * result;
  return result;
}

// The seed whose first next() is `value`: mix() undone step by step.
std::uint64_t seed_that_draws(std::uint64_t value) {
  std::uint64_t z = value ^ (value >> 31) ^ (value >> 62);
  z *= inverse(0x94D049BB133111EB);
  z = z ^ (z >> 27) ^ (z >> 54);
  z *= inverse(0xBF58476D1CE4E5B9);
  z = z ^ (z >> 30) ^ (z >> 60);
  return z - golden;
}

// What Rng must do, with the number of draws counted instead of a state carried.
struct Oracle {
  std::uint64_t seed;
  std::uint64_t draws = 0;

  std::uint64_t next() { return mix(seed + ++draws * golden); }
  double uniform() { return std::ldexp(static_cast<double>(next() >> 11), -53); }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal(double mean, double deviation) {
    const double u1 = 1.0 - uniform();
    const double u2 = uniform();
    return mean + deviation * std::sqrt(-2.0 * std::log(u1)) * std::cos(2.0 * 3.14159265358979323846 * u2);
  }
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t rest = (largest % bound + 1) % bound;  // 2^64 modulo bound
    std::uint64_t number = next();
    while (number > largest - rest) number = next();
    return number % bound;
  }
};

// Whether `draw` gives the oracle's numbers. Each may be off by the last bit of a float, where a compiler
// contracted a product and a sum; nearly all must be exact, as the arithmetic is in double precision.
template <class Draw, class Expect>
void check_draws(const Draw& draw, const Expect& expect) {
  constexpr int count = 1000;
  int exact = 0;
  for (int i = 0; i < count; ++i) {
    const double expected = expect();
    const float actual = draw();
    CAPTURE(i);
    REQUIRE(judge::close(static_cast<double>(actual), expected, 3e-7, 3e-7));
    if (actual == static_cast<float>(expected)) ++exact;
  }
  INFO("numbers that equal the double-precision result rounded once, of " << count);
  CHECK(exact >= count - 10);
}

// --- the machine oracle ---

const std::vector<std::string> known_simd = {"sse2", "avx", "avx2", "fma", "avx512f", "neon"};

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// What follows the first `key` of /proc/cpuinfo; empty where there is none.
[[maybe_unused]] std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && line.compare(0, key.size(), key) == 0) return line.substr(colon + 1);
  }
  return "";
}

std::string without_spaces(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t'; }), text.end());
  return text;
}

// The sizes written in a line, in bytes: "32 KiB, 1.5 MiB".
std::vector<double> sizes_in(const std::string& line) {
  std::vector<double> sizes;
  for (std::size_t at = line.find("iB"); at != std::string::npos; at = line.find("iB", at + 2)) {
    if (at == 0) continue;
    const std::size_t power = std::string("KMG").find(line[at - 1]);
    if (power == std::string::npos) continue;
    std::size_t end = at - 1;
    while (end > 0 && line[end - 1] == ' ') --end;
    std::size_t begin = end;
    while (begin > 0 && (std::isdigit(static_cast<unsigned char>(line[begin - 1])) || line[begin - 1] == '.')) --begin;
    if (begin < end) {
      sizes.push_back(std::stod(line.substr(begin, end - begin)) * std::pow(1024.0, static_cast<double>(power + 1)));
    }
  }
  return sizes;
}

Machine example_machine() {
  Machine machine;
  machine.processor = "Example Processor";
  machine.cores = 12;
  machine.simd = {"sse2", "avx", "fma"};
  machine.l1d_bytes = 48 * 1024;
  machine.l2_bytes = std::int64_t{2} * 1024 * 1024;
  machine.l3_bytes = std::int64_t{36} * 1024 * 1024;
  machine.memory_bytes = std::int64_t{64} * 1024 * 1024 * 1024;
  return machine;
}

#if defined(__linux__)
// Whether `actual` is what sysconf says, give or take a factor for other ways to count.
void check_against_system(std::int64_t actual, long told, double factor) {
  CHECK(actual >= 0);
  if (told <= 0) return;
  INFO("the operating system says " << told << " bytes");
  CHECK(static_cast<double>(actual) >= static_cast<double>(told) / factor);
  CHECK(static_cast<double>(actual) <= static_cast<double>(told) * factor);
}

// Keeps the calling thread on one core for as long as it lives.
class OneCore {
 public:
  OneCore() {
    if (sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
      if (!CPU_ISSET(core, &before_)) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(core, &one);
      active_ = sched_setaffinity(0, sizeof one, &one) == 0;
      return;
    }
  }
  ~OneCore() {
    if (active_) sched_setaffinity(0, sizeof before_, &before_);
  }
  OneCore(const OneCore&) = delete;
  OneCore& operator=(const OneCore&) = delete;
  bool active() const { return active_; }

 private:
  cpu_set_t before_{};
  bool active_ = false;
};
#endif

}  // namespace

// --- Stopwatch ---

TEST_CASE("Stopwatch measures the seconds since it was made") {
  const Clock::time_point before = Clock::now();
  const Stopwatch watch;
  const Clock::time_point made = Clock::now();
  wait_busily(0.01);
  const Clock::time_point asking = Clock::now();
  const double seconds = watch.seconds();
  const Clock::time_point after = Clock::now();
  CHECK(seconds >= seconds_between(made, asking) - 1e-9);
  CHECK(seconds <= seconds_between(before, after) + 1e-9);
}

TEST_CASE("Stopwatch runs on while it is read") {
  const Stopwatch watch;
  wait_busily(0.002);
  const double first = watch.seconds();
  wait_busily(0.005);
  const double second = watch.seconds();
  CHECK(first >= 0.002);
  CHECK(second >= first + 0.0049);
}

TEST_CASE("Stopwatch starts again from zero at restart") {
  Stopwatch watch;
  wait_busily(0.01);
  const Clock::time_point before = Clock::now();
  watch.restart();
  const Clock::time_point restarted = Clock::now();
  wait_busily(0.003);
  const Clock::time_point asking = Clock::now();
  const double seconds = watch.seconds();
  const Clock::time_point after = Clock::now();
  CHECK(seconds >= seconds_between(restarted, asking) - 1e-9);
  CHECK(seconds <= seconds_between(before, after) + 1e-9);
}

TEST_CASE("Two stopwatches run independently") {
  Stopwatch first;
  wait_busily(0.005);
  Stopwatch second;
  wait_busily(0.001);
  const double late = second.seconds();
  const double early = first.seconds();
  CHECK(early >= late + 0.0049);
}

// --- Machine ---

TEST_CASE("inspect_machine names the processor") {
  const Machine machine = inspect_machine();
  CHECK_FALSE(machine.processor.empty());
  CHECK(machine.processor.find('\n') == std::string::npos);
#if defined(__linux__)
  const std::string told = without_spaces(cpuinfo("model name"));
  if (!told.empty()) CHECK_SAME(without_spaces(machine.processor), told);
#endif
}

TEST_CASE("inspect_machine counts the cores this process may run on") {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {  // not where there are more than 1024 cores
    CHECK_SAME(inspect_machine().cores, CPU_COUNT(&allowed));
  }
  const OneCore restriction;
  if (restriction.active()) {
    INFO("while the process is allowed to use one core only");
    CHECK_SAME(inspect_machine().cores, 1);
  }
#endif
  CHECK(inspect_machine().cores >= 0);
}

TEST_CASE("inspect_machine lists known SIMD extensions once and in order") {
  const Machine machine = inspect_machine();
  std::size_t position = 0;
  for (const std::string& name : machine.simd) {
    CAPTURE(name);
    const auto found = std::find(known_simd.begin() + static_cast<std::ptrdiff_t>(position), known_simd.end(), name);
    REQUIRE(found != known_simd.end());
    position = static_cast<std::size_t>(found - known_simd.begin()) + 1;
  }
  CHECK(position <= known_simd.size());
}

TEST_CASE("inspect_machine finds the SIMD extensions of this processor") {
  const Machine machine = inspect_machine();
  CHECK(machine.simd.size() <= known_simd.size());
#if defined(__linux__) && defined(__x86_64__)
  const std::vector<std::string> flags = words_of(cpuinfo("flags"));
  const auto check = [&](const std::string& name, bool processor_says) {
    CAPTURE(name);
    if (flags.empty() || has(flags, name) != processor_says) return;  // hidden from one of the two
    CHECK_SAME(has(machine.simd, name), processor_says);
  };
  check("sse2", true);
  check("avx", __builtin_cpu_supports("avx") != 0);
  check("avx2", __builtin_cpu_supports("avx2") != 0);
  check("fma", __builtin_cpu_supports("fma") != 0);
  check("avx512f", __builtin_cpu_supports("avx512f") != 0);
  CHECK_FALSE(has(machine.simd, "neon"));
#endif
}

TEST_CASE("inspect_machine gives the sizes of the caches in bytes or 0") {
  const Machine machine = inspect_machine();
  CHECK(machine.l1d_bytes >= 0);
  CHECK(machine.l2_bytes >= 0);
  CHECK(machine.l3_bytes >= 0);
#if defined(__linux__) && defined(_SC_LEVEL1_DCACHE_SIZE)
  check_against_system(machine.l1d_bytes, sysconf(_SC_LEVEL1_DCACHE_SIZE), 4);
  check_against_system(machine.l2_bytes, sysconf(_SC_LEVEL2_CACHE_SIZE), 4);
  check_against_system(machine.l3_bytes, sysconf(_SC_LEVEL3_CACHE_SIZE), 64);
#endif
}

TEST_CASE("inspect_machine gives the size of the main memory in bytes or 0") {
  const Machine machine = inspect_machine();
  CHECK(machine.memory_bytes >= 0);
#if defined(__linux__)
  check_against_system(machine.memory_bytes, sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), 2);
#endif
}

TEST_CASE("to_string writes a machine in three lines") {
  const std::vector<std::string> lines = lines_of(to_string(example_machine()));
  REQUIRE(lines.size() == 3);
  for (const std::string& line : lines) CHECK_FALSE(line.empty());
  CHECK_SAME(lines_of(to_string(Machine{})).size(), 3U);
}

TEST_CASE("to_string names the processor with its cores and SIMD extensions first") {
  const std::vector<std::string> lines = lines_of(to_string(example_machine()));
  REQUIRE_FALSE(lines.empty());
  CAPTURE(lines[0]);
  CHECK(lines[0].find("Example Processor") != std::string::npos);
  CHECK(lines[0].find("12") != std::string::npos);
  CHECK(lines[0].find("sse2") != std::string::npos);
  CHECK(lines[0].find("avx") != std::string::npos);
  CHECK(lines[0].find("fma") != std::string::npos);
  CHECK(lines[0].find("neon") == std::string::npos);
}

TEST_CASE("to_string writes the sizes of the caches and of the memory with their units") {
  const std::vector<std::string> lines = lines_of(to_string(example_machine()));
  REQUIRE(lines.size() == 3);
  CAPTURE(lines[1]);
  CAPTURE(lines[2]);
  const std::vector<double> caches = sizes_in(lines[1]);
  REQUIRE(caches.size() == 3);
  CHECK_CLOSE(caches[0], 48.0 * 1024, 1e-3);
  CHECK_CLOSE(caches[1], 2.0 * 1024 * 1024, 1e-3);
  CHECK_CLOSE(caches[2], 36.0 * 1024 * 1024, 1e-3);
  const std::vector<double> memory = sizes_in(lines[2]);
  REQUIRE(memory.size() == 1);
  CHECK_CLOSE(memory[0], 64.0 * 1024 * 1024 * 1024, 1e-3);
}

TEST_CASE("to_string writes each size in the largest unit of which it holds at least one") {
  Machine machine = example_machine();
  machine.l1d_bytes = 1024;
  machine.l2_bytes = 1024 * 1024 - 1024;
  machine.l3_bytes = 1024 * 1024;
  machine.memory_bytes = std::int64_t{1024} * 1024 * 1024;
  const auto contains = [&](const std::string& part) {
    const std::string text = to_string(machine);
    const bool found = text.find(part) != std::string::npos;
    if (!found) judge::set_detail({part, text, ""});
    return found;
  };
  const auto check_units = [&](const std::vector<std::string>& units) {
    for (const std::string& unit : units) {
      CHECK(contains(unit));
      judge::clear_detail();
    }
  };
  check_units({"1 KiB", "1023 KiB", "1 MiB", "1 GiB"});
  machine.l3_bytes = 1024 * 1024 * 3 / 2;
  machine.memory_bytes = std::int64_t{1536} * 1024 * 1024 * 1024;  // there is no unit above GiB
  check_units({"1.5 MiB", "1536 GiB"});
}

TEST_CASE("to_string writes no size where none is known") {
  const std::string text = to_string(Machine{});
  CAPTURE(text);
  CHECK(sizes_in(text).empty());
  CHECK(text.find("unknown") != std::string::npos);
}

// --- the measured limits ---

TEST_CASE("measure_peak_gflops reports a rate that is possible") {
  const double gflops = measure_peak_gflops(0.01);
  CHECK(gflops > 0.05);
  CHECK(gflops < 2000);  // more means that the compiler removed the work, or that the unit is wrong
}

TEST_CASE("measure_peak_gflops finds more than a single chain of scalars reaches") {
  double single = 0;
  for (int repeat = 0; repeat < 60; ++repeat) {  // short, so that some are not interrupted
    constexpr int steps = 40'000;
    volatile float start = 0.0F;
    float x = start;
    const Clock::time_point before = Clock::now();
    for (int i = 0; i < steps; ++i) x = x * 0.5F + 0.5F;
    start = x;
    single = std::max(single, 2e-9 * steps / seconds_between(before, Clock::now()));
  }
  double peak = 0;  // the best of a few, as a busy machine can only slow it
  for (int repeat = 0; repeat < 5 && peak <= 3 * single; ++repeat) peak = std::max(peak, measure_peak_gflops(0.01));
  CAPTURE(single, peak);
  CHECK(peak > 3 * single);  // vectors and independent chains: far more
}

TEST_CASE("measure_peak_gflops works for as long as it was told to") {
  const Clock::time_point start = Clock::now();
  const double gflops = measure_peak_gflops(0.03);
  CHECK(seconds_between(start, Clock::now()) >= 0.015);
  CHECK(std::isfinite(gflops));
}

TEST_CASE("measure_peak_gflops refuses a time that is not positive") {
  CHECK_THROWS_AS(measure_peak_gflops(0.0), ValueError);
  CHECK_THROWS_AS(measure_peak_gflops(-1.0), ValueError);
  CHECK_THROWS_AS(measure_peak_gflops(not_a_number), ValueError);
}

TEST_CASE("measure_bandwidth_gbs reports a rate that is possible") {
  const Clock::time_point start = Clock::now();
  const double rate = measure_bandwidth_gbs(0.02);
  CHECK(seconds_between(start, Clock::now()) >= 0.01);
  CHECK(rate > 0.05);
  CHECK(rate < 2000);
}

TEST_CASE("measure_bandwidth_gbs counts the bytes that it moves") {
  // The same sum over three arrays, here. It may be that the bodies are compiled to faster code, and the machine may
  // be busy with something else for one of the two: a factor of ten tells a wrong count all the same.
  constexpr std::size_t count = 4'000'000;
  std::vector<float> a(count, 0.0F);
  const std::vector<float> b(count, 1.0F);
  const std::vector<float> c(count, 2.0F);
  double here = 0;
  double measured = 0;
  for (int repeat = 0; repeat < 5 && !(measured > here / 10 && here > 0 && measured < 10 * here); ++repeat) {
    const Clock::time_point start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) a[i] = b[i] + 3.0F * c[i];
    const double used = a[static_cast<std::size_t>(repeat)];
    CHECK(used == 7);
    here = std::max(here, 3.0 * sizeof(float) * count / seconds_between(start, Clock::now()) / 1e9);
    measured = std::max(measured, measure_bandwidth_gbs(0.01));
  }
  CAPTURE(here, measured);
  CHECK(measured > here / 10);
  CHECK(measured < 10 * here);
}

TEST_CASE("measure_bandwidth_gbs refuses a time that is not positive") {
  CHECK_THROWS_AS(measure_bandwidth_gbs(0.0), ValueError);
  CHECK_THROWS_AS(measure_bandwidth_gbs(-1.0), ValueError);
  CHECK_THROWS_AS(measure_bandwidth_gbs(not_a_number), ValueError);
}

// --- Rng ---

TEST_CASE("Rng next gives the published numbers for seed 0") {
  Rng rng(0);
  CHECK_SAME(rng.next(), 0xE220A8397B1DCDAFU);
  CHECK_SAME(rng.next(), 0x6E789E6AA1B965F4U);
  CHECK_SAME(rng.next(), 0x06C45D188009454FU);
}

TEST_CASE("Rng next gives the published numbers for seed 1234567") {
  Rng rng(1234567);
  CHECK_SAME(rng.next(), 6457827717110365317U);
  CHECK_SAME(rng.next(), 3203168211198807973U);
  CHECK_SAME(rng.next(), 9817491932198370423U);
  CHECK_SAME(rng.next(), 4593380528125082431U);
  CHECK_SAME(rng.next(), 16408922859458223821U);
}

TEST_CASE("Rng next follows SplitMix64 for any seed") {
  Oracle seeds{judge::seed()};
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t seed : {seeds.next(), seeds.next(), largest, largest - golden + 1, judge::seed()}) {
    CAPTURE(seed);
    Rng rng(seed);
    Oracle oracle{seed};
    for (int i = 0; i < 100; ++i) REQUIRE(judge::same(rng.next(), oracle.next()));
  }
}

TEST_CASE("Two generators do not disturb each other") {
  Rng first(judge::seed());
  Rng second(judge::seed() + 1);
  Oracle first_oracle{judge::seed()};
  Oracle second_oracle{judge::seed() + 1};
  for (int i = 0; i < 10; ++i) {
    REQUIRE(judge::same(first.next(), first_oracle.next()));
    REQUIRE(judge::same(second.next(), second_oracle.next()));
  }
}

TEST_CASE("Rng uniform takes the top 53 bits of one number") {
  Rng rng(judge::seed());
  Oracle oracle{judge::seed()};
  for (int i = 0; i < 1000; ++i) REQUIRE(judge::same(rng.uniform(), oracle.uniform()));
}

TEST_CASE("Rng uniform is at least 0 and below 1 at both ends") {
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  CHECK_SAME(Rng(seed_that_draws(0)).uniform(), 0.0);
  CHECK_SAME(Rng(seed_that_draws(2047)).uniform(), 0.0);
  CHECK_SAME(Rng(seed_that_draws(2048)).uniform(), std::ldexp(1.0, -53));
  CHECK_SAME(Rng(seed_that_draws(largest)).uniform(), 1.0 - std::ldexp(1.0, -53));
}

TEST_CASE("Rng uniform is spread evenly") {
  constexpr int count = 20000;
  Rng rng(judge::seed());
  double sum = 0;
  double sum_of_squares = 0;
  std::array<int, 10> bins{};
  for (int i = 0; i < count; ++i) {
    const double u = rng.uniform();
    REQUIRE(u >= 0.0);
    REQUIRE(u < 1.0);
    sum += u;
    sum_of_squares += u * u;
    ++bins[static_cast<std::size_t>(u * 10)];
  }
  // Six standard deviations of each estimate.
  CHECK_CLOSE(sum / count, 0.5, 0, 6 * std::sqrt(1.0 / 12 / count));
  CHECK_CLOSE(sum_of_squares / count, 1.0 / 3, 0, 6 * std::sqrt(4.0 / 45 / count));
  for (const int bin : bins) CHECK_CLOSE(bin, count / 10.0, 0, 6 * std::sqrt(count * 0.09));
}

TEST_CASE("Rng uniform scales to the range it is given") {
  const std::vector<std::array<float, 2>> ranges = {
      {0.0F, 1.0F}, {-1.0F, 1.0F}, {2.0F, 5.0F}, {-0.75F, -0.5F}, {-100.0F, 28.0F}};
  for (const auto& [low, high] : ranges) {
    CAPTURE(low, high);
    Rng rng(judge::seed());
    Oracle oracle{judge::seed()};
    check_draws([&, low = low, high = high] { return rng.uniform(low, high); },
                [&, low = low, high = high] { return oracle.uniform(low, high); });
  }
}

TEST_CASE("Rng uniform stays below high where rounding would reach it") {
  const std::uint64_t seed = seed_that_draws(std::numeric_limits<std::uint64_t>::max());
  CHECK(Rng(seed).uniform(0.0F, 1.0F) < 1.0F);
  CHECK(Rng(seed).uniform(0.0F, 1.0F) > 0.999999F);
  CHECK(Rng(seed).uniform(-3.0F, -2.0F) < -2.0F);
  CHECK(Rng(seed).uniform(-3.0F, -2.0F) > -2.000001F);
  CHECK_SAME(Rng(seed_that_draws(0)).uniform(-3.0F, -2.0F), -3.0F);
}

TEST_CASE("Rng uniform draws one number for each call") {
  Rng rng(judge::seed());
  rng.uniform();
  rng.uniform(-1.0F, 1.0F);
  Oracle oracle{judge::seed(), 2};
  CHECK_SAME(rng.next(), oracle.next());
}

TEST_CASE("Rng uniform refuses an empty range") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Rng rng(1);
  CHECK_THROWS_AS(rng.uniform(1.0F, 1.0F), ValueError);
  CHECK_THROWS_AS(rng.uniform(2.0F, 1.0F), ValueError);
  CHECK_THROWS_AS(rng.uniform(nan, 1.0F), ValueError);
  CHECK_THROWS_AS(rng.uniform(0.0F, nan), ValueError);
}

TEST_CASE("Rng normal follows Box and Muller") {
  Rng rng(judge::seed());
  Oracle oracle{judge::seed()};
  check_draws([&] { return rng.normal(); }, [&] { return oracle.normal(0, 1); });
}

TEST_CASE("Rng normal shifts by the mean and stretches by the deviation") {
  Rng rng(judge::seed());
  Oracle oracle{judge::seed()};
  check_draws([&] { return rng.normal(3.0F, 0.5F); }, [&] { return oracle.normal(3, 0.5); });
}

TEST_CASE("Rng normal draws two numbers for each call") {
  Rng rng(judge::seed());
  rng.normal();
  Oracle oracle{judge::seed(), 2};
  CHECK_SAME(rng.next(), oracle.next());
}

TEST_CASE("Rng normal is finite at both ends of the uniform numbers") {
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  CHECK_CLOSE(Rng(seed_that_draws(0)).normal(2.5F, 1.0F), 2.5, 0, 1e-6);
  Oracle oracle{seed_that_draws(largest)};
  const double expected = oracle.normal(0, 1);
  const float actual = Rng(seed_that_draws(largest)).normal();
  REQUIRE(std::isfinite(actual));
  CHECK_CLOSE(actual, expected, 1e-5, 1e-5);
}

TEST_CASE("Rng normal has the mean and the deviation it is asked for") {
  constexpr int count = 20000;
  Rng rng(judge::seed());
  double sum = 0;
  double sum_of_squares = 0;
  int beyond_one = 0;
  for (int i = 0; i < count; ++i) {
    const double z = (static_cast<double>(rng.normal(-4.0F, 2.0F)) + 4.0) / 2.0;
    sum += z;
    sum_of_squares += z * z;
    if (std::fabs(z) > 1) ++beyond_one;
  }
  CHECK_CLOSE(sum / count, 0.0, 0, 6 / std::sqrt(count));
  CHECK_CLOSE(sum_of_squares / count, 1.0, 0, 6 * std::sqrt(2.0 / count));
  CHECK_CLOSE(static_cast<double>(beyond_one) / count, 0.3173, 0, 6 * std::sqrt(0.2166 / count));
}

TEST_CASE("Rng normal with deviation 0 is the mean") {
  Rng rng(judge::seed());
  for (int i = 0; i < 10; ++i) CHECK_SAME(rng.normal(1.25F, 0.0F), 1.25F);
}

TEST_CASE("Rng normal refuses a negative deviation") {
  Rng rng(1);
  CHECK_THROWS_AS(rng.normal(0.0F, -1.0F), ValueError);
  CHECK_THROWS_AS(rng.normal(0.0F, -1e-30F), ValueError);
}

TEST_CASE("Rng below gives the remainder of one number") {
  for (const std::uint64_t bound : {std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{10}, std::uint64_t{1} << 20}) {
    CAPTURE(bound);
    Rng rng(judge::seed());
    Oracle oracle{judge::seed()};
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t number = rng.below(bound);
      REQUIRE(number < bound);
      REQUIRE(judge::same(number, oracle.below(bound)));
    }
  }
}

TEST_CASE("Rng below 1 is 0 and still draws a number") {
  Rng rng(judge::seed());
  CHECK_SAME(rng.below(1), 0U);
  Oracle oracle{judge::seed(), 1};
  CHECK_SAME(rng.next(), oracle.next());
}

TEST_CASE("Rng below draws again so that every number is equally likely") {
  // For bounds as large as these, up to half of the numbers are drawn again.
  const std::uint64_t half = std::uint64_t{1} << 63;
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t bound : {half + 1, half + half / 2, half + half / 4, half / 2 + 1, largest / 3, largest}) {
    CAPTURE(bound);
    Rng rng(judge::seed());
    Oracle oracle{judge::seed()};
    for (int i = 0; i < 100; ++i) REQUIRE(judge::same(rng.below(bound), oracle.below(bound)));
  }
}

TEST_CASE("Rng below keeps every number when the bound is a power of two") {
  for (const int bits : {0, 1, 31, 32, 62, 63}) {
    CAPTURE(bits);
    const std::uint64_t bound = std::uint64_t{1} << bits;
    Rng rng(judge::seed());
    Oracle oracle{judge::seed()};
    for (int i = 0; i < 50; ++i) REQUIRE(judge::same(rng.below(bound), oracle.next() % bound));
  }
}

TEST_CASE("Rng below draws again exactly from the largest multiple of the bound on") {
  // 2^64 - 1 is a multiple of 3, 5 and 17: for those it is the first number that must not be used.
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t bound : {std::uint64_t{3}, std::uint64_t{5}, std::uint64_t{17}}) {
    CAPTURE(bound);
    Oracle refused{seed_that_draws(largest), 1};
    CHECK_SAME(Rng(seed_that_draws(largest)).below(bound), refused.next() % bound);
    CHECK_SAME(Rng(seed_that_draws(largest - 1)).below(bound), bound - 1);
  }
}

TEST_CASE("Rng below refuses the bound 0") {
  Rng rng(1);
  CHECK_THROWS_AS(rng.below(0), ValueError);
}

TEST_CASE("Rng permutation holds every number once") {
  Rng rng(judge::seed());
  for (const std::int64_t count : {0, 1, 2, 17, 1000}) {
    CAPTURE(count);
    std::vector<std::int64_t> numbers = rng.permutation(count);
    REQUIRE(numbers.size() == static_cast<std::size_t>(count));
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < numbers.size(); ++i) REQUIRE(numbers[i] == static_cast<std::int64_t>(i));
  }
}

TEST_CASE("Rng permutation follows Fisher and Yates") {
  for (const std::int64_t count : {2, 3, 10, 100}) {
    CAPTURE(count);
    Oracle oracle{judge::seed()};
    std::vector<std::int64_t> expected;
    for (std::int64_t i = 0; i < count; ++i) expected.push_back(i);
    for (std::size_t i = expected.size() - 1; i > 0; --i) std::swap(expected[i], expected[oracle.below(i + 1)]);
    Rng rng(judge::seed());
    CHECK_SAME(rng.permutation(count), expected);
    CHECK_SAME(rng.next(), oracle.next());
  }
}

TEST_CASE("Rng permutation gives every order equally often") {
  constexpr int count = 6000;
  Rng rng(judge::seed());
  std::array<int, 27> seen{};
  for (int i = 0; i < count; ++i) {
    const std::vector<std::int64_t> order = rng.permutation(3);
    REQUIRE(order.size() == 3);
    const std::int64_t code = 9 * order[0] + 3 * order[1] + order[2];
    REQUIRE(code >= 0);
    REQUIRE(code < 27);
    ++seen[static_cast<std::size_t>(code)];
  }
  for (const std::size_t code : {5U, 7U, 11U, 15U, 19U, 21U}) {
    CHECK_CLOSE(seen[code], count / 6.0, 0, 6 * std::sqrt(count * 5.0 / 36));
  }
}

TEST_CASE("Rng permutation refuses a negative count") {
  Rng rng(1);
  CHECK_THROWS_AS(rng.permutation(-1), ValueError);
}
