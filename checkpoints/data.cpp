// Capability of module dataloader: training on real data at speed, from files to batches to a CNN that reads.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "judge/case.hpp"
#include "judge/compare.hpp"
#include "judge/digits.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/dataloader.hpp"
#include "tinytorch/layers.hpp"
#include "tinytorch/losses.hpp"
#include "tinytorch/spatial.hpp"

using namespace tinytorch;

namespace {

std::shared_ptr<const Dataset> digits(const std::string& part) {
  const std::string prefix = judge::digits_folder() + "/" + part;
  return std::make_shared<MnistDataset>(prefix + "-images-idx3-ubyte.gz", prefix + "-labels-idx1-ubyte.gz");
}

DataLoaderOptions options(bool shuffle, int workers) {
  DataLoaderOptions result;
  result.batch_size = 32;
  result.shuffle = shuffle;
  result.workers = workers;
  return result;
}

}  // namespace

TEST_CASE("A CNN learns real digits in batches that are prepared ahead", "[limit:60]") {
  // Fixed seeds, so that the start does not depend on luck.
  Rng rng(1);
  Sequential cnn;
  cnn.add<Conv2d>(1, 8, Window{3, 1, 0}, rng);
  cnn.add<Activation<ReLU>>();
  cnn.add<MaxPool2d>(2);
  cnn.add<Flatten>();
  cnn.add<Linear>(8 * 13 * 13, 10, rng);
  Adam adam(cnn.parameters(), 0.004F);
  Trainer trainer(cnn, adam, loss<CrossEntropyLoss>());
  DataLoader train(digits("train"), options(true, 2));
  DataLoader unseen(digits("t10k"), options(false, 2));

  const History history = trainer.fit(train, 2, &unseen);
  REQUIRE(history.size() == 2);
  CHECK_SAME(history[1].train.samples, 6000);
  CHECK_SAME(history[1].validation.samples, 1000);
  judge::measure("CNN training, batches of 32", 6000 / history[1].seconds, "samples/s");
  judge::measure("accuracy on digits never seen", 100 * history[1].validation.accuracy, "%");
  CHECK(history[1].validation.accuracy >= 0.9);
  CHECK(history[1].train.loss < history[0].train.loss);
}

TEST_CASE("Shuffled and augmented batches are the same however many threads prepare them") {
  const auto data = digits("train");
  const auto make = [&](int workers) {
    DataLoaderOptions shuffled = options(true, workers);
    shuffled.seed = judge::seed();
    shuffled.drop_last = true;
    shuffled.transforms = {std::make_shared<Normalize>(std::vector<float>{0.13F}, std::vector<float>{0.31F}),
                           std::make_shared<RandomCrop>(2), std::make_shared<RandomHorizontalFlip>()};
    return std::make_unique<DataLoader>(data, shuffled);
  };
  const auto alone = make(0);
  const auto together = make(2);
  for (int epoch = 0; epoch < 2; ++epoch) {
    alone->start_epoch();
    together->start_epoch();
    Batch expected;
    Batch batch;
    std::int64_t samples = 0;
    while (alone->next(expected)) {
      REQUIRE(together->next(batch));
      REQUIRE(batch.inputs.shape() == Shape{32, 1, 28, 28});
      CHECK_CLOSE(batch.inputs, expected.inputs, 0, 0);
      CHECK_CLOSE(batch.targets, expected.targets, 0, 0);
      samples += batch.size();
    }
    CHECK_FALSE(together->next(batch));
    CHECK_SAME(samples, 6000 / 32 * 32);
  }
}

TEST_CASE("Every digit is seen once in every epoch") {
  const auto data = digits("t10k");
  std::vector<double> expected(10, 0.0);
  const Batch all = data->batch(0, data->size());
  CHECK_SAME(all.size(), 1000);
  for (std::int64_t i = 0; i < all.targets.size(); ++i) ++expected.at(static_cast<std::size_t>(all.targets.data()[i]));
  double brightness = 0;
  for (std::int64_t i = 0; i < all.inputs.size(); ++i) brightness += all.inputs.data()[i];

  DataLoader loader(data, options(true, 2));
  loader.start_epoch();
  std::vector<double> found(10, 0.0);
  double found_brightness = 0;
  Batch batch;
  while (loader.next(batch)) {
    for (std::int64_t i = 0; i < batch.targets.size(); ++i)
      ++found.at(static_cast<std::size_t>(batch.targets.data()[i]));
    for (std::int64_t i = 0; i < batch.inputs.size(); ++i) found_brightness += batch.inputs.data()[i];
  }
  CHECK_SAME(found, expected);
  CHECK_CLOSE(found_brightness, brightness, 1e-9);
}
