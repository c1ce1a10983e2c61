#include "tinytorch/setup.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <sstream>
#include <utility>

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

namespace {

// The first processor's entries in /proc/cpuinfo: lines "key : value" up to the first empty one.
[[maybe_unused]] std::map<std::string, std::string> read_cpuinfo() {
  // BEGIN SOLUTION inspect_machine
  std::map<std::string, std::string> entries;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t key_end = line.find_last_not_of(" \t", colon - 1);
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    if (colon == 0 || key_end == std::string::npos || value == std::string::npos) continue;
    entries[line.substr(0, key_end + 1)] = line.substr(value);
  }
  return entries;
  // END SOLUTION
}

// A figure that the system may not know: sysconf() then says 0 or -1.
[[maybe_unused]] std::int64_t system_figure(int name) {
  // BEGIN SOLUTION inspect_machine
  return std::max(sysconf(name), 0L);
  // END SOLUTION
}

}  // namespace

// The cores this process may run on are fewer than the machine's when it was confined to some, by taskset or in a
// container: sched_getaffinity() says which. x86 lists its extensions under "flags", ARM under "Features", where
// NEON is called asimd.
Machine inspect_machine() {
  // BEGIN SOLUTION inspect_machine
  Machine machine;
  std::map<std::string, std::string> cpuinfo = read_cpuinfo();
  const std::string& model = cpuinfo["model name"];
  machine.processor = model.empty() ? "unknown" : model;

  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) machine.cores = CPU_COUNT(&allowed);

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

namespace {

// "48 KiB", "1.5 MiB", "7.8 GiB": the largest unit that leaves at least 1, with one digit after the point
// where it is not a whole number.
[[maybe_unused]] std::string readable_size(std::int64_t bytes) {
  // BEGIN SOLUTION to_string
  if (bytes <= 0) return "unknown";
  constexpr std::array units{"KiB", "MiB", "GiB"};
  double size = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  for (; size >= 1024.0 && unit + 1 < units.size(); ++unit) size /= 1024.0;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), size == std::floor(size) ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return text.data();
  // END SOLUTION
}

}  // namespace

std::string to_string(const Machine& machine) {
  // BEGIN SOLUTION to_string
  std::ostringstream text;
  text << machine.processor << ", " << machine.cores << (machine.cores == 1 ? " core" : " cores");
  for (const std::string& name : machine.simd) text << (name == machine.simd.front() ? ", " : " ") << name;
  text << "\ncaches: L1d " << readable_size(machine.l1d_bytes) << ", L2 " << readable_size(machine.l2_bytes) << ", L3 "
       << readable_size(machine.l3_bytes);
  text << "\nmemory: " << readable_size(machine.memory_bytes) << '\n';
  return text.str();
  // END SOLUTION
}

// ---- What the machine can do

namespace {

[[maybe_unused]] void require_duration(const char* operation, double seconds) {
  if (!(seconds > 0.0)) throw ValueError(std::string(operation) + ": seconds must be positive");
}

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

// A multiply-add takes about four cycles, but the processor starts up to two in every cycle: only eight or more
// that do not wait for one another keep it busy. Twelve accumulators and two constants fit into sixteen
// registers. What counts is the best of many short rounds: interruptions only ever make a round slower.
double measure_peak_gflops(double seconds) {
  // BEGIN SOLUTION measure_peak_gflops
  require_duration("measure_peak_gflops", seconds);
  constexpr int chains = 12;
  constexpr int steps = 20'000;
  constexpr double operations = 2.0 * chains * steps * lanes;
  const Vector factor = Vector{} + 0.5F;  // with these, every chain stays near 1
  const Vector addend = Vector{} + 0.5F;
  double best = 0.0;
  const Stopwatch total;
  do {
    Vector x0{}, x1{}, x2{}, x3{}, x4{}, x5{}, x6{}, x7{}, x8{}, x9{}, x10{}, x11{};
    // Chains that start alike are one chain to the compiler, and would be computed once: hide the values from it.
    for (Vector* chain : {&x0, &x1, &x2, &x3, &x4, &x5, &x6, &x7, &x8, &x9, &x10, &x11}) keep(*chain);
    const Stopwatch round;
    for (int step = 0; step < steps; ++step) {
      x0 = x0 * factor + addend;
      x1 = x1 * factor + addend;
      x2 = x2 * factor + addend;
      x3 = x3 * factor + addend;
      x4 = x4 * factor + addend;
      x5 = x5 * factor + addend;
      x6 = x6 * factor + addend;
      x7 = x7 * factor + addend;
      x8 = x8 * factor + addend;
      x9 = x9 * factor + addend;
      x10 = x10 * factor + addend;
      x11 = x11 * factor + addend;
    }
    const double elapsed = round.seconds();
    Vector result = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11;
    keep(result);
    best = std::max(best, operations / elapsed / 1e9);
  } while (total.seconds() < seconds);
  return best;
  // END SOLUTION
}

// Three arrays of 32 MiB: more than the caches keep of one core's data, so that each pass pushes out what the next
// will need. Writing every element once beforehand makes the system provide the memory: that is not to be measured.
double measure_bandwidth_gbs(double seconds) {
  // BEGIN SOLUTION measure_bandwidth_gbs
  require_duration("measure_bandwidth_gbs", seconds);
  constexpr std::size_t bytes = std::size_t{32} << 20;
  constexpr std::size_t count = bytes / sizeof(float);
  std::vector<float> a(count, 0.0F);
  const std::vector<float> b(count, 1.0F);
  const std::vector<float> c(count, 2.0F);
  const float s = 3.0F;
  double best = 0.0;
  const Stopwatch total;
  do {
    const Stopwatch round;
    for (std::size_t i = 0; i < count; ++i) a[i] = b[i] + s * c[i];
    keep(a[0]);
    best = std::max(best, 3.0 * bytes / round.seconds() / 1e9);
  } while (total.seconds() < seconds);
  return best;
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

// next() % bound alone would favour small numbers: 2^64 is rarely a multiple of bound, and the last, incomplete
// round of remainders must not count.
std::uint64_t Rng::below(std::uint64_t bound) {
  // BEGIN SOLUTION Rng::below
  if (bound == 0) throw ValueError("Rng::below: bound must be positive");
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
