#include "io/idx.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>

#include "io/input_file.hpp"
#include "tinytorch/errors.hpp"

namespace tinytorch::io {

namespace {

// What a gzipped file may hold: deflate packs zeros a thousand times, images and labels hardly ten times.
constexpr std::uint64_t max_unpacked_times = 64;
constexpr std::uint64_t max_unpacked_more = 65536;

// A file's bytes in order, unpacked when they are gzipped. Every checksum and length of the gzip format is
// checked, and so is that nothing else follows.
class Bytes {
 public:
  explicit Bytes(const std::string& path) : file_(path) {
    fill();
    gzipped_ = starts_with_gzip_magic();
    if (gzipped_) {
      if (inflateInit2(&stream_, gzip_only) != Z_OK) throw IoError(path + ": zlib does not start");
      inside_member_ = true;
    }
  }

  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  ~Bytes() {
    if (gzipped_) inflateEnd(&stream_);
  }

  bool gzipped() const { return gzipped_; }
  std::uint64_t file_size() const { return file_.size(); }

  // Reads up to `count` bytes; fewer only at the end of the data.
  std::size_t read(std::uint8_t* to, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      const std::size_t got = gzipped_ ? unpack(to + done, count - done) : copy(to + done, count - done);
      if (got == 0) break;
      done += got;
    }
    return done;
  }

 private:
  static constexpr int gzip_only = MAX_WBITS + 16;

  // Provides more input; false at the end of the file.
  bool fill() {
    begin_ = 0;
    end_ = file_.read_up_to(buffer_.data(), buffer_.size());
    return end_ > 0;
  }

  bool starts_with_gzip_magic() const {
    return end_ - begin_ >= 2 && buffer_[begin_] == 0x1F && buffer_[begin_ + 1] == 0x8B;
  }

  std::size_t copy(std::uint8_t* to, std::size_t count) {
    if (begin_ == end_ && !fill()) return 0;
    const std::size_t size = std::min(count, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, size, to);
    begin_ += size;
    return size;
  }

  std::size_t unpack(std::uint8_t* to, std::size_t count) {
    count = std::min(count, buffer_.size());  // zlib counts in 32 bits
    std::size_t got = 0;
    while (got == 0) {
      if (begin_ == end_ && !fill()) {
        if (inside_member_) fail(file_.path(), "gzip data", "their end", "the end of the file");
        return 0;
      }
      if (!inside_member_) {  // gzip allows that another member follows
        if (buffer_[begin_] != 0x1F) fail(file_.path(), "gzip data", "the end of the file", "further bytes");
        inflateReset(&stream_);
        inside_member_ = true;
      }
      stream_.next_in = buffer_.data() + begin_;
      stream_.avail_in = static_cast<uInt>(end_ - begin_);
      stream_.next_out = to;
      stream_.avail_out = static_cast<uInt>(count);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      begin_ = end_ - stream_.avail_in;
      got = count - stream_.avail_out;
      if (status == Z_STREAM_END) {
        inside_member_ = false;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        fail(file_.path(), "gzip data", "an intact stream", stream_.msg != nullptr ? stream_.msg : "damage");
      }
    }
    return got;
  }

  InputFile file_;
  std::array<std::uint8_t, 65536> buffer_{};
  std::size_t begin_ = 0;  // what is left of the buffer
  std::size_t end_ = 0;
  bool gzipped_ = false;
  bool inside_member_ = false;
  z_stream stream_{};
};

std::string hex(const std::array<std::uint8_t, 4>& bytes) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%02X%02X%02X%02X", bytes[0], bytes[1], bytes[2], bytes[3]);
  return text.data();
}

std::array<std::uint8_t, 4> read_four(Bytes& bytes, const std::string& path, const std::string& field) {
  std::array<std::uint8_t, 4> four{};
  const std::size_t got = bytes.read(four.data(), four.size());
  if (got < four.size()) fail(path, field, "4 bytes", std::to_string(got));
  return four;
}

// Holds the number of values that the header states against what the file may hold.
void check_size(const Bytes& bytes, const std::string& path, std::uint64_t header_size, std::uint64_t size) {
  if (!bytes.gzipped()) {
    const std::uint64_t found = bytes.file_size() - header_size;
    if (found != size) fail(path, "values", std::to_string(size) + " bytes", std::to_string(found));
    return;
  }
  const std::uint64_t max_size = bytes.file_size() * max_unpacked_times + max_unpacked_more;
  if (size > max_size) {
    fail(path, "values",
         "at most " + std::to_string(max_size) + " bytes in a gzipped file of " + std::to_string(bytes.file_size()),
         std::to_string(size) + " in its header; if that is right, unpack it with gunzip first");
  }
}

// Reads `size` values. Memory grows only as they arrive, since a gzipped file may hold fewer.
std::vector<std::uint8_t> read_values(Bytes& bytes, const std::string& path, std::size_t size) {
  std::vector<std::uint8_t> values;
  const std::size_t first_piece = bytes.gzipped() ? 4 * bytes.file_size() + max_unpacked_more : size;
  while (values.size() < size) {
    const std::size_t before = values.size();
    const std::size_t wanted = std::min(size - before, std::max(first_piece, before));
    values.reserve(before + wanted);  // resize() alone may ask for more
    values.resize(before + wanted);
    const std::size_t got = bytes.read(values.data() + before, wanted);
    if (got < wanted) fail(path, "values", std::to_string(size) + " bytes", std::to_string(before + got));
  }
  std::uint8_t surplus = 0;
  if (bytes.read(&surplus, 1) != 0) fail(path, "values", std::to_string(size) + " bytes", "more");
  return values;
}

}  // namespace

IdxArray read_idx(const std::string& path, int expected_rank) {
  const auto bytes = std::make_unique<Bytes>(path);  // its buffer is large for a stack

  const std::array<std::uint8_t, 4> magic = read_four(*bytes, path, "magic number");
  const std::array<std::uint8_t, 4> expected_magic{0, 0, 0x08, static_cast<std::uint8_t>(expected_rank)};
  if (magic != expected_magic) fail(path, "magic number", hex(expected_magic), hex(magic));

  IdxArray array;
  std::vector<std::uint64_t> shape;
  for (int axis = 0; axis < expected_rank; ++axis) {
    const std::string field = "extent " + std::to_string(axis);
    const std::array<std::uint8_t, 4> four = read_four(*bytes, path, field);
    shape.push_back(std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 |
                    std::uint32_t{four[3]});
    if (!bytes_of(shape, 1)) fail(path, field, "a possible size", std::to_string(shape.back()));
  }
  const std::uint64_t size = *bytes_of(shape, 1);
  check_size(*bytes, path, magic.size() * (1 + shape.size()), size);
  array.extents.assign(shape.begin(), shape.end());
  array.values = read_values(*bytes, path, size);
  return array;
}

}  // namespace tinytorch::io
