// The immediate use of module losses: how wrong a guess is, as one number, and which way each weight would
// have to go to make it smaller.
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

double norm(const Tensor& x) { return std::sqrt(sum(x * x).item()); }

float loss_of(const Tensor& logits, const Tensor& labels) { return CrossEntropyLoss().forward({logits, labels}).item(); }

// The loss of one dense layer, and its gradient with respect to the weight and the bias: two backward rules,
// the last step's first.
struct Slope {
  float loss = 0.0F;
  Tensor weight;
  Tensor bias;
};

Slope slope_at(Linear& layer, const judge::Digits& digits) {
  const auto step = layer.function();
  CrossEntropyLoss cross_entropy;
  step->want_gradient(0, false);  // the images are not going to change
  const Tensor logits = step->forward({digits.images, layer.weight().value(), layer.bias().value()});
  const float loss = cross_entropy.forward({logits, digits.labels}).item();
  const Tensor dlogits = cross_entropy.backward(Tensor::scalar(1.0F))[0];
  const std::vector<Tensor> gradients = step->backward(dlogits);
  return {loss, gradients[1], gradients[2]};
}

// The logits after every weight moved against its gradient, `distance` times as far as the gradient is large.
Tensor logits_after(const Linear& layer, const Slope& slope, float distance, const Tensor& images) {
  const Tensor weight = layer.weight().value() - slope.weight * distance;
  const Tensor bias = layer.bias().value() - slope.bias * distance;
  return matmul_nt(images, weight) + bias;
}

}  // namespace

void demo::run() {
  const judge::Digits digits = judge::training_digits();
  const std::int64_t N = digits.labels.size();
  Rng rng(1);
  Linear layer(784, 10, rng);

  say(fmt::format("The cross-entropy of guesses for {} real digits. Ten classes, equally", N));
  say(fmt::format("likely, cost ln 10 = {:.4f}:", std::log(10.0)));
  measure("Loss of ten equal scores", loss_of(Tensor({N, 10}), digits.labels), "");
  const Slope slope = slope_at(layer, digits);
  measure("Loss of an untrained layer, Linear(784, 10)", slope.loss, "");
  Tensor certain({N, 10});
  for (std::int64_t n = 0; n < N; ++n) certain.data()[n * 10] = 20.0F;
  measure("Loss of being sure that every digit is a 0", loss_of(certain, digits.labels), "");
  say();

  say("The gradient says how the loss answers to each weight of the layer:");
  measure("Norm of the gradient, 7,840 weights", norm(slope.weight), "");
  measure("Norm of the gradient, 10 biases", norm(slope.bias), "");
  say("One step against it, at four step sizes:");
  double best = 0.0;
  for (const float distance : {0.01F, 0.1F, 1.0F, 10.0F}) {
    const Tensor logits = logits_after(layer, slope, distance, digits.images);
    const double right = 100.0 * accuracy(logits, digits.labels);
    best = std::max(best, right);
    say(fmt::format("  {:>5} times the gradient: loss {:.4f} -> {:7.4f}, {:4.1f} % right", distance, slope.loss,
                    loss_of(logits, digits.labels), right));
  }
  measure("Accuracy after the best single step", best, "%");
  say("The direction is right; how far to go, and how to go on, is still open.");
}
