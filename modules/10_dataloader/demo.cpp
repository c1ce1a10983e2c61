// The immediate use of module dataloader: the same model, the same optimizer and the same digits, handed out
// in batches instead of one at a time.
#include <fmt/core.h>

#include "judge/demo.hpp"
#include "judge/digits.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/dataloader.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/spatial.hpp"

using namespace tinytorch;

namespace {

constexpr std::int64_t batch_size = 32;

struct Cnn {
  Sequential network;

  Cnn() {
    Rng rng(1);
    network.add<Conv2d>(1, 16, Window{3}, rng);
    network.add<Activation<ReLU>>();
    network.add<MaxPool2d>(2);
    network.add<Flatten>();
    network.add<Linear>(16 * 13 * 13, 10, rng);
  }
};

std::shared_ptr<const Dataset> digits(const std::string& prefix) {
  const std::string path = judge::digits_folder() + "/" + prefix;
  return std::make_shared<MnistDataset>(path + "-images-idx3-ubyte.gz", path + "-labels-idx1-ubyte.gz");
}

struct OnePass {
  double samples_per_second = 0.0;
  double accuracy = 0.0;  // on held-out digits, in percent
};

// One epoch from a fresh start.
OnePass train_one_pass(BatchSource& source, BatchSource& held_out, const std::string& what) {
  Cnn cnn;
  Adam adam(cnn.network.parameters(), 0.001F);
  TrainerOptions options;
  options.on_batch = [&](std::int64_t done, std::int64_t total) { demo::progress(what, done, total); };
  Trainer trainer(cnn.network, adam, loss<CrossEntropyLoss>(), options);
  const EpochRecord epoch = trainer.fit(source, 1, &held_out).at(0);
  return {static_cast<double>(source.samples_per_epoch()) / epoch.seconds, 100.0 * epoch.validation.accuracy};
}

// The loader's own speed, with nobody using the batches.
double loading_speed(DataLoader& loader) {
  Batch batch;
  const Stopwatch watch;
  loader.start_epoch();
  while (loader.next(batch)) {
  }
  return static_cast<double>(loader.samples_per_epoch()) / watch.seconds();
}

// Trains a CNN on digits that are shifted a little at random, with a learning rate that falls to 0. Returns
// the accuracy on held-out digits, in percent.
double train_in_batches(std::shared_ptr<const Dataset> train, std::shared_ptr<const Dataset> test) {
  constexpr int epochs = 8;
  const auto normalize = std::make_shared<Normalize>(std::vector<float>{0.1307F}, std::vector<float>{0.3081F});
  DataLoaderOptions shuffled;
  shuffled.batch_size = batch_size;
  shuffled.shuffle = true;
  shuffled.seed = 1;
  shuffled.workers = 2;
  shuffled.transforms = {normalize, std::make_shared<RandomCrop>(1)};
  DataLoaderOptions in_order;
  in_order.batch_size = 250;
  in_order.transforms = {normalize};
  DataLoader batches(std::move(train), shuffled);
  DataLoader held_out(std::move(test), in_order);

  Cnn cnn;
  Adam adam(cnn.network.parameters(), 0.003F);
  CosineAnnealingLR schedule(adam, epochs);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.on_batch = [](std::int64_t done, std::int64_t total) { demo::progress("epoch", done, total); };
  options.on_epoch = [](const EpochRecord& epoch) {
    demo::say(fmt::format("  epoch {}: loss {:.4f}, held-out accuracy {:.1f} %, {:.2f} s", epoch.epoch + 1,
                          epoch.train.loss, 100.0 * epoch.validation.accuracy, epoch.seconds));
  };
  demo::say("The same network for longer: pixels normalised, digits shifted by up to one");
  demo::say(fmt::format("pixel at random, rate from 0.003 down to 0 in {} epochs:", epochs));
  Trainer trainer(cnn.network, adam, loss<CrossEntropyLoss>(), options);
  return 100.0 * trainer.fit(batches, epochs, &held_out).back().validation.accuracy;
}

}  // namespace

void demo::run() {
  const auto train = digits("train");
  const auto test = digits("t10k");
  const Batch all = train->batch(0, train->size());

  DataLoaderOptions options;
  options.batch_size = batch_size;
  options.shuffle = true;
  options.seed = 1;
  options.workers = 2;
  DataLoader batches(train, options);
  OneAtATime singles(all.inputs, all.targets, 1);
  DataLoaderOptions in_order;
  in_order.batch_size = 250;
  DataLoader held_out(test, in_order);

  say("A CNN: conv 3x3 1-16, ReLU, pool 2, linear 2704-10; Adam 0.001.");
  say(fmt::format("{} digits once, {} threads; {} workers prepare the batches.", train->size(),
                  kernels::thread_count(), options.workers));
  const OnePass slow = train_one_pass(singles, held_out, "one at a time");
  const OnePass fast = train_one_pass(batches, held_out, "in batches");
  measure("CNN training, one at a time", slow.samples_per_second, "samples/s");
  measure("CNN training, batches of 32", fast.samples_per_second, "samples/s");
  measure("Batched speedup", fast.samples_per_second / slow.samples_per_second, "x");
  measure("Loading alone, batches of 32", loading_speed(batches), "samples/s");
  say(fmt::format("What one pass taught: {} steps of one digit {:.1f} %, {} of {} {:.1f} %.", train->size(),
                  slow.accuracy, batches.batches_per_epoch(), batch_size, fast.accuracy));
  say();
  measure("CNN accuracy, trained in batches", train_in_batches(train, test), "%");
}
