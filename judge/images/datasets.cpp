#include "judge/images/datasets.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "judge/images/colour_shapes.hpp"
#include "judge/images/digits.hpp"

namespace judge {
namespace {

namespace fs = std::filesystem;
using tinytorch::Shape;
using tinytorch::Tensor;

constexpr std::uint64_t train_series = 1;
constexpr std::uint64_t test_series = 2;
constexpr const char* synthetic_name = "synthetic colour shapes";

// The names that the registry has for the two sets of the course.
constexpr const char* digits_set = "mnist";
constexpr const char* colours_set = "cifar-10";

const ImageLayout digits_layout{"idx", {1, 28, 28}, 10};
const ImageLayout colours_layout{"cifar10", {3, 32, 32}, 10};

// A set as the course's programs read it: its files go to MnistDataset or Cifar10Dataset.
std::optional<InstalledSet> find(const char* name, const ImageLayout& layout) {
  std::optional<InstalledSet> found = installed_set(name);
  if (found && (found->layout.format != layout.format || found->layout.image != layout.image)) {
    throw tinytorch::IoError(registry_file() + ": " + name + " has not the format or the shape that the course reads");
  }
  return found;
}

std::optional<InstalledSet> find_colours() { return find(colours_set, colours_layout); }

// The course's own digits.
InstalledSet digits_sample() {
  const std::string folder = digits_folder() + "/";
  InstalledSet sample{"MNIST sample", digits_layout, {}, {}};
  for (const char* kind : {"images-idx3", "labels-idx1"}) {
    sample.train.push_back(folder + "train-" + kind + "-ubyte.gz");
    sample.test.push_back(folder + "t10k-" + kind + "-ubyte.gz");
  }
  for (const auto& files : {sample.train, sample.test}) {
    if (!std::all_of(files.begin(), files.end(), [](const std::string& file) { return fs::is_regular_file(file); }))
      throw tinytorch::IoError(digits_folder() + ": the course's digits are not there");
  }
  return sample;
}

InstalledSet find_digits() {
  std::optional<InstalledSet> real = find(digits_set, digits_layout);
  return real ? *std::move(real) : digits_sample();
}

void to_tensors(const ImageLayout& layout, const std::vector<std::uint8_t>& bytes,
                const std::vector<std::uint8_t>& classes, Tensor& images, Tensor& labels) {
  const auto n = static_cast<std::int64_t>(classes.size());
  images = Tensor(Shape{n, layout.image[0], layout.image[1], layout.image[2]});
  std::transform(bytes.begin(), bytes.end(), images.data(),
                 [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
  labels = Tensor(Shape{n});
  std::copy(classes.begin(), classes.end(), labels.data());
}

// Both parts of a set, of each at most so many images.
Images read_set(const InstalledSet& set, std::int64_t train_count, std::int64_t test_count) {
  Images images;
  images.name = set.title;
  images.classes = set.layout.classes;
  const LabelledImages train = read_images(set.layout, set.train, train_count);
  to_tensors(set.layout, train.pixels, train.labels, images.train_images, images.train_labels);
  const LabelledImages test = read_images(set.layout, set.test, test_count);
  to_tensors(set.layout, test.pixels, test.labels, images.test_images, images.test_labels);
  return images;
}

ColourShapes train_shapes(std::int64_t count) { return colour_shapes(count > 0 ? count : 6000, train_series); }
ColourShapes test_shapes(std::int64_t count) { return colour_shapes(count > 0 ? count : 1000, test_series); }

ColourShapes read_colours(const std::vector<std::string>& files, std::int64_t count) {
  LabelledImages images = read_images(colours_layout, files, count);
  return {std::move(images.labels), std::move(images.pixels)};
}

}  // namespace

ImageFiles digit_files() {
  const InstalledSet set = find_digits();
  return {set.title, set.train, set.test};
}

Images digit_images(std::int64_t train_count, std::int64_t test_count) {
  return read_set(find_digits(), train_count, test_count);
}

bool colours_are_real() { return find_colours().has_value(); }

Images colour_images(std::int64_t train_count, std::int64_t test_count) {
  if (const std::optional<InstalledSet> real = find_colours()) return read_set(*real, train_count, test_count);
  Images images;
  images.name = synthetic_name;
  const ColourShapes train = train_shapes(train_count), test = test_shapes(test_count);
  to_tensors(colours_layout, train.pixels, train.labels, images.train_images, images.train_labels);
  to_tensors(colours_layout, test.pixels, test.labels, images.test_images, images.test_labels);
  return images;
}

ImageFiles colour_files(const std::string& folder, std::int64_t train_count, std::int64_t test_count) {
  const std::optional<InstalledSet> real = find_colours();
  ImageFiles files{synthetic_name, {}, {}};
  if (real) files = {real->title, real->train, real->test};
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
