#include "judge/datasets.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "io/cifar.hpp"
#include "io/idx.hpp"
#include "judge/colour_shapes.hpp"
#include "judge/digits.hpp"

namespace judge {
namespace {

namespace fs = std::filesystem;
using tinytorch::Shape;
using tinytorch::Tensor;
using Paths = std::vector<std::string>;

constexpr std::int64_t colour_pixels = 3 * 32 * 32;
constexpr std::uint64_t train_series = 1;
constexpr std::uint64_t test_series = 2;
constexpr const char* synthetic_name = "synthetic colour shapes";

// The environment variable's value; "" when it is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The four IDX files of a folder, each plain or gzipped: training images and labels, test images and labels.
std::optional<Paths> find_idx(const std::string& folder) {
  Paths found;
  for (const char* name :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    const std::string plain = folder + "/" + name;
    if (is_file(plain)) {
      found.push_back(plain);
    } else if (is_file(plain + ".gz")) {
      found.push_back(plain + ".gz");
    } else {
      return std::nullopt;
    }
  }
  return found;
}

// The five training files of CIFAR-10 and the one for tests.
std::optional<ImageFiles> find_cifar() {
  if (data_folder().empty()) return std::nullopt;
  for (const char* inner : {"", "/cifar-10-batches-bin"}) {
    const std::string folder = data_folder() + "/cifar-10" + inner;
    ImageFiles files{"CIFAR-10", {}, {folder + "/test_batch.bin"}};
    for (int i = 1; i <= 5; ++i) files.train.push_back(folder + "/data_batch_" + std::to_string(i) + ".bin");
    if (std::all_of(files.train.begin(), files.train.end(), is_file) && is_file(files.test[0])) return files;
  }
  return std::nullopt;
}

// The first `count` of the images as numbers in [0, 1].
Tensor pixels_of(const std::vector<std::uint8_t>& bytes, const Shape& shape) {
  Tensor images(shape);
  std::transform(bytes.begin(), bytes.begin() + images.size(), images.data(),
                 [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
  return images;
}

Tensor labels_of(const std::vector<std::uint8_t>& bytes, std::int64_t count) {
  Tensor labels(Shape{count});
  std::copy_n(bytes.begin(), count, labels.data());
  return labels;
}

// One part of the digits.
void read_digits(const std::string& images_path, const std::string& labels_path, std::int64_t count, Tensor& images,
                 Tensor& labels) {
  const auto pixels = tinytorch::io::read_idx(images_path, 3);
  const auto classes = tinytorch::io::read_idx(labels_path, 1);
  if (pixels.extents[0] != classes.extents[0]) {
    throw tinytorch::IoError(labels_path + ": expected " + std::to_string(pixels.extents[0]) +
                             " labels, one an image, found " + std::to_string(classes.extents[0]));
  }
  const auto past = std::find_if(classes.values.begin(), classes.values.end(), [](std::uint8_t c) { return c > 9; });
  if (past != classes.values.end()) {
    throw tinytorch::IoError(labels_path + ": expected labels 0 to 9, found " + std::to_string(*past));
  }
  const std::int64_t n = count > 0 ? std::min(count, pixels.extents[0]) : pixels.extents[0];
  images = pixels_of(pixels.values, {n, 1, pixels.extents[1], pixels.extents[2]});
  labels = labels_of(classes.values, n);
}

// The first `count` images (0: all) of CIFAR-10's files; only as many files are read as that takes.
ColourShapes read_colours(const Paths& paths, std::int64_t count) {
  ColourShapes all;
  const auto wanted = static_cast<std::size_t>(count);
  for (const std::string& path : paths) {
    if (count > 0 && all.labels.size() >= wanted) break;
    const auto images = tinytorch::io::read_cifar(path);
    all.labels.insert(all.labels.end(), images.labels.begin(), images.labels.end());
    all.pixels.insert(all.pixels.end(), images.pixels.begin(), images.pixels.end());
  }
  if (count > 0 && all.labels.size() > wanted) {
    all.labels.resize(wanted);
    all.pixels.resize(wanted * colour_pixels);
  }
  return all;
}

void to_tensors(const ColourShapes& from, Tensor& images, Tensor& labels) {
  const auto n = static_cast<std::int64_t>(from.labels.size());
  images = pixels_of(from.pixels, {n, 3, 32, 32});
  labels = labels_of(from.labels, n);
}

ColourShapes train_shapes(std::int64_t count) { return colour_shapes(count > 0 ? count : 6000, train_series); }
ColourShapes test_shapes(std::int64_t count) { return colour_shapes(count > 0 ? count : 1000, test_series); }

}  // namespace

std::string data_folder() {
  if (const std::string said = variable("TITO_DATA"); !said.empty()) return said;
  // A relative XDG_DATA_HOME is to be ignored, says the XDG base directory specification.
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/')) return data + "/tito";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.local/share/tito";
  return "";
}

ImageFiles digit_files() {
  std::string name = "MNIST";
  std::optional<Paths> files;
  if (!data_folder().empty()) files = find_idx(data_folder() + "/mnist");
  if (!files) {
    name = "MNIST sample";
    files = find_idx(digits_folder());
  }
  if (!files) throw tinytorch::IoError(digits_folder() + ": the course's digits are not there");
  return {name, {(*files)[0], (*files)[1]}, {(*files)[2], (*files)[3]}};
}

Images digit_images(std::int64_t train_count, std::int64_t test_count) {
  const ImageFiles files = digit_files();
  Images images;
  images.name = files.name;
  read_digits(files.train[0], files.train[1], train_count, images.train_images, images.train_labels);
  read_digits(files.test[0], files.test[1], test_count, images.test_images, images.test_labels);
  return images;
}

Images colour_images(std::int64_t train_count, std::int64_t test_count) {
  const std::optional<ImageFiles> real = find_cifar();
  Images images;
  images.name = real ? real->name : synthetic_name;
  to_tensors(real ? read_colours(real->train, train_count) : train_shapes(train_count), images.train_images,
             images.train_labels);
  to_tensors(real ? read_colours(real->test, test_count) : test_shapes(test_count), images.test_images,
             images.test_labels);
  return images;
}

ImageFiles colour_files(const std::string& folder, std::int64_t train_count, std::int64_t test_count) {
  const std::optional<ImageFiles> real = find_cifar();
  ImageFiles files = real.value_or(ImageFiles{synthetic_name, {}, {}});
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw tinytorch::IoError(folder + ": cannot be made: " + error.message());
  if (!real || train_count > 0) {
    const std::string path = folder + "/colour-images-train.bin";
    write_cifar(path, real ? read_colours(real->train, train_count) : train_shapes(train_count));
    files.train = {path};
  }
  if (!real || test_count > 0) {
    const std::string path = folder + "/colour-images-test.bin";
    write_cifar(path, real ? read_colours(real->test, test_count) : test_shapes(test_count));
    files.test = {path};
  }
  return files;
}

}  // namespace judge
