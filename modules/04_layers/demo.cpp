// The immediate use of module layers: a network of two layers, from its parts to its answers for real
// digits, before it has learnt anything.
#include "judge/demos/demo.hpp"

#include <fmt/core.h>

#include <cmath>

#include "judge/images/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"

using namespace tinytorch;

namespace {

double share_correct(const Tensor& scores, const Tensor& labels) {
  const Tensor answers = argmax(scores, 1);
  std::int64_t correct = 0;
  for (std::int64_t n = 0; n < labels.size(); ++n) correct += answers.data()[n] == labels.data()[n] ? 1 : 0;
  return static_cast<double>(correct) / static_cast<double>(labels.size());
}

double samples_per_second(Layer& network, const Tensor& images) {
  const Stopwatch watch;
  std::int64_t samples = 0;
  do {
    network.forward(images);
    samples += images.shape()[0];
  } while (watch.seconds() < 0.25);
  return static_cast<double>(samples) / watch.seconds();
}

void build(Sequential& network, Rng& rng) {
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

double deviation(const Tensor& x) {
  const Tensor centred = x - mean(x);
  return std::sqrt(mean(centred * centred).item());
}

// What Dropout does to the 64 hidden units: it silences half of them and doubles the others, anew for each digit, and
// rests when training is over.
void show_dropout(const Tensor& images) {
  Rng rng(demo::seed());
  Sequential hidden;
  hidden.add<Linear>(784, 64, rng);
  hidden.add<Activation<ReLU>>();
  Sequential half;
  half.add<Dropout>(0.5F, demo::seed());
  const Tensor units = hidden.forward(images);
  const Tensor dropped = half.forward(units);
  half.set_training(false);
  const Tensor rested = half.forward(units);
  const auto is_silent = [](float unit) { return unit == 0.0F ? 1.0F : 0.0F; };
  demo::say("Dropout of one half behind the hidden units, so that no unit can rely on another:");
  demo::measure("Silent hidden units", 100.0 * mean(map(units, is_silent)).item(), "%");
  demo::measure("Silent hidden units, with dropout", 100.0 * mean(map(dropped, is_silent)).item(), "%");
  demo::measure("Mean of the hidden units", mean(units).item(), "");
  demo::measure("Mean of the hidden units, with dropout", mean(dropped).item(), "");
  demo::measure("Mean of the hidden units, dropout at rest", mean(rested).item(), "");
}

}  // namespace

void demo::run() {
  const judge::Digits digits = judge::test_digits();
  Rng rng(seed());
  Sequential network;
  build(network, rng);

  say(network.name());
  for (const NamedTensor& entry : network.state()) {
    say(fmt::format("  {:<9} {:<10} deviation {:.4f}", entry.name, entry.tensor.shape().to_string(),
                    deviation(entry.tensor)));
  }
  std::int64_t count = 0;
  for (const Parameter& parameter : network.parameters()) count += parameter.value().size();
  measure("Parameters of the MLP 784-64-10", static_cast<double>(count), "");
  say();

  say(fmt::format("The forward pass on {} held-out digits of the MNIST sample:", digits.images.shape()[0]));
  const Tensor scores = network.forward(digits.images);
  say(fmt::format("  {} -> {}", digits.images.shape().to_string(), scores.shape().to_string()));
  measure("MLP forward, all digits at once", samples_per_second(network, digits.images), "samples/s");
  measure("MLP forward, one at a time", samples_per_second(network, digits.images.slice(0, 0, 1)), "samples/s");
  say();

  show_dropout(digits.images);
  say();

  const Tensor answers = argmax(scores, 1);
  say("Its answers to the first ten digits, and what they are:");
  say("  answers " + to_string(answers.slice(0, 0, 5)) + " " + to_string(answers.slice(0, 5, 10)));
  say("  labels  " + to_string(digits.labels.slice(0, 0, 5)) + " " + to_string(digits.labels.slice(0, 5, 10)));
  measure("Accuracy of the untrained MLP", 100.0 * share_correct(scores, digits.labels), "%");
  double total = 0.0;
  constexpr int others = 20;
  for (int i = 0; i < others; ++i) {
    Sequential other;
    build(other, rng);
    total += 100.0 * share_correct(other.forward(digits.images), digits.labels) / others;
  }
  measure(fmt::format("Accuracy of {} others, mean", others), total, "%");
  say("The weights are random, and guessing among ten earns 10 %. You see that the answers are wrong,");
  say("but no number yet says how wrong.");
}
