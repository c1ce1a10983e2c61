// Module dataloader: data sets against files written here byte by byte, transforms against their formulas,
// and a loader whose batches must not depend on how many threads prepare them.
#include "tinytorch/dataloader.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/digits.hpp"
#include "tinytorch/losses.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;
using Bytes = std::vector<std::uint8_t>;

// A folder that disappears with the case.
class Folder {
 public:
  Folder() {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path() /
            ("dataloader_test_" + std::to_string(device()) + std::to_string(device()));
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  // Writes the bytes to a file and returns its path.
  std::string write(const std::string& name, const Bytes& bytes) const {
    const std::string path = (path_ / name).string();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path;
  }

 private:
  std::filesystem::path path_;
};

// An IDX file of unsigned bytes.
Bytes idx(const std::vector<std::uint32_t>& extents, const Bytes& values) {
  Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(extents.size())};
  for (const std::uint32_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(extent >> shift & 0xFFU));
  }
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

// CIFAR records whose pixels start with (red, green, blue) planes of one value each.
Bytes cifar(const std::vector<std::pair<std::uint8_t, Bytes>>& records) {
  Bytes bytes;
  for (const auto& [label, planes] : records) {
    bytes.push_back(label);
    for (const std::uint8_t value : planes) bytes.insert(bytes.end(), 1024, value);
  }
  return bytes;
}

// The message of the IoError that `action` throws, "" when it throws none.
template <class Action>
std::string io_error(const Action& action) {
  try {
    action();
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Sample i is (i, i + 0.25, i + 0.5, i + 0.75) with target 100 + i. Notes who reads what.
class Numbers : public Dataset {
 public:
  explicit Numbers(std::int64_t size) : size_(size) {}

  std::int64_t size() const override { return size_; }
  Shape sample_shape() const override { return {2, 2}; }
  float read(std::int64_t index, float* input) const override {
    if (index < 0 || index >= size_) throw ValueError("Numbers: no sample " + std::to_string(index));
    if (index == broken_at) throw IoError("Numbers: sample " + std::to_string(index) + " is broken");
    ++reads;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      readers_.insert(std::this_thread::get_id());
    }
    // Uneven work, so that workers overtake one another.
    if (slow && index % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    for (int i = 0; i < 4; ++i) input[i] = static_cast<float>(index) + 0.25F * static_cast<float>(i);
    return static_cast<float>(100 + index);
  }

  std::set<std::thread::id> readers() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return readers_;
  }

  bool slow = false;
  std::atomic<std::int64_t> broken_at = -1;
  mutable std::atomic<int> reads{0};

 private:
  std::int64_t size_;
  mutable std::mutex mutex_;
  mutable std::set<std::thread::id> readers_;
};

DataLoaderOptions batches_of(std::int64_t batch_size, int workers = 0) {
  DataLoaderOptions options;
  options.batch_size = batch_size;
  options.workers = workers;
  return options;
}

// What a batch holds, copied.
struct Copy {
  Shape shape;
  Floats inputs;
  Floats targets;
  bool operator==(const Copy&) const = default;
};
Copy copy_of(const Batch& batch) {
  return {batch.inputs.shape(), Floats(batch.inputs.data(), batch.inputs.data() + batch.inputs.size()),
          Floats(batch.targets.data(), batch.targets.data() + batch.targets.size())};
}

// One epoch, batch by batch.
std::vector<Copy> epoch_of(DataLoader& loader) {
  std::vector<Copy> batches;
  loader.start_epoch();
  Batch batch;
  while (loader.next(batch)) {
    batches.push_back(copy_of(batch));
    REQUIRE(batches.size() < 10000);  // a loader that never ends
  }
  return batches;
}

// The indices of the samples of a Numbers data set in the order of one epoch.
std::vector<std::int64_t> indices_of(const std::vector<Copy>& batches) {
  std::vector<std::int64_t> indices;
  for (const Copy& batch : batches) {
    for (const float target : batch.targets) indices.push_back(std::lround(target) - 100);
  }
  return indices;
}

std::vector<std::size_t> sizes_of(const std::vector<Copy>& batches) {
  std::vector<std::size_t> sizes;
  for (const Copy& batch : batches) sizes.push_back(batch.targets.size());
  return sizes;
}

std::vector<std::int64_t> up_to(std::int64_t n) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
  return indices;
}

// Adds a random number to every element.
class Noise : public Transform {
 public:
  void apply(float* sample, const Shape& shape, Rng& rng) const override {
    for (std::int64_t i = 0; i < shape.numel(); ++i) sample[i] += static_cast<float>(rng.uniform());
  }
};

class Scale : public Transform {
 public:
  explicit Scale(float factor) : factor_(factor) {}
  void apply(float* sample, const Shape& shape, Rng&) const override {
    for (std::int64_t i = 0; i < shape.numel(); ++i) sample[i] *= factor_;
  }

 private:
  float factor_;
};

