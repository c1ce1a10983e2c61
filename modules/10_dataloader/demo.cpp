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

void add_mlp(Sequential& network) {
  Rng rng(1);
  network.add<Flatten>();
  network.add<Linear>(784, 64, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(64, 10, rng);
}

void add_cnn(Sequential& network) {
  Rng rng(1);
  network.add<Conv2d>(1, 16, Window{3}, rng);
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);
  network.add<Flatten>();
  network.add<Linear>(16 * 13 * 13, 10, rng);
}

std::shared_ptr<const Dataset> digits(const std::string& prefix) {
  const std::string path = judge::digits_folder() + "/" + prefix;
  return std::make_shared<MnistDataset>(path + "-images-idx3-ubyte.gz", path + "-labels-idx1-ubyte.gz");
}

struct Run {
  double seconds = 0.0;  // of training alone
  double samples_per_second = 0.0;
  double accuracy = 0.0;  // on held-out digits, in percent
};

// Trains a network from its start, with Adam.
Run train(void (*add_layers)(Sequential&), BatchSource& source, int passes, BatchSource& held_out,
          const std::string& what) {
  Sequential network;
  add_layers(network);
  Adam adam(network.parameters(), 0.001F);
  TrainerOptions options;
  options.on_batch = [&](std::int64_t done, std::int64_t total) { demo::progress(what, done, total); };
  Trainer trainer(network, adam, loss<CrossEntropyLoss>(), options);
  Run run;
  for (const EpochRecord& epoch : trainer.fit(source, passes)) run.seconds += epoch.seconds;
  run.samples_per_second = static_cast<double>(passes * source.samples_per_epoch()) / run.seconds;
  run.accuracy = 100.0 * trainer.evaluate(held_out).accuracy;
  return run;
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

  Sequential cnn;
  add_cnn(cnn);
  Adam adam(cnn.parameters(), 0.003F);
  CosineAnnealingLR schedule(adam, epochs);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.on_batch = [](std::int64_t done, std::int64_t total) { demo::progress("epoch", done, total); };
  options.on_epoch = [](const EpochRecord& epoch) {
    demo::say(fmt::format("  epoch {}: loss {:.4f}, held-out accuracy {:.1f} %, {:.2f} s", epoch.epoch + 1,
                          epoch.train.loss, 100.0 * epoch.validation.accuracy, epoch.seconds));
  };
  demo::say("The same CNN for longer: pixels normalised, digits shifted by up to one");
  demo::say(fmt::format("pixel at random, rate from 0.003 down to 0 in {} epochs:", epochs));
  Trainer trainer(cnn, adam, loss<CrossEntropyLoss>(), options);
  return 100.0 * trainer.fit(batches, epochs, &held_out).back().validation.accuracy;
}

}  // namespace

void demo::run() {
  const auto training = digits("train");
  const auto test = digits("t10k");
  const Batch all = training->batch(0, training->size());
  OneAtATime singles(all.inputs, all.targets, 1);

  DataLoaderOptions options;
  options.batch_size = batch_size;
  options.shuffle = true;
  options.seed = 1;
  options.workers = 2;
  DataLoader batches(training, options);
  DataLoaderOptions in_order;
  in_order.batch_size = 250;
  DataLoader held_out(test, in_order);

  say("A CNN (conv 3x3 1-16, ReLU, pool 2, linear 2704-10) and an MLP (784-64-10),");
  say(fmt::format("Adam 0.001, {} digits; {} threads, {} workers prepare the batches.", training->size(),
                  kernels::thread_count(), options.workers));
  constexpr int passes = 4;
  const Run slow = train(add_cnn, singles, 1, held_out, "CNN, one at a time");
  const Run fast = train(add_cnn, batches, passes, held_out, "CNN, in batches");
  measure("CNN training, one at a time", slow.samples_per_second, "samples/s");
  measure("CNN training, batches of 32", fast.samples_per_second, "samples/s");
  measure("Batched speedup, CNN", fast.samples_per_second / slow.samples_per_second, "x");
  say(fmt::format("  1 pass one at a time, {:.2f} s: {:.1f} %; {} passes in batches, {:.2f} s: {:.1f} %", slow.seconds,
                  slow.accuracy, passes, fast.seconds, fast.accuracy));
  const Run mlp_slow = train(add_mlp, singles, 1, held_out, "MLP, one at a time");
  const Run mlp_fast = train(add_mlp, batches, passes, held_out, "MLP, in batches");
  measure("Batched speedup, MLP", mlp_fast.samples_per_second / mlp_slow.samples_per_second, "x");
  measure("Loading alone, batches of 32", loading_speed(batches), "samples/s");
  say();
  measure("CNN accuracy, trained in batches", train_in_batches(training, test), "%");
}
