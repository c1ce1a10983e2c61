// The immediate use of module tensor: one matrix product in three ways, against the peak that this
// machine was measured to have and what its memory allows; then real digits in one expression.
#include "judge/demos/demo.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "judge/images/datasets.hpp"
#include "kernels/memory.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/tensor.hpp"

using namespace tinytorch;

namespace {

using Product = Tensor (*)(const Tensor&, const Tensor&);

// The rate of the best of the runs that fit into `seconds`, and at least one.
double gflops(Product product, const Tensor& a, const Tensor& b, double seconds) {
  const auto n = static_cast<double>(a.shape()[0]);
  const Stopwatch total;
  double best = 0.0;
  do {
    const Stopwatch watch;
    const Tensor c = product(a, b);
    best = std::max(best, 2e-9 * n * n * n / watch.seconds());
  } while (total.seconds() < seconds);
  return best;
}

void require_agreement(const Tensor& a, const Tensor& b) {
  const Tensor expected = matmul_naive(a, b);
  // Sums of many products, added in another order: they agree to float's rounding, not to the bit.
  if (!all_close(matmul_blocked(a, b), expected, 1e-4F, 1e-3F) || !all_close(matmul(a, b), expected, 1e-4F, 1e-3F)) {
    throw ValueError("the three products do not agree");
  }
}

struct Rates {
  double naive, blocked, tuned;
};

// The three products of two n x n matrices on one core, as a row of the table.
Rates compare_products(std::int64_t n, double peak, double bandwidth, Rng& rng) {
  const Tensor a = Tensor::normal({n, n}, 0.0F, 1.0F, rng);
  const Tensor b = Tensor::normal({n, n}, 0.0F, 1.0F, rng);
  require_agreement(a, b);
  const Rates rates{gflops(matmul_naive, a, b, 0.15), gflops(matmul_blocked, a, b, 0.15), gflops(matmul, a, b, 0.15)};
  const double intensity = static_cast<double>(n) / 6.0;  // 2 n^3 operations, 3 * 4 n^2 bytes
  demo::say(fmt::format("  {:>5} {:>10.1f} {:>12.1f} {:>10.2f} {:>10.1f} {:>10.1f} {:>9.1f} %", n, intensity,
                        std::min(peak, intensity * bandwidth), rates.naive, rates.blocked, rates.tuned,
                        100.0 * rates.tuned / peak));
  const auto x = static_cast<double>(n);
  demo::point("products: naive", x, rates.naive);
  demo::point("products: blocked", x, rates.blocked);
  demo::point("products: gemm", x, rates.tuned);
  demo::point("products: peak", x, peak);
  return rates;
}

void show_products(Rng& rng) {
  constexpr std::int64_t largest = 512;
  const int threads = kernels::thread_count();
  kernels::set_thread_count(1);
  const double peak = measure_peak_gflops();
  const double bandwidth = measure_bandwidth_gbs();
  demo::say("The limits of one core, by your instruments:");
  demo::measure("Peak of one core, float32", peak, "GFLOP/s");
  demo::measure("Memory bandwidth of one core", bandwidth, "GB/s");
  demo::say();

  demo::say("Products of two n x n matrices on one core, three ways with the same result, in GFLOP/s.");
  demo::say(
      "Intensity: operations a byte if every number moves once. Limit: the lower of peak and intensity * bandwidth.");
  demo::say("      n  intensity        limit      naive    blocked       gemm   of peak");
  demo::axes("products", "n", "GFLOP/s on one core");
  Rates rates{};
  for (std::int64_t n = 32; n <= largest; n *= 2) rates = compare_products(n, peak, bandwidth, rng);
  demo::say();
  demo::say(fmt::format("At n = {}:", largest));
  demo::measure("matmul, three plain loops", rates.naive, "GFLOP/s");
  demo::measure("matmul, in blocks", rates.blocked, "GFLOP/s");
  demo::measure("matmul, kernels::gemm", rates.tuned, "GFLOP/s");
  demo::measure("Share of the peak that gemm reaches", 100.0 * rates.tuned / peak, "%");
  kernels::set_thread_count(threads);
  if (threads > 1) {
    const Tensor a = Tensor::normal({largest, largest}, 0.0F, 1.0F, rng);
    demo::measure(fmt::format("matmul, kernels::gemm, {} threads", threads), gflops(matmul, a, a, 0.25), "GFLOP/s");
  }
  demo::say();
}

void show_digits(Rng& rng) {
  const judge::Images set = judge::digit_images(1000, 1000);
  demo::data(set.name);
  const Tensor images = set.test_images.reshape({set.test_images.shape()[0], -1});
  const kernels::MemoryUse before = kernels::memory_use();
  const Tensor mean_image = mean(images, 0);
  const Tensor centred = images - mean_image;  // (N, 784) - (784,): the mean is stretched over N
  const kernels::MemoryUse after = kernels::memory_use();
  demo::say(fmt::format("Real digits in a tensor ({}):", set.name));
  demo::say(fmt::format("  images {}, mean image {}, of which no copy was made for each image:",
                        images.shape().to_string(), mean_image.shape().to_string()));
  demo::measure("Memory taken by mean and difference", static_cast<double>(after.bytes - before.bytes), "bytes");
  demo::say(fmt::format("  mean pixel {:.4f}, after taking the mean image away {:.1e}", mean(images).item(),
                        mean(centred).item()));

  const Tensor first = Tensor::normal({784, 64}, 0.0F, 0.05F, rng);
  const Tensor second = Tensor::normal({64, 10}, 0.0F, 0.05F, rng);
  Tensor scores;
  double seconds = 1e9;
  for (int round = 0; round < 20; ++round) {
    const Stopwatch watch;
    scores = matmul(matmul(centred, first), second);
    seconds = std::min(seconds, watch.seconds());
  }
  const Tensor at_once = matmul(centred, matmul(first, second));
  demo::say(fmt::format("  times {} and {}: ten scores for each, {}", first.shape().to_string(),
                        second.shape().to_string(), scores.shape().to_string()));
  demo::measure("Images through two matrices", static_cast<double>(images.shape()[0]) / seconds, "samples/s");
  const Tensor difference = map(scores - at_once, [](float x) { return x < 0 ? -x : x; });
  demo::measure("Largest score", max(map(scores, [](float x) { return x < 0 ? -x : x; })).item(), "");
  demo::measure("Largest difference to a single matrix", max(difference).item(), "");
  demo::say("Two matrices in a row did nothing that one matrix cannot: something that is not linear is missing.");
}

}  // namespace

void demo::run() {
  Rng rng(seed());
  show_products(rng);
  show_digits(rng);
}
