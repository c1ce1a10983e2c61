// What the demos of module optimizers show in every track: an MLP 784-64-10 that learns real digits, one image at a
// time, by SGD with a falling rate, and then the same gradients used in other ways.
//
// Where the gradients come from is the track's: its Mlp is made from an Rng and has
//   std::vector<Parameter> parameters();
//   Tensor logits(const Tensor& images);                                                     (N, 784) -> (N, 10)
//   double train_on(Optimizer& optimizer, const Tensor& image, const Tensor& label);         one step; the loss
#pragma once

#include <fmt/core.h>

#include <cmath>
#include <string>

#include "judge/demos/demo.hpp"
#include "judge/images/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"

namespace demo {

using namespace tinytorch;

struct Digits {
  Tensor images;  // (N, 784)
  Tensor labels;  // (N,)
  std::int64_t size() const { return labels.size(); }
};

template <class Mlp>
double percent_right(Mlp& mlp, const Digits& digits) {
  return 100.0 * accuracy(mlp.logits(digits.images), digits.labels);
}

// One pass over the training digits in a new order. Every `window` images, the mean of their losses is a point of the
// curve.
template <class Mlp>
void train_pass(Mlp& mlp, Optimizer& optimizer, const Digits& digits, Rng& rng, const std::string& curve, int pass) {
  constexpr std::int64_t window = 500;
  std::int64_t done = 0;
  double total = 0.0;
  for (const std::int64_t n : rng.permutation(digits.size())) {
    total += mlp.train_on(optimizer, digits.images.slice(0, n, n + 1), digits.labels.slice(0, n, n + 1));
    progress(fmt::format("{}, pass {}", curve, pass + 1), ++done, digits.size());
    if (done % window != 0) continue;
    point("loss: " + curve, static_cast<double>(pass * digits.size() + done), total / window);
    total = 0.0;
  }
}

// Three passes of SGD; `gradients` says where they come from. Returns the percentage of held-out digits that are right.
template <class Mlp>
double learn_digits(const Digits& train, const Digits& test, const std::string& gradients) {
  constexpr int passes = 3;
  Rng rng(seed());
  Mlp mlp(rng);
  SGD sgd(mlp.parameters(), 0.01F);
  StepLR schedule(sgd, 1, 1.0F / 3.0F);
  say(fmt::format("  {:>6} steps: {:5.1f} %", 0, percent_right(mlp, test)));
  double seconds = 0.0;
  for (int pass = 0; pass < passes; ++pass) {
    const Stopwatch watch;
    train_pass(mlp, sgd, train, rng, "SGD, falling rate", pass);
    schedule.step();
    seconds += watch.seconds();
    say(fmt::format("  {:>6} steps: {:5.1f} %", (pass + 1) * train.size(), percent_right(mlp, test)));
  }
  const auto steps = static_cast<double>(passes * train.size());
  const double right = percent_right(mlp, test);
  measure("MLP training steps, " + gradients, steps, "");
  measure("MLP training speed, " + gradients, steps / seconds, "samples/s");
  measure("MLP accuracy on held-out digits", right, "%");
  return right;
}

// Accuracy and speed of one pass, from the same start and in the same order for every optimizer, which is made from the
// parameters and `options`. Returns the norm of all weights afterwards.
template <class Mlp, class Rule, class Options>
double compare(const std::string& name, const Digits& train, const Digits& test, const Options& options) {
  Rng rng(seed());
  Mlp mlp(rng);
  Rule rule(mlp.parameters(), options);
  const Stopwatch watch;
  train_pass(mlp, rule, train, rng, name, 0);
  const double seconds = watch.seconds();
  measure(name + ": accuracy", percent_right(mlp, test), "%");
  measure(name + ": speed", static_cast<double>(train.size()) / seconds, "samples/s");
  double squares = 0.0;
  for (const Parameter& parameter : mlp.parameters()) squares += sum(parameter.value() * parameter.value()).item();
  return std::sqrt(squares);
}

// Returns the percentage of held-out digits that the first MLP names rightly, and their number.
template <class Mlp>
std::pair<double, std::int64_t> show_optimizers(const std::string& gradients) {
  const judge::Images set = judge::digit_images(6000, 1000);
  demo::data(set.name);
  const Digits train{set.train_images.reshape({set.train_labels.size(), 784}), set.train_labels};
  const Digits test{set.test_images.reshape({set.test_labels.size(), 784}), set.test_labels};

  say("An MLP 784-64-10 learns digits one image at a time: SGD, and a learning rate of 0.01");
  say(fmt::format("that falls to a third of it after every pass. {} training digits ({}),", train.size(), set.name));
  say(fmt::format("accuracy on {} others.", test.size()));
  axes("loss", "samples", "cross-entropy");
  const double right = learn_digits<Mlp>(train, test, gradients);
  say();

  say("The same gradients used in four ways, from the same start, in the same order, one pass each:");
  compare<Mlp, SGD>("SGD 0.01", train, test, SGDOptions{.learning_rate = 0.01F});
  compare<Mlp, SGD>("SGD 0.002, momentum 0.9", train, test, SGDOptions{.learning_rate = 0.002F, .momentum = 0.9F});
  const double free = compare<Mlp, Adam>("Adam 0.001", train, test, AdamOptions{.learning_rate = 0.001F});
  const double decayed = compare<Mlp, AdamW>("AdamW 0.001, decay 0.1", train, test,
                                             AdamOptions{.learning_rate = 0.001F, .weight_decay = 0.1F});
  say("AdamW lets every weight fade a little before each of Adam's steps, and ends with smaller ones:");
  measure("Norm of all weights, Adam", free, "");
  measure("Norm of all weights, AdamW", decayed, "");
  say();
  return {right, test.size()};
}

}  // namespace demo
