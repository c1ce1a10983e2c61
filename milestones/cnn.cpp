// 1998: LeCun, Bottou, Bengio and Haffner's LeNet-5 reads digits: two convolutions that look for the same patterns
// everywhere, each followed by pooling, and three dense layers. The layers' sizes are theirs; ReLU and the largest of
// each window stand where they had sigmoids and averages. Where CIFAR-10 is installed, a wider network of the same kind
// learns colour images.
#include <fmt/core.h>

#include "judge/images/datasets.hpp"
#include "milestones/learning.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/dataloader.hpp"
#include "tinytorch/spatial.hpp"

using namespace tinytorch;

namespace {

// What a network is to learn, and how.
struct Task {
  std::string data;
  std::string what;  // "digits"
  std::string file;  // where the network is saved
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> test;
  std::vector<std::shared_ptr<const Transform>> normalise;
  std::vector<std::shared_ptr<const Transform>> vary;  // while training
  int epochs = 1;
  std::int64_t batch_size = 32;
  float learning_rate = 0.001F;
  float weight_decay = 0.0F;
};

void add_lenet(Sequential& network, Rng& rng) {
  network.add<Conv2d>(1, 6, Window{5, 1, 2}, rng);  // (N, 1, 28, 28) -> (N, 6, 28, 28)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);
  network.add<Conv2d>(6, 16, Window{5}, rng);  // (N, 6, 14, 14) -> (N, 16, 10, 10)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);
  network.add<Flatten>();
  network.add<Linear>(16 * 5 * 5, 120, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(120, 84, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(84, 10, rng);
}

// Every convolution is normalised over the batch, so it needs no bias of its own.
void add_convolution(Sequential& network, std::int64_t in, std::int64_t out, Rng& rng) {
  network.add<Conv2d>(in, out, Window{3, 1, 1}, rng, false);  // (N, in, H, W) -> (N, out, H, W)
  network.add<BatchNorm2d>(out);
  network.add<Activation<ReLU>>();
}

void add_colour_network(Sequential& network, Rng& rng) {
  add_convolution(network, 3, 32, rng);
  network.add<MaxPool2d>(2);  // (N, 32, 32, 32) -> (N, 32, 16, 16)
  add_convolution(network, 32, 64, rng);
  network.add<MaxPool2d>(2);
  add_convolution(network, 64, 128, rng);
  add_convolution(network, 128, 128, rng);
  network.add<MaxPool2d>(2);  // (N, 128, 8, 8) -> (N, 128, 4, 4)
  network.add<Flatten>();
  network.add<Linear>(128 * 4 * 4, 10, rng);
}

void learn(const Task& task, void (*add_layers)(Sequential&, Rng&)) {
  DataLoaderOptions shuffled;
  shuffled.batch_size = task.batch_size;
  shuffled.shuffle = true;
  shuffled.seed = demo::seed();
  shuffled.workers = 2;
  shuffled.transforms = task.vary;
  shuffled.transforms.insert(shuffled.transforms.begin(), task.normalise.begin(), task.normalise.end());
  DataLoaderOptions in_order;
  in_order.batch_size = 250;
  in_order.transforms = task.normalise;
  DataLoader train(task.train, shuffled);
  DataLoader test(task.test, in_order);
  demo::data(task.data);
  demo::say(fmt::format("{}: {} images to learn from, {} held out.", task.data, task.train->size(), task.test->size()));

  Rng rng(demo::seed());
  Sequential network;
  add_layers(network, rng);
  std::int64_t numbers = 0;
  for (const Parameter& parameter : network.parameters()) numbers += parameter.value().size();
  AdamOptions settings;
  settings.learning_rate = task.learning_rate;
  settings.weight_decay = task.weight_decay;
  AdamW adam(network.parameters(), settings);
  CosineAnnealingLR schedule(adam, task.epochs);
  demo::say(fmt::format("{} parameters; AdamW, batches of {}, learning rate {} falling to 0 in {} epochs:", numbers,
                        shuffled.batch_size, task.learning_rate, task.epochs));

  const std::int64_t total = task.epochs * train.samples_per_epoch();
  demo::axes("loss on " + task.what, "samples", "cross-entropy");
  demo::axes("held-out accuracy on " + task.what, "samples", "%");
  milestone::LossCurve curve("loss on " + task.what, total, total / 200);
  curve.what = "epoch 1 of " + std::to_string(task.epochs);
  TrainerOptions options;
  options.scheduler = &schedule;
  options.on_epoch = [&](const EpochRecord& epoch) {
    demo::say(fmt::format("  epoch {}: loss {:.4f}, held-out accuracy {:.1f} %, {:.1f} s", epoch.epoch + 1,
                          epoch.train.loss, 100.0 * epoch.validation.accuracy, epoch.seconds));
    demo::point("held-out accuracy on " + task.what, static_cast<double>(curve.done()),
                100.0 * epoch.validation.accuracy);
    curve.what = fmt::format("epoch {} of {}", epoch.epoch + 2, task.epochs);
  };
  Trainer trainer(network, adam, milestone::watched_loss(network, curve), options);
  const History history = trainer.fit(train, task.epochs, &test);
  double seconds = 0.0;
  for (const EpochRecord& epoch : history) seconds += epoch.seconds;
  demo::measure(fmt::format("Training speed, batches of {}, {}", shuffled.batch_size, task.data),
                static_cast<double>(total) / seconds, "samples/s");
  demo::measure("One epoch, " + task.data, seconds / task.epochs, "s");
  demo::measure("Accuracy on held-out " + task.what, 100.0 * history.back().validation.accuracy, "%");
  save(network, task.file);
  demo::keep(task.file);
}

Task digits_task() {
  const judge::ImageFiles files = judge::digit_files();
  Task task;
  task.data = files.name;
  task.what = "digits";
  task.file = "cnn-digits.safetensors";
  task.train = std::make_shared<MnistDataset>(files.train[0], files.train[1]);
  task.test = std::make_shared<MnistDataset>(files.test[0], files.test[1]);
  task.normalise = {std::make_shared<Normalize>(std::vector<float>{0.1307F}, std::vector<float>{0.3081F})};
  task.vary = {std::make_shared<RandomCrop>(1)};
  task.epochs = task.train->size() > 20'000 ? 3 : 10;
  task.learning_rate = 0.002F;
  return task;
}

// throws: IoError when a file is damaged.
Task colours_task(const judge::ImageFiles& files) {
  Task task;
  task.data = files.name;
  task.what = "colour images";
  task.file = "cnn-colours.safetensors";
  task.train = std::make_shared<Cifar10Dataset>(files.train);
  task.test = std::make_shared<Cifar10Dataset>(files.test);
  // The mean and deviation of each channel over the training images.
  task.normalise = {std::make_shared<Normalize>(std::vector<float>{0.491F, 0.482F, 0.447F},
                                                std::vector<float>{0.247F, 0.243F, 0.262F})};
  task.vary = {std::make_shared<RandomHorizontalFlip>(), std::make_shared<RandomCrop>(4)};
  task.epochs = 12;
  task.batch_size = 64;
  task.learning_rate = 0.003F;
  task.weight_decay = 0.01F;
  return task;
}

}  // namespace

void demo::run() {
  learn(digits_task(), add_lenet);
  say();
  if (!judge::colours_are_real()) {
    say("CIFAR-10 is not installed: the colour images are left out.");
    return;
  }
  learn(colours_task(judge::colour_files(".")), add_colour_network);
}
