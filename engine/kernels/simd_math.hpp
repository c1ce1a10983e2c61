// Functions of a whole vector of floats: exp, tanh, log(1 + x), the normal distribution; and parts of a vector.
//
// Given: not coursework. Right to three units in the last place, the normal distribution to eight, for every float:
// NaN gives NaN, and what is too large or too small for a float becomes infinite or 0, as in the standard library.
// The polynomials are minimax fits of the functions named beside them, with relative errors below 4e-8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include "kernels/simd.hpp"

namespace tinytorch::kernels {

inline IntVector bits_of(Vector x) { return reinterpret_cast<IntVector>(x); }
inline Vector from_bits(IntVector bits) { return reinterpret_cast<Vector>(bits); }

// 0, 1, 2, ..
inline IntVector lane_numbers() {
  IntVector numbers{};
  for (std::int32_t i = 0; i < lanes; ++i) numbers[i] = i;
  return numbers;
}

// Reads the first `count` floats of a vector, 0 <= count <= lanes, and nothing behind them. The other lanes hold
// `rest`.
inline Vector load_first(const float* from, std::int64_t count, float rest = 0.0F) {
#if defined(__AVX512F__)
  const auto mask = static_cast<__mmask16>((1U << count) - 1U);
  return reinterpret_cast<Vector>(_mm512_mask_loadu_ps(reinterpret_cast<__m512>(broadcast(rest)), mask, from));
#elif defined(__AVX__)
  const IntVector mask = lane_numbers() < static_cast<std::int32_t>(count);
  const auto values = reinterpret_cast<Vector>(_mm256_maskload_ps(from, reinterpret_cast<__m256i>(mask)));
  return mask ? values : broadcast(rest);
#else
  std::array<float, lanes> values;
  values.fill(rest);
  std::memcpy(values.data(), from, static_cast<std::size_t>(count) * sizeof(float));
  return load(values.data());
#endif
}

// Writes the first `count` floats of a vector, and nothing behind them.
inline void store_first(float* to, Vector vector, std::int64_t count) {
#if defined(__AVX512F__)
  const auto mask = static_cast<__mmask16>((1U << count) - 1U);
  _mm512_mask_storeu_ps(to, mask, reinterpret_cast<__m512>(vector));
#else
  // By halves, since AVX2's masked store takes tens of cycles on some processors.
  std::array<float, lanes> values;
  store(values.data(), vector);
  const float* from = values.data();
  for (std::int64_t size = lanes; size > 0; size /= 2) {
    if ((count & size) == 0) continue;
    std::memcpy(to, from, static_cast<std::size_t>(size) * sizeof(float));
    to += size;
    from += size;
  }
#endif
}

// One instruction each. Where a lane of either is NaN, the result's is b's.
inline Vector larger(Vector a, Vector b) { return a > b ? a : b; }
inline Vector smaller(Vector a, Vector b) { return a < b ? a : b; }

// The sum of all lanes, and the largest of them, in every lane of the result.
inline Vector sum_of(Vector x) {
  for (std::int32_t distance = lanes / 2; distance > 0; distance /= 2) {
    x += __builtin_shuffle(x, lane_numbers() ^ distance);
  }
  return x;
}

inline Vector largest_of(Vector x) {
  for (std::int32_t distance = lanes / 2; distance > 0; distance /= 2) {
    x = larger(x, __builtin_shuffle(x, lane_numbers() ^ distance));
  }
  return x;
}

inline Vector absolute(Vector x) { return from_bits(bits_of(x) & 0x7fffffff); }

namespace detail {

// x = n ln 2 + r with a whole n and |r| <= ln 2 / 2.
struct Reduced {
  IntVector n;
  Vector n_as_float;
  Vector r;
};

// Needs |x| < 2^21.
inline Reduced reduce(Vector x) {
  // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
  constexpr float magic = 12582912.0F;
  constexpr std::int32_t magic_bits = 0x4b400000;
  constexpr float ln2_high = 0.693359375F;  // few bits, so that n times it is exact
  constexpr float ln2_low = -2.12194440e-4F;
  const Vector shifted = x * 1.44269504F + magic;
  const Vector n = shifted - magic;
  return {bits_of(shifted) - magic_bits, n, x - n * ln2_high - n * ln2_low};
}

// exp(r) - 1 for |r| <= ln 2 / 2; the polynomial fits (exp(r) - 1 - r) / r^2.
inline Vector expm1_reduced(Vector r) {
  Vector p = 0.00138144899F * r + 0.0083687797F;
  p = p * r + 0.0416683937F;
  p = p * r + 0.166665201F;
  p = p * r + 0.499999934F;
  return p * (r * r) + r;
}

// 2^n for -127 < n < 128.
inline Vector power_of_two(IntVector n) { return from_bits((n + 127) << 23); }

// x * 2^n, rounded once, for |n| <= 252.
inline Vector scale(Vector x, const Reduced& reduced) {
#if defined(__AVX512F__)
  // With a mask, because GCC 12 warns of the plain one's own code (GCC bug 105593).
  const auto values = reinterpret_cast<__m512>(x);
  return reinterpret_cast<Vector>(
      _mm512_mask_scalef_ps(values, 0xffff, values, reinterpret_cast<__m512>(reduced.n_as_float)));
#else
  const IntVector half = reduced.n >> 1;
  return x * power_of_two(half) * power_of_two(reduced.n - half);
#endif
}

}  // namespace detail

// exp(x + low), where low is so small against x that their sum would lose it. Adding -0 changes nothing.
inline Vector exp(Vector x, Vector low = broadcast(-0.0F)) {
  // Past these bounds the result is 0 or infinite.
#if defined(__AVX512F__)
  x = larger(broadcast(-104.0F), x);
#else
  // A product that underflows takes several times as long as another: where the result is 0, none is made.
  const IntVector vanishes = x + low < -104.0F;  // false for NaN in either
  x = vanishes ? Vector{} : x;
#endif
  const detail::Reduced reduced = detail::reduce(smaller(broadcast(89.0F), x));
  const Vector result = detail::scale(1.0F + detail::expm1_reduced(reduced.r + low), reduced);
#if defined(__AVX512F__)
  return result;
#else
  return vanishes ? Vector{} : result;
#endif
}

// With e = exp(2|x|) - 1: tanh |x| = e / (e + 2), which loses nothing near 0.
inline Vector tanh(Vector x) {
  const Vector a = smaller(broadcast(10.0F), absolute(x));  // from 9.02 on the result is 1
  const detail::Reduced reduced = detail::reduce(2.0F * a);
  const Vector power = detail::power_of_two(reduced.n);
  const Vector e = power * detail::expm1_reduced(reduced.r) + (power - 1.0F);
  return from_bits(bits_of(e / (e + 2.0F)) | (bits_of(x) & INT32_MIN));
}

// log(1 + x) for 0 <= x <= 1: 2 artanh(s) with s = x / (2 + x); the polynomial fits (artanh(s) / s - 1) / s^2 in s^2.
inline Vector log1p(Vector x) {
  const Vector s = x / (2.0F + x);
  const Vector z = s * s;
  Vector p = 0.140120447F * z + 0.139996129F;
  p = p * z + 0.200108465F;
  p = p * z + 0.333332066F;
  return 2.0F * (s + s * z * p);
}

// The normal distribution with mean 0 and deviation 1.
struct Normal {
  Vector distribution;  // Phi(x) = (1 + erf(x / sqrt 2)) / 2
  Vector density;       // phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
};

// The share above a = |x| is exp(-a^2 / 2) t P(t) with t = 1 / (1 + 0.35 a); the polynomial P fits it relatively, for
// a up to 14.3, where the share is past the smallest float.
inline Normal normal(Vector x) {
  const Vector a = smaller(broadcast(15.0F), absolute(x));
  // The rounding of a^2 alone would be multiplied by a^2 / 2: take the square in two parts, the first of them exact.
  const Vector high = from_bits(bits_of(a) & ~0xfff);
  const Vector low = (a - high) * (a + high);
  const Vector e = exp(-0.5F * high * high, -0.5F * low);

  const Vector t = 1.0F / (1.0F + 0.35F * a);
  Vector p = -0.0291539189F * t + 0.144011275F;
  p = p * t - 0.255797635F;
  p = p * t + 0.159271451F;
  p = p * t - 0.0231783833F;
  p = p * t + 0.105537765F;
  p = p * t + 0.119825121F;
  p = p * t + 0.139862971F;
  p = p * t + 0.139621339F;
  const Vector above = e * t * p;
  return {x < 0.0F ? above : 1.0F - above, 0.398942280F * e};
}

}  // namespace tinytorch::kernels
