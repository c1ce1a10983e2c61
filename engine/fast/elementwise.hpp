// Loops over arrays, a vector at a time and on several threads: what the fast bodies of elementwise modules share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/parallel.hpp"
#include "kernels/simd_math.hpp"

namespace tinytorch::fast {

using kernels::lanes;
using kernels::Vector;

// A thread gets at least so many elements: fewer are done before another thread could help.
struct Grain {
  static constexpr std::int64_t of_arithmetic = 32768;  // a few additions and multiplications an element
  static constexpr std::int64_t of_functions = 8192;    // exp() or a division
};

// y[i] = function(x[i]); x and y may be the same. A function, and not the body of the lambda below, which would read
// what it captured anew after every store.
template <class Function>
void map_part(std::int64_t count, const float* x, float* y, const Function function) {
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) kernels::store(y + i, function(kernels::load(x + i)));
  if (i < count) kernels::store_first(y + i, function(kernels::load_first(x + i, count - i)), count - i);
}

// y[i] = function(a[i], b[i]).
template <class Function>
void map_part(std::int64_t count, const float* a, const float* b, float* y, const Function function) {
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) kernels::store(y + i, function(kernels::load(a + i), kernels::load(b + i)));
  if (i < count) {
    const std::int64_t rest = count - i;
    kernels::store_first(y + i, function(kernels::load_first(a + i, rest), kernels::load_first(b + i, rest)), rest);
  }
}

// Calls part(first, count) for parts of [0, count) on several threads. They are split between whole vectors, so that
// all are as aligned as the whole.
template <class Part>
void for_each_part(std::int64_t count, std::int64_t grain, const Part& part) {
  kernels::parallel_for(0, (count + lanes - 1) / lanes, grain / lanes, [&](std::int64_t first, std::int64_t last) {
    part(first * lanes, std::min(last * lanes, count) - first * lanes);
  });
}

// The same as map_part on several threads.
template <class Function>
void for_each(std::int64_t count, std::int64_t grain, const float* x, float* y, const Function& function) {
  for_each_part(count, grain, [&](std::int64_t i, std::int64_t size) { map_part(size, x + i, y + i, function); });
}

template <class Function>
void for_each(std::int64_t count, std::int64_t grain, const float* a, const float* b, float* y,
              const Function& function) {
  for_each_part(count, grain,
                [&](std::int64_t i, std::int64_t size) { map_part(size, a + i, b + i, y + i, function); });
}

// Rows [first, last) of y = softmax(x), for rows of C > 0 numbers. Calls seen(n, largest, sum) for each row n, with its
// largest number and the sum of exp(x - largest).
template <class Seen>
void softmax_rows(std::int64_t first, std::int64_t last, std::int64_t C, const float* x, float* y, const Seen& seen) {
  using namespace kernels;
  constexpr float lowest = -std::numeric_limits<float>::infinity();
  if (C <= lanes) {  // a row stays in a register
    for (std::int64_t n = first; n < last; ++n) {
      const Vector values = load_first(x + n * C, C, lowest);
      const Vector largest = largest_of(values);
      const Vector powers = exp(values - largest);
      const Vector sum = sum_of(powers);
      store_first(y + n * C, powers / sum, C);
      seen(n, largest[0], sum[0]);
    }
    return;
  }

  const std::int64_t whole = C / lanes * lanes;
  const std::int64_t rest = C - whole;
  for (std::int64_t n = first; n < last; ++n) {
    const float* row = x + n * C;
    float* result = y + n * C;
    Vector largest = load_first(row + whole, rest, lowest);
    for (std::int64_t i = 0; i < whole; i += lanes) largest = larger(largest, load(row + i));
    largest = largest_of(largest);

    const Vector last_powers = exp(load_first(row + whole, rest, lowest) - largest);
    Vector sum = last_powers;
    for (std::int64_t i = 0; i < whole; i += lanes) {
      const Vector powers = exp(load(row + i) - largest);
      store(result + i, powers);
      sum += powers;
    }
    sum = sum_of(sum);

    const Vector scale = 1.0F / sum;
    for (std::int64_t i = 0; i < whole; i += lanes) store(result + i, load(result + i) * scale);
    store_first(result + whole, last_powers * scale, rest);
    seen(n, largest[0], sum[0]);
  }
}

}  // namespace tinytorch::fast
