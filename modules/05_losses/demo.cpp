// The immediate use of module losses: how wrong a network of two layers is, as one number, and which way each of its
// weights would have to go to make it smaller.
#include "judge/demos/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "judge/images/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

struct Mlp {
  Linear first;
  Linear second;

  explicit Mlp(Rng& rng) : first(784, 64, rng), second(64, 10, rng) {}

  std::vector<Parameter> parameters() const { return {first.weight(), first.bias(), second.weight(), second.bias()}; }

  Tensor logits(const Tensor& images) { return second.forward(ReLU().forward({first.forward(images)})); }

  // The loss; leaves its gradient in the parameters. Four functions forward, the same four back.
  double differentiate(const Tensor& images, const Tensor& labels) {
    LinearFunction one, two;
    ReLU relu;
    CrossEntropyLoss cross_entropy;
    one.want_gradient(0, false);  // the images are not going to change
    const Tensor hidden = relu.forward({one.forward({images, first.weight().value(), first.bias().value()})});
    const Tensor out = two.forward({hidden, second.weight().value(), second.bias().value()});
    const double loss = cross_entropy.forward({out, labels}).item();

    const std::vector<Tensor> d2 = two.backward(cross_entropy.backward(Tensor::scalar(1.0F))[0]);
    const std::vector<Tensor> d1 = one.backward(relu.backward(d2[0])[0]);
    const std::vector<Parameter> all = parameters();
    const std::vector<Tensor> gradients{d1[1], d1[2], d2[1], d2[2]};
    for (std::size_t i = 0; i < all.size(); ++i) all[i].accumulate(gradients[i]);
    return loss;
  }

  // Moves every weight against its gradient, so many times as far as the gradient is large.
  void move(float distance) {
    for (const Parameter& parameter : parameters()) parameter.value() -= parameter.grad() * distance;
  }
};

float loss_of(const Tensor& logits, const Tensor& labels) {
  return CrossEntropyLoss().forward({logits, labels}).item();
}

// One digit as a person sees it, beside what the network says about it.
void show_guess(const Tensor& image, const Tensor& logits, int label) {
  const Tensor p = Softmax().forward({logits});
  demo::say(fmt::format("One digit, a {}, and what the untrained network makes of it:", label));
  for (int row = 0; row < 14; ++row) {
    std::string line = "  ";
    for (int column = 0; column < 28; ++column) {
      const float* pixel = image.data() + 2 * row * 28 + column;
      line += " .:-=+*#"[static_cast<int>((pixel[0] + pixel[28]) / 2 * 7.99F)];
    }
    const int c = row - 2;
    if (c >= 0 && c < 10) {
      const double probability = p.data()[c];
      line += fmt::format("   {}: {:4.1f} %   loss {:.2f} if it is one{}", c, 100 * probability, -std::log(probability),
                          c == label ? ", and it is" : "");
    }
    demo::say(line);
  }
}

double norm(const Tensor& x) { return std::sqrt(sum(x * x).item()); }

// A network that grows surer and surer of a wrong answer, judged by two losses: the scores are 0 but for one of ten,
// which is the wrong one. Where a loss is flat nothing says which way to go.
void compare_losses_on_a_wrong_answer() {
  const Tensor label({1}, {3.0F});
  Tensor wanted({1, 10});
  wanted.at({0, 3}) = 1.0F;
  demo::say("Sure of a 7 that is a 3: the squared error of the probabilities, beside the cross-entropy.");
  demo::say("  score of the 7   squared error   its slope   cross-entropy   its slope");
  demo::axes("slope", "score of the wrong answer", "norm of the gradient of the scores");
  for (const float score : {0.0F, 2.0F, 4.0F, 8.0F, 12.0F, 16.0F}) {
    Tensor scores({1, 10});
    scores.at({0, 7}) = score;
    Softmax softmax;
    MSELoss squared_error;
    CrossEntropyLoss cross_entropy;
    const double squared = squared_error.forward({softmax.forward({scores}), wanted}).item();
    const double entropy = cross_entropy.forward({scores, label}).item();
    const Tensor one = Tensor::scalar(1.0F);
    const double squared_slope = norm(softmax.backward(squared_error.backward(one)[0])[0]);
    const double entropy_slope = norm(cross_entropy.backward(one)[0]);
    demo::say(fmt::format("  {:14.0f} {:15.4f} {:11.1e} {:15.4f} {:11.1e}", score, squared, squared_slope, entropy,
                          entropy_slope));
    demo::point("slope: squared error", score, squared_slope);
    demo::point("slope: cross-entropy", score, entropy_slope);
    if (score < 16.0F) continue;
    demo::measure("Slope of the squared error, sure and wrong", squared_slope, "");
    demo::measure("Slope of the cross-entropy, sure and wrong", entropy_slope, "");
  }
  demo::say("Who is sure and wrong learns nothing from the first. The second stays as steep as it was.");
}

