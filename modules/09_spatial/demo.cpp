// The immediate use of module spatial: a CNN against an MLP, both trained by the Trainer of the module before with as
// many steps. Then a CNN on colour images, one image at a time, for as long as it takes to see how long that would
// take.
#include "demo_parts.hpp"
#include "judge/demos/pace.hpp"

using namespace tinytorch;

namespace {

double train_one_pass(Sequential& network, const judge::Images& digits, const std::string& what) {
  Adam adam(network.parameters(), 0.001F);
  OneAtATime source(digits.train_images, digits.train_labels, demo::seed());
  double looking = 0.0;  // seconds spent on the curve
  TrainerOptions options;
  options.on_batch = [&](std::int64_t done, std::int64_t total) {
    if (done == 3 * total / 4) adam.set_learning_rate(adam.learning_rate() / 5);
    demo::progress({what, done, total});
    if (done % 500 != 0 && done != total) return;
    const Stopwatch watch;
    demo::point("held-out digits: " + what, static_cast<double>(done), demo::percent_right(network, digits));
    looking += watch.seconds();
  };
  Trainer trainer(network, adam, loss<CrossEntropyLoss>(), options);
  const EpochRecord epoch = trainer.fit(source, 1).back();
  demo::say(fmt::format("  {}: {} steps in {:.1f} s", what, epoch.train.samples, epoch.seconds - looking));
  return demo::percent_right(network, digits);
}

}  // namespace

void demo::run() {
  compare_networks(train_one_pass);
  const double minutes = time_colours(trainer_pace);
  say(fmt::format("The network sees, but {:.0f} minutes for twenty epochs are too many: training is too slow.",
                  minutes));
}
