// The immediate use of module tensor: one matrix product in three ways, against the peak that this
// machine was measured to have.
#include <algorithm>
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/tensor.hpp"

using namespace tinytorch;

namespace {

constexpr std::int64_t extent = 512;

using Product = Tensor (*)(const Tensor&, const Tensor&);

// The rate of the best of the runs that fit into a quarter of a second, and at least one.
double gflops(Product product, const Tensor& a, const Tensor& b) {
  const double operations = 2.0 * extent * extent * extent;
  const Stopwatch total;
  double best = 0.0;
  do {
    const Stopwatch watch;
    const Tensor c = product(a, b);
    best = std::max(best, operations / watch.seconds() / 1e9);
  } while (total.seconds() < 0.25);
  return best;
}

void compare_products(const Tensor& a, const Tensor& b) {
  const Tensor expected = matmul_naive(a, b);
  // Sums of 512 products, added in another order: they agree to float's rounding, not to the bit.
  if (!all_close(matmul_blocked(a, b), expected, 1e-4F, 1e-3F) || !all_close(matmul(a, b), expected, 1e-4F, 1e-3F)) {
    throw ValueError("the three products do not agree");
  }
}

}  // namespace

void demo::run() {
  Rng rng(1);
  const Tensor a = Tensor::normal({extent, extent}, 0.0F, 1.0F, rng);
  const Tensor b = Tensor::normal({extent, extent}, 0.0F, 1.0F, rng);
  compare_products(a, b);

  const int threads = kernels::thread_count();
  kernels::set_thread_count(1);
  const double peak = measure_peak_gflops();
  say(fmt::format("One product, {0} x {0} by {0} x {0}, three ways with the same result.", extent));
  say(fmt::format("On one core, whose measured peak is {:.1f} GFLOP/s:", peak));
  measure("matmul, three plain loops", gflops(matmul_naive, a, b), "GFLOP/s");
  measure("matmul, in blocks", gflops(matmul_blocked, a, b), "GFLOP/s");
  const double tuned = gflops(matmul, a, b);
  measure("matmul, kernels::gemm", tuned, "GFLOP/s");
  measure("Share of the peak that gemm reaches", 100.0 * tuned / peak, "%");
  kernels::set_thread_count(threads);
  if (threads > 1) {
    say(fmt::format("The same on {} threads:", threads));
    measure("matmul, kernels::gemm, all threads", gflops(matmul, a, b), "GFLOP/s");
  }
  say();

  const judge::Digits digits = judge::test_digits();
  const Tensor mean_image = mean(digits.images, 0);
  const Tensor centred = digits.images - mean_image;  // (N, 784) - (784,): the mean is stretched over N
  say("Real digits in a tensor:");
  say(fmt::format("  images {}, mean image {}", digits.images.shape().to_string(), mean_image.shape().to_string()));
  say(fmt::format("  mean pixel {:.4f}, after taking the mean image away {:.1e}", mean(digits.images).item(),
                  mean(centred).item()));
  const Tensor weights = Tensor::normal({784, 64}, 0.0F, 0.05F, rng);
  const Stopwatch watch;
  const Tensor features = matmul(centred, weights);
  say(fmt::format("  times a matrix {}: {} in {:.2f} ms", weights.shape().to_string(), features.shape().to_string(),
                  1e3 * watch.seconds()));
}
