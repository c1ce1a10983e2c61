// The widest vector of floats of the processor that the engine is compiled for.
//
// Given: not coursework. GCC's vector extensions, so that the same code serves AVX-512, AVX2 and less.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tinytorch::kernels {

#if defined(__AVX512F__)
inline constexpr std::int64_t lanes = 16;
inline constexpr int vector_registers = 32;
#else
inline constexpr std::int64_t lanes = 8;
inline constexpr int vector_registers = 16;
#endif

// Arithmetic works lane by lane; a comparison gives a vector of int32, -1 where it holds.
using Vector = float __attribute__((vector_size(lanes * sizeof(float))));
using IntVector = std::int32_t __attribute__((vector_size(lanes * sizeof(float))));

// Reads `lanes` floats from any address.
inline Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

// Writes them to any address.
inline void store(float* to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

// The same value in every lane.
inline Vector broadcast(float value) { return value - Vector{}; }

// Keeps a vector in a register: the compiler would else read it from memory again at each of its uses.
inline void keep_in_register(Vector& vector) {
#if defined(__AVX512F__)
  asm("" : "+v"(vector));
#elif defined(__AVX__)
  asm("" : "+x"(vector));
#else
  static_cast<void>(vector);
#endif
}

namespace detail {

// One step of a transposition: blocks of `size` lanes are exchanged between two rows.
template <int size, bool second, std::size_t... lane>
inline Vector exchange(Vector a, Vector b, std::index_sequence<lane...>) {
  constexpr auto from = [](int at) {
    const bool upper = (at & size) != 0;
    if (second) return upper ? static_cast<int>(lanes) + at : at ^ size;
    return upper ? static_cast<int>(lanes) + (at ^ size) : at;
  };
  return __builtin_shufflevector(a, b, from(static_cast<int>(lane))...);
}

template <int size>
inline void transpose_step(std::array<Vector, lanes>& rows) {
  if constexpr (size < lanes) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < lanes; ++i) {
      if ((i & size) != 0) continue;
      const Vector a = rows[i];
      const Vector b = rows[i + size];
      rows[i] = exchange<size, false>(a, b, std::make_index_sequence<lanes>());
      rows[i + size] = exchange<size, true>(a, b, std::make_index_sequence<lanes>());
    }
    transpose_step<size * 2>(rows);
  }
}

}  // namespace detail

// Exchanges rows and lanes: afterwards lane j of row i is what lane i of row j was.
inline void transpose(std::array<Vector, lanes>& rows) { detail::transpose_step<1>(rows); }

}  // namespace tinytorch::kernels
