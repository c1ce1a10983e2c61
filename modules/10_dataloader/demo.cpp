// The immediate use of module dataloader: training at speed. First what each step contributes, from single
// samples and seven loops to batches on all cores with workers that prepare them; then what a network learns
// at that speed.
#include "judge/demos/demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "judge/demos/networks.hpp"
#include "judge/demos/pace.hpp"
#include "judge/images/datasets.hpp"
#include "kernels/parallel.hpp"
#include "tinytorch/dataloader.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/spatial.hpp"

using namespace tinytorch;

namespace {

using Transforms = std::vector<std::shared_ptr<const Transform>>;

constexpr std::int64_t batch_size = 32;
constexpr std::int64_t colour_count = 5000;

// ---- Convolution by its definition alone, for windows that move by one pixel without padding.

// The weight with the rows and columns of its kernels reversed and its two channel axes exchanged.
// shapes: (O, C, K, K) -> (C, O, K, K)
Tensor flipped(const Tensor& weight) {
  const std::int64_t O = weight.shape()[0];
  const std::int64_t C = weight.shape()[1];
  const std::int64_t area = weight.shape()[2] * weight.shape()[3];
  Tensor result({C, O, weight.shape()[2], weight.shape()[3]});
  for (std::int64_t o = 0; o < O; ++o) {
    for (std::int64_t c = 0; c < C; ++c) {
      const float* from = weight.data() + (o * C + c) * area;
      std::reverse_copy(from, from + area, result.data() + (c * O + o) * area);
    }
  }
  return result;
}

// y = conv2d(x, weight, bias), and both gradients are convolutions, too: of dy, padded, with the flipped
// weight; and of x with a window as large as dy, where the channels play the part of the images.
class DirectConv2dFunction : public Function {
 public:
  const char* name() const override { return "DirectConv2d"; }

  Tensor forward(const std::vector<Tensor>& inputs) override {
    x_ = inputs[0];
    weight_ = inputs[1];
    return conv2d(x_, weight_, inputs[2], Window{weight_.shape()[2], 1, 0});
  }

  std::vector<Tensor> backward(const Tensor& dy) override {
    const std::int64_t K = weight_.shape()[2];
    Tensor dx;
    if (wants_gradient(0)) dx = conv2d(dy, flipped(weight_), Tensor(), Window{K, 1, K - 1});
    const Window whole{dy.shape()[2], 1, 0};
    const Tensor dweight = conv2d(x_.transpose(0, 1), dy.transpose(0, 1), Tensor(), whole).transpose(0, 1);
    return {dx, dweight, sum(sum(sum(dy, 3), 2), 0)};
  }

 private:
  Tensor x_;
  Tensor weight_;
};

// A Conv2d that computes by the definition; square images only.
class DirectConv2d : public Conv2d {
 public:
  using Conv2d::Conv2d;
  std::unique_ptr<Function> function() override { return std::make_unique<DirectConv2dFunction>(); }
};

// ---- Speed

DataLoaderOptions loader_options(std::int64_t batch, int workers, Transforms how) {
  DataLoaderOptions options;
  options.batch_size = batch;
  options.shuffle = true;
  options.seed = demo::seed();
  options.workers = workers;
  options.transforms = std::move(how);
  return options;
}

// One way to train the same network with the same optimizer on the same images.
struct Way {
  std::string name;
  std::string due_to;
  std::int64_t batch;
  int threads;
  int workers;
  void (*add_layers)(Sequential&);
  std::vector<double> rates{};  // samples per second, one a round

