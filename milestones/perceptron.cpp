// 1957: Rosenblatt's perceptron tells digits apart. One unit, a threshold, and a rule that changes the weights only
// where the answer was wrong. Where a plane separates the two classes, the rule finds one after finitely many mistakes;
// where none does, it never comes to rest.
#include <fmt/core.h>

#include <string>
#include <vector>

#include "judge/demos/demo.hpp"
#include "judge/images/datasets.hpp"
#include "tinytorch/layers.hpp"

using namespace tinytorch;

namespace {

constexpr int most_passes = 100;

// The images of two digits, each a row, and which of the two it is: 0 for the first, 1 for the second.
struct TwoDigits {
  std::vector<Tensor> images;  // (1, 784) each
  std::vector<float> classes;
  std::int64_t size() const { return static_cast<std::int64_t>(images.size()); }
};

TwoDigits only(float first, float second, const Tensor& images, const Tensor& labels) {
  TwoDigits two;
  for (std::int64_t n = 0; n < labels.size(); ++n) {
    const float label = labels.data()[n];
    if (label != first && label != second) continue;
    two.images.push_back(images.slice(0, n, n + 1).reshape({1, -1}));
    two.classes.push_back(label == second ? 1.0F : 0.0F);
  }
  return two;
}

class Perceptron {
 public:
  Perceptron(std::int64_t inputs, Rng& rng) : unit_(inputs, 1, rng) {}

  // Fires, 1, where w x + b > 0.
  float answer(const Tensor& image) { return unit_.forward(image).item() > 0.0F ? 1.0F : 0.0F; }

  // The perceptron rule: w -= (answer - right) x and b -= (answer - right). That is the dense layer's own gradient
  // rule, given the mistake in place of a loss's gradient. Returns whether it was a mistake.
  bool learn(const Tensor& image, float right) {
    const auto step = unit_.function();
    const Tensor score = step->forward({image, unit_.weight().value(), unit_.bias().value()});
    const float mistake = (score.item() > 0.0F ? 1.0F : 0.0F) - right;
    if (mistake == 0.0F) return false;
    const std::vector<Tensor> gradients = step->backward(Tensor({1, 1}, {mistake}));
    unit_.weight().value() -= gradients[1];
    unit_.bias().value() -= gradients[2];
    return true;
  }

 private:
  Linear unit_;
};

double percent(std::int64_t part, std::int64_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double percent_right(Perceptron& perceptron, const TwoDigits& digits) {
  std::int64_t right = 0;
  for (std::size_t n = 0; n < digits.images.size(); ++n) {
    right += perceptron.answer(digits.images[n]) == digits.classes[n] ? 1 : 0;
  }
  return percent(right, digits.size());
}

// One pass over the digits in a new order; returns the mistakes made on the way.
std::int64_t pass_over(Perceptron& perceptron, const TwoDigits& digits, Rng& rng) {
  std::int64_t mistakes = 0;
  for (const std::int64_t n : rng.permutation(digits.size())) {
    const auto at = static_cast<std::size_t>(n);
    mistakes += perceptron.learn(digits.images[at], digits.classes[at]) ? 1 : 0;
  }
  return mistakes;
}

// Passes over the digits until one is without mistakes, or no longer.
void tell_apart(const std::string& names, const TwoDigits& train, const TwoDigits& test) {
  Rng rng(demo::seed());
  Perceptron perceptron(784, rng);
  demo::say(fmt::format("{}: {} to learn from, {} held out; with random weights {:.1f} % of these are right.", names,
                        train.size(), test.size(), percent_right(perceptron, test)));
  std::int64_t mistakes = 1;
  int pass = 0;
  while (mistakes > 0 && pass < most_passes) {
    mistakes = pass_over(perceptron, train, rng);
    ++pass;
    demo::point("mistakes: " + names, pass, percent(mistakes, train.size()));
    demo::progress(names, pass, most_passes);
    if (pass <= 3) demo::say(fmt::format("  pass {}: {} mistakes", pass, mistakes));
  }
  if (pass > 3) demo::say(fmt::format("  pass {}: {} mistakes", pass, mistakes));
  demo::measure("Mistakes in the last pass, " + names, static_cast<double>(mistakes), "");
  demo::measure("Accuracy on held-out " + names, percent_right(perceptron, test), "%");
  demo::say();
}

}  // namespace

void demo::run() {
  const judge::Images all = judge::digit_images();
  data(all.name);
  axes("mistakes", "passes", "% of a pass");
  say(all.name + ". Where an answer is wrong, the image is added to or taken from the weights.");
  say(fmt::format("The end is a pass without a mistake, or pass {}.", most_passes));
  say();
  const auto both = [&](const std::string& names, float first, float second) {
    tell_apart(names, only(first, second, all.train_images, all.train_labels),
               only(first, second, all.test_images, all.test_labels));
  };
  both("zeros and ones", 0, 1);
  both("threes and fives", 3, 5);
  say("Only where a plane between the two kinds exists does the rule come to rest.");
}
