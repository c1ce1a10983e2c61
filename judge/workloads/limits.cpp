#include "judge/workloads/limits.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/parallel.hpp"
#include "kernels/simd.hpp"

namespace judge {
namespace {

using Clock = std::chrono::steady_clock;

using tinytorch::kernels::Vector;
constexpr auto lanes = static_cast<std::size_t>(tinytorch::kernels::lanes);

// Arrays are aligned to cache lines, or half of all reads would touch two.
struct alignas(64) Line {
  std::array<float, 16> numbers;
};
using Lines = std::vector<Line>;

// Forces the value to be computed and stored: the compiler must assume that it is read.
template <class T>
void keep(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// One pass of a thread over its own data; returns what it did, in operations or bytes.
using Pass = std::function<double()>;

// The best rate of many short spans of time, per second: other programs may use this machine meanwhile.
double best_rate(const Pass& pass, double seconds) {
  constexpr int spans = 20;
  pass();  // fetches the data, and wakes the processor up
  double best = 0;
  for (int span = 0; span < spans; ++span) {
    const auto start = Clock::now();
    double done = 0, elapsed = 0;
    do {
      done += pass();
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    } while (elapsed < seconds / spans);
    best = std::max(best, done / elapsed);
  }
  return best;
}

// The sum of the rates of all threads, which begin together.
double rate_of_threads(int threads, const std::function<Pass()>& make, double seconds) {
  std::atomic<int> ready{0};
  std::vector<double> rates(static_cast<std::size_t>(threads));
  const auto work = [&](std::size_t own) {
    const Pass pass = make();
    ++ready;
    while (ready < threads) std::this_thread::yield();
    rates[own] = best_rate(pass, seconds);
  };
  std::vector<std::thread> others;
  try {
    for (int i = 1; i < threads; ++i) others.emplace_back(work, static_cast<std::size_t>(i));
  } catch (const std::system_error&) {
    ready += threads - 1 - static_cast<int>(others.size());  // no more threads are granted: those there are measure
  }
  work(0);
  for (std::thread& thread : others) thread.join();
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

int useful_threads() {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return std::min(tinytorch::kernels::thread_count(), cores);
}

double multiply_add() {
  // More chains than the processor has multiply-adds under way, and no more than it has registers.
  constexpr int steps = 2000;
  std::array<Vector, 12> chains{};
  keep(chains);
  for (int step = 0; step != steps; ++step) {
    for (Vector& x : chains) x = x * x + x;  // 0 stays 0
  }
  keep(chains);
  return 2.0 * static_cast<double>(chains.size() * lanes) * steps;
}

const Vector* vectors(const Lines& lines) { return reinterpret_cast<const Vector*>(lines.data()); }
Vector* vectors(Lines& lines) { return reinterpret_cast<Vector*>(lines.data()); }

std::size_t count_of(const Lines& lines) { return lines.size() * sizeof(Line) / sizeof(Vector); }

void read(const Lines& lines) {
  const Vector* x = vectors(lines);
  std::array<Vector, 8> sums{};
  for (std::size_t i = 0; i < count_of(lines); i += sums.size()) {
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += x[i + k];
  }
  keep(sums);
}

void pass_through(Stream stream, const Lines& first, Lines& second, Lines& third) {
  if (stream == Stream::read) return read(first);
  const Vector factor = Vector{} + 0.5F;
  const Vector* x = vectors(first);
  Vector* y = vectors(second);
  Vector* z = vectors(third);
  for (std::size_t i = 0, count = count_of(first); i < count; ++i) {
    if (stream == Stream::copy) y[i] = x[i];
    else if (stream == Stream::update) y[i] += factor * x[i];
    else z[i] = x[i] + factor * y[i];
  }
}

}  // namespace

double peak_gflops(double seconds) {
  return 1e-9 * rate_of_threads(
                    useful_threads(), [] { return Pass(multiply_add); }, seconds);
}

double stream_gbs(Stream stream, double working_set, double seconds) {
  const int threads = useful_threads();
  constexpr std::size_t step = 8;  // read() takes 8 vectors at a time, and a line holds a vector at least
  const double lines = working_set / sizeof(Line) / arrays_of(stream) / threads;
  const std::size_t length = std::max<std::size_t>(1, static_cast<std::size_t>(lines) / step) * step;
  const auto make = [&] {
    Lines x(length), y(stream == Stream::read ? 0 : length), z(stream == Stream::triad ? length : 0);
    return Pass([stream, length, x = std::move(x), y = std::move(y), z = std::move(z)]() mutable {
      const std::size_t passes = std::max<std::size_t>(1, 4096 / length);  // the clock is not to be measured
      for (std::size_t i = 0; i < passes; ++i) {
        pass_through(stream, x, y, z);
        keep(x), keep(y), keep(z);
      }
      return static_cast<double>(sizeof(Line)) * transfers_of(stream) * static_cast<double>(length * passes);
    });
  };
  return 1e-9 * rate_of_threads(threads, make, seconds);
}

}  // namespace judge