  double rate() const {
    std::vector<double> sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

double train_for(const Way& way, const std::shared_ptr<const Dataset>& data, const Transforms& transforms,
                 double seconds) {
  kernels::set_thread_count(way.threads);
  Sequential network;
  way.add_layers(network);
  Adam adam(network.parameters(), 0.001F);
  Trainer trainer(network, adam, loss<CrossEntropyLoss>());
  DataLoader loader(data, loader_options(way.batch, way.workers, transforms));
  demo::ForSeconds source(loader, seconds);
  const EpochRecord epoch = trainer.fit(source, 1).back();
  return static_cast<double>(epoch.train.samples) / epoch.seconds;
}

// The gradients of one batch's loss by seven loops and by im2col: the largest difference, measured by the
// largest gradient.
double largest_difference(const Batch& batch) {
  std::array<Sequential, 2> networks;
  demo::add_colour_cnn<DirectConv2d>(networks[0]);
  demo::add_colour_cnn<Conv2d>(networks[1]);
  for (Sequential& network : networks) {
    apply(std::make_unique<CrossEntropyLoss>(), {forward(network, batch.inputs), batch.targets}).backward();
  }
  const auto parameters = networks[0].parameters();
  const auto others = networks[1].parameters();
  double difference = 0.0;
  double largest = 0.0;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    for (std::int64_t i = 0; i < parameters[p].grad().size(); ++i) {
      const double a = parameters[p].grad().data()[i];
      const double b = others[p].grad().data()[i];
      difference = std::max(difference, std::abs(a - b));
      largest = std::max(largest, std::abs(b));
    }
  }
  return difference / largest;
}

// The seconds of one step of Adam over all parameters of the colour CNN.
double adam_seconds(const Batch& batch) {
  Sequential network;
  demo::add_colour_cnn<Conv2d>(network);
  apply(std::make_unique<CrossEntropyLoss>(), {forward(network, batch.inputs), batch.targets}).backward();
  Adam adam(network.parameters(), 0.001F);
  adam.step();
  constexpr int steps = 40;
  const Stopwatch watch;
  for (int i = 0; i < steps; ++i) adam.step();
  return watch.seconds() / steps;
}

// The seconds it takes to prepare a batch when nobody trains.
double loading_seconds(const std::shared_ptr<const Dataset>& data, const Transforms& transforms) {
  DataLoader loader(data, loader_options(batch_size, 0, transforms));
  const Stopwatch watch;
  loader.start_epoch();
  for (Batch batch; loader.next(batch);) {
  }
  return watch.seconds() / static_cast<double>(loader.batches_per_epoch());
}

void show(const std::vector<Way>& ways) {
  demo::say(fmt::format("  {:<36}{:>10}{:>9}   {}", "", "samples/s", "factor", "due to"));
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const std::string factor = i == 0 ? "" : fmt::format("{:.2f} x", ways[i].rate() / ways[i - 1].rate());
    demo::say(fmt::format("  {:<36}{:>10.0f}{:>9}   {}", ways[i].name, ways[i].rate(), factor, ways[i].due_to));
    judge::measure("Colour CNN, " + ways[i].name, ways[i].rate(), "samples/s");
  }
}

// Where the speedup comes from: each way in turn, in rounds, so that a busy moment of the machine meets them
// all. Returns the samples per second of the first and of the last way.
std::pair<double, double> attribute_speedup(const std::shared_ptr<const Dataset>& data, const Transforms& transforms) {
  const int threads = kernels::thread_count();
  std::vector<Way> ways{
      {"one at a time, seven loops", "", 1, 1, 0, demo::add_colour_cnn<DirectConv2d>},
      {"one at a time, im2col", "convolutions as matrix products", 1, 1, 0, demo::add_colour_cnn<Conv2d>},
      {"batches of 32, one thread", "one step, one read of the weights for 32", batch_size, 1, 0,
       demo::add_colour_cnn<Conv2d>},
      {fmt::format("batches of 32, {} threads", threads), "images of a batch on all cores", batch_size, threads, 0,
       demo::add_colour_cnn<Conv2d>},
      {"batches of 32, prepared by a worker", "reading and transforms at the same time", batch_size, threads, 1,
       demo::add_colour_cnn<Conv2d>},
  };
  constexpr int rounds = 3;
  const Batch few = data->batch(0, 4);
  demo::say(fmt::format("By seven loops or by im2col the gradients are the same, up to {:.0e} of the largest.",
                        largest_difference(few)));
  train_for(ways.back(), data, transforms, 0.2);  // warm up
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      demo::progress({way.name, round, rounds, {}, ""});
      way.rates.push_back(train_for(way, data, transforms, 0.4));
    }
  }
  demo::progress({"", rounds, rounds, {}, ""});
  kernels::set_thread_count(threads);
  demo::say(fmt::format("Each row is the median of {} rounds of 0.4 s; the first three use one thread:", rounds));
  show(ways);
  const double adam = adam_seconds(few);
  demo::say(
      fmt::format("A step of Adam takes {:.2f} ms: {:.0f} % of the time of a single sample by im2col, {:.0f} % of",
                  1e3 * adam, 100 * adam * ways[1].rate(), 100 * adam * ways[2].rate() / batch_size));
  demo::say(fmt::format("that of a batch on one thread. Preparing a batch takes {:.2f} ms, training on it {:.1f} ms.",
                        1e3 * loading_seconds(data, transforms), 1e3 * batch_size / ways[3].rate()));
  demo::measure("Batched speedup, first to last", ways.back().rate() / ways.front().rate(), "x");
  return {ways.front().rate(), ways.back().rate()};
}

// ---- Learning

// A run of training with Adam and a rate that falls to 0.
struct Lesson {
  std::string chart;
  void (*add_layers)(Sequential&);
  float rate;
  int epochs;
};

