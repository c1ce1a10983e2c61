// 1969: Minsky and Papert's objection. No single layer computes the exclusive or: whatever its weights, it is wrong on
// at least one of the four inputs. With a hidden layer between, and a gradient for its weights, it is learnt.
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "judge/demos/demo.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"

using namespace tinytorch;

namespace {

constexpr int starts = 10;
constexpr int steps = 400;
constexpr std::int64_t hidden = 8;

const Tensor& inputs() {
  static const Tensor x({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  return x;
}

const Tensor& targets() {
  static const Tensor t({4, 1}, {0, 1, 1, 0});
  return t;
}

// Layers whose gradients are handed from one to the next by hand.
class Network {
 public:
  void add_dense(std::int64_t in, std::int64_t out, Rng& rng) {
    layers_.push_back(std::make_shared<Linear>(in, out, rng, Init::glorot));
  }
  void add_tanh() { layers_.push_back(std::make_shared<Activation<Tanh>>()); }

  std::vector<Parameter> parameters() const { return Sequential(layers_).parameters(); }

  // One step on all four inputs; returns the loss before it.
  float train(Optimizer& optimizer) {
    std::vector<std::unique_ptr<Function>> calls;
    Tensor x = inputs();
    for (const auto& layer : layers_) {
      calls.push_back(layer->function());
      std::vector<Tensor> arguments{x};
      for (const Parameter& parameter : layer->parameters()) arguments.push_back(parameter.value());
      x = calls.back()->forward(arguments);
    }
    BCEWithLogitsLoss loss;
    const float value = loss.forward({x, targets()}).item();
    Tensor gradient = loss.backward(Tensor::scalar(1.0F))[0];
    optimizer.zero_grad();
    for (std::size_t i = layers_.size(); i-- > 0;) {
      const std::vector<Tensor> gradients = calls[i]->backward(gradient);
      const std::vector<Parameter> parameters = layers_[i]->parameters();
      for (std::size_t p = 0; p < parameters.size(); ++p) parameters[p].accumulate(gradients[p + 1]);
      gradient = gradients[0];
    }
    optimizer.step();
    return value;
  }

  // How many of the four it answers rightly: 1 where its output is positive.
  double percent_right() {
    Sequential all(layers_);
    const Tensor y = all.forward(inputs());
    int right = 0;
    for (std::int64_t n = 0; n < 4; ++n) right += (y.data()[n] > 0.0F) == (targets().data()[n] > 0.5F) ? 1 : 0;
    return 25.0 * right;
  }

 private:
  std::vector<std::shared_ptr<Layer>> layers_;
};

// What ten starts came to.
struct Outcome {
  double best = 0;
  double worst = 100;
  double lowest_loss = std::numeric_limits<double>::infinity();
  double highest_loss = 0;
};

// Trains from ten random starts; the first one's loss is the curve.
Outcome train_all(bool with_hidden_layer, Rng& rng, const std::string& curve) {
  Outcome outcome;
  std::string row;
  for (int start = 0; start < starts; ++start) {
    Network network;
    if (with_hidden_layer) {
      network.add_dense(2, hidden, rng);
      network.add_tanh();
    }
    network.add_dense(with_hidden_layer ? hidden : 2, 1, rng);
    Adam adam(network.parameters(), 0.05F);
    float loss = 0.0F;
    for (int step = 0; step < steps; ++step) {
      loss = network.train(adam);
      if (start == 0) demo::point("loss: " + curve, step, loss);
      demo::progress({curve, start * steps + step + 1, starts * steps, loss, "steps"});
    }
    const double right = network.percent_right();
    outcome.best = std::max(outcome.best, right);
    outcome.worst = std::min(outcome.worst, right);
    outcome.lowest_loss = std::min<double>(outcome.lowest_loss, loss);
    outcome.highest_loss = std::max<double>(outcome.highest_loss, loss);
    row += fmt::format(" {:.0f}", right);
  }
  demo::say("  right on, % of the four inputs:" + row);
  return outcome;
}

}  // namespace

void demo::run() {
  axes("loss", "steps", "first of ten starts");
  Rng rng(seed());
  say(fmt::format("The exclusive or of two bits: {} random starts, {} steps of Adam each.", starts, steps));
  say();
  say("One layer, 2-1. Whatever line it draws, a corner of the square is on the wrong side:");
  const Outcome single = train_all(false, rng, "one layer");
  say(fmt::format("With a hidden layer, 2-{}-1 with tanh:", hidden));
  const Outcome layered = train_all(true, rng, "hidden layer");
  say();
  measure("Best of ten single layers", single.best, "%");
  measure("Worst of ten hidden layers", layered.worst, "%");
  measure("Lowest loss of ten single layers (ln 2 = 0.693)", single.lowest_loss, "");
  measure("Highest loss of ten hidden layers", layered.highest_loss, "");
}
