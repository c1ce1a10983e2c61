// The immediate use of module spatial: a network that knows which pixels are neighbours, against one that
// does not, on the same digits and with as many steps.
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"
#include "tinytorch/spatial.hpp"

using namespace tinytorch;

namespace {

void add_mlp(Sequential& network) {
  Rng rng(1);
  network.add<Flatten>();
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

void add_cnn(Sequential& network) {
  Rng rng(1);
  network.add<Conv2d>(1, 16, Window{3}, rng);  // (N, 1, 28, 28) -> (N, 16, 26, 26)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);  // -> (N, 16, 13, 13)
  network.add<Flatten>();
  network.add<Linear>(16 * 13 * 13, 10, rng);
}

std::int64_t parameter_count(const Layer& network) {
  std::int64_t count = 0;
  for (const Parameter& parameter : network.parameters()) count += parameter.value().size();
  return count;
}

// One pass in shuffled order, the same for both networks. Returns the seconds per step.
double train_one_pass(Sequential& network, const Tensor& images, const Tensor& labels, const std::string& what) {
  Adam adam(network.parameters(), 0.001F);
  const std::int64_t N = labels.size();
  std::int64_t done = 0;
  const Stopwatch watch;
  for (const std::int64_t n : Rng(7).permutation(N)) {
    const Variable logits = forward(network, images.slice(0, n, n + 1));
    apply(std::make_unique<CrossEntropyLoss>(), {logits, labels.slice(0, n, n + 1)}).backward();
    adam.step();
    adam.zero_grad();
    demo::progress(what, ++done, N);
  }
  return watch.seconds() / static_cast<double>(N);
}

Tensor as_images(const judge::Digits& digits) { return digits.images.reshape({-1, 1, 28, 28}); }

}  // namespace

void demo::run() {
  const judge::Digits train = judge::training_digits();
  const judge::Digits test = judge::test_digits();
  const std::int64_t N = train.labels.size();
  Sequential mlp;
  Sequential cnn;
  add_mlp(mlp);
  add_cnn(cnn);

  say(fmt::format("{} digits, one at a time, once each; Adam 0.001 for both networks:", N));
  say(fmt::format("  MLP: linear 784-64, ReLU, linear 64-10; {} parameters", parameter_count(mlp)));
  say(fmt::format("  CNN: conv 3x3 1-16, ReLU, pool 2, linear 2704-10; {} parameters", parameter_count(cnn)));
  const double mlp_step = train_one_pass(mlp, as_images(train), train.labels, "MLP");
  const double cnn_step = train_one_pass(cnn, as_images(train), train.labels, "CNN");
  const double mlp_right = 100.0 * accuracy(mlp.forward(as_images(test)), test.labels);
  const double cnn_right = 100.0 * accuracy(cnn.forward(as_images(test)), test.labels);
  measure("Training steps of each network", static_cast<double>(N), "");
  measure("MLP accuracy at equal steps", mlp_right, "%");
  measure("CNN accuracy at equal steps", cnn_right, "%");
  say(fmt::format("Of {} held-out digits the MLP missed {:.0f}, the CNN {:.0f}.", test.labels.size(),
                  (100.0 - mlp_right) * 0.01 * static_cast<double>(test.labels.size()),
                  (100.0 - cnn_right) * 0.01 * static_cast<double>(test.labels.size())));
  if (cnn_right <= mlp_right) say("In this run the CNN was not the better one.");
  say();

  say("What that costs, one sample at a time:");
  measure("MLP with Adam, one at a time", 1.0 / mlp_step, "samples/s");
  measure("CNN with Adam, one at a time", 1.0 / cnn_step, "samples/s");
  measure("CNN with Adam, time for one sample", cnn_step, "s");
  measure("CNN epoch of 60,000 digits at that speed", 60'000.0 * cnn_step, "s");
}
