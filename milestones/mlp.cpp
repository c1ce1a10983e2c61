// 1986: Rumelhart, Hinton and Williams let a network with a hidden layer learn by sending errors backwards. Here it
// reads digits: 784-64-10, one image at a time, the gradients found by the tape.
#include <fmt/core.h>

#include "judge/images/datasets.hpp"
#include "milestones/learning.hpp"
#include "tinytorch/activations.hpp"

using namespace tinytorch;

namespace {

constexpr int passes = 10;

}  // namespace

void demo::run() {
  const judge::Images digits = judge::digit_images();
  data(digits.name);
  const std::int64_t N = digits.train_labels.size();
  OneAtATime train(digits.train_images.reshape({N, -1}), digits.train_labels, seed());
  OneAtATime test(digits.test_images.reshape({digits.test_labels.size(), -1}), digits.test_labels);
  say(fmt::format("{}: {} digits to learn from, {} held out.", digits.name, N, digits.test_labels.size()));

  Rng rng(seed());
  Sequential network;
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
  SGD sgd(network.parameters(), 0.02F);
  CosineAnnealingLR schedule(sgd, passes);
  say(network.name());
  say(fmt::format("SGD, one digit at a time, {} passes, learning rate 0.02 falling to 0:", passes));

  axes("loss", "samples", "cross-entropy");
  milestone::LossCurve curve("loss", passes * N, passes * N / 200);
  curve.what = "pass 1 of " + std::to_string(passes);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.on_epoch = [&](const EpochRecord& pass) {
    say(fmt::format("  pass {}: loss {:.4f}, accuracy on its own digits {:.1f} %, {:.1f} s", pass.epoch + 1,
                    pass.train.loss, 100.0 * pass.train.accuracy, pass.seconds));
    curve.what = fmt::format("pass {} of {}", pass.epoch + 2, passes);
  };
  Trainer trainer(network, sgd, milestone::watched_loss(network, curve), options);
  double seconds = 0.0;
  for (const EpochRecord& pass : trainer.fit(train, passes)) seconds += pass.seconds;
  say();
  measure("Training speed, one at a time", static_cast<double>(passes * N) / seconds, "samples/s");
  measure("Accuracy on held-out digits", 100.0 * trainer.evaluate(test).accuracy, "%");
  save(network, "mlp.safetensors");
  keep("mlp.safetensors");
}
