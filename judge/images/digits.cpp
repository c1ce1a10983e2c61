#include "judge/images/digits.hpp"

#include <algorithm>
#include <cstdlib>

#include "io/idx.hpp"

namespace judge {
namespace {

using tinytorch::Tensor;

Digits read(const std::string& prefix, std::int64_t count) {
  const std::string folder = digits_folder() + "/" + prefix;
  const auto images = tinytorch::io::read_idx(folder + "-images-idx3-ubyte.gz", 3);
  const auto labels = tinytorch::io::read_idx(folder + "-labels-idx1-ubyte.gz", 1);
  if (images.extents[0] != labels.extents[0]) {
    throw tinytorch::IoError(folder + "-labels-idx1-ubyte.gz: expected " + std::to_string(images.extents[0]) +
                             " labels, one an image, found " + std::to_string(labels.extents[0]));
  }
  const std::int64_t n = count > 0 ? std::min(count, images.extents[0]) : images.extents[0];
  const std::int64_t pixels = images.extents[1] * images.extents[2];
  std::vector<float> values(static_cast<std::size_t>(n * pixels));
  std::transform(images.values.begin(), images.values.begin() + n * pixels, values.begin(),
                 [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
  const std::vector<float> classes(labels.values.begin(), labels.values.begin() + n);
  return {Tensor({n, pixels}, values), Tensor({n}, classes)};
}

}  // namespace

std::string digits_folder() {
  const char* folder = std::getenv("TITO_DIGITS");
  return folder != nullptr && *folder != '\0' ? folder : TITO_DIGITS_FOLDER;
}

Digits training_digits(std::int64_t count) { return read("train", count); }
Digits test_digits(std::int64_t count) { return read("t10k", count); }

}  // namespace judge