class Broken : public Transform {
 public:
  void apply(float*, const Shape&, Rng&) const override { throw ValueError("Broken: on purpose"); }
};

Tensor counting(const Shape& shape) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(i + 1);
  return tensor;
}

// A sample after the transform, with an Rng of that seed.
Floats transformed(const Transform& transform, const Shape& shape, Floats sample, std::uint64_t seed = 1) {
  Rng rng(seed);
  transform.apply(sample.data(), shape, rng);
  return sample;
}

}  // namespace

// Dataset

TEST_CASE("Dataset batch: stacks samples and their targets") {
  const Numbers numbers(10);
  const Batch batch = numbers.batch(3, 5);
  CHECK_CLOSE(batch.inputs, Tensor(Shape{2, 2, 2}, {3, 3.25F, 3.5F, 3.75F, 4, 4.25F, 4.5F, 4.75F}), 0, 0);
  CHECK_CLOSE(batch.targets, Tensor(Shape{2}, {103, 104}), 0, 0);
}

TEST_CASE("Dataset batch: the whole data set and none of it") {
  const Numbers numbers(3);
  const Batch all = numbers.batch(0, 3);
  CHECK_SHAPE(all.inputs, {3, 2, 2});
  CHECK_CLOSE(all.targets, Doubles{100, 101, 102}, 0, 0);
  const Batch nothing = numbers.batch(2, 2);
  CHECK_SHAPE(nothing.inputs, {0, 2, 2});
  CHECK_SHAPE(nothing.targets, {0});
}

TEST_CASE("Dataset batch: refuses a range that is not in the data set") {
  const Numbers numbers(3);
  CHECK_THROWS_AS(numbers.batch(-1, 2), ValueError);
  CHECK_THROWS_AS(numbers.batch(-1, -1), ValueError);
  CHECK_THROWS_AS(numbers.batch(2, 1), ValueError);
  CHECK_THROWS_AS(numbers.batch(0, 4), ValueError);
  CHECK_THROWS_AS(numbers.batch(4, 4), ValueError);  // empty, but not in the data set
}

// TensorDataset

TEST_CASE("TensorDataset reads sample after sample") {
  const TensorDataset data(counting({3, 2, 2}), Tensor(Shape{3}, {7, 8, 9}));
  CHECK_SAME(data.size(), 3);
  CHECK_SAME(data.sample_shape().to_string(), (Shape{2, 2}).to_string());
  Floats sample(6, -1.0F);
  CHECK_SAME(data.read(1, sample.data() + 1), 8.0F);
  CHECK_SAME(sample, (Floats{-1, 5, 6, 7, 8, -1}));
  CHECK_SAME(data.read(0, sample.data()), 7.0F);
  CHECK_SAME(data.read(2, sample.data()), 9.0F);
}

TEST_CASE("TensorDataset holds single numbers as samples of rank 0") {
  const TensorDataset data(counting({3}), Tensor(Shape{3}));
  CHECK_SAME(data.sample_shape().rank(), 0);
  float sample = 0;
  data.read(2, &sample);
  CHECK_SAME(sample, 3.0F);
}

TEST_CASE("TensorDataset shares its tensors' storage") {
  Tensor inputs = counting({2, 1});
  Tensor targets(Shape{2}, {0, 1});
  const TensorDataset data(inputs, targets);
  inputs.data()[1] = 42;
  targets.data()[1] = 5;
  float sample = 0;
  CHECK_SAME(data.read(1, &sample), 5.0F);
  CHECK_SAME(sample, 42.0F);
}

TEST_CASE("TensorDataset refuses indices that it does not have") {
  const TensorDataset data(counting({3, 2}), Tensor(Shape{3}));
  Floats sample(2);
  CHECK_THROWS_AS(data.read(-1, sample.data()), ValueError);
  CHECK_THROWS_AS(data.read(3, sample.data()), ValueError);
}

TEST_CASE("TensorDataset refuses tensors that do not fit") {
  CHECK_THROWS_AS(TensorDataset(Tensor(Shape{3, 2}), Tensor(Shape{2})), ShapeError);
  CHECK_THROWS_AS(TensorDataset(Tensor(Shape{3, 2}), Tensor(Shape{3, 1})), ShapeError);
  CHECK_THROWS_AS(TensorDataset(Tensor::scalar(1), Tensor(Shape{1})), ShapeError);
}

// MnistDataset

TEST_CASE("MnistDataset reads images and labels with pixels in 0 to 1") {
  const Folder folder;
  const std::string images = folder.write("images", idx({2, 2, 3}, {0, 255, 51, 1, 2, 3, 10, 20, 30, 40, 50, 60}));
  const std::string labels = folder.write("labels", idx({2}, {7, 0}));
  const MnistDataset data(images, labels);
  CHECK_SAME(data.size(), 2);
  CHECK_SAME(data.sample_shape().to_string(), (Shape{1, 2, 3}).to_string());
  Tensor sample(Shape{6});
  CHECK_SAME(data.read(0, sample.data()), 7.0F);
  CHECK_CLOSE(sample, Doubles{0, 1, 0.2, 1 / 255.0, 2 / 255.0, 3 / 255.0});
  CHECK_SAME(data.read(1, sample.data()), 0.0F);
  CHECK_CLOSE(sample, Doubles{10 / 255.0, 20 / 255.0, 30 / 255.0, 40 / 255.0, 50 / 255.0, 60 / 255.0});
  CHECK_THROWS_AS(data.read(2, sample.data()), ValueError);
  CHECK_THROWS_AS(data.read(-1, sample.data()), ValueError);
}

