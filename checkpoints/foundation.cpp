// Capability of module tensor: computing with whole arrays of numbers, right and fast.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "tinytorch/setup.hpp"
#include "tinytorch/tensor.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;

// a (N, K) times b (K, M) in double precision, by the definition.
Doubles product(const Doubles& a, const Doubles& b, std::size_t N, std::size_t K, std::size_t M) {
  Doubles c(N * M, 0.0);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t k = 0; k < K; ++k) {
      for (std::size_t m = 0; m < M; ++m) c[n * M + m] += a[n * K + k] * b[k * M + m];
    }
  }
  return c;
}

Doubles doubles(const Tensor& tensor) { return Doubles(tensor.data(), tensor.data() + tensor.size()); }

// Solves a x = b by Gaussian elimination with pivoting, in double precision.
Doubles eliminate(Doubles a, Doubles b) {
  const std::size_t n = b.size();
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column; row < n; ++row) {
      if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) pivot = row;
    }
    for (std::size_t k = 0; k < n; ++k) std::swap(a[pivot * n + k], a[column * n + k]);
    std::swap(b[pivot], b[column]);
    for (std::size_t row = column + 1; row < n; ++row) {
      const double factor = a[row * n + column] / a[column * n + column];
      for (std::size_t k = column; k < n; ++k) a[row * n + k] -= factor * a[column * n + k];
      b[row] -= factor * b[column];
    }
  }
  for (std::size_t row = n; row-- > 0;) {
    for (std::size_t k = row + 1; k < n; ++k) b[row] -= a[row * n + k] * b[k];
    b[row] /= a[row * n + row];
  }
  return b;
}

Tensor identity(std::int64_t n) {
  Tensor result(Shape{n, n});
  for (std::int64_t i = 0; i < n; ++i) result.at({i, i}) = 1;
  return result;
}

// The seconds of the fastest of five calls.
template <class Work>
double fastest(const Work& work) {
  double best = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const Stopwatch watch;
    work();
    best = std::min(best, watch.seconds());
  }
  return best;
}

}  // namespace

TEST_CASE("A system of 40 linear equations is solved with tensors alone") {
  // Newton's iteration for the inverse, X <- X (2 I - A X), from X = A^T / (largest row sum * column sum).
  Rng rng(judge::seed());
  const std::int64_t n = 40;
  const Tensor a = Tensor::uniform(Shape{n, n}, -1, 1, rng) + identity(n) * 16.0F;
  const Tensor b = Tensor::uniform(Shape{n, 1}, -5, 5, rng);
  const Tensor sizes = map(a, [](float x) { return std::abs(x); });
  const float bound = max(sum(sizes, 0)).item() * max(sum(sizes, 1)).item();
  Tensor inverse = a.transpose(0, 1) / bound;
  for (int step = 0; step < 40; ++step) inverse = matmul(inverse, identity(n) * 2.0F - matmul(a, inverse));
  const Tensor x = matmul(inverse, b);

  CHECK_SHAPE(x, {n, 1});
  CHECK_CLOSE(x, eliminate(doubles(a), doubles(b)), 1e-3, 1e-4);
  const Tensor residual = matmul(a, x) - b;
  judge::measure("largest residual", max(map(residual, [](float r) { return std::abs(r); })).item(), "");
  CHECK_CLOSE(residual, Doubles(static_cast<std::size_t>(n), 0.0), 0, 1e-3);
}

TEST_CASE("Every way to multiply matrices agrees with double precision") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 5; ++trial) {
    const auto extent = [&] { return static_cast<std::int64_t>(1 + rng.below(90)); };
    const std::int64_t N = extent(), K = extent(), M = extent();
    const Tensor a = Tensor::normal(Shape{N, K}, 0, 1, rng);
    const Tensor b = Tensor::normal(Shape{K, M}, 0, 1, rng);
    const Doubles expected = product(doubles(a), doubles(b), static_cast<std::size_t>(N), static_cast<std::size_t>(K),
                                     static_cast<std::size_t>(M));
    CHECK_CLOSE(matmul_naive(a, b), expected, 1e-4, 1e-4);
    CHECK_CLOSE(matmul_blocked(a, b), expected, 1e-4, 1e-4);
    CHECK_CLOSE(matmul(a, b), expected, 1e-4, 1e-4);
    CHECK_CLOSE(matmul_tn(a.transpose(0, 1), b), expected, 1e-4, 1e-4);
    CHECK_CLOSE(matmul_nt(a, b.transpose(0, 1)), expected, 1e-4, 1e-4);
    CHECK_CLOSE(matmul(b.transpose(0, 1), a.transpose(0, 1)).transpose(0, 1), expected, 1e-4, 1e-4);
  }
}

