// The instruments: a stopwatch, what this machine is and can do, and seeded random numbers.
//
// Module setup implements it, in setup.cpp. Everything built later is timed, compared with
// the machine's limits and seeded by what stands here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tinytorch/errors.hpp"

namespace tinytorch {

// Measures elapsed time on a clock that never runs backwards. Starts when constructed.
class Stopwatch {
 public:
  Stopwatch();

  // Starts again from zero.
  void restart();

  // units: seconds since construction or the last restart().
  double seconds() const;

 private:
  std::chrono::steady_clock::time_point start_;
};

// What the operating system says about this machine. A number it does not tell is 0.
struct Machine {
  std::string processor;          // the model name, "unknown" where it is not told
  int cores = 0;                  // threads that can run at the same time in this process
  std::vector<std::string> simd;  // of sse2, avx, avx2, fma, avx512f, neon: those present, in this order
  std::int64_t l1d_bytes = 0;     // data caches, in bytes
  std::int64_t l2_bytes = 0;
  std::int64_t l3_bytes = 0;
  std::int64_t memory_bytes = 0;  // main memory, in bytes
};

// Asks the operating system (on Linux: /proc/cpuinfo, sysconf and the process's affinity).
// throws: nothing; what cannot be read stays at its default.
Machine inspect_machine();

// Three lines a person can read: the processor with its cores and SIMD extensions, the caches,
// the memory. Sizes are written in the largest of KiB, MiB and GiB of which they hold at least
// one, as "1.5 MiB", and as "unknown" where they are 0.
std::string to_string(const Machine& machine);

// The rate of float32 multiply-adds that independent chains in registers reach on one thread:
// an upper limit for every matrix product that follows.
// units: 1e9 floating-point operations per second; a multiply-add counts as two.
// throws: ValueError unless seconds > 0.
double measure_peak_gflops(double seconds = 0.05);

// The rate at which one thread streams a[i] = b[i] + s * c[i] over arrays larger than any cache.
// units: 1e9 bytes per second, three arrays counted.
// throws: ValueError unless seconds > 0.
double measure_bandwidth_gbs(double seconds = 0.1);

// Random numbers that are the same on every machine for the same seed.
//
// The generator is SplitMix64: each call adds 0x9E3779B97F4A7C15 to the 64-bit state and
// returns the new state mixed:
//   z = state; z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
//   z = (z ^ (z >> 27)) * 0x94D049BB133111EB; return z ^ (z >> 31);
// source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  // 64 random bits.
  std::uint64_t next();

  // A number in [0, 1): the top 53 bits of one next(), times 2^-53.
  double uniform();

  // A number in [low, high): low + (high - low) * uniform(), rounded to float; where rounding
  // reaches high, the float below it.
  // throws: ValueError unless low < high.
  float uniform(float low, float high);

  // A number from the normal distribution, by Box and Muller: with u1 = 1 - uniform() and then
  // u2 = uniform(), it is mean + deviation * sqrt(-2 ln u1) * cos(2 pi u2), rounded to float.
  // throws: ValueError when deviation < 0.
  float normal(float mean = 0.0F, float deviation = 1.0F);

  // An integer in [0, bound), each equally likely: next() % bound, where values of next() that
  // are not below the largest multiple of bound in [0, 2^64) are drawn again.
  // throws: ValueError unless bound > 0.
  std::uint64_t below(std::uint64_t bound);

  // The numbers 0 .. count-1 in random order, by Fisher and Yates: for i from count-1 down to 1,
  // element i changes places with element below(i + 1).
  // throws: ValueError when count < 0.
  std::vector<std::int64_t> permutation(std::int64_t count);

 private:
  std::uint64_t state_;
};

}  // namespace tinytorch
