// The immediate use of module optimizers: a network that learns real digits, one image at a time, with every
// gradient handed from step to step by hand.
#include "judge/demo.hpp"

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "judge/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"

using namespace tinytorch;

namespace {

struct Digits {
  Tensor images;  // (N, 784)
  Tensor labels;  // (N,)
  std::int64_t size() const { return labels.size(); }
};

struct Mlp {
  Linear first;
  Linear second;

  explicit Mlp(Rng& rng) : first(784, 64, rng), second(64, 10, rng) {}

  std::vector<Parameter> parameters() const { return {first.weight(), first.bias(), second.weight(), second.bias()}; }

  Tensor logits(const Tensor& images) { return second.forward(ReLU().forward({first.forward(images)})); }
};

// One training step on one image; returns its loss. Forward: four functions, each fed the result of the one before,
// and all of them kept. Backward: the same four in reverse, each handed the gradient that the one before returned.
double train_on(Mlp& mlp, Optimizer& optimizer, const Tensor& image, const Tensor& label) {
  const auto first = mlp.first.function();
  ReLU relu;
  const auto second = mlp.second.function();
  CrossEntropyLoss cross_entropy;
  first->want_gradient(0, false);  // the image is not going to change

  const Tensor hidden = first->forward({image, mlp.first.weight().value(), mlp.first.bias().value()});
  const Tensor active = relu.forward({hidden});
  const Tensor logits = second->forward({active, mlp.second.weight().value(), mlp.second.bias().value()});
  const double loss = cross_entropy.forward({logits, label}).item();

  const Tensor dlogits = cross_entropy.backward(Tensor::scalar(1.0F))[0];
  std::vector<Tensor> dsecond = second->backward(dlogits);  // of active, the weight and the bias
  const Tensor dhidden = relu.backward(dsecond[0])[0];
  std::vector<Tensor> dfirst = first->backward(dhidden);

  optimizer.zero_grad();
  mlp.first.weight().accumulate(std::move(dfirst[1]));
  mlp.first.bias().accumulate(std::move(dfirst[2]));
  mlp.second.weight().accumulate(std::move(dsecond[1]));
  mlp.second.bias().accumulate(std::move(dsecond[2]));
  optimizer.step();
  return loss;
}

double percent_right(Mlp& mlp, const Digits& digits) {
  return 100.0 * accuracy(mlp.logits(digits.images), digits.labels);
}

// One pass over the training digits in a new order. Every `window` images, the mean of their losses is a point of the
// curve.
void train_pass(Mlp& mlp, Optimizer& optimizer, const Digits& digits, Rng& rng, const std::string& curve, int pass) {
  constexpr std::int64_t window = 500;
  std::int64_t done = 0;
  double total = 0.0;
  for (const std::int64_t n : rng.permutation(digits.size())) {
    total += train_on(mlp, optimizer, digits.images.slice(0, n, n + 1), digits.labels.slice(0, n, n + 1));
    demo::progress(fmt::format("{}, pass {}", curve, pass + 1), ++done, digits.size());
    if (done % window != 0) continue;
    demo::point("loss: " + curve, static_cast<double>(pass * digits.size() + done), total / window);
    total = 0.0;
  }
}

// Accuracy and speed of one pass, from the same start and in the same order for every optimizer.
void compare(const std::string& name, const Digits& train, const Digits& test,
             const std::function<std::unique_ptr<Optimizer>(std::vector<Parameter>)>& make) {
  Rng rng(demo::seed());
  Mlp mlp(rng);
  const std::unique_ptr<Optimizer> optimizer = make(mlp.parameters());
  const Stopwatch watch;
  train_pass(mlp, *optimizer, train, rng, name, 0);
  const double seconds = watch.seconds();
  demo::measure(name + ": accuracy", percent_right(mlp, test), "%");
  demo::measure(name + ": speed", static_cast<double>(train.size()) / seconds, "samples/s");
}

}  // namespace

void demo::run() {
  const judge::Images set = judge::digit_images(6000, 1000);
  data(set.name);
  const Digits train{set.train_images.reshape({set.train_labels.size(), 784}), set.train_labels};
  const Digits test{set.test_images.reshape({set.test_labels.size(), 784}), set.test_labels};
  constexpr int passes = 3;

  say("An MLP 784-64-10 learns digits one image at a time: SGD, and a learning rate of 0.01");
  say(fmt::format("that falls to a third of it after every pass. {} training digits ({}),", train.size(), set.name));
  say(fmt::format("accuracy on {} others.", test.size()));
  axes("loss", "samples", "cross-entropy");
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
  measure("MLP training steps, gradients by hand", steps, "");
  measure("MLP training speed, gradients by hand", steps / seconds, "samples/s");
  measure("MLP accuracy on held-out digits", percent_right(mlp, test), "%");
  say();

  say("The same gradients used in three ways, from the same start, in the same order, one pass each:");
  compare("SGD 0.01", train, test, [](auto all) { return std::make_unique<SGD>(std::move(all), 0.01F); });
  compare("SGD 0.002, momentum 0.9", train, test, [](auto all) {
    return std::make_unique<SGD>(std::move(all), SGDOptions{.learning_rate = 0.002F, .momentum = 0.9F});
  });
  compare("Adam 0.001", train, test, [](auto all) { return std::make_unique<Adam>(std::move(all), 0.001F); });
  say();

  const double wrong = (100.0 - percent_right(mlp, test)) / 100.0 * static_cast<double>(test.size());
  say(fmt::format("{:.0f} of {} digits are still named wrongly, and every step called four backward rules by hand:",
                  wrong, test.size()));
  say("for one more layer, or a layer that sees neighbouring pixels, that chain must be written anew.");
}
