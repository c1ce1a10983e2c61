#include "tinytorch/setup.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <ratio>
#include <sstream>

namespace tinytorch {

// ---- Stopwatch

Stopwatch::Stopwatch() {
  // BEGIN SOLUTION Stopwatch::Stopwatch
  restart();
  // END SOLUTION
}

void Stopwatch::restart() {
  // BEGIN SOLUTION Stopwatch::restart
  start_ = std::chrono::steady_clock::now();
  // END SOLUTION
}

double Stopwatch::seconds() const {
  // BEGIN SOLUTION Stopwatch::seconds
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  // END SOLUTION
}

// ---- The machine

// BEGIN SOLUTION (helpers)
namespace {

// The first processor's entries in /proc/cpuinfo: lines "key : value".
std::map<std::string, std::string> read_cpuinfo() {
  std::map<std::string, std::string> entries;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream entry(line);
    std::string key, value;
    std::getline(entry, key, ':');
    std::getline(entry >> std::ws, value);
    key.erase(key.find_last_not_of(" \t") + 1);
    entries.emplace(key, value);  // does nothing where another processor gave this key before
  }
  return entries;
}

// A figure that the system may not know: sysconf() then says 0 or -1.
std::int64_t system_figure(int name) { return std::max(sysconf(name), long{}); }

// "48 KiB", "1.5 MiB", "7.8 GiB".
std::string readable_size(std::int64_t bytes) {
  if (bytes == 0) return "unknown";
  constexpr std::array units{"KiB", "MiB", "GiB"};
  double size = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  for (; size >= 1024.0 && unit + 1 < units.size(); ++unit) size /= 1024.0;
  std::ostringstream text;
  text << std::round(size * 10.0) / 10.0 << ' ' << units[unit];
  return text.str();
}

// The rate of the fastest of many short rounds, in billions a second: interruptions only ever make a round slower.
template <class Round>
double best_rate(const char* operation, double seconds, double work, const Round& round) {
  if (!(seconds > 0.0)) throw ValueError(std::string(operation) + ": seconds must be positive");
  double best{};
  const Stopwatch total;
  do {
    const Stopwatch watch;
    round();
    best = std::max(best, work / watch.seconds() / std::giga::num);
  } while (total.seconds() < seconds);
  return best;
}

}  // namespace
// END SOLUTION

Machine inspect_machine() {
  // BEGIN SOLUTION inspect_machine
  Machine machine;
  std::map<std::string, std::string> cpuinfo = read_cpuinfo();
  const std::string& model = cpuinfo["model name"];
  machine.processor = model.empty() ? "unknown" : model;

  // The cores this process may run on are fewer than the machine's when it was confined to some, by taskset or in a
  // container.
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) machine.cores = CPU_COUNT(&allowed);

  // x86 lists its extensions under "flags", ARM under "Features", where NEON is called asimd.
  const std::string flags = ' ' + cpuinfo["flags"] + ' ' + cpuinfo["Features"] + ' ';
  for (const char* name : {"sse2", "avx", "avx2", "fma", "avx512f"}) {
    if (flags.find(std::string(" ") + name + " ") != std::string::npos) machine.simd.emplace_back(name);
  }
  if (flags.find(" asimd ") != std::string::npos) machine.simd.emplace_back("neon");

  machine.l1d_bytes = system_figure(_SC_LEVEL1_DCACHE_SIZE);
  machine.l2_bytes = system_figure(_SC_LEVEL2_CACHE_SIZE);
  machine.l3_bytes = system_figure(_SC_LEVEL3_CACHE_SIZE);
  machine.memory_bytes = system_figure(_SC_PHYS_PAGES) * system_figure(_SC_PAGESIZE);
  return machine;
  // END SOLUTION
}

std::string to_string(const Machine& machine) {
  // BEGIN SOLUTION to_string
  std::ostringstream text;
  text << machine.processor << ", cores: " << machine.cores << ", SIMD:";
  for (const std::string& name : machine.simd) text << ' ' << name;
  text << "\ncaches: L1d " << readable_size(machine.l1d_bytes) << ", L2 " << readable_size(machine.l2_bytes) << ", L3 "
       << readable_size(machine.l3_bytes);
  text << "\nmemory: " << readable_size(machine.memory_bytes) << '\n';
  return text.str();
  // END SOLUTION
}