TEST_CASE("MnistDataset and Cifar10Dataset write their sample and nothing beyond it") {
  const Folder folder;
  const std::string images = folder.write("images", idx({2, 1, 2}, {10, 20, 30, 40}));
  const std::string labels = folder.write("labels", idx({2}, {7, 0}));
  Floats digit(4, -1.0F);
  MnistDataset(images, labels).read(0, digit.data() + 1);
  CHECK_CLOSE(Tensor({4}, digit), Doubles{-1, 10 / 255.0, 20 / 255.0, -1});
  Floats colour(3074, -1.0F);
  Cifar10Dataset({folder.write("1.bin", cifar({{1, {255, 255, 255}}, {2, {0, 0, 0}}}))}).read(0, colour.data() + 1);
  Doubles expected(3074, 1.0);
  expected.front() = expected.back() = -1;
  CHECK_CLOSE(Tensor({3074}, colour), expected);
}

TEST_CASE("MnistDataset reads the course's gzipped digits") {
  const std::string folder = judge::digits_folder();
  const MnistDataset data(folder + "/t10k-images-idx3-ubyte.gz", folder + "/t10k-labels-idx1-ubyte.gz");
  CHECK_SAME(data.size(), 1000);
  CHECK_SAME(data.sample_shape().to_string(), (Shape{1, 28, 28}).to_string());
  const judge::Digits digits = judge::test_digits(3);
  const Batch batch = data.batch(0, 3);
  CHECK_CLOSE(batch.inputs.reshape(Shape{3, 784}), digits.images, 1e-6, 1e-7);
  CHECK_CLOSE(batch.targets, digits.labels, 0, 0);
}

TEST_CASE("MnistDataset refuses files whose counts differ") {
  const Folder folder;
  const std::string images = folder.write("images", idx({2, 1, 1}, {0, 255}));
  const std::string labels = folder.write("labels", idx({3}, {7, 0, 1}));
  const std::string message = io_error([&] { MnistDataset data(images, labels); });
  CHECK((contains(message, images) || contains(message, labels)));
}

TEST_CASE("MnistDataset refuses a label past 9") {
  const Folder folder;
  const std::string images = folder.write("images", idx({2, 1, 1}, {0, 255}));
  const std::string labels = folder.write("labels", idx({2}, {9, 10}));
  CHECK(contains(io_error([&] { MnistDataset data(images, labels); }), labels));
}

TEST_CASE("MnistDataset refuses damaged and missing files by name") {
  const Folder folder;
  const std::string images = folder.write("images", idx({2, 1, 1}, {0, 255}));
  const std::string labels = folder.write("labels", idx({2}, {1, 2}));
  CHECK_NOTHROW(MnistDataset(images, labels));
  const std::string truncated = folder.write("truncated", idx({2, 1, 1}, {0}));
  CHECK(contains(io_error([&] { MnistDataset data(truncated, labels); }), "truncated"));
  CHECK(contains(io_error([&] { MnistDataset data(labels, labels); }), "labels"));  // labels are no images
  CHECK(contains(io_error([&] { MnistDataset data(images, images); }), "images"));
  CHECK(contains(io_error([&] { MnistDataset data(images, "/no/such/file"); }), "/no/such/file"));
}

// Cifar10Dataset

TEST_CASE("Cifar10Dataset reads records channel by channel with pixels in 0 to 1") {
  const Folder folder;
  const std::string path = folder.write("batch.bin", cifar({{3, {255, 0, 51}}, {9, {1, 2, 3}}}));
  const Cifar10Dataset data({path});
  CHECK_SAME(data.size(), 2);
  CHECK_SAME(data.sample_shape().to_string(), (Shape{3, 32, 32}).to_string());
  Tensor sample(Shape{3, 32, 32});
  CHECK_SAME(data.read(0, sample.data()), 3.0F);
  CHECK_CLOSE(sample.data()[0], 1.0);
  CHECK_CLOSE(sample.data()[1023], 1.0);
  CHECK_CLOSE(sample.data()[1024], 0.0);
  CHECK_CLOSE(sample.data()[3071], 0.2);
  CHECK_SAME(data.read(1, sample.data()), 9.0F);
  CHECK_CLOSE(sample.data()[2048], 3 / 255.0);
  CHECK_THROWS_AS(data.read(2, sample.data()), ValueError);
  CHECK_THROWS_AS(data.read(-1, sample.data()), ValueError);
}

