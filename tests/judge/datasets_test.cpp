// judge's images: the drawn colour shapes, and where real sets are found, read and cut.
#include "judge/images/datasets.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/cifar.hpp"
#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "judge/images/colour_shapes.hpp"
#include "judge/images/digits.hpp"
#include "tinytorch/errors.hpp"
#include "variable.hpp"

using tinytorch::IoError;
using tinytorch::Tensor;

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t image_bytes = 3 * 32 * 32;

// A folder that disappears with the case.
class Folder {
 public:
  Folder() {
    static int number = 0;
    path_ = fs::temp_directory_path() / ("datasets_test." + std::to_string(getpid()) + "." + std::to_string(++number));
    fs::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  std::string path() const { return path_.string(); }
  std::string write(const std::string& name, const Bytes& bytes) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file.string();
  }
  std::string write_gzipped(const std::string& name, const Bytes& bytes) const {
    const std::string file = write(name, {});
    gzFile to = gzopen(file.c_str(), "wb");
    gzwrite(to, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(to);
    return file;
  }

 private:
  fs::path path_;
};

Bytes idx(const std::vector<std::uint8_t>& extents, const Bytes& values) {
  Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(extents.size())};
  for (const std::uint8_t extent : extents) bytes.insert(bytes.end(), {0, 0, 0, extent});
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

// Digits whose first pixels are these, and all others 102.
Bytes digits(const Bytes& first_pixels) {
  Bytes values;
  for (const std::uint8_t first : first_pixels) {
    values.push_back(first);
    values.insert(values.end(), 28 * 28 - 1, 102);
  }
  return idx({static_cast<std::uint8_t>(first_pixels.size()), 28, 28}, values);
}

// Three training digits and two for tests.
void install_digits(const Folder& folder) {
  folder.write("mnist/train-images-idx3-ubyte", digits({0, 51, 255}));
  folder.write("mnist/train-labels-idx1-ubyte", idx({3}, {7, 0, 9}));
  folder.write_gzipped("mnist/t10k-images-idx3-ubyte.gz", digits({1, 2}));
  folder.write_gzipped("mnist/t10k-labels-idx1-ubyte.gz", idx({2}, {4, 5}));
}

// CIFAR's layout: an image for each (label, value), all of its bytes that value.
Bytes cifar(const std::vector<std::pair<std::uint8_t, std::uint8_t>>& images) {
  Bytes bytes;
  for (const auto& [label, value] : images) {
    bytes.push_back(label);
    bytes.insert(bytes.end(), image_bytes, value);
  }
  return bytes;
}

// Files of two images each: file i holds the labels i and 9, with pixels 10 i and 10 i + 1; the test file is
// i = 0.
void install_cifar(const Folder& folder, const std::string& inner) {
  for (std::uint8_t i = 0; i <= 5; ++i) {
    const std::string name = i == 0 ? "test_batch" : "data_batch_" + std::to_string(i);
    folder.write("cifar-10/" + inner + name + ".bin",
                 cifar({{i, static_cast<std::uint8_t>(10 * i)}, {9, static_cast<std::uint8_t>(10 * i + 1)}}));
  }
}

std::vector<double> values_of(const Tensor& tensor) { return {tensor.data(), tensor.data() + tensor.size()}; }

// The first pixel of each image, as a byte.
std::vector<long> first_bytes(const Tensor& images) {
  std::vector<long> bytes;
  const std::int64_t stride = images.size() / images.shape()[0];
  for (std::int64_t i = 0; i < images.size(); i += stride) bytes.push_back(std::lround(255 * images.data()[i]));
  return bytes;
}

template <class Action>
std::string io_error(const Action& action) {
  try {
    action();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::uint64_t hash_of(const Bytes& bytes) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211ULL;
  return hash;
}

}  // namespace

// Synthetic colour shapes

TEST_CASE("Colour shapes are the same on every machine", "[datasets]") {
  const judge::ColourShapes images = judge::colour_shapes(50, 1);
  CHECK_SAME(hash_of(images.labels), 17462698384831053502ULL);
  CHECK_SAME(hash_of(images.pixels), 10898977303736445081ULL);
}

TEST_CASE("Colour shapes of a seed begin alike however many are drawn", "[datasets]") {
  const judge::ColourShapes few = judge::colour_shapes(13, judge::seed());
  const judge::ColourShapes many = judge::colour_shapes(40, judge::seed());
  REQUIRE(few.labels.size() == 13);
  REQUIRE(few.pixels.size() == 13 * image_bytes);
  REQUIRE(many.pixels.size() == 40 * image_bytes);
  CHECK(std::equal(few.labels.begin(), few.labels.end(), many.labels.begin()));
  CHECK(std::equal(few.pixels.begin(), few.pixels.end(), many.pixels.begin()));
  CHECK(judge::colour_shapes(0, 1).labels.empty());
}

TEST_CASE("Colour shapes of different seeds are different", "[datasets]") {
  const judge::ColourShapes first = judge::colour_shapes(20, 1);
  const judge::ColourShapes second = judge::colour_shapes(20, 2);
  CHECK(first.labels != second.labels);
  std::set<Bytes> all;
  for (const judge::ColourShapes* images : {&first, &second}) {
    for (auto at = images->pixels.begin(); at != images->pixels.end(); at += image_bytes) {
      all.emplace(at, at + image_bytes);
    }
  }
  CHECK_SAME(all.size(), 40U);
}

TEST_CASE("Colour shapes hold every class equally often in an order that varies", "[datasets]") {
  const judge::ColourShapes images = judge::colour_shapes(100, judge::seed());
  std::set<Bytes> orders;
  for (auto at = images.labels.begin(); at != images.labels.end(); at += 10) {
    Bytes ten(at, at + 10);
    orders.insert(ten);
    std::sort(ten.begin(), ten.end());
    CHECK_SAME(ten, (Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  }
  CHECK(orders.size() > 5);
}

TEST_CASE("Colour shapes cannot be told apart by how bright each pixel is on average", "[datasets]") {
  // Each image goes to the class whose mean image is nearest: about one in ten is right by chance.
  const judge::ColourShapes train = judge::colour_shapes(3000, 1);
  const judge::ColourShapes test = judge::colour_shapes(500, 2);
  std::array<std::vector<double>, 10> means;
  for (auto& mean : means) mean.assign(image_bytes, 0.0);
  for (std::size_t i = 0; i < train.labels.size(); ++i) {
    for (std::size_t p = 0; p < image_bytes; ++p)
      means[train.labels[i]][p] += train.pixels[i * image_bytes + p] / 300.0;
  }
  int right = 0;
  for (std::size_t i = 0; i < test.labels.size(); ++i) {
    std::array<double, 10> distance{};
    for (std::size_t k = 0; k < 10; ++k) {
      for (std::size_t p = 0; p < image_bytes; ++p) {
        const double difference = means[k][p] - test.pixels[i * image_bytes + p];
        distance[k] += difference * difference;
      }
    }
    right += std::min_element(distance.begin(), distance.end()) - distance.begin() == test.labels[i] ? 1 : 0;
  }
  CHECK(right < 125);
}

TEST_CASE("Colour shapes are written in CIFAR-10's layout", "[datasets]") {
  const Folder folder;
  const std::string path = folder.path() + "/shapes.bin";
  const judge::ColourShapes images = judge::colour_shapes(12, 3);
  judge::write_cifar(path, images);
  const auto found = tinytorch::io::read_cifar(path);
  CHECK(found.labels == images.labels);
  CHECK(found.pixels == images.pixels);
  const std::string nowhere = folder.path() + "/missing/shapes.bin";
  CHECK(contains(io_error([&] { judge::write_cifar(nowhere, images); }), nowhere));
}

// Where data lies

TEST_CASE("Images are there when no data folder is known", "[datasets]") {
  const Variable home("HOME", std::nullopt);
  const Variable xdg("XDG_DATA_HOME", std::nullopt);
  const Variable said("TITO_DATA", std::nullopt);
  CHECK_SAME(judge::digit_files().name, std::string("MNIST sample"));
  CHECK_SAME(judge::colour_images(10, 10).name, std::string("synthetic colour shapes"));
}

// Digits

TEST_CASE("Digits are the course's own where MNIST is not installed", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  const judge::Images images = judge::digit_images(0, 20);
  CHECK_SAME(images.name, std::string("MNIST sample"));
  CHECK_SAME(images.classes, 10);
  CHECK_SHAPE(images.train_images, {6000, 1, 28, 28});
  CHECK_SHAPE(images.train_labels, {6000});
  CHECK_SHAPE(images.test_images, {20, 1, 28, 28});
  const judge::Digits digits = judge::test_digits(20);
  CHECK_SAME(values_of(images.test_images), values_of(digits.images));
  CHECK_SAME(values_of(images.test_labels), values_of(digits.labels));
  const judge::ImageFiles files = judge::digit_files();
  CHECK_SAME(files.name, std::string("MNIST sample"));
  REQUIRE(files.train.size() == 2);
  REQUIRE(files.test.size() == 2);
  for (const auto& path : {files.train[0], files.train[1], files.test[0], files.test[1]}) CHECK(fs::exists(path));
}

TEST_CASE("Digits are MNIST where it is installed, each file plain or gzipped", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  install_digits(folder);
  const judge::ImageFiles files = judge::digit_files();
  const std::string in = folder.path() + "/mnist/";
  CHECK_SAME(files.name, std::string("MNIST"));
  CHECK_SAME(files.train, (std::vector<std::string>{in + "train-images-idx3-ubyte", in + "train-labels-idx1-ubyte"}));
  CHECK_SAME(files.test,
             (std::vector<std::string>{in + "t10k-images-idx3-ubyte.gz", in + "t10k-labels-idx1-ubyte.gz"}));
  const judge::Images images = judge::digit_images();
  CHECK_SAME(images.name, std::string("MNIST"));
  CHECK_SHAPE(images.train_images, {3, 1, 28, 28});
  CHECK_SAME(first_bytes(images.train_images), (std::vector<long>{0, 51, 255}));
  for (const int pixel : {1, 783}) CHECK_CLOSE(images.train_images.data()[pixel], 0.4);
  CHECK_CLOSE(images.train_labels, Tensor({3}, {7, 0, 9}), 0, 0);
  CHECK_SAME(first_bytes(images.test_images), (std::vector<long>{1, 2}));
  CHECK_CLOSE(images.test_labels, Tensor({2}, {4, 5}), 0, 0);
}

TEST_CASE("Of the digits no more are read than asked for", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  install_digits(folder);
  const judge::Images images = judge::digit_images(2, 1);
  CHECK_SHAPE(images.train_images, {2, 1, 28, 28});
  CHECK_CLOSE(images.train_labels, Tensor({2}, {7, 0}), 0, 0);
  CHECK_SHAPE(images.test_images, {1, 1, 28, 28});
  CHECK_CLOSE(images.test_labels, Tensor({1}, {4}), 0, 0);
  CHECK_SHAPE(judge::digit_images(100, 100).train_images, {3, 1, 28, 28});
}

TEST_CASE("MNIST is not installed while one of its files is missing", "[datasets]") {
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz",
                           "t10k-labels-idx1-ubyte.gz"}) {
    const Folder folder;
    const Variable data("TITO_DATA", folder.path());
    install_digits(folder);
    fs::remove(folder.path() + "/mnist/" + name);
    fs::create_directory(folder.path() + "/mnist/" + name);  // a folder is no file
    CHECK_SAME(judge::digit_files().name, std::string("MNIST sample"));
  }
}

TEST_CASE("A damaged file of MNIST is named", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  install_digits(folder);
  const std::string labels = folder.write("mnist/train-labels-idx1-ubyte", idx({2}, {7, 0}));
  CHECK(contains(io_error([] { judge::digit_images(); }), labels));
  folder.write("mnist/train-labels-idx1-ubyte", idx({3}, {7, 0, 10}));
  CHECK(contains(io_error([] { judge::digit_images(); }), labels));
  install_digits(folder);
  const std::string images = folder.write("mnist/t10k-images-idx3-ubyte", idx({2, 28, 28}, {1, 2, 3}));
  CHECK(contains(io_error([] { judge::digit_images(); }), images));
  folder.write("mnist/t10k-images-idx3-ubyte", idx({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}));
  CHECK_SAME(io_error([] { judge::digit_images(); }), images + ": images: expected 1 x 28 x 28, found 1 x 2 x 2");
}

// Colour images

TEST_CASE("Colour images are synthetic colour shapes where CIFAR-10 is not installed", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  const judge::Images images = judge::colour_images(30, 20);
  CHECK_SAME(images.name, std::string("synthetic colour shapes"));
  CHECK(!judge::colours_are_real());
  CHECK_SAME(images.classes, 10);
  CHECK_SHAPE(images.train_images, {30, 3, 32, 32});
  CHECK_SHAPE(images.train_labels, {30});
  CHECK_SHAPE(images.test_images, {20, 3, 32, 32});
  CHECK_SHAPE(images.test_labels, {20});
  const std::vector<double> pixels = values_of(images.train_images);
  CHECK(*std::min_element(pixels.begin(), pixels.end()) >= 0.0);
  CHECK(*std::max_element(pixels.begin(), pixels.end()) <= 1.0);
  const std::vector<double> train(pixels.begin(), pixels.begin() + image_bytes);
  const std::vector<double> test = values_of(images.test_images);
  CHECK(train != std::vector<double>(test.begin(), test.begin() + image_bytes));
  CHECK_SHAPE(judge::colour_images(0, 1).train_images, {6000, 3, 32, 32});
}

TEST_CASE("Colour images are CIFAR-10 where it is installed, directly or in its own folder", "[datasets]") {
  for (const char* inner : {"", "cifar-10-batches-bin/"}) {
    const Folder folder;
    const Variable data("TITO_DATA", folder.path());
    install_cifar(folder, inner);
    const judge::Images images = judge::colour_images();
    CHECK_SAME(images.name, std::string("CIFAR-10"));
    CHECK(judge::colours_are_real());
    CHECK_SHAPE(images.train_images, {10, 3, 32, 32});
    CHECK_CLOSE(images.train_labels, Tensor({10}, {1, 9, 2, 9, 3, 9, 4, 9, 5, 9}), 0, 0);
    CHECK_SAME(first_bytes(images.train_images), (std::vector<long>{10, 11, 20, 21, 30, 31, 40, 41, 50, 51}));
    CHECK_CLOSE(images.test_labels, Tensor({2}, {0, 9}), 0, 0);
    CHECK_SAME(first_bytes(images.test_images), (std::vector<long>{0, 1}));
    const judge::Images some = judge::colour_images(3, 1);
    CHECK_SAME(first_bytes(some.train_images), (std::vector<long>{10, 11, 20}));
    CHECK_SAME(first_bytes(some.test_images), (std::vector<long>{0}));
  }
}

TEST_CASE("CIFAR-10 is not installed while one of its files is missing", "[datasets]") {
  for (const char* name : {"data_batch_1.bin", "data_batch_5.bin", "test_batch.bin"}) {
    const Folder folder;
    const Variable data("TITO_DATA", folder.path());
    install_cifar(folder, "");
    fs::remove(folder.path() + "/cifar-10/" + name);
    CHECK_SAME(judge::colour_images(1, 1).name, std::string("synthetic colour shapes"));
  }
}

TEST_CASE("A damaged file of CIFAR-10 is named when it is read", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  install_cifar(folder, "");
  const std::string damaged = folder.write("cifar-10/data_batch_3.bin", {1, 2, 3});
  CHECK(contains(io_error([] { judge::colour_images(); }), damaged));
  CHECK(contains(io_error([&] { judge::colour_files(folder.path(), 5); }), damaged));
  CHECK_SHAPE(judge::colour_images(4, 1).train_images, {4, 3, 32, 32});
}

TEST_CASE("Files of colour images hold what colour images hold", "[datasets]") {
  for (const bool installed : {false, true}) {
    const Folder folder;
    const Variable data("TITO_DATA", folder.path());
    if (installed) install_cifar(folder, "");
    const judge::Images images = judge::colour_images(7, 1);
    const judge::ImageFiles files = judge::colour_files(folder.path() + "/a/b", 7, 1);
    CHECK_SAME(files.name, images.name);
    REQUIRE(files.train.size() == 1);
    REQUIRE(files.test.size() == 1);
    const auto train = tinytorch::io::read_cifar(files.train[0]);
    const auto test = tinytorch::io::read_cifar(files.test[0]);
    CHECK_SAME(std::vector<double>(train.labels.begin(), train.labels.end()), values_of(images.train_labels));
    CHECK_SAME(std::vector<double>(test.labels.begin(), test.labels.end()), values_of(images.test_labels));
    std::vector<double> pixels(train.pixels.begin(), train.pixels.end());
    for (double& pixel : pixels) pixel /= 255.0;
    CHECK_CLOSE(images.train_images, pixels);
  }
}

TEST_CASE("All of CIFAR-10 is read from where it is installed", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  install_cifar(folder, "cifar-10-batches-bin/");
  const judge::ImageFiles files = judge::colour_files(folder.path() + "/new");
  const std::string in = folder.path() + "/cifar-10/cifar-10-batches-bin/";
  CHECK_SAME(files.train,
             (std::vector<std::string>{in + "data_batch_1.bin", in + "data_batch_2.bin", in + "data_batch_3.bin",
                                       in + "data_batch_4.bin", in + "data_batch_5.bin"}));
  CHECK_SAME(files.test, std::vector<std::string>{in + "test_batch.bin"});
}

TEST_CASE("Files of colour images that cannot be written are named", "[datasets]") {
  const Folder folder;
  const Variable data("TITO_DATA", folder.path());
  const std::string blocked = folder.write("blocked", {1});
  CHECK(contains(io_error([&] { judge::colour_files(blocked, 10, 10); }), blocked));
}
