// The immediate use of module training where the networks already see: an MLP and a CNN, each trained by one call, with
// validation, a learning rate that falls, an end when nothing more is gained, and a model that survives the program.
// Then the CNN on colour images, one at a time, for as long as it takes to see how long that would take.
#include "demo_parts.hpp"
#include "judge/demos/networks.hpp"
#include "judge/demos/pace.hpp"

using namespace tinytorch;

namespace {

// The CNN for digits from the same call as the MLP.
void train_cnn(const judge::Images& digits, const demo::OnDigits& mlp) {
  demo::say(fmt::format("The same call, another network, and Adam: {}.", demo::digit_cnn));
  Sequential cnn;
  demo::add_digit_cnn(cnn);
  Adam adam(cnn.parameters(), 0.001F);
  const demo::Run run = demo::train(cnn, adam, digits, {.chart = "digits, CNN", .epochs = 4, .rate_epochs = 1});
  demo::measure("CNN accuracy after training, held-out digits", 100.0 * run.test.accuracy, "%");
  demo::measure("CNN training speed, one at a time", run.samples_per_second, "samples/s");
  demo::measure("Time of a step, CNN to MLP", mlp.samples_per_second / run.samples_per_second, "times");
  demo::say();
}

}  // namespace

void demo::run() {
  constexpr std::int64_t epoch = 50'000;  // as many colour images as CIFAR-10 has to train on
  const judge::Images digits = judge::digit_images();
  const OnDigits mlp = show_training(as_rows(digits));
  train_cnn(digits, mlp);

  const judge::Images colours = judge::colour_images(5000, 1);
  Sequential network;
  add_colour_cnn(network);
  demo::data(colours.name);
  say(fmt::format("Colour images ({}), 3 x 32 x 32, from the same call, one at a time:", colours.name));
  say(fmt::format("  CNN: {}", colour_cnn));
  const double rate = trainer_pace(network, colours, epoch);
  measure("CNN with the Trainer, one colour image at a time", rate, "samples/s");
  measure("One epoch of 50,000 colour images", epoch / rate, "s");
  measure("Twenty such epochs", 20 * epoch / rate, "s");
  say();
  say(fmt::format("Systematic, and slow: {:.0f} minutes for twenty epochs. One at a time, the MLP uses {:.1f} % of",
                  20 * epoch / rate / 60, mlp.share_of_peak));
  say("what one core can do, and every image pays anew for every call and every weight that is fetched.");
}