TEST_CASE("Cifar10Dataset reads several files one after another") {
  const Folder folder;
  const std::string first = folder.write("1.bin", cifar({{1, {10, 0, 0}}, {2, {20, 0, 0}}}));
  const std::string second = folder.write("2.bin", cifar({{3, {30, 0, 0}}}));
  const Cifar10Dataset data({first, second});
  CHECK_SAME(data.size(), 3);
  const Batch batch = data.batch(0, 3);
  CHECK_CLOSE(batch.targets, Doubles{1, 2, 3}, 0, 0);
  REQUIRE(batch.inputs.size() == 3 * 3072);
  CHECK_CLOSE(batch.inputs.data()[2 * 3072], 30 / 255.0);
}

TEST_CASE("Cifar10Dataset refuses damaged files by name and an empty list") {
  const Folder folder;
  const std::string good = folder.write("good.bin", cifar({{1, {10, 0, 0}}}));
  Bytes bytes = cifar({{1, {10, 0, 0}}});
  bytes.pop_back();
  const std::string truncated = folder.write("truncated.bin", bytes);
  const std::string mislabelled = folder.write("mislabelled.bin", cifar({{10, {10, 0, 0}}}));
  CHECK(contains(io_error([&] { Cifar10Dataset data({good, truncated}); }), "truncated.bin"));
  CHECK(contains(io_error([&] { Cifar10Dataset data({mislabelled}); }), "mislabelled.bin"));
  CHECK(contains(io_error([&] { Cifar10Dataset data({good, "/no/such/file"}); }), "/no/such/file"));
  CHECK_THROWS_AS(Cifar10Dataset({}), ValueError);
}

// Transforms

TEST_CASE("Normalize subtracts each channel's mean and divides by its deviation") {
  const Normalize normalize({1, 10}, {2, 0.5F});
  CHECK_SAME(transformed(normalize, {2, 1, 2}, {1, 5, 10, 11}), (Floats{0, 2, 0, 2}));
  CHECK_SAME(transformed(Normalize({1}, {4}), {1, 2, 2}, {1, 5, 9, -3}), (Floats{0, 1, 2, -1}));
  CHECK_SAME(transformed(normalize, {2}, {5, 11}), (Floats{2, 2}));  // a number a channel
}

TEST_CASE("Normalize refuses a sample with another number of channels") {
  const Normalize normalize({1, 10}, {2, 0.5F});
  CHECK_THROWS_AS(transformed(normalize, {3, 1, 1}, {1, 2, 3}), ShapeError);
  CHECK_THROWS_AS(transformed(normalize, {1, 2, 2}, {1, 2, 3, 4}), ShapeError);
  CHECK_THROWS_AS(transformed(normalize, Shape{}, {1}), ShapeError);
}

TEST_CASE("Normalize refuses statistics that cannot be used") {
  CHECK_THROWS_AS(Normalize({}, {}), ValueError);
  CHECK_THROWS_AS(Normalize({1, 2}, {1}), ValueError);
  CHECK_THROWS_AS(Normalize({1, 2}, {1, 0}), ValueError);
  CHECK_THROWS_AS(Normalize({1}, {-1}), ValueError);
}