TEST_CASE("A table is standardised column by column with broadcasting and reductions") {
  Rng rng(judge::seed());
  const std::int64_t N = 200;
  const Tensor scale(Shape{3}, {0.5F, 2, 10});
  const Tensor table = Tensor::normal(Shape{N, 3}, 0, 1, rng) * scale + Tensor(Shape{1, 3}, {5, -7, 100});
  const Tensor centred = table - mean(table, 0, true);
  const Tensor variance = mean(centred * centred, 0);
  const Tensor standard = centred / map(variance, [](float v) { return std::sqrt(v); });

  REQUIRE(standard.size() == 3 * N);
  for (std::int64_t c = 0; c < 3; ++c) {
    double total = 0;
    double squares = 0;
    for (std::int64_t n = 0; n < N; ++n) {
      const double value = standard.data()[n * 3 + c];
      total += value;
      squares += value * value;
    }
    CHECK_CLOSE(total / N, 0.0, 0, 1e-3);
    CHECK_CLOSE(squares / N, 1.0, 1e-3);
  }
  // The largest of each row, found in two ways.
  const Tensor where = argmax(standard, 1);
  const Tensor largest = max(standard, 1);
  for (std::int64_t n = 0; n < N; ++n) {
    CHECK_SAME(standard.at({n, static_cast<std::int64_t>(where.at({n}))}), largest.at({n}));
  }
}

TEST_CASE("The mean of five million numbers keeps its digits") {
  const std::int64_t count = 5'000'000;
  CHECK_CLOSE(mean(Tensor::full(Shape{count}, 0.1F)).item(), 0.1, 1e-6);
  CHECK_CLOSE(sum(Tensor::full(Shape{2, count / 2}, 0.1F), 1), Doubles(2, 0.05 * static_cast<double>(count)), 1e-6);
}

TEST_CASE("A plane is fitted to points in batches cut from a table") {
  // y = x w + b without noise: whole arrays step down the gradient of the squared error until they find w and b.
  Rng rng(judge::seed());
  const std::int64_t N = 256, batch = 64;
  const Tensor true_w(Shape{3, 1}, {2, -1, 0.5F});
  const Tensor x = Tensor::normal(Shape{N, 3}, 0, 1, rng);
  const Tensor y = matmul(x, true_w) + 4.0F;
  Tensor w(Shape{3, 1});
  Tensor b(Shape{1, 1});
  for (int epoch = 0; epoch < 100; ++epoch) {
    for (std::int64_t from = 0; from < N; from += batch) {
      const Tensor part = x.slice(0, from, from + batch);
      const Tensor error = matmul(part, w) + b - y.slice(0, from, from + batch);
      w -= matmul_tn(part, error) * (0.2F / batch);
      b -= sum_to(error, b.shape()) * (0.2F / batch);
    }
  }
  CHECK_CLOSE(w, {2, -1, 0.5}, 0, 1e-3);
  CHECK_CLOSE(b, {4}, 0, 1e-3);
}

TEST_CASE("The tuned matrix product is faster than three loops") {
  Rng rng(1);
  const std::int64_t n = 256;
  const Tensor a = Tensor::normal(Shape{n, n}, 0, 1, rng);
  const Tensor b = Tensor::normal(Shape{n, n}, 0, 1, rng);
  const double operations = 2e-9 * static_cast<double>(n * n * n);
  const double naive = operations / fastest([&] { matmul_naive(a, b); });
  const double tuned = operations / fastest([&] { matmul(a, b); });
  judge::measure("matmul by three loops", naive, "GFLOP/s");
  judge::measure("matmul", tuned, "GFLOP/s");
  CHECK(tuned > naive);
}
