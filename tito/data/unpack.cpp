#include "tito/data/unpack.hpp"

#include <archive_entry.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <system_error>

#include "tito/data/bridge.hpp"
#include "tito/data/output.hpp"
#include "tito/data/stream.hpp"
#include "tito/system/checksum.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

namespace fs = std::filesystem;

constexpr int max_entries = 10'000;
constexpr std::size_t block_size = std::size_t{256} << 10;
constexpr std::size_t tar_header_size = 512;

std::string quoted(const std::string& name) { return "\"" + printable(name.substr(0, 200)) + "\""; }

// Uncompressed bytes that may still be read: what is left out costs time, too.
class Allowance {
 public:
  explicit Allowance(const std::set<std::uint64_t>& sizes)
      : limit_(4 * std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}) + (std::uint64_t{1} << 30)) {}

  void take(std::uint64_t bytes) {
    if (bytes > limit_ - taken_) throw Damaged{"it holds more than " + std::to_string(limit_) + " bytes"};
    taken_ += bytes;
  }

 private:
  std::uint64_t limit_;
  std::uint64_t taken_ = 0;
};

// A stream of which the beginning was looked at already.
class Content : public Stream {
 public:
  Content(Stream& source, Allowance& allowance)
      : source_(source), allowance_(allowance), head_(source.read_string(tar_header_size)) {
    allowance_.take(head_.size());
  }

  const std::string& head() const { return head_; }

  std::size_t read(char* bytes, std::size_t count) override {
    stop_if_interrupted();  // a few bytes of the file may be a long way here
    if (given_ < head_.size()) {
      const std::size_t got = head_.copy(bytes, count, given_);
      given_ += got;
      return got;
    }
    const std::size_t got = source_.read(bytes, count);
    allowance_.take(got);
    return got;
  }

 private:
  Stream& source_;
  Allowance& allowance_;
  std::string head_;
  std::size_t given_ = 0;
};

// By the mark that POSIX asks for, or by the sum that stands in a header. A file that begins with zeros is none, though
// an archive may end so.
bool is_tar(std::string_view head) {
  if (head.size() < tar_header_size || head[0] == '\0') return false;
  if (head.substr(257, 5) == "ustar") return true;
  unsigned sum = 8 * ' ';  // the field itself counts as spaces
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(head[i]);
  }
  unsigned stated = 0;
  std::size_t at = 148;
  while (at < 156 && head[at] == ' ') ++at;
  const std::size_t begin = at;
  for (; at < 156 && head[at] >= '0' && head[at] <= '7'; ++at)
    stated = stated * 8 + static_cast<unsigned>(head[at] - '0');
  return at > begin && stated == sum;
}

