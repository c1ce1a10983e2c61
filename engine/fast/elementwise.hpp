// Loops over arrays, a vector at a time and on several threads: what the fast bodies of elementwise modules share.
#pragma once

#include <algorithm>
#include <cstdint>

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

// y[i] = function(x[i]); x and y may be the same.
template <class Function>
void for_each(std::int64_t count, std::int64_t grain, const float* x, float* y, const Function& function) {
  // Split between whole vectors, so that all parts stay as aligned as the tensor is.
  kernels::parallel_for(0, (count + lanes - 1) / lanes, grain / lanes, [=](std::int64_t first, std::int64_t last) {
    const std::int64_t end = std::min(last * lanes, count);
    std::int64_t i = first * lanes;
    for (; i + lanes <= end; i += lanes) kernels::store(y + i, function(kernels::load(x + i)));
    if (i < end) kernels::store_first(y + i, function(kernels::load_first(x + i, end - i)), end - i);
  });
}

// y[i] = function(a[i], b[i]).
template <class Function>
void for_each(std::int64_t count, std::int64_t grain, const float* a, const float* b, float* y,
              const Function& function) {
  kernels::parallel_for(0, (count + lanes - 1) / lanes, grain / lanes, [=](std::int64_t first, std::int64_t last) {
    const std::int64_t end = std::min(last * lanes, count);
    std::int64_t i = first * lanes;
    for (; i + lanes <= end; i += lanes) {
      kernels::store(y + i, function(kernels::load(a + i), kernels::load(b + i)));
    }
    if (i < end) {
      const std::int64_t rest = end - i;
      kernels::store_first(y + i, function(kernels::load_first(a + i, rest), kernels::load_first(b + i, rest)), rest);
    }
  });
}

// One row of softmax.
struct SoftmaxRow {
  float largest;
  float sum;  // of exp(x_i - largest)
};

// y = softmax(x) for one row of C > 0 numbers; x and y may be the same.
inline SoftmaxRow softmax_row(std::int64_t C, const float* x, float* y) {
  constexpr float lowest = -__builtin_inff();
  const std::int64_t whole = C / lanes * lanes;
  const std::int64_t rest = C - whole;
  if (whole == 0) {  // the row stays in a register
    const Vector values = kernels::load_first(x, rest, lowest);
    const float largest = kernels::largest_of(values);
    const Vector powers = kernels::exp(values - largest);
    const float sum = kernels::sum_of(powers);
    kernels::store_first(y, powers * (1.0F / sum), rest);
    return {largest, sum};
  }

  Vector highest = kernels::load(x);
  for (std::int64_t i = lanes; i < whole; i += lanes) highest = kernels::larger(highest, kernels::load(x + i));
  if (rest > 0) highest = kernels::larger(highest, kernels::load_first(x + whole, rest, lowest));
  const float largest = kernels::largest_of(highest);

  Vector sums{};
  for (std::int64_t i = 0; i < whole; i += lanes) {
    const Vector powers = kernels::exp(kernels::load(x + i) - largest);
    kernels::store(y + i, powers);
    sums += powers;
  }
  Vector last{};
  if (rest > 0) last = kernels::exp(kernels::load_first(x + whole, rest, lowest) - largest);
  const float sum = kernels::sum_of(sums + last);

  const float scale = 1.0F / sum;
  for (std::int64_t i = 0; i < whole; i += lanes) kernels::store(y + i, kernels::load(y + i) * scale);
  if (rest > 0) kernels::store_first(y + whole, last * scale, rest);
  return {largest, sum};
}

}  // namespace tinytorch::fast
