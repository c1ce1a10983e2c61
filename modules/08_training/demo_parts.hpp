// What the demos of module training show in every track: an MLP that learns digits in one call, with validation, a
// learning rate that falls, an end when nothing more is gained, and a model that survives the program; and how long the
// gradients of single digits are.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "judge/demos/demo.hpp"
#include "judge/images/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

namespace demo {

using namespace tinytorch;

constexpr std::int64_t hidden = 64;
constexpr std::int64_t classes = 10;

inline void add_mlp(Sequential& network, std::int64_t inputs, std::uint64_t seed) {
  Rng rng(seed);
  network.add<Linear>(inputs, hidden, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(hidden, classes, rng);
}

inline std::int64_t parameters_of(const Layer& model) {
  std::int64_t count = 0;
  for (const Parameter& parameter : model.parameters()) count += parameter.value().size();
  return count;
}

// Operations of one training step of the MLP: multiply-adds, counted twice, of forward, of the gradient of every
// weight, and of the gradient of the hidden units. The gradient of the image is not computed.
inline double operations_per_sample(std::int64_t inputs) {
  return 2.0 * static_cast<double>(2 * (inputs * hidden + hidden * classes) + hidden * classes);
}

// The same images as rows, as dense layers take them: (N, C, H, W) -> (N, C H W).
inline judge::Images as_rows(judge::Images images) {
  for (Tensor* part : {&images.train_images, &images.test_images}) *part = part->reshape({part->shape()[0], -1});
  return images;
}

// How long training may go on, and the epochs after which the rate is halved.
struct Plan {
  std::string chart;
  int epochs = 12;
  int rate_epochs = 2;
};

// What a training run left behind.
struct Run {
  History history;
  Evaluation test;
  double samples_per_second = 0.0;  // in the fastest epoch: what else the machine did counts least there
};

// Trains until the loss on the last sixth of the training images stops falling, prints the history, and judges
// once on the test images.
inline Run train(Layer& network, Optimizer& optimizer, const judge::Images& images, const Plan& plan) {
  const std::int64_t all = images.train_labels.size();
  const std::int64_t N = all - all / 6;
  OneAtATime training(images.train_images.slice(0, 0, N), images.train_labels.slice(0, 0, N), seed());
  OneAtATime validation(images.train_images.slice(0, N, all), images.train_labels.slice(0, N, all));
  OneAtATime test(images.test_images, images.test_labels);

  StepLR schedule(optimizer, plan.rate_epochs, 0.5F);
  EarlyStopping stopping(2, 2e-3);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.stopping = &stopping;
  int epoch = 0;
  options.on_batch = [&](std::int64_t done, std::int64_t total) {
    progress({fmt::format("epoch {}", epoch + 1), epoch * total + done, plan.epochs * total});
  };
  axes(plan.chart, "epochs", "cross-entropy");
  options.on_epoch = [&](const EpochRecord& record) {
    epoch = record.epoch + 1;
    say(fmt::format("  {:5} {:9.4f} {:8.1f} % {:11.4f} {:8.1f} % {:9.5f} {:7.2f}", epoch, record.train.loss,
                    100.0 * record.train.accuracy, record.validation.loss, 100.0 * record.validation.accuracy,
                    record.learning_rate, record.seconds));
    point(plan.chart + ": training", epoch, record.train.loss);
    point(plan.chart + ": validation", epoch, record.validation.loss);
  };

  say(fmt::format("{} images to train on, {} to validate, at most {} epochs:", N, all - N, plan.epochs));
  say("  epoch      loss   accuracy  validation   accuracy      rate seconds");
  Trainer trainer(network, optimizer, loss<CrossEntropyLoss>(), options);
  Run run;
  run.history = trainer.fit(training, plan.epochs, &validation);
  say(epoch < plan.epochs ? fmt::format("The validation loss no longer falls: stopped after {} epochs.", epoch)
                          : "All epochs used.");
  for (const EpochRecord& record : run.history) {
    run.samples_per_second = std::max(run.samples_per_second, static_cast<double>(N) / record.seconds);
  }
  run.test = trainer.evaluate(test);
  return run;
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0.0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::fabs(a.data()[i] - b.data()[i])));
  }
  return largest;
}

