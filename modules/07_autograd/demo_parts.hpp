// What the demos of module autograd show in every track: the training step that had to be chained by hand, from
// loss.backward(), with the same numbers in a fraction of the code; a check of the tape by differences; a fit written
// with operators alone; and the exclusive or, learnt from ten starts.
//
// How weights follow their gradients is the track's: a Rule is made from {parameters, rate} and has step() and
// zero_grad(), as the optimizers have.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "judge/demos/demo.hpp"
#include "judge/images/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/autograd.hpp"
#include "tinytorch/losses.hpp"

namespace demo {

using namespace tinytorch;

// 784-64-10, with its dense layers at hand for who must ask them for their parameters.
struct Mlp {
  Sequential network;
  Linear& first;
  Linear& second;

  explicit Mlp(Rng rng) : first(network.add<Linear>(784, 64, rng)), second(add_rest(rng)) {}

 private:
  Linear& add_rest(Rng& rng) {
    network.add<Activation<ReLU>>();
    return network.add<Linear>(64, 10, rng);
  }
};

// The gradients of exactly this network: every function and every intermediate kept, then the same functions in
// reverse order, each handed the gradient that the one before returned. Returns the loss.
constexpr int by_hand_begins = __LINE__;
inline float gradients_by_hand(Mlp& mlp, const Tensor& image, const Tensor& label) {
  const auto first = mlp.first.function();
  ReLU relu;
  const auto second = mlp.second.function();
  CrossEntropyLoss cross_entropy;
  first->want_gradient(0, false);
  const Tensor hidden = first->forward({image, mlp.first.weight().value(), mlp.first.bias().value()});
  const Tensor active = relu.forward({hidden});
  const Tensor logits = second->forward({active, mlp.second.weight().value(), mlp.second.bias().value()});
  const Tensor loss = cross_entropy.forward({logits, label});
  const Tensor dlogits = cross_entropy.backward(Tensor::scalar(1.0F))[0];
  std::vector<Tensor> dsecond = second->backward(dlogits);
  const Tensor dhidden = relu.backward(dsecond[0])[0];
  std::vector<Tensor> dfirst = first->backward(dhidden);
  mlp.first.weight().accumulate(std::move(dfirst[1]));
  mlp.first.bias().accumulate(std::move(dfirst[2]));
  mlp.second.weight().accumulate(std::move(dsecond[1]));
  mlp.second.bias().accumulate(std::move(dsecond[2]));
  return loss.item();
}
constexpr int by_hand_lines = __LINE__ - by_hand_begins - 1;

// The same from the tape, for any network.
constexpr int by_tape_begins = __LINE__;
inline float gradients_by_tape(Sequential& network, const Tensor& image, const Tensor& label) {
  const Variable logits = forward(network, image);
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, label});
  loss.backward();
  return loss.value().item();
}
constexpr int by_tape_lines = __LINE__ - by_tape_begins - 1;

// What a run of steps was like.
struct Run {
  double seconds = 0.0;
  std::vector<float> losses;
};

// One step for each digit of a shuffled pass, the same for every run: gradients(image, label), then the rule.
template <class Rule, class Gradients>
Run train(const judge::Digits& digits, const std::string& what, Rule&& rule, const Gradients& gradients) {
  const std::int64_t steps = digits.labels.size();
  Run run;
  run.losses.reserve(static_cast<std::size_t>(steps));
  std::int64_t done = 0;
  const Stopwatch watch;
  for (const std::int64_t n : Rng(seed()).permutation(steps)) {
    run.losses.push_back(gradients(digits.images.slice(0, n, n + 1), digits.labels.slice(0, n, n + 1)));
    rule.step();
    rule.zero_grad();
    progress(what, ++done, steps);
  }
  run.seconds = watch.seconds();
  return run;
}

inline double largest_difference(const Sequential& a, const Sequential& b) {
  double largest = 0.0;
  const std::vector<Parameter> of_a = a.parameters();
  const std::vector<Parameter> of_b = b.parameters();
  for (std::size_t p = 0; p < of_a.size(); ++p) {
    const Tensor difference = of_a[p].value() - of_b[p].value();
    for (std::int64_t i = 0; i < difference.size(); ++i) {
      largest = std::max(largest, static_cast<double>(std::fabs(difference.data()[i])));
    }
  }
  return largest;
}

// The mean loss of every hundred steps.
inline void draw(const std::string& curve, const std::vector<float>& losses) {
  constexpr std::size_t group = 100;
  double sum = 0.0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    sum += losses[i];
    if ((i + 1) % group != 0) continue;
    point(curve, static_cast<double>(i + 1), sum / group);
    sum = 0.0;
  }
}

inline double percent_right(Sequential& network, const judge::Digits& digits) {
  return 100.0 * accuracy(network.forward(digits.images), digits.labels);
}

template <class Rule>
void compare_with_the_chain(const judge::Digits& digits, const judge::Digits& test) {
  say("One pass over the digits, one image a step, twice from the same start: an MLP 784-64-10 whose");
  say("gradients are chained by hand, and one that calls loss.backward().");
  const auto steps = static_cast<double>(digits.labels.size());
  constexpr float rate = 0.01F;
  Mlp by_hand{Rng(seed())};
  Mlp by_tape{Rng(seed())};
  const Run hand =
      train(digits, "by hand", Rule(by_hand.network.parameters(), rate),
            [&](const Tensor& image, const Tensor& label) { return gradients_by_hand(by_hand, image, label); });
  const Run tape =
      train(digits, "by tape", Rule(by_tape.network.parameters(), rate),
            [&](const Tensor& image, const Tensor& label) { return gradients_by_tape(by_tape.network, image, label); });
  axes("loss", "steps", "cross-entropy");
  draw("loss: by hand", hand.losses);
  draw("loss: by tape", tape.losses);

  const double difference = largest_difference(by_hand.network, by_tape.network);
  measure(fmt::format("Largest weight difference after {:.0f} steps", steps), difference, "");
  if (!(difference < 1e-3)) throw ValueError("the tape's gradients are not those of the chain by hand");
  measure("MLP accuracy, gradients by hand", percent_right(by_hand.network, test), "%");
  measure("MLP accuracy, gradients by the tape", percent_right(by_tape.network, test), "%");
  measure("Lines for the gradients, by hand", by_hand_lines, "");
  measure("Lines for the gradients, loss.backward()", by_tape_lines, "");
  measure("The second as a share of the first", 100.0 * by_tape_lines / by_hand_lines, "%");
  measure("MLP training speed, gradients by hand", steps / hand.seconds, "samples/s");
  measure("MLP training speed, loss.backward()", steps / tape.seconds, "samples/s");
}

// One more layer: by hand, five more lines in the chain; here, none.
template <class Rule>
void train_a_deeper_one(const judge::Digits& digits, const judge::Digits& test) {
  say("The same function, not a line changed, on an MLP with one more layer, 784-64-32-10:");
  Rng rng(seed());
  Sequential deeper;
  deeper.add<Linear>(784, 64, rng);
  deeper.add<Activation<ReLU>>();
  deeper.add<Linear>(64, 32, rng);
  deeper.add<Activation<ReLU>>();
  deeper.add<Linear>(32, 10, rng);
  train(digits, "one more layer", Rule(deeper.parameters(), 0.01F),
        [&](const Tensor& image, const Tensor& label) { return gradients_by_tape(deeper, image, label); });
  measure("Deeper MLP accuracy, gradients by the tape", percent_right(deeper, test), "%");
}

// A tanh whose backward rule forgets its own slope.
class CarelessTanh : public Tanh {
 public:
  std::vector<Tensor> backward(const Tensor& dy) override { return {dy}; }
};

// The loss of a network 49-8-10 as a function of its weights, for small digits.
template <class Bend>
Variable loss_of_weights(const judge::Digits& small, const std::vector<Variable>& w) {
  const Variable hidden = apply(std::make_unique<LinearFunction>(), {small.images, w[0], w[1]});
  const Variable bent = apply(std::make_unique<Bend>(), {hidden});
  const Variable logits = apply(std::make_unique<LinearFunction>(), {bent, w[2], w[3]});
  return apply(std::make_unique<CrossEntropyLoss>(), {logits, small.labels});
}

// Every gradient of a small network against differences, with all backward rules right and with one wrong.
inline void check_by_differences(const judge::Digits& digits) {
  const judge::Digits some{digits.images.slice(0, 0, 20), digits.labels.slice(0, 0, 20)};
  // Fields of 4 x 4 pixels become one: (20, 784) -> (20, 49).
  const judge::Digits small{mean(mean(some.images.reshape({20, 7, 4, 7, 4}), 4), 2).reshape({20, 49}), some.labels};
  Rng rng(seed());
  const std::vector<Tensor> weights{Tensor::normal({8, 49}, 0.0F, 0.2F, rng), Tensor({8}),
                                    Tensor::normal({10, 8}, 0.0F, 0.5F, rng), Tensor({10})};
  std::int64_t count = 0;
  for (const Tensor& weight : weights) count += weight.size();

  say(fmt::format("Is it right? Each of the {} weights of a network 49-8-10 moved up and down, on 20 digits of 7 x 7:",
                  count));
  Stopwatch watch;
  const GradientCheck right =
      check_gradients([&](const std::vector<Variable>& w) { return loss_of_weights<Tanh>(small, w); }, weights);
  const double by_differences = watch.seconds();
  const GradientCheck wrong =
      check_gradients([&](const std::vector<Variable>& w) { return loss_of_weights<CarelessTanh>(small, w); }, weights);
  measure("Largest error of a gradient", right.error, "");
  measure("The same with a tanh that forgets its slope", wrong.error, "");
  if (!(right.error < 1e-3)) throw ValueError("the tape's gradients are not the slopes of the loss");

  std::vector<Variable> leaves;
  for (const Tensor& weight : weights) leaves.emplace_back(weight, true);
  double by_tape = by_differences;
  for (int round = 0; round < 20; ++round) {  // the best one: a single one is over before the clock is sure
    watch.restart();
    Variable loss = loss_of_weights<Tanh>(small, leaves);
    loss.backward();
    by_tape = std::min(by_tape, watch.seconds());
  }
  measure("Time of all gradients by differences", 1e3 * by_differences, "ms");
  measure("Time of all gradients, loss.backward()", 1e3 * by_tape, "ms");
}

// The middle pixel of every digit (N,), and its neighbours to the left, right, above and below (N, 4).
struct Neighbours {
  Tensor around;
  Tensor middle;
};

inline Neighbours neighbours_of(const Tensor& images) {
  const std::int64_t N = images.shape()[0];
  Neighbours found{Tensor({N, 4}), Tensor({N})};
  for (std::int64_t n = 0; n < N; ++n) {
    const float* pixel = images.data() + n * 784 + 14 * 28 + 14;
    found.middle.data()[n] = *pixel;
    const float around[] = {pixel[-1], pixel[1], pixel[-28], pixel[28]};
    std::copy(around, around + 4, found.around.data() + 4 * n);
  }
  return found;
}

// The share of the variance of `y` (N,) that x (N, 4) times w (4, 1), plus b (1,), leaves unexplained. Operators
// alone, and differentiable like any layer.
inline Variable unexplained(const Variable& x, const Variable& y, const Variable& w, const Variable& b) {
  const Variable guess = reshape(matmul(x, w) + b, {-1});
  const Variable missed = y - guess;
  const Variable spread = y - mean(y);
  return sum(missed * missed) / sum(spread * spread);
}

template <class Rule>
void fit_with_operators(const judge::Digits& digits) {
  constexpr int steps = 300;
  say("No layer at all: a pixel as a weighted sum of its four neighbours, in operators on Variables.");
  const Neighbours data = neighbours_of(digits.images);
  const Parameter weight(Tensor({4, 1}));
  const Parameter bias(Tensor({1}));
  Rule rule({weight, bias}, 0.05F);
  axes("unexplained", "steps", "share of the variance");
  double left = 0.0;
  for (int step = 0; step <= steps; ++step) {
    Variable loss = unexplained(data.around, data.middle, Variable(weight), Variable(bias));
    left = loss.value().item();
    point("unexplained: by four neighbours", step, left);
    loss.backward();
    rule.step();
    rule.zero_grad();
  }
  const float* w = weight.value().data();
  say(fmt::format("  left {:.2f}, right {:.2f}, above {:.2f}, below {:.2f}, and {:.2f}", w[0], w[1], w[2], w[3],
                  bias.value().item()));
  measure("Variance of a pixel that its neighbours leave open", 100.0 * left, "%");
}

// Trains a 2-8-1 network on the four rows of the exclusive or and returns its logits for them.
template <class Rule>
Tensor learn_exclusive_or(std::uint64_t start, int steps, const Tensor& bits, const Tensor& answers, bool draw_it) {
  Rng rng(start);
  Sequential network;
  network.add<Linear>(2, 8, rng, Init::glorot);
  network.add<Activation<Tanh>>();
  network.add<Linear>(8, 1, rng, Init::glorot);
  Rule rule(network.parameters(), 0.5F);
  for (int step = 0; step < steps; ++step) {
    Variable loss = apply(std::make_unique<BCEWithLogitsLoss>(), {forward(network, bits), answers});
    loss.backward();
    rule.step();
    rule.zero_grad();
    if (draw_it && step % 20 == 0) point("exclusive or: first start", step, loss.value().item());
  }
  return network.forward(bits);
}

template <class Rule>
void solve_exclusive_or() {
  constexpr int starts = 10;
  constexpr int steps = 1000;
  say("The exclusive or, which no single layer can compute: a 2-8-1 network with tanh,");
  say(fmt::format("{} steps from each of {} starts. The probability of a 1 after the first:", steps, starts));
  const Tensor bits({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor answers({4, 1}, {0, 1, 1, 0});
  axes("exclusive or", "steps", "binary cross-entropy");
  int solved = 0;
  double least_sure = 1.0;
  for (int start = 0; start < starts; ++start) {
    const std::uint64_t own = starts * (seed() - 1) + static_cast<std::uint64_t>(start) + 1;
    const Tensor logits = learn_exclusive_or<Rule>(own, steps, bits, answers, start == 0);
    int right = 0;
    for (std::int64_t row = 0; row < 4; ++row) {
      const double one = 1.0 / (1.0 + std::exp(-static_cast<double>(logits.data()[row])));
      const bool wanted = answers.data()[row] > 0.5F;
      if (start == 0) {
        say(fmt::format("  {:.0f} xor {:.0f} = {:d}   {:.3f}", bits.data()[2 * row], bits.data()[2 * row + 1], wanted,
                        one));
      }
      least_sure = std::min(least_sure, wanted ? one : 1.0 - one);
      right += (one > 0.5) == wanted ? 1 : 0;
    }
    solved += right == 4 ? 1 : 0;
    progress("exclusive or", start + 1, starts);
  }
  measure(fmt::format("Exclusive or solved, of {} starts", starts), solved, "");
  measure("Least probability of a right answer", least_sure, "");
}

template <class Rule>
void show_autograd() {
  demo::data("MNIST sample");
  const judge::Digits digits = judge::training_digits();
  const judge::Digits test = judge::test_digits();
  compare_with_the_chain<Rule>(digits, test);
  say();
  train_a_deeper_one<Rule>(digits, test);
  say();
  check_by_differences(digits);
  say();
  fit_with_operators<Rule>(digits);
  say();
  demo::data("exclusive or");
  solve_exclusive_or<Rule>();
  say();
}

}  // namespace demo
