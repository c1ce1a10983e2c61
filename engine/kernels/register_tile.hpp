// The innermost loop of matrix products and of convolutions: a tile of sums that stays in registers.
//
// Given: not coursework.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/simd.hpp"

namespace tinytorch::kernels {

// The sums of `rows` rows, `vectors` vectors each.
template <std::size_t rows, std::size_t vectors>
using RegisterTile = std::array<std::array<Vector, vectors>, rows>;

// How the two factors lie in memory, in floats.
struct TileStrides {
  std::int64_t a_row;     // of a, from one row of the tile to the next
  std::int64_t a_step;    // of a, from one product of a sum to the next
  std::int64_t b_step;    // of b, likewise
  std::int64_t b_vector;  // of b, from one vector to the next
};

// sums[i][v] += sum over k < depth of a[i * a_row + k * a_step] * (the vector at b[v * b_vector + k * b_step]).
// Inlined, so that the sums stay in registers from one call to the next.
template <std::size_t rows, std::size_t vectors>
[[gnu::always_inline]] inline void multiply_add(const float* a, const float* b, std::int64_t depth,
                                                const TileStrides& strides, RegisterTile<rows, vectors>& sums) {
  // Three rows share a pointer: the address of each is that pointer and 0, 1 or 2 strides.
  constexpr std::size_t groups = (rows + 2) / 3;
  std::array<const float*, groups> pointers;
  for (std::size_t g = 0; g < groups; ++g) pointers[g] = a + static_cast<std::int64_t>(3 * g) * strides.a_row;
  const std::int64_t a_row = strides.a_row;
  for (std::int64_t k = 0; k < depth; ++k, b += strides.b_step) {
    std::array<Vector, vectors> factors;
#pragma GCC unroll 2
    for (std::size_t v = 0; v < vectors; ++v) {
      factors[v] = load(b + static_cast<std::int64_t>(v) * strides.b_vector);
      keep_in_register(factors[v]);
    }
#pragma GCC unroll 14
    for (std::size_t i = 0; i < rows; ++i) {
      const float* group = pointers[i / 3];
      const Vector factor = broadcast(i % 3 == 0 ? group[0] : i % 3 == 1 ? group[a_row] : group[2 * a_row]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) sums[i][v] += factor * factors[v];
    }
#pragma GCC unroll 5
    for (const float*& pointer : pointers) pointer += strides.a_step;
  }
}

}  // namespace tinytorch::kernels
