// The immediate use of module autograd: the gradients that had to be chained by hand, from one call, equal
// to rounding; and the exclusive or, learnt from ten starts.
//
// The update is written out here, so that the demo needs no optimizer.
#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/autograd.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

constexpr float learning_rate = 0.01F;

void add_mlp(Sequential& network, Rng& rng) {
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

// w -= rate * g, the simplest rule there is.
void descend(const std::vector<Parameter>& parameters, float rate) {
  for (const Parameter& parameter : parameters) {
    parameter.value() -= parameter.grad() * rate;
    parameter.zero_grad();
  }
}

// The gradients of one image by hand: every function and every intermediate kept, then backward in reverse.
void gradients_by_hand(Sequential& network, const Tensor& image, const Tensor& label) {
  std::vector<std::unique_ptr<Function>> functions;
  const std::vector<Layer*> layers = network.steps();
  Tensor x = image;
  for (Layer* layer : layers) {
    std::vector<Tensor> inputs = {x};
    for (const Parameter& parameter : layer->parameters()) inputs.push_back(parameter.value());
    functions.push_back(layer->function());
    x = functions.back()->forward(inputs);
  }
  functions.front()->want_gradient(0, false);  // the image is not going to change
  CrossEntropyLoss cross_entropy;
  cross_entropy.forward({x, label});

  Tensor gradient = cross_entropy.backward(Tensor::scalar(1.0F))[0];
  for (std::size_t step = layers.size(); step-- > 0;) {
    const std::vector<Tensor> gradients = functions[step]->backward(gradient);
    const std::vector<Parameter> parameters = layers[step]->parameters();
    for (std::size_t p = 0; p < parameters.size(); ++p) parameters[p].accumulate(gradients[p + 1]);
    gradient = gradients[0];
  }
}

// The same gradients, from the tape.
void gradients_by_tape(Sequential& network, const Tensor& image, const Tensor& label) {
  Variable logits = forward(network, image);
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, label});
  loss.backward();
}

using Gradients = void (*)(Sequential&, const Tensor&, const Tensor&);

// Steps on the first `steps` digits of a shuffled pass. Returns the samples per second.
double train(Sequential& network, Gradients gradients, const judge::Digits& digits, std::int64_t steps,
             const std::string& what) {
  const std::vector<std::int64_t> order = Rng(7).permutation(digits.labels.size());
  const Stopwatch watch;
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::int64_t n = order[static_cast<std::size_t>(i)];
    gradients(network, digits.images.slice(0, n, n + 1), digits.labels.slice(0, n, n + 1));
    descend(network.parameters(), learning_rate);
    demo::progress(what, i + 1, steps);
  }
  return static_cast<double>(steps) / watch.seconds();
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

// Trains a 2-8-1 network on the four cases of the exclusive or; true when all four come out right.
bool solves_exclusive_or(std::uint64_t seed, int steps) {
  const Tensor bits({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const Tensor answers({4, 1}, {0, 1, 1, 0});
  Rng rng(seed);
  Sequential network;
  network.add<Linear>(2, 8, rng, Init::glorot);
  network.add<Activation<Tanh>>();
  network.add<Linear>(8, 1, rng, Init::glorot);
  for (int step = 0; step < steps; ++step) {
    apply(std::make_unique<BCEWithLogitsLoss>(), {forward(network, bits), answers}).backward();
    descend(network.parameters(), 0.5F);
  }
  const Tensor logits = network.forward(bits);
  for (std::int64_t n = 0; n < 4; ++n) {
    if ((logits.data()[n] > 0.0F) != (answers.data()[n] > 0.5F)) return false;
  }
  return true;
}

}  // namespace

void demo::run() {
  const judge::Digits digits = judge::training_digits();
  const judge::Digits test = judge::test_digits();
  constexpr std::int64_t compared = 500;

  say("Two equal MLPs 784-64-10, one image a step: one with its gradients chained by");
  say("hand, the other with loss.backward().");
  Rng rng_a(1);
  Rng rng_b(1);
  Sequential by_hand;
  Sequential by_tape;
  add_mlp(by_hand, rng_a);
  add_mlp(by_tape, rng_b);
  train(by_hand, gradients_by_hand, digits, compared, "by hand");
  train(by_tape, gradients_by_tape, digits, compared, "by tape");
  const double difference = largest_difference(by_hand, by_tape);
  measure(fmt::format("Largest weight difference after {} steps", compared), difference, "");
  if (!(difference < 1e-4)) throw ValueError("the tape's gradients are not those of the chain by hand");
  say();

  say("One pass over all digits, from the same start:");
  Rng rng(1);
  Sequential network;
  add_mlp(network, rng);
  const double rate = train(network, gradients_by_tape, digits, digits.labels.size(), "one pass");
  measure("MLP steps with loss.backward()", static_cast<double>(digits.labels.size()), "");
  measure("MLP training speed, loss.backward()", rate, "samples/s");
  measure("MLP accuracy, gradients by the tape", 100.0 * accuracy(network.forward(test.images), test.labels), "%");
  say();

  constexpr int seeds = 10;
  constexpr int steps = 1000;
  say("The exclusive or, which no single layer can compute: a 2-8-1 network");
  say(fmt::format("with tanh, {} steps from each of {} starts.", steps, seeds));
  int solved = 0;
  const Stopwatch watch;
  for (int seed = 1; seed <= seeds; ++seed) {
    solved += solves_exclusive_or(static_cast<std::uint64_t>(seed), steps) ? 1 : 0;
    progress("exclusive or", seed, seeds);
  }
  say(fmt::format("  {} steps in {:.2f} s: all four cases right from {} of {} starts", seeds * steps, watch.seconds(),
                  solved, seeds));
  measure(fmt::format("Exclusive or solved, share of {} starts", seeds), 100.0 * solved / seeds, "%");
}
