// io::read_idx: what it reads, and that it refuses every damaged file.
#include "io/idx.hpp"

#include <sys/stat.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/images/digits.hpp"
#include "tests/support/temporary_file.hpp"
#include "tinytorch/errors.hpp"

using tinytorch::IoError;
using tinytorch::io::IdxArray;
using tinytorch::io::read_idx;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes idx(const std::vector<std::uint32_t>& extents, const Bytes& values) {
  Bytes bytes{0, 0, 0x08, static_cast<std::uint8_t>(extents.size())};
  for (const std::uint32_t extent : extents) {
    for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(extent >> shift & 0xFF));
  }
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

Bytes gzip(const Bytes& content) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes packed(deflateBound(&stream, content.size()) + 64);
  stream.next_in = const_cast<std::uint8_t*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Bytes counting(std::size_t count) {
  Bytes values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::uint8_t>(i * 7 + 3);
  return values;
}

std::string message_for(const std::string& path, int rank) {
  try {
    read_idx(path, rank);
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("read_idx reads images", "[idx]") {
  const Bytes values = counting(2 * 3 * 4);
  const TestFile file(idx({2, 3, 4}, values));
  const IdxArray array = read_idx(file.path(), 3);
  CHECK(array.extents == std::vector<std::int64_t>{2, 3, 4});
  CHECK(array.values == values);
}

TEST_CASE("read_idx reads labels", "[idx]") {
  const TestFile file(idx({5}, {4, 0, 9, 1, 255}));
  const IdxArray array = read_idx(file.path(), 1);
  CHECK(array.extents == std::vector<std::int64_t>{5});
  CHECK(array.values == Bytes{4, 0, 9, 1, 255});
}

TEST_CASE("read_idx reads gzipped files", "[idx]") {
  const Bytes values = counting(300 * 28);
  const TestFile file(gzip(idx({300, 28}, values)));
  const IdxArray array = read_idx(file.path(), 2);
  CHECK(array.extents == std::vector<std::int64_t>{300, 28});
  CHECK(array.values == values);
}

TEST_CASE("read_idx reads files larger than its buffers", "[idx]") {
  std::mt19937_64 random(judge::seed());
  Bytes values(3 * 1000 * 1000 + 17);
  for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(random());
  const Bytes content = idx({static_cast<std::uint32_t>(values.size())}, values);
  const TestFile file(content);
  CHECK(read_idx(file.path(), 1).values == values);
  file.write(gzip(content));
  CHECK(read_idx(file.path(), 1).values == values);
}

TEST_CASE("read_idx reads gzip members that follow one another", "[idx]") {
  const Bytes values = counting(100);
  const Bytes content = idx({100}, values);
  Bytes packed = gzip({content.begin(), content.begin() + 40});
  const Bytes second = gzip({content.begin() + 40, content.end()});
  packed.insert(packed.end(), second.begin(), second.end());
  const TestFile file(packed);
  CHECK(read_idx(file.path(), 1).values == values);
}

TEST_CASE("read_idx reads an array without elements", "[idx]") {
  const TestFile file(idx({0, 28, 28}, {}));
  const IdxArray array = read_idx(file.path(), 3);
  CHECK(array.extents == std::vector<std::int64_t>{0, 28, 28});
  CHECK(array.values.empty());
}

TEST_CASE("read_idx refuses a file that is cut off at any byte", "[idx]") {
  const Bytes content = idx({2, 3, 4}, counting(24));
  const TestFile file(content);
  for (std::size_t length = 0; length < content.size(); ++length) {
    file.write({content.begin(), content.begin() + static_cast<std::ptrdiff_t>(length)});
    CAPTURE(length);
    const std::string message = message_for(file.path(), 3);
    CHECK(contains(message, file.path()));
    CHECK(contains(message, "expected"));
    CHECK(contains(message, "found"));
  }
}

TEST_CASE("read_idx refuses a gzipped file that is cut off at any byte", "[idx]") {
  const Bytes content = gzip(idx({2, 3, 4}, counting(24)));
  const TestFile file(content);
  REQUIRE(read_idx(file.path(), 3).values.size() == 24);
  for (std::size_t length = 0; length < content.size(); ++length) {
    file.write({content.begin(), content.begin() + static_cast<std::ptrdiff_t>(length)});
    CAPTURE(length);
    CHECK(contains(message_for(file.path(), 3), file.path()));
  }
}

TEST_CASE("A flipped bit behind the gzip header never changes what read_idx returns", "[idx]") {
  const Bytes values = counting(24);
  const Bytes content = gzip(idx({2, 3, 4}, values));
  const TestFile file(content);
  int unnoticed = 0;
  for (std::size_t at = 10; at < content.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = content;
      damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ (1 << bit));
      file.write(damaged);
      CAPTURE(at, bit);
      try {
        const Bytes found = read_idx(file.path(), 3).values;
        CHECK(found == values);
        ++unnoticed;
      } catch (const IoError& error) {
        REQUIRE(contains(error.what(), file.path()));
      }
    }
  }
  CHECK(unnoticed < 8);  // only the bits that fill up the last byte of the packed data mean nothing
}