// Returns the accuracy on held-out images, in percent.
double train(const Lesson& lesson, DataLoader& batches, DataLoader& held_out) {
  Sequential network;
  lesson.add_layers(network);
  Adam adam(network.parameters(), lesson.rate);
  CosineAnnealingLR schedule(adam, lesson.epochs);
  TrainerOptions options;
  options.scheduler = &schedule;
  int epochs_done = 0;
  options.on_batch = [&](std::int64_t done, std::int64_t total) {
    demo::progress({fmt::format("epoch {} of {}", epochs_done + 1, lesson.epochs), epochs_done * total + done,
                    lesson.epochs * total});
  };
  options.on_epoch = [&](const EpochRecord& epoch) {
    epochs_done = epoch.epoch + 1;
    demo::say(fmt::format("  epoch {}: loss {:.3f}, held-out accuracy {:.1f} %, {:.2f} s", epochs_done,
                          epoch.train.loss, 100.0 * epoch.validation.accuracy, epoch.seconds));
    demo::point(lesson.chart + ": training", epochs_done, epoch.train.loss);
    demo::point(lesson.chart + ": held out", epochs_done, epoch.validation.loss);
  };
  demo::axes(lesson.chart, "epochs", "cross-entropy");
  Trainer trainer(network, adam, loss<CrossEntropyLoss>(), options);
  return 100.0 * trainer.fit(batches, lesson.epochs, &held_out).back().validation.accuracy;
}

DataLoaderOptions in_order(const std::shared_ptr<const Transform>& normalize) {
  DataLoaderOptions options;
  options.batch_size = 250;
  options.transforms = {normalize};
  return options;
}

// Returns the samples per second of the slowest and the fastest way.
std::pair<double, double> learn_colours() {
  const judge::ImageFiles files = judge::colour_files("colour", colour_count, 1000);
  const auto images = std::make_shared<Cifar10Dataset>(files.train);
  const auto normalize = std::make_shared<Normalize>(std::vector<float>(3, 0.5F), std::vector<float>(3, 0.25F));
  const Transforms augmented{normalize, std::make_shared<RandomCrop>(2), std::make_shared<RandomHorizontalFlip>()};
  const Lesson lesson{"colour CNN", demo::add_colour_cnn<Conv2d>, 0.002F, 5};

  demo::data(files.name);
  demo::say("A CNN (conv 3x3 3-32, pool, conv 3x3 32-64, pool, linear 2304-256-10) with Adam,");
  demo::say(fmt::format("{} images of 32 x 32 pixels: {}.", images->size(), files.name));
  const auto rates = attribute_speedup(images, augmented);
  demo::say();
  demo::say(fmt::format("The same CNN for {} epochs; images moved and mirrored at random, rate falling to 0:",
                        lesson.epochs));
  DataLoader batches(images, loader_options(batch_size, 1, augmented));
  DataLoader held_out(std::make_shared<Cifar10Dataset>(files.test), in_order(normalize));
  demo::measure("Colour CNN accuracy on held-out images", train(lesson, batches, held_out), "%");
  demo::say();
  return rates;
}

// The first `count` digits of a pair of IDX files, unpacked.
std::shared_ptr<const Dataset> first_digits(const std::vector<std::string>& files, std::int64_t count) {
  const MnistDataset all(files[0], files[1]);
  const Batch batch = all.batch(0, std::min(count, all.size()));
  return std::make_shared<TensorDataset>(batch.inputs, batch.targets);
}

void learn_digits() {
  const judge::ImageFiles files = judge::digit_files();
  const Stopwatch watch;
  const auto digits = first_digits(files.train, 6000);
  const auto others = first_digits(files.test, 1000);
  const double seconds = watch.seconds();
  const auto normalize = std::make_shared<Normalize>(std::vector<float>{0.1307F}, std::vector<float>{0.3081F});

  demo::data(files.name);
  demo::say(fmt::format("{} and {} digits ({}) read from their files in {:.0f} ms, for training moved at random.",
                        digits->size(), others->size(), files.name, 1e3 * seconds));
  DataLoader batches(digits, loader_options(batch_size, 1, {normalize, std::make_shared<RandomCrop>(1)}));
  DataLoader held_out(others, in_order(normalize));
  demo::say(fmt::format("A CNN ({}):", demo::digit_cnn));
  demo::measure("CNN accuracy, trained in batches",
                train({"digit CNN", demo::add_digit_cnn, 0.003F, 5}, batches, held_out), "%");
  demo::say("The same, each channel normalised over 32 images:");
  demo::measure("CNN accuracy, in batches that are normalised",
                train({"normalised digit CNN", demo::add_normalised_digit_cnn, 0.003F, 5}, batches, held_out), "%");
  demo::say();
}

}  // namespace

void demo::run() {
  const auto [slowest, fastest] = learn_colours();
  learn_digits();
  const double images = 50'000;  // as many as CIFAR-10 has for training
  say(fmt::format(
      "An epoch of {:.0f} such colour images takes {:.0f} s now; one at a time and by the definition it took", images,
      images / fastest));
  say(fmt::format("{:.0f} s, {:.0f} times as long. What is left to wait for is the arithmetic of larger networks.",
                  images / slowest, fastest / slowest));
}
