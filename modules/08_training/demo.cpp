// The immediate use of module training: a whole run from one call, with validation, a learning rate that falls, an
// end when nothing more is gained, and a model that survives the program. Then the same on colour images, where an
// MLP comes to its limits.
#include "judge/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "judge/datasets.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/training.hpp"

using namespace tinytorch;

namespace {

constexpr std::int64_t hidden = 64;
constexpr std::int64_t classes = 10;

void add_mlp(Sequential& network, std::int64_t inputs, std::uint64_t seed) {
  Rng rng(seed);
  network.add<Linear>(inputs, hidden, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(hidden, classes, rng);
}

std::int64_t parameters_of(const Layer& model) {
  std::int64_t count = 0;
  for (const Parameter& parameter : model.parameters()) count += parameter.value().size();
  return count;
}

// Operations of one training step of the MLP: multiply-adds, counted twice, of forward, of the gradient of every
// weight, and of the gradient of the hidden units. The gradient of the image is not computed.
double operations_per_sample(std::int64_t inputs) {
  return 2.0 * static_cast<double>(2 * (inputs * hidden + hidden * classes) + hidden * classes);
}

// Images as rows.
Tensor flat(const Tensor& images) { return images.reshape({images.shape()[0], -1}); }

// What a training run left behind.
struct Run {
  History history;
  Evaluation test;
  double samples_per_second = 0.0;  // in the fastest epoch: what else the machine did counts least there
};

// Trains until the loss on the last sixth of the training images stops falling, prints the history, and judges
// once on the test images. The rate is halved after every `rate_epochs`.
Run train(Sequential& network, const judge::Images& images, float rate, int rate_epochs, const std::string& chart) {
  const std::int64_t all = images.train_labels.size();
  const std::int64_t N = all - all / 6;
  const Tensor inputs = flat(images.train_images);
  OneAtATime training(inputs.slice(0, 0, N), images.train_labels.slice(0, 0, N), demo::seed());
  OneAtATime validation(inputs.slice(0, N, all), images.train_labels.slice(0, N, all));
  OneAtATime test(flat(images.test_images), images.test_labels);

  constexpr int epochs = 12;
  SGD sgd(network.parameters(), rate);
  StepLR schedule(sgd, rate_epochs, 0.5F);
  EarlyStopping stopping(2, 2e-3);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.stopping = &stopping;
  int epoch = 0;
  options.on_batch = [&](std::int64_t done, std::int64_t total) {
    demo::progress({fmt::format("epoch {}", epoch + 1), epoch * total + done, epochs * total});
  };
  demo::axes(chart, "epochs", "cross-entropy");
  options.on_epoch = [&](const EpochRecord& record) {
    epoch = record.epoch + 1;
    demo::say(fmt::format("  {:5} {:9.4f} {:8.1f} % {:11.4f} {:8.1f} % {:9.5f} {:7.2f}", epoch, record.train.loss,
                          100.0 * record.train.accuracy, record.validation.loss, 100.0 * record.validation.accuracy,
                          record.learning_rate, record.seconds));
    demo::point(chart + ": training", epoch, record.train.loss);
    demo::point(chart + ": validation", epoch, record.validation.loss);
  };

  demo::say(fmt::format("{} images to train on, {} to validate, at most {} epochs:", N, all - N, epochs));
  demo::say("  epoch      loss   accuracy  validation   accuracy      rate seconds");
  Trainer trainer(network, sgd, loss<CrossEntropyLoss>(), options);
  Run run;
  run.history = trainer.fit(training, epochs, &validation);
  demo::say(epoch < epochs ? fmt::format("The validation loss no longer falls: stopped after {} epochs.", epoch)
                           : "All epochs used.");
  for (const EpochRecord& record : run.history) {
    run.samples_per_second = std::max(run.samples_per_second, static_cast<double>(N) / record.seconds);
  }
  run.test = trainer.evaluate(test);
  return run;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0.0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::fabs(a.data()[i] - b.data()[i])));
  }
  return largest;
}

void save_and_load(Sequential& trained, const Tensor& images) {
  const std::string file = "mlp.safetensors";
  save(trained, file);
  demo::keep(file);
  Sequential fresh;
  add_mlp(fresh, images.shape()[1], demo::seed() + 1);
  const Tensor expected = trained.forward(images);
  const double before = largest_difference(fresh.forward(images), expected);
  load(fresh, file);
  const double after = largest_difference(fresh.forward(images), expected);
  demo::say("Saved as safetensors, which other programs read, too, and loaded into a model with other weights:");
  demo::measure("Saved model", static_cast<double>(std::filesystem::file_size(file)), "bytes");
  demo::say(fmt::format("  largest difference between the logits: {:.3g} before loading", before));
  demo::measure("Difference of the loaded model's logits", after, "");
  if (after != 0.0) throw ValueError("the loaded model does not answer like the saved one");
}

}  // namespace

void demo::run() {
  const judge::Images digits = judge::digit_images();
  demo::data(digits.name);
  say(fmt::format("An MLP 784-{}-{} learns digits ({}), one at a time, from one call.", hidden, classes, digits.name));
  Sequential network;
  add_mlp(network, 784, seed());
  const Run on_digits = train(network, digits, 0.02F, 2, "digits");
  const double peak = 1e9 * measure_peak_gflops();
  const double share = 100.0 * on_digits.samples_per_second * operations_per_sample(784) / peak;
  measure("MLP training speed, one at a time", on_digits.samples_per_second, "samples/s");
  measure("Share of one core's peak that this uses", share, "%");
  measure("MLP accuracy on its training digits", 100.0 * on_digits.history.back().train.accuracy, "%");
  measure("MLP accuracy after training, held-out digits", 100.0 * on_digits.test.accuracy, "%");
  save_and_load(network, flat(digits.test_images));
  say();

  // Values around zero, without which the MLP learns these images much more slowly.
  judge::Images colours = judge::colour_images(6000, 1000);
  colours.train_images = colours.train_images - 0.5F;
  colours.test_images = colours.test_images - 0.5F;
  demo::data(colours.name);
  const std::int64_t inputs = colours.train_images.size() / colours.train_labels.size();
  say(fmt::format("The same on colour images ({}), 3 x 32 x 32: an MLP {}-{}-{}.", colours.name, inputs, hidden,
                  classes));
  Sequential larger;
  add_mlp(larger, inputs, seed());
  const Run on_colours = train(larger, colours, 0.005F, 3, "colour images");
  const double by_heart = 100.0 * on_colours.history.back().train.accuracy;
  const double held_out = 100.0 * on_colours.test.accuracy;
  measure("MLP accuracy on its training colour images", by_heart, "%");
  measure("MLP accuracy on held-out colour images", held_out, "%");
  measure("Parameters of the MLP on digits", static_cast<double>(parameters_of(network)), "");
  measure("Parameters of the MLP on colour images", static_cast<double>(parameters_of(larger)), "");
  measure("MLP training speed on colour images", on_colours.samples_per_second, "samples/s");
  measure("Time of a step, colour images to digits", on_digits.samples_per_second / on_colours.samples_per_second,
          "times");
  say();
  say(fmt::format(
      "{:.0f} % of what it was shown, {:.0f} % of what it was not: with a weight of its own for every pixel", by_heart,
      held_out));
  say("in every place, the MLP learns its images by heart. It does not know that pixels have neighbours.");
  say(fmt::format("And one image at a time, training uses {:.1f} % of what one core can do.", share));
}