TEST_CASE("RandomHorizontalFlip mirrors every row of every channel") {
  const RandomHorizontalFlip always(1.0);
  CHECK_SAME(transformed(always, {2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
             (Floats{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10}));
  CHECK_SAME(transformed(always, {1, 1, 4}, {1, 2, 3, 4}), (Floats{4, 3, 2, 1}));
  CHECK_SAME(transformed(always, {1, 3, 1}, {1, 2, 3}), (Floats{1, 2, 3}));
  CHECK_SAME(transformed(always, {3, 1, 2}, {1, 2, 3, 4, 5, 6}), (Floats{2, 1, 4, 3, 6, 5}));
  CHECK_SAME(transformed(always, {1, 2, 2}, {1, 2, 3, 4, 5, 6}), (Floats{2, 1, 4, 3, 5, 6}));  // and nothing more
}

TEST_CASE("RandomHorizontalFlip mirrors when the next random number is below its probability") {
  const RandomHorizontalFlip flip(0.3);
  const RandomHorizontalFlip never(0.0);
  int mirrored = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::uint64_t seed = judge::seed() + i;
    const bool expected = Rng(seed).uniform() < 0.3;
    mirrored += expected ? 1 : 0;
    CHECK_SAME(transformed(flip, {1, 1, 2}, {1, 2}, seed), expected ? (Floats{2, 1}) : (Floats{1, 2}));
    CHECK_SAME(transformed(never, {1, 1, 2}, {1, 2}, seed), (Floats{1, 2}));
    const RandomHorizontalFlip equal(Rng(seed).uniform());  // not below it
    CHECK_SAME(transformed(equal, {1, 1, 2}, {1, 2}, seed), (Floats{1, 2}));
  }
  CHECK(mirrored > 30);
}

TEST_CASE("RandomHorizontalFlip draws one random number a sample") {
  const RandomHorizontalFlip flip;
  Rng rng(judge::seed());
  Rng same(judge::seed());
  for (int i = 0; i < 20; ++i) {
    Floats sample{1, 2};
    flip.apply(sample.data(), {1, 1, 2}, rng);
    CHECK_SAME(sample[0], same.uniform() < 0.5 ? 2.0F : 1.0F);
  }
  // Also when the outcome is certain: what is drawn after it must not depend on the probability.
  for (const double probability : {0.0, 1.0}) {
    Floats sample{1, 2};
    RandomHorizontalFlip(probability).apply(sample.data(), {1, 1, 2}, rng);
    same.uniform();
    CHECK_SAME(rng.next(), same.next());
  }
}

TEST_CASE("RandomHorizontalFlip refuses a probability out of range") {
  CHECK_THROWS_AS(RandomHorizontalFlip(-0.1), ValueError);
  CHECK_THROWS_AS(RandomHorizontalFlip(1.1), ValueError);
}

TEST_CASE("RandomCrop moves the image as the random row and column say; zeros fill in") {
  Rng sizes(judge::seed());
  for (std::uint64_t i = 0; i < 60; ++i) {
    const auto padding = static_cast<std::int64_t>(sizes.below(4));
    const auto C = static_cast<std::int64_t>(1 + sizes.below(3));
    const auto H = static_cast<std::int64_t>(1 + sizes.below(5));
    const auto W = static_cast<std::int64_t>(1 + sizes.below(5));
    const Tensor image = counting({C, H, W});
    const std::uint64_t seed = judge::seed() + i;
    Rng rng(seed);
    const auto choices = static_cast<std::uint64_t>(2 * padding + 1);
    const auto down = static_cast<std::int64_t>(rng.below(choices)) - padding;
    const auto right = static_cast<std::int64_t>(rng.below(choices)) - padding;
    Floats expected;
    for (std::int64_t c = 0; c < C; ++c) {
      for (std::int64_t row = down; row < down + H; ++row) {
        for (std::int64_t column = right; column < right + W; ++column) {
          const bool inside = row >= 0 && row < H && column >= 0 && column < W;
          expected.push_back(inside ? image.data()[(c * H + row) * W + column] : 0.0F);
        }
      }
    }
    INFO("padding " << padding << ", image " << image.shape().to_string() << ", moved by " << down << " and " << right);
    CHECK_SAME(transformed(RandomCrop(padding), image.shape(), Floats(image.data(), image.data() + image.size()), seed),
               expected);
  }
}

TEST_CASE("RandomCrop by nothing changes nothing; a negative padding is refused") {
  CHECK_SAME(transformed(RandomCrop(0), {1, 2, 2}, {1, 2, 3, 4}), (Floats{1, 2, 3, 4}));
  CHECK_THROWS_AS(RandomCrop(-1), ValueError);
}

// DataLoader

TEST_CASE("DataLoader hands out all samples in order; the last batch holds what is left") {
  DataLoader loader(std::make_shared<Numbers>(7), batches_of(3));
  const std::vector<Copy> batches = epoch_of(loader);
  CHECK_SAME(sizes_of(batches), (std::vector<std::size_t>{3, 3, 1}));
  CHECK_SAME(indices_of(batches), up_to(7));
  REQUIRE(batches.size() == 3);
  CHECK(batches[0].shape == Shape{3, 2, 2});
  CHECK(batches[2].shape == Shape{1, 2, 2});
  CHECK_SAME(batches[2].inputs, (Floats{6, 6.25F, 6.5F, 6.75F}));
}

TEST_CASE("DataLoader counts the samples and batches of an epoch") {
  const auto numbers = std::make_shared<Numbers>(7);
  DataLoaderOptions options = batches_of(3);
  CHECK_SAME(DataLoader(numbers, options).samples_per_epoch(), 7);
  CHECK_SAME(DataLoader(numbers, options).batches_per_epoch(), 3);
  options.drop_last = true;
  CHECK_SAME(DataLoader(numbers, options).samples_per_epoch(), 6);
  CHECK_SAME(DataLoader(numbers, options).batches_per_epoch(), 2);
  options.batch_size = 7;
  CHECK_SAME(DataLoader(numbers, options).samples_per_epoch(), 7);
  CHECK_SAME(DataLoader(numbers, options).batches_per_epoch(), 1);
  options.batch_size = 8;
  CHECK_SAME(DataLoader(numbers, options).samples_per_epoch(), 0);
  CHECK_SAME(DataLoader(numbers, options).batches_per_epoch(), 0);
}

TEST_CASE("DataLoader with drop_last leaves out a last batch that is not full") {
  for (const int workers : {0, 2}) {
    DataLoaderOptions options = batches_of(3, workers);
    options.drop_last = true;
    DataLoader uneven(std::make_shared<Numbers>(7), options);
    CHECK_SAME(indices_of(epoch_of(uneven)), up_to(6));
    DataLoader even(std::make_shared<Numbers>(6), options);
    CHECK_SAME(indices_of(epoch_of(even)), up_to(6));
    DataLoader small(std::make_shared<Numbers>(2), options);
    CHECK_SAME(epoch_of(small).size(), std::size_t{0});
  }
}

TEST_CASE("DataLoader takes a batch size larger than the data set") {
  for (const int workers : {0, 2}) {
    DataLoader loader(std::make_shared<Numbers>(2), batches_of(100, workers));
    const std::vector<Copy> batches = epoch_of(loader);
    CHECK_SAME(sizes_of(batches), (std::vector<std::size_t>{2}));
  }
}

TEST_CASE("DataLoader leaves the batch alone when the epoch is over") {
  for (const int workers : {0, 2}) {
    DataLoader loader(std::make_shared<Numbers>(2), batches_of(2, workers));
    epoch_of(loader);
    Batch untouched{Tensor(Shape{1}, {42}), Tensor(Shape{1}, {43})};
    CHECK_FALSE(loader.next(untouched));
    CHECK_FALSE(loader.next(untouched));
    CHECK_CLOSE(untouched.inputs, Doubles{42}, 0, 0);
    CHECK_CLOSE(untouched.targets, Doubles{43}, 0, 0);
  }
}

TEST_CASE("DataLoader hands out batches that nobody writes into any more") {
  for (const int workers : {0, 1, 3}) {
    DataLoader loader(std::make_shared<Numbers>(20), batches_of(2, workers));
    std::vector<Batch> kept;
    std::vector<Copy> copies;
    loader.start_epoch();
    Batch batch;
    while (loader.next(batch)) {
      kept.push_back(batch);
      copies.push_back(copy_of(batch));
      REQUIRE(kept.size() <= 10);
    }
    epoch_of(loader);
    for (std::size_t i = 0; i < kept.size(); ++i) CHECK(copy_of(kept[i]) == copies[i]);
  }
}

TEST_CASE("DataLoader without shuffling repeats the same order") {
  DataLoaderOptions options = batches_of(4);
  options.seed = 99;
  DataLoader loader(std::make_shared<Numbers>(10), options);
  for (int epoch = 0; epoch < 3; ++epoch) CHECK_SAME(indices_of(epoch_of(loader)), up_to(10));
}

TEST_CASE("DataLoader shuffles each epoch anew in the order that its seed gives") {
  for (const int workers : {0, 2}) {
    DataLoaderOptions options = batches_of(4, workers);
    options.shuffle = true;
    options.seed = judge::seed();
    DataLoader loader(std::make_shared<Numbers>(30), options);
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      CHECK_SAME(indices_of(epoch_of(loader)), Rng(options.seed + epoch).permutation(30));
    }
  }
}

