// io::read_cifar: what it reads, and that it refuses every damaged file.
#include "io/cifar.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "tests/support/temporary_file.hpp"
#include "tinytorch/errors.hpp"

using tinytorch::IoError;
using tinytorch::io::CifarImages;
using tinytorch::io::read_cifar;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t pixels = 3 * 32 * 32;

std::uint8_t pixel(std::size_t image, std::size_t at) { return static_cast<std::uint8_t>(image * 31 + at * 7); }

Bytes records(const Bytes& labels) {
  Bytes bytes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    bytes.push_back(labels[i]);
    for (std::size_t at = 0; at < pixels; ++at) bytes.push_back(pixel(i, at));
  }
  return bytes;
}

std::string message_for(const std::string& path) {
  try {
    read_cifar(path);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("read_cifar reads labels and pixels", "[cifar]") {
  const TestFile file(records({3, 0, 9}));
  const CifarImages images = read_cifar(file.path());
  CHECK(images.labels == Bytes{3, 0, 9});
  REQUIRE(images.pixels.size() == 3 * pixels);
  bool same = true;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t at = 0; at < pixels; ++at) same = same && images.pixels[i * pixels + at] == pixel(i, at);
  }
  CHECK(same);
}

TEST_CASE("read_cifar refuses a file that ends inside a record", "[cifar]") {
  const Bytes content = records({3, 0});
  const TestFile file(content);
  for (std::size_t length = 1; length < content.size(); ++length) {
    if (length == pixels + 1) continue;  // one whole record
    if (length > 3 && length % 97 != 0 && length + 3 < content.size()) continue;
    file.write({content.begin(), content.begin() + static_cast<std::ptrdiff_t>(length)});
    CAPTURE(length);
    const std::string message = message_for(file.path());
    CHECK(contains(message, file.path()));
    CHECK(contains(message, length < pixels + 1 ? "record 0: expected 3073 bytes, found "
                                                : "record 1: expected 3073 bytes, found "));
  }
}

TEST_CASE("read_cifar refuses an empty file", "[cifar]") {
  const TestFile file(Bytes{});
  CHECK(contains(message_for(file.path()), "an empty file"));
}

TEST_CASE("read_cifar refuses a label past 9 and names its record", "[cifar]") {
  const TestFile file(records({3, 10}));
  CHECK(contains(message_for(file.path()), "record 1, label: expected 0 to 9, found 10"));
  file.write(records({255}));
  CHECK(contains(message_for(file.path()), "record 0, label: expected 0 to 9, found 255"));
}

TEST_CASE("read_cifar names a file that is not there", "[cifar]") {
  CHECK(contains(message_for("/nowhere/data_batch_1.bin"), "/nowhere/data_batch_1.bin"));
}

TEST_CASE("read_cifar refuses a device, which has no end", "[cifar]") {
  CHECK(contains(message_for("/dev/zero"), "expected a regular file, found a device"));
}

TEST_CASE("read_cifar refuses a folder", "[cifar]") {
  CHECK(contains(message_for(std::filesystem::temp_directory_path().string()), "cannot be read"));
}
