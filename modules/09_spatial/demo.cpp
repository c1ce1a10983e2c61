// The immediate use of module spatial: a network that knows which pixels are neighbours, against one that
// does not, on the same digits and with as many steps. Then the same kind of network on colour images, one image at
// a time, for as long as it takes to see how long that would take.
#include "judge/demo.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "judge/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"
#include "tinytorch/spatial.hpp"

using namespace tinytorch;

namespace {

void add_mlp(Sequential& network) {
  Rng rng(demo::seed());
  network.add<Flatten>();
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

void add_cnn(Sequential& network) {
  Rng rng(demo::seed());
  network.add<Conv2d>(1, 16, Window{3}, rng);  // (N, 1, 28, 28) -> (N, 16, 26, 26)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);  // -> (N, 16, 13, 13)
  network.add<Flatten>();
  network.add<Linear>(16 * 13 * 13, 10, rng);
}

void add_colour_cnn(Sequential& network) {
  Rng rng(demo::seed());
  network.add<Conv2d>(3, 32, Window{3}, rng);  // (N, 3, 32, 32) -> (N, 32, 30, 30)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);                    // -> (N, 32, 15, 15)
  network.add<Conv2d>(32, 64, Window{3}, rng);  // -> (N, 64, 13, 13)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);  // -> (N, 64, 6, 6)
  network.add<Flatten>();
  network.add<Linear>(2304, 256, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(256, 10, rng);
}

std::int64_t parameter_count(const Layer& network) {
  std::int64_t count = 0;
  for (const Parameter& parameter : network.parameters()) count += parameter.value().size();
  return count;
}

double percent_right(Layer& network, const judge::Images& images) {
  return 100.0 * accuracy(network.forward(images.test_images), images.test_labels);
}

// One step on image n. Returns the loss.
float train_step(Layer& network, Optimizer& optimizer, const judge::Images& images, std::int64_t n) {
  const Variable logits = forward(network, images.train_images.slice(0, n, n + 1));
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, images.train_labels.slice(0, n, n + 1)});
  loss.backward();
  optimizer.step();
  optimizer.zero_grad();
  return loss.value().item();
}

// One pass in shuffled order, the same for both networks, the last quarter at a fifth of the rate. Returns the
// percentage of held-out digits that are right afterwards.
double train_one_pass(Sequential& network, const judge::Images& digits, const std::string& what) {
  Adam adam(network.parameters(), 0.001F);
  const std::int64_t N = digits.train_labels.size();
  std::int64_t done = 0;
  double seconds = 0.0;
  Stopwatch watch;
  for (const std::int64_t n : Rng(demo::seed()).permutation(N)) {
    if (done == 3 * N / 4) adam.set_learning_rate(adam.learning_rate() / 5);
    train_step(network, adam, digits, n);
    demo::progress({what, ++done, N});
    if (done % 500 == 0 || done == N) {
      seconds += watch.seconds();
      demo::point("held-out digits: " + what, static_cast<double>(done), percent_right(network, digits));
      watch.restart();
    }
  }
  demo::say(fmt::format("  {}: {} steps in {:.1f} s", what, done, seconds));
  return percent_right(network, digits);
}

// Trains for a few seconds and says meanwhile how long all images would take: on a terminal by the progress line,
// elsewhere by a line a second.
double images_per_second(Sequential& network, const judge::Images& images, std::int64_t epoch) {
  constexpr double enough = 4.0;
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  Adam adam(network.parameters(), 0.001F);
  Rng rng(demo::seed());
  std::vector<std::int64_t> order;
  std::int64_t done = 0;
  double next_line = 1.0;
  double seconds = 0.0;
  for (const Stopwatch watch; seconds < enough && done < epoch; seconds = watch.seconds()) {
    if (order.empty()) order = rng.permutation(images.train_labels.size());
    const double loss = train_step(network, adam, images, order.back());
    order.pop_back();
    ++done;
    demo::progress({fmt::format("{} of {}", done, epoch), done, epoch, loss, "images"});
    if (!terminal && seconds >= next_line) {
      demo::say(fmt::format("  {:6} images after {:.0f} s; all {} would take {:.0f} s", done, next_line, epoch,
                            seconds / static_cast<double>(done) * static_cast<double>(epoch)));
      next_line += 1.0;
    }
  }
  return static_cast<double>(done) / seconds;
}

}  // namespace

void demo::run() {
  const judge::Images digits = judge::digit_images(6000, 1000);
  const auto steps = static_cast<double>(digits.train_labels.size());
  Sequential mlp;
  Sequential cnn;
  add_mlp(mlp);
  add_cnn(cnn);
  data(digits.name);
  axes("held-out digits", "training steps", "right, %");
  say(fmt::format(
      "{:.0f} digits ({}), one at a time, once each, in the same order; Adam for both, with a rate of 0.001 that",
      steps, digits.name));
  say("falls to a fifth for the last quarter:");
  say(fmt::format("  MLP: linear 784-64, ReLU, linear 64-10; {} parameters", parameter_count(mlp)));
  say(fmt::format("  CNN: conv 3x3 1-16, ReLU, pool 2, linear 2704-10; {} parameters", parameter_count(cnn)));
  const double mlp_right = train_one_pass(mlp, digits, "MLP");
  const double cnn_right = train_one_pass(cnn, digits, "CNN");
  measure("Training steps of each network", steps, "");
  measure("MLP accuracy at equal steps", mlp_right, "%");
  measure("CNN accuracy at equal steps", cnn_right, "%");
  const double test = 0.01 * static_cast<double>(digits.test_labels.size());
  say(fmt::format("Of {:.0f} held-out digits the MLP missed {:.0f}, the CNN {:.0f}.", 100.0 * test,
                  (100.0 - mlp_right) * test, (100.0 - cnn_right) * test));
  if (cnn_right <= mlp_right) say("In this run the CNN was not the better one.");
  say();

  // As many images as CIFAR-10 has to train on.
  constexpr std::int64_t epoch = 50'000;
  const judge::Images colours = judge::colour_images(5000, 1);
  Sequential network;
  add_colour_cnn(network);
  data(colours.name);
  say(fmt::format("Colour images ({}), 3 x 32 x 32, one at a time, with Adam:", colours.name));
  say("  CNN: conv 3x3 3-32, ReLU, pool 2, conv 3x3 32-64, ReLU, pool 2, linear 2304-256, ReLU, linear 256-10;");
  say(fmt::format("       {} parameters", parameter_count(network)));
  const double rate = images_per_second(network, colours, epoch);
  measure("CNN with Adam, one colour image at a time", rate, "samples/s");
  measure("One epoch of 50,000 colour images", epoch / rate, "s");
  measure("Twenty such epochs", 20 * epoch / rate, "s");
  say(fmt::format("The network sees, but {:.0f} minutes for twenty epochs are too many: training is too slow.",
                  20 * epoch / rate / 60));
}