TEST_CASE("DataLoader shuffles inputs and targets together") {
  DataLoaderOptions options = batches_of(4, 1);
  options.shuffle = true;
  options.seed = judge::seed();
  DataLoader loader(std::make_shared<Numbers>(10), options);
  for (const Copy& batch : epoch_of(loader)) {
    REQUIRE(batch.inputs.size() == 4 * batch.targets.size());
    for (std::size_t i = 0; i < batch.targets.size(); ++i) CHECK_SAME(batch.inputs[4 * i], batch.targets[i] - 100);
  }
}

TEST_CASE("DataLoader with drop_last and shuffling drops other samples in other epochs") {
  DataLoaderOptions options = batches_of(3, 2);
  options.shuffle = true;
  options.drop_last = true;
  options.seed = judge::seed();
  DataLoader loader(std::make_shared<Numbers>(8), options);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<std::int64_t> expected = Rng(options.seed + epoch).permutation(8);
    expected.resize(6);
    CHECK_SAME(indices_of(epoch_of(loader)), expected);
  }
}

TEST_CASE("DataLoader applies its transforms in order") {
  for (const int workers : {0, 2}) {
    DataLoaderOptions options = batches_of(2, workers);
    options.transforms = {std::make_shared<Scale>(2.0F), std::make_shared<Normalize>(Floats{1, 1}, Floats{1, 1}),
                          std::make_shared<Scale>(10.0F)};
    DataLoader loader(std::make_shared<Numbers>(2), options);
    const std::vector<Copy> batches = epoch_of(loader);
    REQUIRE(batches.size() == 1);
    CHECK_SAME(batches[0].inputs, (Floats{-10, -5, 0, 5, 10, 15, 20, 25}));
    CHECK_SAME(batches[0].targets, (Floats{100, 101}));
  }
}