inline void save_and_load(Sequential& trained, const Tensor& images) {
  const std::string file = "mlp.safetensors";
  save(trained, file);
  keep(file);
  Sequential fresh;
  add_mlp(fresh, images.shape()[1], seed() + 1);
  const Tensor expected = trained.forward(images);
  const double before = largest_difference(fresh.forward(images), expected);
  load(fresh, file);
  const double after = largest_difference(fresh.forward(images), expected);
  say("Saved as safetensors, which other programs read, too, and loaded into a model with other weights:");
  measure("Saved model", static_cast<double>(std::filesystem::file_size(file)), "bytes");
  say(fmt::format("  largest difference between the logits: {:.3g} before loading", before));
  measure("Difference of the loaded model's logits", after, "");
  if (after != 0.0) throw ValueError("the loaded model does not answer like the saved one");
}

// SGD that shortens long gradients, and notes how long each one was.
class ClippedSGD : public SGD {
 public:
  ClippedSGD(std::vector<Parameter> parameters, float rate, double max_norm)
      : SGD(std::move(parameters), rate), max_norm_(max_norm) {}

  void step() override {
    norms_.push_back(clip_grad_norm(parameters(), max_norm_));
    SGD::step();
  }

  const std::vector<double>& norms() const { return norms_; }

 private:
  double max_norm_;
  std::vector<double> norms_;
};

// One pass over the first 2,000 digits at a rate that is too high. Returns the norm of every gradient, before it was
// shortened to max_norm.
inline std::vector<double> pass_at_high_rate(const judge::Images& digits, double max_norm, const std::string& how) {
  constexpr std::int64_t count = 2000;
  Sequential network;
  add_mlp(network, 784, seed());
  ClippedSGD sgd(network.parameters(), 0.2F, max_norm);
  OneAtATime training(digits.train_images.slice(0, 0, count), digits.train_labels.slice(0, 0, count), seed());
  OneAtATime test(digits.test_images, digits.test_labels);
  Trainer trainer(network, sgd, loss<CrossEntropyLoss>());
  trainer.fit(training, 1);
  measure("MLP accuracy, gradients " + how, 100.0 * trainer.evaluate(test).accuracy, "%");

  constexpr std::ptrdiff_t group = 50;
  const std::vector<double>& norms = sgd.norms();
  for (auto from = norms.begin(); norms.end() - from >= group; from += group) {
    const auto done = static_cast<double>(from - norms.begin() + group);
    point("gradient norm: " + how, done, *std::max_element(from, from + group));
  }
  return norms;
}

inline void show_clipping(const judge::Images& digits) {
  say("A rate that is too high, 0.2, for 2,000 digits: single digits have gradients that throw the weights about.");
  axes("gradient norm", "samples", "longest of 50");
  const std::vector<double> free = pass_at_high_rate(digits, 1e9, "as they come");
  measure("Longest of these gradients", *std::max_element(free.begin(), free.end()), "");
  const std::vector<double> clipped = pass_at_high_rate(digits, 1.0, "clipped to 1");
  const auto longer = std::count_if(clipped.begin(), clipped.end(), [](double norm) { return norm > 1.0; });
  measure("Steps that were clipped", 100.0 * static_cast<double>(longer) / static_cast<double>(clipped.size()), "%");
}

// What is the same in every track, and what is needed of it later.
struct OnDigits {
  double samples_per_second;
  double share_of_peak;  // of one core, in percent
};

inline OnDigits show_training(const judge::Images& digits) {
  demo::data(digits.name);
  say(fmt::format("An MLP 784-{}-{} learns digits ({}), one at a time, from one call.", hidden, classes, digits.name));
  Sequential network;
  add_mlp(network, 784, seed());
  SGD sgd(network.parameters(), 0.02F);
  const Run run = train(network, sgd, digits, {.chart = "digits"});
  const double peak = 1e9 * measure_peak_gflops();
  const double share = 100.0 * run.samples_per_second * operations_per_sample(784) / peak;
  measure("MLP training speed, one at a time", run.samples_per_second, "samples/s");
  measure("Share of one core's peak that this uses", share, "%");
  measure("MLP accuracy on its training digits", 100.0 * run.history.back().train.accuracy, "%");
  measure("MLP accuracy after training, held-out digits", 100.0 * run.test.accuracy, "%");
  measure("Parameters of the MLP on digits", static_cast<double>(parameters_of(network)), "");
  save_and_load(network, digits.test_images);
  say();
  show_clipping(digits);
  say();
  return {run.samples_per_second, share};
}

}  // namespace demo
