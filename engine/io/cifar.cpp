#include "io/cifar.hpp"

#include <cstddef>

#include "io/input_file.hpp"

namespace tinytorch::io {

namespace {

constexpr std::size_t pixels_per_image = 3 * 32 * 32;
constexpr std::size_t record_size = 1 + pixels_per_image;

}  // namespace

CifarImages read_cifar(const std::string& path) {
  InputFile file(path);
  const std::size_t count = file.size() / record_size;
  const std::size_t rest = file.size() % record_size;
  if (file.size() == 0) fail(path, "record 0", std::to_string(record_size) + " bytes", "an empty file");
  if (rest != 0) {
    fail(path, "record " + std::to_string(count), std::to_string(record_size) + " bytes", std::to_string(rest));
  }

  CifarImages images;
  images.labels.resize(count);
  images.pixels.resize(count * pixels_per_image);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string field = "record " + std::to_string(i);
    file.read(&images.labels[i], 1, field);
    if (images.labels[i] > 9) fail(path, field + ", label", "0 to 9", std::to_string(images.labels[i]));
    file.read(images.pixels.data() + i * pixels_per_image, pixels_per_image, field);
  }
  return images;
}

}  // namespace tinytorch::io