double norm(const std::vector<Parameter>& parameters) {
  double squares = 0.0;
  for (const Parameter& parameter : parameters) squares += sum(parameter.grad() * parameter.grad()).item();
  return std::sqrt(squares);
}

}  // namespace

void demo::run() {
  const judge::Images set = judge::digit_images(6000, 1000);
  data(set.name);
  const std::int64_t N = set.train_labels.size();
  const Tensor images = set.train_images.reshape({N, 784});
  const Tensor& labels = set.train_labels;
  Rng rng(seed());
  Mlp mlp(rng);

  say(fmt::format("Linear(784, 64), ReLU, Linear(64, 10), untrained, on {} digits ({}).", N, set.name));
  mlp.logits(images);  // the first call also starts threads and asks for fresh memory
  Stopwatch watch;
  const Tensor logits = mlp.logits(images);
  const double forward_seconds = watch.seconds();
  watch.restart();
  const double untrained = loss_of(logits, labels);
  const double loss_seconds = watch.seconds();
  show_guess(images, logits.slice(0, 0, 1), static_cast<int>(labels.data()[0]));
  say();

  say(fmt::format("Over all of them, in one number. Ten equal scores cost ln 10 = {:.4f}:", std::log(10.0)));
  measure("Loss of ten equal scores", loss_of(Tensor({N, 10}), labels), "");
  measure("Loss of the untrained network", untrained, "");
  measure("Accuracy of the untrained network", 100.0 * accuracy(logits, labels), "%");
  Tensor certain({N, 10});
  for (std::int64_t n = 0; n < N; ++n) certain.data()[n * 10] = 20.0F;
  measure("Loss of being sure that every digit is a 0", loss_of(certain, labels), "");
  measure("Time of the forward pass", 1e3 * forward_seconds, "ms");
  measure("Time of the loss", 1e3 * loss_seconds, "ms");
  say();

  compare_losses_on_a_wrong_answer();
  say();

  say("Backward through both layers, the loss says how it answers to each of 50,890 weights:");
  mlp.differentiate(images, labels);
  measure("Norm of the gradient of the first layer", norm({mlp.first.weight(), mlp.first.bias()}), "");
  measure("Norm of the gradient of the second layer", norm({mlp.second.weight(), mlp.second.bias()}), "");
  say("Every weight against its gradient, further and further:");
  axes("loss", "step, in gradients", "cross-entropy");
  double best = 0.0;
  float before = 0.0F;
  for (const float distance : {0.01F, 0.03F, 0.1F, 0.3F, 1.0F, 3.0F}) {
    mlp.move(distance - before);
    before = distance;
    const Tensor moved = mlp.logits(images);
    const double right = 100.0 * accuracy(moved, labels);
    best = std::max(best, right);
    point("loss: after one step", distance, loss_of(moved, labels));
    say(fmt::format("  {:>4} times the gradient: loss {:.4f} -> {:7.4f}, {:4.1f} % right", distance, untrained,
                    loss_of(moved, labels), right));
  }
  measure("Accuracy after the best single step", best, "%");
  say("The direction is right. But four backward rules were called by hand for one step, and how long steps");
  say("should be, and how to go on, is open.");
}
