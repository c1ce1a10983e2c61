// What the demos of module spatial show in every track: a network that knows which pixels are neighbours, against one
// that does not, on the same digits and with as many steps; what averages in place of maxima and batch normalisation
// change; and the same kind of network on colour images, one at a time.
//
// How one step follows another is the track's:
//   TrainPass: double(Sequential& network, const judge::Images& digits, const std::string& what)
//     one pass of Adam over the training digits in shuffled order, the rate 0.001 and for the last quarter a fifth of
//     it; the percentage of held-out digits that are right afterwards
//   Pace: double(Sequential& network, const judge::Images& images, std::int64_t epoch)
//     some seconds of training; the images per second
#pragma once

#include <fmt/core.h>

#include <functional>
#include <string>

#include "judge/demos/demo.hpp"
#include "judge/demos/networks.hpp"
#include "judge/images/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/optimizers.hpp"
#include "tinytorch/spatial.hpp"

namespace demo {

using namespace tinytorch;

using TrainPass = std::function<double(Sequential&, const judge::Images&, const std::string&)>;
using Pace = std::function<double(Sequential&, const judge::Images&, std::int64_t)>;

inline void add_mlp(Sequential& network) {
  Rng rng(seed());
  network.add<Flatten>();
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

// The CNN for digits with a mean in place of every maximum.
inline void add_averaging_cnn(Sequential& network) {
  Rng rng(seed());
  network.add<Conv2d>(1, 16, Window{3}, rng);
  network.add<Activation<ReLU>>();
  network.add<AvgPool2d>(2);
  network.add<Flatten>();
  network.add<Linear>(16 * 13 * 13, 10, rng);
}

inline std::int64_t parameter_count(const Layer& network) {
  std::int64_t count = 0;
  for (const Parameter& parameter : network.parameters()) count += parameter.value().size();
  return count;
}

// Of the held-out images; a network that normalises uses what it has learnt is normal.
inline double percent_right(Layer& network, const judge::Images& images) {
  network.set_training(false);
  const double right = 100.0 * accuracy(network.forward(images.test_images), images.test_labels);
  network.set_training(true);
  return right;
}

// A network from its start through one pass.
inline double train_new(void (*add_layers)(Sequential&), const judge::Images& digits, const std::string& what,
                        const TrainPass& train_pass) {
  Sequential network;
  add_layers(network);
  return train_pass(network, digits, what);
}

inline void compare_networks(const TrainPass& train_pass) {
  const judge::Images digits = judge::digit_images(6000, 1000);
  const auto steps = static_cast<double>(digits.train_labels.size());
  Sequential mlp;
  Sequential cnn;
  add_mlp(mlp);
  add_digit_cnn(cnn);
  demo::data(digits.name);
  axes("held-out digits", "training steps", "right, %");
  say(fmt::format(
      "{:.0f} digits ({}), one at a time, once each, in the same order; Adam for both, with a rate of 0.001 that",
      steps, digits.name));
  say("falls to a fifth for the last quarter:");
  say(fmt::format("  MLP: linear 784-64, ReLU, linear 64-10; {} parameters", parameter_count(mlp)));
  say(fmt::format("  CNN: {}; {} parameters", digit_cnn, parameter_count(cnn)));
  const double mlp_right = train_pass(mlp, digits, "MLP");
  const double cnn_right = train_pass(cnn, digits, "CNN");
  measure("Training steps of each network", steps, "");
  measure("MLP accuracy at equal steps", mlp_right, "%");
  measure("CNN accuracy at equal steps", cnn_right, "%");
  const double test = 0.01 * static_cast<double>(digits.test_labels.size());
  say(fmt::format("Of {:.0f} held-out digits the MLP missed {:.0f}, the CNN {:.0f}.", 100.0 * test,
                  (100.0 - mlp_right) * test, (100.0 - cnn_right) * test));
  if (cnn_right <= mlp_right) say("In this run the CNN was not the better one.");
  say();

  say("The same CNN, again from the same start, with one part changed:");
  measure("CNN accuracy, averages in place of maxima",
          train_new(add_averaging_cnn, digits, "CNN with averages", train_pass), "%");
  measure("CNN accuracy, with batch normalisation",
          train_new(add_normalised_digit_cnn, digits, "CNN, normalised", train_pass), "%");
  say("One image is little to tell what is normal: batch normalisation waits for batches.");
  say();
}

// Says how long 50,000 colour images take; returns the minutes that twenty epochs would.
inline double time_colours(const Pace& pace) {
  constexpr std::int64_t epoch = 50'000;  // as many as CIFAR-10 has to train on
  const judge::Images colours = judge::colour_images(5000, 1);
  Sequential network;
  add_colour_cnn(network);
  demo::data(colours.name);
  say(fmt::format("Colour images ({}), 3 x 32 x 32, one at a time, with Adam:", colours.name));
  say(fmt::format("  CNN: {};", colour_cnn));
  say(fmt::format("       {} parameters", parameter_count(network)));
  const double rate = pace(network, colours, epoch);
  measure("CNN with Adam, one colour image at a time", rate, "samples/s");
  measure("One epoch of 50,000 colour images", epoch / rate, "s");
  measure("Twenty such epochs", 20 * epoch / rate, "s");
  return 20 * epoch / rate / 60;
}

}  // namespace demo
