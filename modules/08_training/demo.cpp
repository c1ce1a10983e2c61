// The immediate use of module training: a whole run from one call, with validation, a learning rate that falls, an
// end when nothing more is gained, and a model that survives the program. Then the same on colour images, where an
// MLP comes to its limits.
#include "demo_parts.hpp"

using namespace tinytorch;

void demo::run() {
  const OnDigits on_digits = show_training(as_rows(judge::digit_images()));

  // Values around zero, without which the MLP learns these images much more slowly.
  judge::Images colours = as_rows(judge::colour_images(6000, 1000));
  colours.train_images = colours.train_images - 0.5F;
  colours.test_images = colours.test_images - 0.5F;
  demo::data(colours.name);
  const std::int64_t inputs = colours.train_images.shape()[1];
  say(fmt::format("The same on colour images ({}), 3 x 32 x 32: an MLP {}-{}-{}.", colours.name, inputs, hidden,
                  classes));
  Sequential larger;
  add_mlp(larger, inputs, seed());
  SGD sgd(larger.parameters(), 0.005F);
  const Run on_colours = train(larger, sgd, colours, {.chart = "colour images", .rate_epochs = 3});
  const double by_heart = 100.0 * on_colours.history.back().train.accuracy;
  const double held_out = 100.0 * on_colours.test.accuracy;
  measure("MLP accuracy on its training colour images", by_heart, "%");
  measure("MLP accuracy on held-out colour images", held_out, "%");
  measure("Parameters of the MLP on colour images", static_cast<double>(parameters_of(larger)), "");
  measure("MLP training speed on colour images", on_colours.samples_per_second, "samples/s");
  measure("Time of a step, colour images to digits", on_digits.samples_per_second / on_colours.samples_per_second,
          "times");
  say();
  say(fmt::format(
      "{:.0f} % of what it was shown, {:.0f} % of what it was not: with a weight of its own for every pixel", by_heart,
      held_out));
  say("in every place, the MLP learns its images by heart. It does not know that pixels have neighbours.");
  say(fmt::format("And one image at a time, training uses {:.1f} % of what one core can do.", on_digits.share_of_peak));
}