TEST_CASE("read_idx refuses bytes after the last value", "[idx]") {
  Bytes content = idx({2, 2}, counting(4));
  content.push_back(0);
  const TestFile file(content);
  CHECK(contains(message_for(file.path(), 2), "values: expected 4 bytes, found 5"));
  file.write(gzip(content));
  CHECK(contains(message_for(file.path(), 2), "values: expected 4 bytes, found more"));
}

TEST_CASE("read_idx refuses bytes after the gzip data", "[idx]") {
  const Bytes packed = gzip(idx({2, 2}, counting(4)));
  for (const std::uint8_t surplus : Bytes{0x00, 0x1F, 0x42}) {
    Bytes content = packed;
    content.push_back(surplus);
    const TestFile file(content);
    CHECK(contains(message_for(file.path(), 2), "gzip data"));
  }
}

TEST_CASE("read_idx refuses a wrong magic number and says both", "[idx]") {
  const TestFile file(idx({2, 2}, counting(4)));
  CHECK(contains(message_for(file.path(), 3), "magic number: expected 0x00000803, found 0x00000802"));
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    Bytes content = idx({2, 2}, counting(4));
    content[at] = 0x0D;
    file.write(content);
    CAPTURE(at);
    CHECK(contains(message_for(file.path(), 2), "magic number"));
  }
}

TEST_CASE("read_idx refuses sizes that the file does not hold without asking for their memory", "[idx]") {
  const std::uint32_t most = 0xFFFFFFFF;
  for (const std::vector<std::uint32_t>& extents :
       {std::vector<std::uint32_t>{most, 28, 28}, std::vector<std::uint32_t>{60000, 28, 28},
        std::vector<std::uint32_t>{most, most, 1}, std::vector<std::uint32_t>{most, most, most},
        std::vector<std::uint32_t>{0x80000000, 0x80000000, 4}}) {
    const Bytes content = idx(extents, counting(100));
    const TestFile file(content);
    CHECK(contains(message_for(file.path(), 3), "expected"));
    file.write(gzip(content));
    CHECK(contains(message_for(file.path(), 3), "expected"));
  }
}

TEST_CASE("read_idx refuses a gzipped file that holds more than 64 times its size, and names the way out", "[idx]") {
  const Bytes zeros(1'000'000);
  const Bytes content = idx({1'000'000}, zeros);
  const TestFile file(gzip(content));
  const std::string message = message_for(file.path(), 1);
  CHECK(contains(message, file.path() + ": values: expected at most "));
  CHECK(contains(message, "found 1000000 in its header"));
  CHECK(contains(message, "unpack it with gunzip first"));
  file.write(content);
  CHECK(read_idx(file.path(), 1).values == zeros);
  file.write(gzip(idx({60'000}, Bytes(60'000))));  // small enough whatever it is packed to
  CHECK(read_idx(file.path(), 1).values.size() == 60'000);
}

TEST_CASE("read_idx refuses what is no regular file without waiting for it", "[idx]") {
  CHECK(contains(message_for("/dev/zero", 3), "expected a regular file, found a device"));
  const TestFile pipe(Bytes{});
  std::filesystem::remove(pipe.path());
  REQUIRE(mkfifo(pipe.path().c_str(), 0600) == 0);
  CHECK(contains(message_for(pipe.path(), 3), "expected a regular file, found a pipe"));
}

TEST_CASE("read_idx names a file that is not there", "[idx]") {
  const std::string path = "/nowhere/train-images-idx3-ubyte";
  CHECK(contains(message_for(path, 3), path));
}

TEST_CASE("read_idx refuses a folder", "[idx]") {
  CHECK(contains(message_for(std::filesystem::temp_directory_path().string(), 3), "cannot be read"));
}

TEST_CASE("The embedded digits are the beginning of MNIST", "[idx]") {
  const std::string folder = judge::digits_folder();
  const IdxArray images = read_idx(folder + "/train-images-idx3-ubyte.gz", 3);
  const IdxArray labels = read_idx(folder + "/train-labels-idx1-ubyte.gz", 1);
  CHECK(images.extents == std::vector<std::int64_t>{6000, 28, 28});
  CHECK(labels.extents == std::vector<std::int64_t>{6000});
  CHECK(Bytes(labels.values.begin(), labels.values.begin() + 10) == Bytes{5, 0, 4, 1, 9, 2, 1, 3, 1, 4});
  const IdxArray test_images = read_idx(folder + "/t10k-images-idx3-ubyte.gz", 3);
  const IdxArray test_labels = read_idx(folder + "/t10k-labels-idx1-ubyte.gz", 1);
  CHECK(test_images.extents == std::vector<std::int64_t>{1000, 28, 28});
  CHECK(test_labels.extents == std::vector<std::int64_t>{1000});
  CHECK(Bytes(test_labels.values.begin(), test_labels.values.begin() + 10) == Bytes{7, 2, 1, 0, 4, 1, 4, 9, 5, 9});
}
