#include "tito/data/stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "tito/data/bridge.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"

namespace tito {
namespace {

// zlib alone: libarchive's gzip filter does not look at the CRC-32 and the length at the end.
class GzipStream : public Stream {
 public:
  explicit GzipStream(Stream& source) : source_(source) {
    if (inflateInit2(&zlib_, 15 + 16) != Z_OK) throw std::bad_alloc();  // 15: any window; 16: gzip's frame
  }
  ~GzipStream() override { inflateEnd(&zlib_); }

  std::size_t read(char* bytes, std::size_t count) override {
    const std::size_t wanted = std::min<std::size_t>(count, std::size_t{1} << 20);
    zlib_.next_out = reinterpret_cast<Bytef*>(bytes);
    zlib_.avail_out = static_cast<uInt>(wanted);
    while (!ended_ && zlib_.avail_out == wanted) {
      if (zlib_.avail_in == 0 && !refill()) throw Damaged{"the gzip data end in the middle"};
      const int code = inflate(&zlib_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        next_member();
      } else if (code == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        throw Damaged{std::string("the gzip data are damaged: ") +
                      (zlib_.msg == nullptr ? "not what gzip writes" : zlib_.msg)};
      }
    }
    return wanted - zlib_.avail_out;
  }

 private:
  bool refill() {
    zlib_.avail_in = static_cast<uInt>(source_.read(block_.data(), block_.size()));
    zlib_.next_in = reinterpret_cast<Bytef*>(block_.data());
    return zlib_.avail_in > 0;
  }

  // A file may be several that were put one behind the other, and zeros may fill it up.
  void next_member() {
    bool filling = false;
    while (zlib_.avail_in > 0 || refill()) {
      if (*zlib_.next_in == 0x1F && !filling) {
        inflateReset(&zlib_);
        return;
      }
      if (*zlib_.next_in != 0) throw Damaged{"there is something else behind the gzip data"};
      filling = true;
      ++zlib_.next_in;
      --zlib_.avail_in;
    }
    ended_ = true;
  }

  Stream& source_;
  std::vector<char> block_ = std::vector<char>(std::size_t{256} << 10);
  z_stream zlib_{};
  bool ended_ = false;
};

// bzip2, xz and zstd.
class FilterStream : public Stream {
 public:
  FilterStream(Stream& source, int (*add_filter)(archive*)) : bridge_(source), handle_(archive_read_new()) {
    if (!handle_) throw std::bad_alloc();
    add_filter(handle_.get());
    archive_read_support_format_raw(handle_.get());
    bridge_.open(handle_.get());
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(handle_.get(), &entry);
    bridge_.check(handle_.get(), result);
    ended_ = result == ARCHIVE_EOF;
    // A head that libarchive does not take for one would be handed on as the content.
    if (archive_filter_code(handle_.get(), 0) == ARCHIVE_FILTER_NONE) throw Damaged{"the compressed data end at once"};
  }

  std::size_t read(char* bytes, std::size_t count) override {
    if (ended_) return 0;
    const la_ssize_t got = archive_read_data(handle_.get(), bytes, count);
    bridge_.check(handle_.get(), got);
    ended_ = got <= 0;
    return ended_ ? 0 : static_cast<std::size_t>(got);
  }

 private:
  Bridge bridge_;
  ArchiveHandle handle_;
  bool ended_ = false;
};

}  // namespace

std::string Stream::read_string(std::size_t count) {
  std::string text(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const std::size_t got = read(text.data() + have, count - have);
    if (got == 0) break;
    have += got;
  }
  text.resize(have);
  return text;
}

FileStream::FileStream(std::filesystem::path path, std::function<void(std::uint64_t)> on_bytes)
    : path_(std::move(path)),
      on_bytes_(std::move(on_bytes)),
      descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a pipe must not hold us up
  if (descriptor_ < 0) fail(errno);
  struct stat status {};
  const int error = ::fstat(descriptor_, &status) != 0 ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
  if (error != 0) {
    ::close(descriptor_);
    fail(error);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

FileStream::~FileStream() { ::close(descriptor_); }

void FileStream::fail(int error) const {
  throw Failure(Exit::environment, "cannot read " + path_.string() + ": " +
                                       (error == EINVAL ? "it is not a regular file" : std::strerror(error)));
}

std::size_t FileStream::read(char* bytes, std::size_t count) {
  stop_if_interrupted();
  ssize_t got = 0;
  do {
    got = ::pread(descriptor_, bytes, count, static_cast<off_t>(place_));
  } while (got < 0 && errno == EINTR && !interrupted);
  stop_if_interrupted();
  if (got < 0) fail(errno);
  place_ += static_cast<std::uint64_t>(got);
  read_ += static_cast<std::uint64_t>(got);
  if (on_bytes_) on_bytes_(std::min(read_, size_));
  return static_cast<std::size_t>(got);
}

std::unique_ptr<Stream> uncompressed(FileStream& file) {
  const std::string head = file.read_string(10);
  file.go_to(0);
  using namespace std::string_view_literals;
  if (head.starts_with("\x1F\x8B\x08"sv)) return std::make_unique<GzipStream>(file);
  if (head.starts_with("BZh"sv) && head.substr(4) == "1AY&SY") {
    return std::make_unique<FilterStream>(file, archive_read_support_filter_bzip2);
  }
  if (head.starts_with("\xFD"
                       "7zXZ\0"sv)) {
    return std::make_unique<FilterStream>(file, archive_read_support_filter_xz);
  }
  if (head.starts_with("\x28\xB5\x2F\xFD"sv)) {
    return std::make_unique<FilterStream>(file, archive_read_support_filter_zstd);
  }
  return nullptr;
}

}  // namespace tito
