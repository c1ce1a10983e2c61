#include "io/cifar.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "tinytorch/errors.hpp"

namespace tinytorch::io {

namespace {

constexpr std::size_t pixels_per_image = 3 * 32 * 32;
constexpr std::size_t record_size = 1 + pixels_per_image;

[[noreturn]] void fail(const std::string& path, const std::string& field, const std::string& expected,
                       const std::string& found) {
  throw IoError(path + ": " + field + ": expected " + expected + ", found " + found);
}

}  // namespace

CifarImages read_cifar(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw IoError(path + ": cannot be read: " + error.message());
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError(path + ": cannot be opened: " + std::strerror(errno));

  const std::size_t count = size / record_size;
  const std::size_t rest = size % record_size;
  if (size == 0) fail(path, "record 0", std::to_string(record_size) + " bytes", "an empty file");
  if (rest != 0) {
    fail(path, "record " + std::to_string(count), std::to_string(record_size) + " bytes", std::to_string(rest));
  }

  CifarImages images;
  images.labels.resize(count);
  images.pixels.resize(count * pixels_per_image);
  std::array<char, record_size> record{};
  for (std::size_t i = 0; i < count; ++i) {
    const std::string field = "record " + std::to_string(i);
    file.read(record.data(), record.size());
    if (!file) fail(path, field, std::to_string(record_size) + " bytes", std::to_string(file.gcount()));
    images.labels[i] = static_cast<std::uint8_t>(record[0]);
    if (images.labels[i] > 9) fail(path, field + ", label", "0 to 9", std::to_string(images.labels[i]));
    std::copy(record.begin() + 1, record.end(), images.pixels.data() + i * pixels_per_image);
  }
  return images;
}

}  // namespace tinytorch::io
