// kernels::gemm against its definition in double precision.
#include "kernels/gemm.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "judge/cases/case.hpp"
#include "kernels/blas.hpp"
#include "kernels/parallel.hpp"
#include "kernels/tiles.hpp"
#include "tinytorch/errors.hpp"

using tinytorch::kernels::gemm;
using tinytorch::kernels::multiply_by_blas;
using tinytorch::kernels::multiply_in_tiles;
using tinytorch::kernels::Operand;
using tinytorch::kernels::Transpose;

namespace {

constexpr float untouched = 12345.0F;

// A product with everything it needs; rows are stored `gap` floats further apart than they must be.
struct Product {
  Transpose transpose_a = Transpose::no;
  Transpose transpose_b = Transpose::no;
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  float alpha = 1.0F;
  float beta = 0.0F;
  std::int64_t gap = 0;

  std::int64_t lda() const { return (transpose_a == Transpose::no ? k : m) + gap; }
  std::int64_t ldb() const { return (transpose_b == Transpose::no ? n : k) + gap; }
  std::int64_t ldc() const { return n + gap; }
  std::int64_t rows_a() const { return transpose_a == Transpose::no ? m : k; }
  std::int64_t rows_b() const { return transpose_b == Transpose::no ? k : n; }

  std::string describe() const {
    const auto letter = [](Transpose t) { return t == Transpose::no ? "N" : "T"; };
    return std::string(letter(transpose_a)) + letter(transpose_b) + " m=" + std::to_string(m) +
           " n=" + std::to_string(n) + " k=" + std::to_string(k) + " alpha=" + std::to_string(alpha) +
           " beta=" + std::to_string(beta) + " gap=" + std::to_string(gap);
  }
};

std::vector<float> random_values(std::int64_t count, std::mt19937_64& random) {
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = uniform(random);
  return values;
}

// What computes a product: gemm, or one of the ways it chooses from.
using Way = void (*)(const Product& p, const float* a, const float* b, float* c);

void by_gemm(const Product& p, const float* a, const float* b, float* c) {
  gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, p.alpha, a, p.lda(), b, p.ldb(), p.beta, c, p.ldc());
}

Operand left_of(const Product& p, const float* a) {
  return p.transpose_a == Transpose::no ? Operand{a, p.lda(), 1} : Operand{a, 1, p.lda()};
}

Operand right_of(const Product& p, const float* b) {
  return p.transpose_b == Transpose::no ? Operand{b, p.ldb(), 1} : Operand{b, 1, p.ldb()};
}

void by_tiles(const Product& p, const float* a, const float* b, float* c) {
  multiply_in_tiles(p.m, p.n, p.k, p.alpha, left_of(p, a), right_of(p, b), p.beta, c, p.ldc());
}

void by_blas(const Product& p, const float* a, const float* b, float* c) {
  multiply_by_blas(p.m, p.n, p.k, p.alpha, left_of(p, a), right_of(p, b), p.beta, c, p.ldc());
}

// The first thing that is wrong with the answer, or nothing.
std::string mistake(const Product& p, std::mt19937_64& random, Way multiply = by_gemm) {
  const std::vector<float> a = random_values(p.rows_a() * p.lda(), random);
  const std::vector<float> b = random_values(p.rows_b() * p.ldb(), random);
  std::vector<float> c = random_values(p.m * p.ldc(), random);
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.ldc(); ++j) {
      float& value = c[static_cast<std::size_t>(i * p.ldc() + j)];
      if (j >= p.n) value = untouched;
      else if (p.beta == 0.0F) value = std::numeric_limits<float>::quiet_NaN();  // need not be initialised
    }
  }
  const std::vector<float> before = c;
  multiply(p, a.data(), b.data(), c.data());

  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.ldc(); ++j) {
      const auto at = static_cast<std::size_t>(i * p.ldc() + j);
      const std::string place = p.describe() + " at (" + std::to_string(i) + ", " + std::to_string(j) + ")";
      if (j >= p.n) {
        if (c[at] != untouched) return place + ": wrote between the rows";
        continue;
      }
      double sum = 0.0;
      for (std::int64_t l = 0; l < p.k; ++l) {
        const std::int64_t at_a = p.transpose_a == Transpose::no ? i * p.lda() + l : l * p.lda() + i;
        const std::int64_t at_b = p.transpose_b == Transpose::no ? l * p.ldb() + j : j * p.ldb() + l;
        sum += static_cast<double>(a[static_cast<std::size_t>(at_a)]) *
               static_cast<double>(b[static_cast<std::size_t>(at_b)]);
      }
      const double old = p.beta == 0.0F ? 0.0 : static_cast<double>(p.beta) * static_cast<double>(before[at]);
      const double expected = static_cast<double>(p.alpha) * sum + old;
      const double tolerance = 1e-6 * (10.0 + static_cast<double>(p.k));
      if (!(std::abs(static_cast<double>(c[at]) - expected) <= tolerance)) {
        return place + ": expected " + std::to_string(expected) + ", found " + std::to_string(c[at]);
      }
    }
  }
  return "";
}

