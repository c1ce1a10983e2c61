// The immediate use of module optimizers: a network that learns real digits, one image at a time, with every
// gradient handed from step to step by hand.
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"

using namespace tinytorch;

namespace {

struct Mlp {
  Linear first;
  Linear second;

  explicit Mlp(Rng& rng) : first(784, 64, rng), second(64, 10, rng) {}

  std::vector<Parameter> parameters() const {
    return {first.weight(), first.bias(), second.weight(), second.bias()};
  }

  Tensor logits(const Tensor& images) {
    return second.forward(ReLU().forward({first.forward(images)}));
  }
};

// One training step on one image. Forward: four functions, each fed the result of the one before, and all of
// them kept. Backward: the same four in reverse, each handed the gradient that the one before returned.
void train_on(Mlp& mlp, Optimizer& optimizer, const Tensor& image, const Tensor& label) {
  const auto first = mlp.first.function();
  ReLU relu;
  const auto second = mlp.second.function();
  CrossEntropyLoss cross_entropy;
  first->want_gradient(0, false);  // the image is not going to change

  const Tensor hidden = first->forward({image, mlp.first.weight().value(), mlp.first.bias().value()});
  const Tensor active = relu.forward({hidden});
  const Tensor logits = second->forward({active, mlp.second.weight().value(), mlp.second.bias().value()});
  cross_entropy.forward({logits, label});

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
}

double percent_right(Mlp& mlp, const judge::Digits& digits) {
  return 100.0 * accuracy(mlp.logits(digits.images), digits.labels);
}

// One pass over the training digits in a new order.
void train_pass(Mlp& mlp, Optimizer& optimizer, const judge::Digits& digits, Rng& rng, const std::string& what) {
  const std::int64_t N = digits.labels.size();
  std::int64_t done = 0;
  for (const std::int64_t n : rng.permutation(N)) {
    train_on(mlp, optimizer, digits.images.slice(0, n, n + 1), digits.labels.slice(0, n, n + 1));
    demo::progress(what, ++done, N);
  }
}

// The accuracy after one pass, from the same start and in the same order for every optimizer.
template <class O, class Options>
double after_one_pass(const Options& options, const judge::Digits& train, const judge::Digits& test,
                      const std::string& name) {
  Rng rng(1);
  Mlp mlp(rng);
  O optimizer(mlp.parameters(), options);
  train_pass(mlp, optimizer, train, rng, name);
  const double right = percent_right(mlp, test);
  demo::say(fmt::format("  {:<40} {:5.1f} %", name, right));
  return right;
}

}  // namespace

void demo::run() {
  const judge::Digits train = judge::training_digits();
  const judge::Digits test = judge::test_digits();
  const std::int64_t N = train.labels.size();
  constexpr int passes = 2;

  say("An MLP 784-64-10 learns digits one image at a time: SGD, learning rate 0.01,");
  say(fmt::format("{} training digits, accuracy on {} others.", N, test.labels.size()));
  Rng rng(1);
  Mlp mlp(rng);
  SGD sgd(mlp.parameters(), 0.01F);
  say(fmt::format("  {:>6} steps: {:5.1f} %", 0, percent_right(mlp, test)));
  double seconds = 0.0;
  for (int pass = 1; pass <= passes; ++pass) {
    const Stopwatch watch;
    train_pass(mlp, sgd, train, rng, fmt::format("pass {} of {}", pass, passes));
    seconds += watch.seconds();
    say(fmt::format("  {:>6} steps: {:5.1f} %", pass * N, percent_right(mlp, test)));
  }
  measure("MLP training steps, gradients by hand", static_cast<double>(passes * N), "");
  measure("MLP training speed, gradients by hand", static_cast<double>(passes * N) / seconds, "samples/s");
  measure("MLP accuracy on held-out digits", percent_right(mlp, test), "%");
  say();

  say("Other ways to use the same gradients, after one pass each:");
  after_one_pass<SGD>(SGDOptions{0.01F}, train, test, "SGD 0.01");
  after_one_pass<SGD>(SGDOptions{0.001F, 0.9F}, train, test, "SGD 0.001, momentum 0.9");
  after_one_pass<Adam>(AdamOptions{0.001F}, train, test, "Adam 0.001");
  say();
  say("Each step called four backward rules by hand, in reverse, and passed on every");
  say("intermediate itself. For one more layer that chain must be written anew.");
}
