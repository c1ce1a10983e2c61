// Capability of module dataloader: training on real data at speed, from files to batches to a CNN that reads.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/colour_shapes.hpp"
#include "judge/images/digits.hpp"
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

// Bytes may become numbers in [0, 1] by a division or by a factor, which differ in the last bit.
bool same_pixel(float a, float b) { return std::abs(a - b) < 1e-6F; }

// A folder that nobody else uses.
std::string new_folder() {
  std::random_device device;
  const auto folder = std::filesystem::temp_directory_path() /
                      ("checkpoint_data_" + std::to_string(device()) + std::to_string(device()));
  std::filesystem::create_directories(folder);
  return folder.string();
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

TEST_CASE("Every digit is seen once in every epoch with its own label in an order of that epoch") {
  // Read by other means than the loader.
  const judge::Digits expected = judge::test_digits();
  REQUIRE(expected.labels.size() == 1000);
  DataLoaderOptions shuffled = options(true, 2);
  shuffled.seed = judge::seed();
  DataLoader loader(digits("t10k"), shuffled);
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<std::int64_t> order = Rng(shuffled.seed + epoch).permutation(1000);
    std::size_t position = 0;
    std::int64_t wrong = 0;
    loader.start_epoch();
    for (Batch batch; loader.next(batch);) {
      REQUIRE(batch.inputs.shape() == Shape{batch.targets.size(), 1, 28, 28});
      REQUIRE(position + static_cast<std::size_t>(batch.size()) <= order.size());
      for (std::int64_t i = 0; i < batch.size(); ++i) {
        const std::int64_t index = order[position++];
        const float* image = expected.images.data() + index * 784;
        const bool right = batch.targets.data()[i] == expected.labels.data()[index] &&
                           std::equal(image, image + 784, batch.inputs.data() + i * 784, same_pixel);
        wrong += right ? 0 : 1;
      }
    }
    CHECK_SAME(position, std::size_t{1000});
    CHECK_SAME(wrong, 0);
  }
}

TEST_CASE("Colour images come from several files with all their pixels") {
  const judge::ColourShapes shapes = judge::colour_shapes(60, judge::seed());
  const std::string folder = new_folder();
  judge::write_cifar(folder + "/all.bin", shapes);
  judge::write_cifar(folder + "/few.bin", judge::colour_shapes(10, judge::seed()));
  const Cifar10Dataset data({folder + "/all.bin", folder + "/few.bin"});
  std::filesystem::remove_all(folder);

  const Batch batch = data.batch(0, data.size());
  REQUIRE(batch.inputs.shape() == Shape{70, 3, 32, 32});
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < batch.inputs.size(); ++i) {
    const auto at = static_cast<std::size_t>(i % (60 * 3072));  // the second file begins anew
    wrong += std::lround(255 * batch.inputs.data()[i]) == shapes.pixels[at] ? 0 : 1;
  }
  for (std::int64_t i = 0; i < 70; ++i) {
    wrong += batch.targets.data()[i] == shapes.labels[static_cast<std::size_t>(i % 60)] ? 0 : 1;
  }
  CHECK_SAME(wrong, 0);
}
