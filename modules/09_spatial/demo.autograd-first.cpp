// The immediate use of module spatial where no Trainer is there yet: a CNN against an MLP, both with the optimizers of
// the module before and as many steps. Then a CNN on colour images, one image at a time, for as long as it takes to see
// how long that would take.
#include <memory>

#include "demo_parts.hpp"
#include "judge/demos/forecast.hpp"

using namespace tinytorch;

namespace {

// One step on image n. Returns the loss.
float train_step(Layer& network, Optimizer& optimizer, const judge::Images& images, std::int64_t n) {
  const Variable logits = forward(network, images.train_images.slice(0, n, n + 1));
  Variable loss = apply(std::make_unique<CrossEntropyLoss>(), {logits, images.train_labels.slice(0, n, n + 1)});
  loss.backward();
  optimizer.step();
  optimizer.zero_grad();
  return loss.value().item();
}

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
      demo::point("held-out digits: " + what, static_cast<double>(done), demo::percent_right(network, digits));
      watch.restart();
    }
  }
  demo::say(fmt::format("  {}: {} steps in {:.1f} s", what, done, seconds));
  return demo::percent_right(network, digits);
}

double pace(Sequential& network, const judge::Images& images, std::int64_t epoch) {
  Adam adam(network.parameters(), 0.001F);
  demo::Forecast forecast(epoch);
  const std::vector<std::int64_t> order = Rng(demo::seed()).permutation(images.train_labels.size());
  std::int64_t done = 0;
  double seconds = 0.0;
  for (const Stopwatch watch; seconds < 4.0 && done < images.train_labels.size(); seconds = watch.seconds()) {
    train_step(network, adam, images, order[static_cast<std::size_t>(done)]);
    forecast.tell(++done);
  }
  return static_cast<double>(done) / seconds;
}

}  // namespace

void demo::run() {
  compare_networks(train_one_pass);
  const double minutes = time_colours(pace);
  say(fmt::format(
      "Twenty epochs would take {:.0f} minutes, and nobody keeps account meanwhile: the order of the images,",
      minutes));
  say("the mean of the losses, when to stop and which weights to keep are written anew for every network.");
}