Product random_product(std::int64_t largest, std::mt19937_64& random) {
  const auto pick = [&](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random);
  };
  // One extent in three is 1: the special cases.
  const auto extent = [&] { return pick(0, 2) == 0 ? 1 : pick(1, largest); };
  const std::vector<float> factors{0.0F, 1.0F, -0.5F};
  Product p;
  p.transpose_a = pick(0, 1) == 0 ? Transpose::no : Transpose::yes;
  p.transpose_b = pick(0, 1) == 0 ? Transpose::no : Transpose::yes;
  p.m = extent();
  p.n = extent();
  p.k = extent();
  p.alpha = pick(0, 1) == 0 ? 1.0F : 0.75F;
  p.beta = factors[static_cast<std::size_t>(pick(0, 2))];
  p.gap = pick(0, 1) * 3;
  return p;
}

}  // namespace

TEST_CASE("gemm multiplies a 2 by 3 with a 3 by 2 matrix", "[gemm]") {
  const std::vector<float> a{1, 2, 3, 4, 5, 6};
  const std::vector<float> b{7, 8, 9, 10, 11, 12};
  std::vector<float> c(4);
  gemm(Transpose::no, Transpose::no, 2, 2, 3, 1.0F, a.data(), 3, b.data(), 2, 0.0F, c.data(), 2);
  CHECK(c == std::vector<float>{58, 64, 139, 154});
}

TEST_CASE("gemm agrees with its definition for small random products", "[gemm]") {
  std::mt19937_64 random(judge::seed());
  for (int i = 0; i < 2000; ++i) {
    const std::string found = mistake(random_product(12, random), random);
    REQUIRE(found == "");
  }
}

TEST_CASE("gemm agrees with its definition for larger random products", "[gemm]") {
  std::mt19937_64 random(judge::seed());
  for (int i = 0; i < 40; ++i) {
    const std::string found = mistake(random_product(90, random), random);
    REQUIRE(found == "");
  }
}

TEST_CASE("gemm agrees with its definition where it is split over threads", "[gemm]") {
  std::mt19937_64 random(judge::seed());
  const int before = tinytorch::kernels::thread_count();
  for (const int threads : {1, 2, 3, 7}) {
    tinytorch::kernels::set_thread_count(threads);
    for (const Transpose transpose_a : {Transpose::no, Transpose::yes}) {
      for (const Transpose transpose_b : {Transpose::no, Transpose::yes}) {
        CHECK(mistake({transpose_a, transpose_b, 131, 97, 83, 1.0F, 0.0F, 0}, random) == "");
        CHECK(mistake({transpose_a, transpose_b, 60, 173, 101, 0.5F, 1.0F, 2}, random) == "");
        CHECK(mistake({transpose_a, transpose_b, 5, 9, 20011, 1.0F, 0.0F, 0}, random) == "");  // too few to split
        CHECK(mistake({transpose_a, transpose_b, 17, 16, 4001, 1.0F, 0.0F, 0}, random) == "");
      }
    }
  }
  tinytorch::kernels::set_thread_count(before);
}

TEST_CASE("gemm with k = 0 only scales C", "[gemm]") {
  std::vector<float> c{1, 2, 3, 4};
  gemm(Transpose::no, Transpose::no, 2, 2, 0, 1.0F, nullptr, 1, nullptr, 2, 0.5F, c.data(), 2);
  CHECK(c == std::vector<float>{0.5F, 1.0F, 1.5F, 2.0F});
  c.assign(4, std::numeric_limits<float>::quiet_NaN());
  gemm(Transpose::no, Transpose::no, 2, 2, 0, 1.0F, nullptr, 1, nullptr, 2, 0.0F, c.data(), 2);
  CHECK(c == std::vector<float>(4, 0.0F));
}

