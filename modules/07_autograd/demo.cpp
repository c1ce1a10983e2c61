// The immediate use of module autograd: the training step that had to be chained by hand, from loss.backward():
// the same numbers in a fraction of the code; and the exclusive or, learnt from ten starts.
//
// The update is written out here, so that the demo needs no optimizer.
#include "judge/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/autograd.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

constexpr float learning_rate = 0.01F;

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

// w -= rate * g, the simplest rule there is.
void descend(const std::vector<Parameter>& parameters, float rate) {
  for (const Parameter& parameter : parameters) {
    parameter.value() -= parameter.grad() * rate;
    parameter.zero_grad();
  }
}

// One training step for exactly this network: every function and every intermediate kept, then the same functions
// in reverse order, each handed the gradient that the one before returned. Returns the loss.
constexpr int by_hand_begins = __LINE__;
float step_by_hand(Mlp& mlp, const Tensor& image, const Tensor& label) {
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
  descend(mlp.network.parameters(), learning_rate);
  return loss.item();
}
constexpr int by_hand_lines = __LINE__ - by_hand_begins - 1;

// The same from the tape, for any network.
constexpr int by_tape_begins = __LINE__;
float step_by_tape(Sequential& network, const Tensor& image, const Tensor& label) {
  const Variable logits = forward(network, image);
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, label});
  loss.backward();
  descend(network.parameters(), learning_rate);
  return loss.value().item();
}
constexpr int by_tape_lines = __LINE__ - by_tape_begins - 1;

// What a run of steps was like.
struct Run {
  double seconds = 0.0;
  std::vector<float> losses;
};

// Calls step(image, label) for the first `steps` digits of a shuffled pass, the same for every run.
template <class Step>
Run train(const judge::Digits& digits, std::int64_t steps, const std::string& what, const Step& step) {
  const std::vector<std::int64_t> order = Rng(demo::seed()).permutation(digits.labels.size());
  Run run;
  run.losses.reserve(static_cast<std::size_t>(steps));
  const Stopwatch watch;
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::int64_t n = order[static_cast<std::size_t>(i)];
    run.losses.push_back(step(digits.images.slice(0, n, n + 1), digits.labels.slice(0, n, n + 1)));
    demo::progress(what, i + 1, steps);
  }
  run.seconds = watch.seconds();
  return run;
}

double largest_difference(const Sequential& a, const Sequential& b) {
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
void draw(const std::string& curve, const std::vector<float>& losses) {
  constexpr std::size_t group = 100;
  double sum = 0.0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    sum += losses[i];
    if ((i + 1) % group != 0) continue;
    demo::point(curve, static_cast<double>(i + 1), sum / group);
    sum = 0.0;
  }
}

void compare_with_the_chain(const judge::Digits& digits, const judge::Digits& test) {
  demo::say("One pass over the digits, one image a step, twice from the same start: an MLP 784-64-10 whose");
  demo::say("gradients are chained by hand, and one that calls loss.backward().");
  const std::int64_t steps = digits.labels.size();
  Mlp by_hand{Rng(demo::seed())};
  Mlp by_tape{Rng(demo::seed())};
  const Run hand = train(digits, steps, "by hand",
                         [&](const Tensor& image, const Tensor& label) { return step_by_hand(by_hand, image, label); });
  const Run tape = train(digits, steps, "by tape", [&](const Tensor& image, const Tensor& label) {
    return step_by_tape(by_tape.network, image, label);
  });
  demo::axes("loss", "steps", "cross-entropy");
  draw("loss: by hand", hand.losses);
  draw("loss: by tape", tape.losses);

  const double difference = largest_difference(by_hand.network, by_tape.network);
  demo::measure(fmt::format("Largest weight difference after {} steps", steps), difference, "");
  if (!(difference < 1e-3)) throw ValueError("the tape's gradients are not those of the chain by hand");
  const auto accuracy_of = [&](Mlp& mlp) { return 100.0 * accuracy(mlp.network.forward(test.images), test.labels); };
  demo::measure("MLP accuracy, gradients by hand", accuracy_of(by_hand), "%");
  demo::measure("MLP accuracy, gradients by the tape", accuracy_of(by_tape), "%");
  demo::measure("Lines of a training step, by hand", by_hand_lines, "");
  demo::measure("Lines of a training step, loss.backward()", by_tape_lines, "");
  demo::measure("The second as a share of the first", 100.0 * by_tape_lines / by_hand_lines, "%");
  demo::measure("MLP training speed, gradients by hand", static_cast<double>(steps) / hand.seconds, "samples/s");
  demo::measure("MLP training speed, loss.backward()", static_cast<double>(steps) / tape.seconds, "samples/s");
}

