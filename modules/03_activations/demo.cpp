// The immediate use of module activations: two matrices in a row are one matrix; with a nonlinearity in
// between they are more than any matrix.
#include "judge/demos/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "judge/images/digits.hpp"
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

// What a function of this kind makes of every element of x, and its slope there.
template <class F>
std::pair<Tensor, Tensor> value_and_slope(const Tensor& x) {
  F f;
  const Tensor y = f.forward({x});
  return {y, f.backward(Tensor(x.shape()) + 1.0F)[0]};
}

// A row of the table, and two curves.
template <class F>
void show() {
  const std::string name = F().name();
  std::string row = fmt::format("  {:<8}", name);
  for (const float x : {-3.0F, -1.0F, 0.0F, 1.0F, 3.0F}) {
    const auto [y, slope] = value_and_slope<F>(Tensor::scalar(x));
    row += fmt::format(" {:7.3f} ({:6.3f})", y.item(), slope.item());
  }
  demo::say(row);
  for (int i = -40; i <= 40; ++i) {
    const float x = 0.1F * static_cast<float>(i);
    const auto [y, slope] = value_and_slope<F>(Tensor::scalar(x));
    demo::point("values: " + name, x, y.item());
    demo::point("slopes: " + name, x, slope.item());
  }
}

// What is left of a gradient behind F, on average, at the inputs that real digits give it.
template <class F>
double mean_slope(const Tensor& from_digits) {
  const double slope = mean(value_and_slope<F>(from_digits).second).item();
  demo::measure(std::string("Mean slope on real digits, ") + F().name(), slope, "");
  return slope;
}

void compare_functions(const Tensor& from_digits) {
  demo::say("Four ways to bend, with their slopes in brackets, by which every gradient is multiplied on its way back:");
  demo::say("       x    -3               -1                0                1                3");
  demo::axes("values", "x", "y");
  demo::axes("slopes", "x", "dy/dx");
  show<ReLU>();
  show<GELU>();
  show<Tanh>();
  show<Sigmoid>();
  mean_slope<ReLU>(from_digits);
  mean_slope<GELU>(from_digits);
  mean_slope<Tanh>(from_digits);
  const double sigmoid = mean_slope<Sigmoid>(from_digits);
  demo::say(fmt::format("Through ten sigmoids in a row a gradient would shrink to about {:.0e} of itself.",
                        std::pow(sigmoid, 10)));
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
  compare_functions(matmul(x, first));
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