TEST_CASE("gemm with m = 0 or n = 0 touches nothing", "[gemm]") {
  std::vector<float> c{1, 2, 3, 4};
  gemm(Transpose::no, Transpose::no, 0, 2, 2, 1.0F, nullptr, 2, c.data(), 2, 0.0F, c.data(), 2);
  gemm(Transpose::no, Transpose::no, 2, 0, 2, 1.0F, c.data(), 2, nullptr, 1, 0.0F, c.data(), 1);
  CHECK(c == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("gemm with alpha = 0 ignores A and B", "[gemm]") {
  const std::vector<float> a(4, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> c{1, 2, 3, 4};
  gemm(Transpose::no, Transpose::no, 2, 2, 2, 0.0F, a.data(), 2, a.data(), 2, 2.0F, c.data(), 2);
  CHECK(c == std::vector<float>{2, 4, 6, 8});
}

TEST_CASE("gemm hands NaN on", "[gemm]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::int64_t k : {1, 2, 40}) {
    for (const std::int64_t m : {1, 3}) {
      std::vector<float> a(static_cast<std::size_t>(m * k), 1.0F);
      a.back() = nan;
      const std::vector<float> b(static_cast<std::size_t>(k * 5), 1.0F);
      std::vector<float> c(static_cast<std::size_t>(m * 5));
      gemm(Transpose::no, Transpose::no, m, 5, k, 1.0F, a.data(), k, b.data(), 5, 0.0F, c.data(), 5);
      CHECK(std::isnan(c.back()));
      if (m > 1) CHECK(c.front() == static_cast<float>(k));
    }
  }
}

TEST_CASE("Tiles and OpenBLAS agree with the definition of the product, whichever gemm chooses", "[gemm]") {
  std::mt19937_64 random(judge::seed());
  for (const Way way : {by_tiles, by_blas}) {
    for (int i = 0; i < 60; ++i) {
      Product p = random_product(90, random);
      p.m += 1;  // tiles are asked for matrices only
      p.n += 1;
      p.k += 1;
      CHECK(mistake(p, random, way) == "");
    }
    // Past the blocks of rows and the panels of steps, in every transposition.
    for (const Transpose transpose_a : {Transpose::no, Transpose::yes}) {
      for (const Transpose transpose_b : {Transpose::no, Transpose::yes}) {
        CHECK(mistake({transpose_a, transpose_b, 253, 35, 270, 1.0F, 0.0F, 0}, random, way) == "");
        CHECK(mistake({transpose_a, transpose_b, 13, 70, 525, 0.5F, -1.0F, 3}, random, way) == "");
      }
    }
  }
}

TEST_CASE("A product by OpenBLAS refuses extents that BLAS cannot count", "[gemm]") {
  const std::int64_t past = std::int64_t{1} << 31;
  float dummy = 0.0F;
  CHECK_THROWS_AS(multiply_by_blas(2, 2, past, 1.0F, {&dummy, past, 1}, {&dummy, 2, 1}, 0.0F, &dummy, 2),
                  tinytorch::ValueError);
}

TEST_CASE("gemm gives the same answer from several threads at once", "[gemm]") {
  const std::uint64_t seed = judge::seed();
  std::vector<std::string> found(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < found.size(); ++t) {
    threads.emplace_back([&found, t, seed] {
      std::mt19937_64 random(seed + t);
      for (int i = 0; i < 10 && found[t].empty(); ++i) {
        found[t] = mistake({Transpose::no, Transpose::yes, 90, 100, 70, 1.0F, 0.0F, 0}, random);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : found) CHECK(text == "");
}

TEST_CASE("gemm works inside parallel_for", "[gemm]") {
  const std::uint64_t seed = judge::seed();
  std::vector<std::string> found(8);
  tinytorch::kernels::parallel_for(0, 8, 1, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      std::mt19937_64 random(seed + static_cast<std::uint64_t>(i));
      found[static_cast<std::size_t>(i)] = mistake({Transpose::yes, Transpose::no, 90, 100, 70, 1.0F, 1.0F, 0}, random);
    }
  });
  for (const std::string& text : found) CHECK(text == "");
}

#if !defined(__SANITIZE_THREAD__)  // which does not follow threads into a forked child
TEST_CASE("gemm works in a forked child", "[gemm]") {
  std::mt19937_64 random(judge::seed());
  const Product large{Transpose::no, Transpose::yes, 90, 100, 70, 1.0F, 0.0F, 0};
  REQUIRE(mistake(large, random) == "");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(5);
    _exit(mistake(large, random).empty() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif
