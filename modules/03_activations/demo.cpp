// The immediate use of module activations: two matrices in a row are one matrix; with a nonlinearity in
// between they are more than any matrix.
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"

using namespace tinytorch;

namespace {

Tensor relu(const Tensor& x) { return ReLU().forward({x}); }

double norm(const Tensor& x) { return std::sqrt(sum(x * x).item()); }

// How far f is from f(x + y) = f(x) + f(y), which holds for every matrix; 0 for a matrix.
template <class F>
double nonadditivity(const F& f, const Tensor& x, const Tensor& y) {
  const Tensor together = f(x + y);
  return norm(together - f(x) - f(y)) / norm(together);
}

// The exclusive or of two bits, which no single matrix and bias can compute, from two units:
// relu(a + b) - 2 relu(a + b - 1).
void say_exclusive_or() {
  const Tensor bits({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor hidden = relu(matmul(bits, Tensor({2, 2}, {1, 1, 1, 1})) + Tensor({2}, {0, -1}));
  const Tensor result = matmul(hidden, Tensor({2, 1}, {1, -2}));
  demo::say("Weights chosen by hand, a matrix, ReLU and a matrix: the exclusive or.");
  demo::say("  inputs " + to_string(bits));
  demo::say("  result " + to_string(result.reshape({4})));
}

}  // namespace

void demo::run() {
  const judge::Digits digits = judge::test_digits();
  const Tensor& x = digits.images;  // (N, 784)
  Rng rng(seed());
  const Tensor first = Tensor::normal({784, 64}, 0.0F, 0.05F, rng);
  const Tensor second = Tensor::normal({64, 10}, 0.0F, 0.18F, rng);
  const Tensor one = matmul(first, second);

  say(fmt::format("{} held-out digits of the MNIST sample through a 784 x 64 and then a 64 x 10 matrix.",
                  x.shape()[0]));
  const Tensor two_steps = matmul(matmul(x, first), second);
  const Tensor one_step = matmul(x, one);
  say("Nothing in between: the same as their product, one 784 x 10 matrix.");
  measure("Difference to one matrix, relative", norm(two_steps - one_step) / norm(two_steps), "");
  const Tensor bent = matmul(relu(matmul(x, first)), second);
  say("ReLU in between: no longer that matrix, and not any other, since a matrix");
  say("has f(x + y) = f(x) + f(y). The relative error of that equation:");
  const Tensor one_half = x.slice(0, 0, 500);
  const Tensor other_half = x.slice(0, 500, 1000);
  const auto linear = [&](const Tensor& t) { return matmul(matmul(t, first), second); };
  const auto nonlinear = [&](const Tensor& t) { return matmul(relu(matmul(t, first)), second); };
  measure("Two matrices", nonadditivity(linear, one_half, other_half), "");
  measure("Two matrices with ReLU in between", nonadditivity(nonlinear, one_half, other_half), "");
  say();
  say_exclusive_or();
  say();

  say("The forward pass of the two-layer network, its ten results as probabilities:");
  Tensor probabilities;
  double fastest = 1e9;
  for (int round = 0; round < 5; ++round) {
    const Stopwatch watch;
    probabilities = Softmax().forward({matmul(relu(matmul(x, first)), second)});
    fastest = std::min(fastest, watch.seconds());
  }
  measure("Forward pass", static_cast<double>(x.shape()[0]) / fastest, "samples/s");
  std::string row;
  for (int digit = 0; digit < 10; ++digit) row += fmt::format(" {:.3f}", probabilities.at({0, digit}));
  say("  the first digit:" + row);
  measure("Probability of its best answer, mean", mean(max(probabilities, 1)).item(), "");
  say();
  say("It bends and it answers, but it is two loose matrices that somebody must size, fill and carry.");
}