bool is_zip(std::string_view head) { return head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06"); }

class Unpacking {
 public:
  Unpacking(const fs::path& archive, const std::set<std::uint64_t>& sizes, const fs::path& folder,
            const std::function<void(std::uint64_t)>& on_bytes)
      : path_(archive),
        sizes_(sizes),
        folder_(folder),
        largest_(sizes.empty() ? 0 : *sizes.rbegin()),
        allowance_(sizes),
        file_(archive, on_bytes) {}

  std::vector<Unpacked> run();

  // The entry that is being read; "" between entries.
  const std::string& entry() const { return entry_; }

 private:
  void read_tar(Content& content);
  void read_zip();
  void read_entries(archive* handle, Bridge& bridge, bool through_content);
  void check_entry(archive_entry* entry) const;
  void read_single(Stream& content, const std::string& name);
  fs::path next_path() const { return folder_ / std::to_string(found_.size() + 1); }

  fs::path path_;
  const std::set<std::uint64_t>& sizes_;
  fs::path folder_;
  std::uint64_t largest_;
  Allowance allowance_;
  FileStream file_;
  std::string entry_;
  std::vector<Unpacked> found_;
  std::vector<char> block_ = std::vector<char>(block_size);
};

std::vector<Unpacked> Unpacking::run() {
  if (const std::unique_ptr<Stream> inside = uncompressed(file_)) {
    Content content(*inside, allowance_);
    if (is_tar(content.head())) {
      read_tar(content);
    } else {
      read_single(content, path_.stem().string());
    }
    return std::move(found_);
  }
  const std::string head = file_.read_string(tar_header_size);
  file_.go_to(0);
  if (is_zip(head)) {
    read_zip();
  } else if (is_tar(head)) {
    Content content(file_, allowance_);
    read_tar(content);
  } else if (sizes_.count(file_.size()) == 1) {
    read_single(file_, path_.filename().string());
  } else {
    found_.push_back({path_.filename().string(), file_.size(), ""});
  }
  return std::move(found_);
}

void Unpacking::read_tar(Content& content) {
  Bridge bridge(content);
  const ArchiveHandle handle(archive_read_new());
  if (!handle) throw std::bad_alloc();
  archive_read_support_format_tar(handle.get());
  bridge.open(handle.get());
  read_entries(handle.get(), bridge, true);
  // What the compression has for checking stands at the end.
  while (content.read(block_.data(), block_.size()) > 0) {
  }
}

void Unpacking::read_zip() {
  Bridge bridge(file_);
  const ArchiveHandle handle(archive_read_new());
  if (!handle) throw std::bad_alloc();
  archive_read_support_format_zip_seekable(handle.get());
  bridge.open_seekable(handle.get(), file_);
  read_entries(handle.get(), bridge, false);
}

// `through_content`: what is read was taken from the allowance already.
void Unpacking::read_entries(archive* handle, Bridge& bridge, bool through_content) {
  for (int count = 0;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(handle, &entry);
    bridge.check(handle, result);
    entry_.clear();
    if (result == ARCHIVE_EOF) return;
    if (++count > max_entries) throw Damaged{"it holds more than " + std::to_string(max_entries) + " entries"};
    // Whichever of the two the format has and the locale can show.
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    entry_ = name == nullptr ? "?" : name;
    check_entry(entry);
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    Unpacked unpacked{fs::path(entry_).filename().string(), static_cast<std::uint64_t>(archive_entry_size(entry)), ""};
    if (sizes_.count(unpacked.size) == 1) {
      unpacked.path = next_path();
      OutputFile output(unpacked.path, OutputFile::Start::empty);
      Checksum checksum;
      for (;;) {
        const la_ssize_t got = archive_read_data(handle, block_.data(), block_.size());
        bridge.check(handle, got);
        if (got <= 0) break;
        const auto bytes = static_cast<std::size_t>(got);
        if (!through_content) allowance_.take(bytes);
        if (bytes > unpacked.size - output.size()) throw Damaged{"it is longer than it says"};
        output.write_at(output.size(), block_.data(), bytes);
        checksum.add(block_.data(), bytes);
      }
      if (output.size() != unpacked.size) throw Damaged{"it is shorter than it says"};
      unpacked.sha256 = checksum.finish().sha256;
    }
    found_.push_back(std::move(unpacked));
  }
}

void Unpacking::check_entry(archive_entry* entry) const {
  // Archives made on Windows may have the other stroke.
  std::string name = entry_;
  std::replace(name.begin(), name.end(), '\\', '/');
  if (name.starts_with('/') || (name.size() > 1 && name[1] == ':')) throw Damaged{"it has an absolute path"};
  for (const fs::path& step : fs::path(name)) {
    if (step == "..") throw Damaged{"its path leads out of the archive"};
  }
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_hardlink_w(entry) != nullptr ||
      archive_entry_filetype(entry) == AE_IFLNK) {
    throw Damaged{"it is a link"};
  }
  if (archive_entry_filetype(entry) == AE_IFDIR) return;
  if (archive_entry_filetype(entry) != AE_IFREG) throw Damaged{"it is neither a file nor a folder"};
  if (archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0) throw Damaged{"its size is not known"};
  const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
  if (size > largest_) {
    throw Damaged{"it has " + std::to_string(size) + " bytes, expected " + std::to_string(largest_) + " at most"};
  }
}

// Only its end tells its size.
void Unpacking::read_single(Stream& content, const std::string& name) {
  entry_ = name;
  Unpacked unpacked{name, 0, "", next_path()};
  OutputFile output(unpacked.path, OutputFile::Start::empty);
  Checksum checksum;
  while (const std::size_t got = content.read(block_.data(), block_.size())) {
    if (got > largest_ - output.size()) {
      throw Damaged{"it has more bytes than expected, " + std::to_string(largest_) + " at most"};
    }
    output.write_at(output.size(), block_.data(), got);
    checksum.add(block_.data(), got);
  }
  unpacked.size = output.size();
  if (sizes_.count(unpacked.size) == 1) {
    unpacked.sha256 = checksum.finish().sha256;
  } else {
    std::error_code ignored;
    fs::remove(unpacked.path, ignored);
    unpacked.path.clear();
  }
  found_.push_back(std::move(unpacked));
}

}  // namespace

std::vector<Unpacked> unpack(const fs::path& archive, const std::set<std::uint64_t>& sizes, const fs::path& folder,
                             const std::function<void(std::uint64_t)>& on_bytes) {
  Unpacking unpacking(archive, sizes, folder, on_bytes);
  try {
    return unpacking.run();
  } catch (const Damaged& damage) {
    throw Failure(Exit::work_failed,
                  archive.string() + (unpacking.entry().empty() ? "" : ": entry " + quoted(unpacking.entry())) + ": " +
                      damage.what,
                  "get the archive anew, from a place that you trust");
  }
}

}  // namespace tito