TEST_CASE("DataLoader gives each position of each epoch random numbers of its own") {
  const std::uint64_t seed = judge::seed();
  for (const int workers : {0, 2}) {
    DataLoaderOptions options = batches_of(3, workers);
    options.seed = seed;
    options.shuffle = true;
    options.transforms = {std::make_shared<Noise>(), std::make_shared<Noise>()};
    DataLoader loader(std::make_shared<Numbers>(8), options);
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
      const std::vector<std::int64_t> order = Rng(seed + epoch).permutation(8);
      const std::uint64_t base = Rng(seed + epoch).next();
      Floats expected;
      for (std::uint64_t position = 0; position < 8; ++position) {
        Rng rng(base + position);
        Floats sample;
        for (int i = 0; i < 4; ++i)
          sample.push_back(static_cast<float>(order[position]) + 0.25F * static_cast<float>(i));
        const Noise noise;
        noise.apply(sample.data(), {2, 2}, rng);
        noise.apply(sample.data(), {2, 2}, rng);
        expected.insert(expected.end(), sample.begin(), sample.end());
      }
      Floats found;
      for (const Copy& batch : epoch_of(loader)) found.insert(found.end(), batch.inputs.begin(), batch.inputs.end());
      CHECK_SAME(found, expected);
    }
  }
}

TEST_CASE("DataLoader hands out the same batches whatever the number of workers") {
  const auto numbers = std::make_shared<Numbers>(41);
  numbers->slow = true;
  DataLoaderOptions options = batches_of(4);
  options.shuffle = true;
  options.seed = judge::seed();
  options.transforms = {std::make_shared<Noise>()};
  DataLoader alone(numbers, options);
  const std::vector<Copy> first = epoch_of(alone);
  const std::vector<Copy> second = epoch_of(alone);
  for (const int workers : {1, 2, 3, 5}) {
    for (const int prefetch : {1, 3}) {
      options.workers = workers;
      options.prefetch = prefetch;
      DataLoader loader(numbers, options);
      CHECK(epoch_of(loader) == first);
      CHECK(epoch_of(loader) == second);
    }
  }
}

TEST_CASE("DataLoader loses and doubles no batch when its workers race") {
  const auto numbers = std::make_shared<Numbers>(3000);
  DataLoaderOptions options = batches_of(1, 4);
  options.prefetch = 4;
  DataLoader loader(numbers, options);
  for (int epoch = 0; epoch < 2; ++epoch) CHECK(indices_of(epoch_of(loader)) == up_to(3000));
}

TEST_CASE("DataLoader reads every sample once an epoch") {
  for (const int workers : {0, 1, 3}) {
    const auto numbers = std::make_shared<Numbers>(23);
    DataLoader loader(numbers, batches_of(5, workers));
    epoch_of(loader);
    CHECK_SAME(numbers->reads.load(), 23);
  }
}

TEST_CASE("DataLoader with workers reads in threads other than the trainer's") {
  const auto numbers = std::make_shared<Numbers>(40);
  numbers->slow = true;
  DataLoader loader(numbers, batches_of(2, 2));
  epoch_of(loader);
  const std::set<std::thread::id> readers = numbers->readers();
  CHECK(!readers.empty());
  CHECK(readers.count(std::this_thread::get_id()) == 0);
}

// Counts how many threads are inside read() at the same time.
class Meeting : public Dataset {
 public:
  std::int64_t size() const override { return 8; }
  Shape sample_shape() const override { return {1}; }
  float read(std::int64_t, float* input) const override {
    *input = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    most = std::max(most, ++inside_);
    arrived_.notify_all();
    // Waits for a second one, though not for ever.
    arrived_.wait_for(lock, std::chrono::milliseconds(300), [&] { return most >= 2; });
    --inside_;
    return 0;
  }

  mutable int most = 0;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  mutable int inside_ = 0;
};

TEST_CASE("DataLoader with two workers prepares two batches at the same time") {
  const auto meeting = std::make_shared<Meeting>();
  {
    DataLoader loader(meeting, batches_of(2, 2));
    epoch_of(loader);
  }
  CHECK_SAME(meeting->most, 2);
}