// One more layer: by hand, five more lines in the chain; here, none.
void train_a_deeper_one(const judge::Digits& digits, const judge::Digits& test) {
  demo::say("The same function, not a line changed, on an MLP with one more layer, 784-64-32-10:");
  Rng rng(demo::seed());
  Sequential deeper;
  deeper.add<Linear>(784, 64, rng);
  deeper.add<Activation<ReLU>>();
  deeper.add<Linear>(64, 32, rng);
  deeper.add<Activation<ReLU>>();
  deeper.add<Linear>(32, 10, rng);
  train(digits, digits.labels.size(), "one more layer",
        [&](const Tensor& image, const Tensor& label) { return step_by_tape(deeper, image, label); });
  demo::measure("Deeper MLP accuracy, gradients by the tape",
                100.0 * accuracy(deeper.forward(test.images), test.labels), "%");
}

// Trains a 2-8-1 network on the four rows of the exclusive or and returns its logits for them.
Tensor learn_exclusive_or(std::uint64_t seed, int steps, const Tensor& bits, const Tensor& answers, bool draw_it) {
  Rng rng(seed);
  Sequential network;
  network.add<Linear>(2, 8, rng, Init::glorot);
  network.add<Activation<Tanh>>();
  network.add<Linear>(8, 1, rng, Init::glorot);
  for (int step = 0; step < steps; ++step) {
    Variable loss = apply(std::make_unique<BCEWithLogitsLoss>(), {forward(network, bits), answers});
    loss.backward();
    descend(network.parameters(), 0.5F);
    if (draw_it && step % 20 == 0) demo::point("exclusive or: first start", step, loss.value().item());
  }
  return network.forward(bits);
}

void solve_exclusive_or() {
  constexpr int starts = 10;
  constexpr int steps = 1000;
  demo::say("The exclusive or, which no single layer can compute: a 2-8-1 network with tanh,");
  demo::say(fmt::format("{} steps from each of {} starts. The probability of a 1 after the first:", steps, starts));
  const Tensor bits({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor answers({4, 1}, {0, 1, 1, 0});
  demo::axes("exclusive or", "steps", "binary cross-entropy");
  int solved = 0;
  double least_sure = 1.0;
  for (int start = 0; start < starts; ++start) {
    const std::uint64_t seed = starts * (demo::seed() - 1) + static_cast<std::uint64_t>(start) + 1;
    const Tensor logits = learn_exclusive_or(seed, steps, bits, answers, start == 0);
    int right = 0;
    for (std::int64_t row = 0; row < 4; ++row) {
      const double one = 1.0 / (1.0 + std::exp(-static_cast<double>(logits.data()[row])));
      const bool wanted = answers.data()[row] > 0.5F;
      if (start == 0) {
        demo::say(fmt::format("  {:.0f} xor {:.0f} = {:d}   {:.3f}", bits.data()[2 * row], bits.data()[2 * row + 1],
                              wanted, one));
      }
      least_sure = std::min(least_sure, wanted ? one : 1.0 - one);
      right += (one > 0.5) == wanted ? 1 : 0;
    }
    solved += right == 4 ? 1 : 0;
    demo::progress("exclusive or", start + 1, starts);
  }
  demo::measure(fmt::format("Exclusive or solved, of {} starts", starts), solved, "");
  demo::measure("Least probability of a right answer", least_sure, "");
}

}  // namespace

void demo::run() {
  demo::data("MNIST sample");
  const judge::Digits digits = judge::training_digits();
  const judge::Digits test = judge::test_digits();
  compare_with_the_chain(digits, test);
  say();
  train_a_deeper_one(digits, test);
  say();
  demo::data("exclusive or");
  solve_exclusive_or();
  say();
  say("Gradients now come by themselves, for any network. The update is still one fixed rule, and the loop");
  say("around it is written anew for every experiment.");
}