// ---- What the machine can do

namespace {

// As many floats as one vector register holds. Arithmetic on it is one instruction.
#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
using Vector [[gnu::vector_size(lanes * sizeof(float))]] = float;

// The compiler must believe that somebody looks at this value, or it removes what nobody uses.
template <class T>
void keep(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace

double measure_peak_gflops(double seconds) {
  // BEGIN SOLUTION measure_peak_gflops
  // A multiply-add takes about four cycles, but the processor starts up to two in every cycle: only eight or more
  // that do not wait for one another keep it busy. Twelve chains fit into sixteen registers.
  constexpr int steps = 20'000;
  std::array<Vector, 12> chains{};
  const double operations = 2.0 * static_cast<double>(chains.size()) * steps * lanes;
  return best_rate("measure_peak_gflops", seconds, operations, [&] {
    keep(chains);  // or the compiler sees that all are alike, and computes one
    for (int step = 0; step != steps; ++step) {
      for (Vector& x : chains) x = x * x + x;  // 0 stays 0
    }
    keep(chains);
  });
  // END SOLUTION
}

double measure_bandwidth_gbs(double seconds) {
  // BEGIN SOLUTION measure_bandwidth_gbs
  // Three arrays of 32 MB: more than the caches keep of one core's data, so that each pass pushes out what the
  // next will need. Filling them makes the system provide the memory: that is not to be measured.
  constexpr std::size_t bytes = 32'000'000;
  std::vector<float> a(bytes / sizeof(float)), b = a, c = a;
  const auto s = static_cast<float>(seconds);  // any number will do
  return best_rate("measure_bandwidth_gbs", seconds, 3.0 * bytes, [&] {
    std::transform(b.begin(), b.end(), c.begin(), a.begin(), [s](float y, float z) { return y + s * z; });
    keep(a);
  });
  // END SOLUTION
}

// ---- Random numbers

Rng::Rng(std::uint64_t seed) : state_(seed) {}

std::uint64_t Rng::next() {
  // BEGIN SOLUTION Rng::next
  state_ += 0x9E3779B97F4A7C15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
  // END SOLUTION
}

double Rng::uniform() {
  // BEGIN SOLUTION Rng::uniform
  return static_cast<double>(next() >> 11) * 0x1p-53;
  // END SOLUTION
}

float Rng::uniform(float low, float high) {
  // BEGIN SOLUTION Rng::uniform
  if (!(low < high)) {
    throw ValueError("Rng::uniform: low " + std::to_string(low) + " is not below high " + std::to_string(high));
  }
  const double width = static_cast<double>(high) - low;
  const auto value = static_cast<float>(low + width * uniform());
  return value < high ? value : std::nextafter(high, low);  // rounding may have reached high
  // END SOLUTION
}

float Rng::normal(float mean, float deviation) {
  // BEGIN SOLUTION Rng::normal
  if (!(deviation >= 0.0F)) {
    throw ValueError("Rng::normal: deviation " + std::to_string(deviation) + " is negative");
  }
  const double u1 = 1.0 - uniform();  // in (0, 1]: its logarithm is finite
  const double u2 = uniform();
  const double standard = std::sqrt(-2.0 * std::log(u1)) * std::cos(2.0 * std::numbers::pi * u2);
  return static_cast<float>(mean + deviation * standard);
  // END SOLUTION
}

std::uint64_t Rng::below(std::uint64_t bound) {
  // BEGIN SOLUTION Rng::below
  if (bound == 0) throw ValueError("Rng::below: bound must be positive");
  // next() % bound alone would favour small numbers: 2^64 is rarely a multiple of bound, and the last, incomplete
  // round of remainders must not count.
  const std::uint64_t incomplete = (0 - bound) % bound;  // 2^64 % bound, in 64-bit arithmetic
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max() - incomplete;
  std::uint64_t value = next();
  while (value > last) value = next();
  return value % bound;
  // END SOLUTION
}

std::vector<std::int64_t> Rng::permutation(std::int64_t count) {
  // BEGIN SOLUTION Rng::permutation
  if (count < 0) throw ValueError("Rng::permutation: count " + std::to_string(count) + " is negative");
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[below(i + 1)]);
  return order;
  // END SOLUTION
}

}  // namespace tinytorch