TEST_CASE("DataLoader prepares batches while the trainer works but no more than it was told") {
  const auto numbers = std::make_shared<Numbers>(1000);
  DataLoaderOptions options = batches_of(1, 2);
  options.prefetch = 3;
  DataLoader loader(numbers, options);
  loader.start_epoch();
  Batch batch;
  REQUIRE(loader.next(batch));
  // The trainer is busy; the workers go on.
  for (int wait = 0; wait < 2000 && numbers->reads < 7; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(numbers->reads >= 7);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  // One handed out, three ready for each of two workers, and each may hold one more.
  CHECK(numbers->reads <= 1 + 2 * 3 + 2);
}

TEST_CASE("DataLoader starts anew in the middle of an epoch") {
  for (const int workers : {0, 1, 3}) {
    const auto numbers = std::make_shared<Numbers>(30);
    numbers->slow = true;
    DataLoaderOptions options = batches_of(4, workers);
    options.shuffle = true;
    options.seed = 5;
    DataLoader loader(numbers, options);
    for (std::uint64_t epoch = 0; epoch < 8; ++epoch) {
      loader.start_epoch();
      Batch batch;
      for (std::uint64_t i = 0; i < epoch % 4; ++i) REQUIRE(loader.next(batch));
    }
    CHECK_SAME(indices_of(epoch_of(loader)), Rng(5 + 8).permutation(30));
  }
}

TEST_CASE("DataLoader can be dropped at any moment") {
  for (const int workers : {0, 1, 4}) {
    for (int batches = 0; batches < 4; ++batches) {
      const auto numbers = std::make_shared<Numbers>(50);
      numbers->slow = true;
      DataLoader loader(numbers, batches_of(3, workers));
      CHECK_SAME(loader.batches_per_epoch(), 17);
      if (batches == 3) continue;  // never started
      loader.start_epoch();
      Batch batch;
      for (int i = 0; i < batches; ++i) CHECK(loader.next(batch));
    }
  }
}

TEST_CASE("DataLoader keeps its data set and transforms alive") {
  DataLoaderOptions options = batches_of(2, 1);
  auto scale = std::make_shared<Scale>(2.0F);
  auto numbers = std::make_shared<Numbers>(2);
  options.transforms = {scale};
  DataLoader loader(numbers, options);
  const std::weak_ptr<Numbers> watched = numbers;
  numbers.reset();
  scale.reset();
  options.transforms.clear();
  CHECK_FALSE(watched.expired());
  const std::vector<Copy> batches = epoch_of(loader);
  REQUIRE(batches.size() == 1);
  CHECK_SAME(batches[0].inputs, (Floats{0, 0.5F, 1, 1.5F, 2, 2.5F, 3, 3.5F}));
}

TEST_CASE("DataLoader passes on what the data set throws even from a worker") {
  for (const int workers : {0, 1, 3}) {
    const auto numbers = std::make_shared<Numbers>(20);
    numbers->broken_at = 9;
    DataLoader loader(numbers, batches_of(2, workers));
    std::string message;
    int good = 0;
    loader.start_epoch();
    try {
      Batch batch;
      while (good < 100 && loader.next(batch)) ++good;
    } catch (const IoError& error) {
      message = error.what();
    }
    CHECK_SAME(message, std::string("Numbers: sample 9 is broken"));
    CHECK(good <= 4);
  }
}

TEST_CASE("DataLoader passes on what a transform throws even from a worker") {
  for (const int workers : {0, 2}) {
    DataLoaderOptions options = batches_of(2, workers);
    options.transforms = {std::make_shared<Broken>()};
    DataLoader loader(std::make_shared<Numbers>(20), options);
    const auto first_batch = [&] {
      loader.start_epoch();
      Batch batch;
      loader.next(batch);
    };
    CHECK_THROWS_AS(first_batch(), ValueError);
  }
}

TEST_CASE("DataLoader works again after an error") {
  for (const int workers : {0, 2}) {
    const auto numbers = std::make_shared<Numbers>(6);
    numbers->broken_at = 3;
    DataLoader loader(numbers, batches_of(2, workers));
    const auto run = [&] {
      loader.start_epoch();
      Batch batch;
      while (loader.next(batch)) {
      }
    };
    CHECK_THROWS_AS(run(), IoError);
    numbers->broken_at = -1;
    CHECK_SAME(indices_of(epoch_of(loader)), up_to(6));
  }
}

TEST_CASE("DataLoader refuses options out of their range") {
  const auto numbers = std::make_shared<Numbers>(5);
  CHECK_THROWS_AS(DataLoader(numbers, batches_of(0)), ValueError);
  CHECK_THROWS_AS(DataLoader(numbers, batches_of(-1)), ValueError);
  CHECK_THROWS_AS(DataLoader(numbers, batches_of(1, -1)), ValueError);
  DataLoaderOptions options = batches_of(1, 1);
  options.prefetch = 0;
  CHECK_THROWS_AS(DataLoader(numbers, options), ValueError);
  CHECK_THROWS_AS(DataLoader(std::make_shared<Numbers>(0), batches_of(1)), ValueError);
}

TEST_CASE("DataLoader feeds a Trainer") {
  // y = 2 x, learnt in batches that a worker prepares.
  const std::int64_t n = 24;
  Tensor inputs(Shape{n, 1});
  Tensor targets(Shape{n});
  for (std::int64_t i = 0; i < n; ++i) {
    inputs.data()[i] = static_cast<float>(i - 12) / 6.0F;
    targets.data()[i] = i < 12 ? 0.0F : 1.0F;
  }
  Rng rng(1);
  Linear model(1, 2, rng);
  SGD sgd(model.parameters(), 0.5F);
  Trainer trainer(model, sgd, loss<CrossEntropyLoss>());
  DataLoaderOptions options = batches_of(5, 2);
  options.shuffle = true;
  DataLoader loader(std::make_shared<TensorDataset>(inputs, targets), options);
  const History history = trainer.fit(loader, 20);
  REQUIRE(history.size() == 20);
  CHECK_SAME(history[0].train.samples, n);
  CHECK(history[19].train.loss < history[0].train.loss);
  CHECK(trainer.evaluate(loader).accuracy > 0.9);
}
