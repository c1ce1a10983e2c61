#include "io/safetensors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "io/input_file.hpp"
#include "tinytorch/errors.hpp"

namespace tinytorch::io {

namespace {

static_assert(std::endian::native == std::endian::little, "the data are read and written as they lie in memory");

constexpr std::uint64_t max_header = 100'000'000;  // the format's own limit
constexpr std::size_t max_axes = 64;

// What the header says about one array. A file may hold one for every 53 bytes of its header, so it is small
// and needs no memory beside its text.
struct Entry {
  std::string name;
  bool has_dtype = false;
  bool has_shape = false;
  bool has_offsets = false;
  std::uint8_t count = 0;  // of its offsets
  std::vector<std::uint64_t> shape{};
  std::uint64_t begin = 0;  // of its data, from the end of the header
  std::uint64_t end = 0;
};

// Reads the header as it is parsed and refuses at once what does not belong there, so that no header, however
// deep or long, makes it hold more than its entries.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string path) : path_(std::move(path)) {}

  std::vector<Entry> take() { return std::move(entries_); }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::header;
    } else if (place_ == Place::header && key_ == "__metadata__") {
      place_ = Place::metadata;
    } else if (place_ == Place::header) {
      place_ = Place::entry;
      entries_.push_back({key_});
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::entry) {
      const Entry& entry = entries_.back();
      const char* missing = nullptr;
      if (!entry.has_dtype) missing = "dtype";
      if (!entry.has_shape) missing = "shape";
      if (!entry.has_offsets) missing = "data_offsets";
      if (missing != nullptr) fail(path_, "header, " + in_quotes(entry.name), missing, "none");
    }
    place_ = place_ == Place::header ? Place::outside : Place::header;
    return true;
  }

  bool key(std::string& name) override {
    key_ = name;
    if (place_ == Place::header) {
      const bool metadata = name == "__metadata__";
      if (metadata && std::exchange(has_metadata_, true)) fail_twice("header", "each name once", name);
    } else if (place_ == Place::entry) {
      Entry& entry = entries_.back();
      bool* const seen = name == "dtype"          ? &entry.has_dtype
                         : name == "shape"        ? &entry.has_shape
                         : name == "data_offsets" ? &entry.has_offsets
                                                  : nullptr;
      if (seen == nullptr) fail(path_, where(), "dtype, shape or data_offsets", in_quotes(name));
      if (std::exchange(*seen, true)) fail_twice(where(), "each key once", name);
    }
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata) return true;
    if (place_ != Place::entry || key_ != "dtype") unexpected("a string");
    if (text != "F32") fail(path_, where(), "\"F32\"", in_quotes(text));
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::entry || key_ == "dtype") unexpected("a list");
    place_ = Place::list;
    return true;
  }

  bool end_array() override {
    place_ = Place::entry;
    const int count = entries_.back().count;
    if (key_ == "data_offsets" && count != 2) fail(path_, where(), "two offsets", std::to_string(count));
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (place_ != Place::list) unexpected("a number");
    Entry& entry = entries_.back();
    if (key_ == "shape") {
      if (entry.shape.size() == max_axes)
        fail(path_, where(), "at most " + std::to_string(max_axes) + " numbers", "more");
      entry.shape.push_back(value);
    } else {
      if (entry.count == 2) fail(path_, where(), "two offsets", "more");
      (entry.count++ == 0 ? entry.begin : entry.end) = value;
    }
    return true;
  }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a truth value"); }
  bool number_integer(std::int64_t value) override { unexpected(std::to_string(value)); }
  bool number_float(double, const std::string& text) override { unexpected(in_quotes(text)); }
  bool binary(nlohmann::json::binary_t&) override { unexpected("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(path_, "header", "JSON", "something else at its byte " + std::to_string(position));
  }

 private:
  enum class Place { outside, header, metadata, entry, list };

  std::string where() const {
    if (place_ == Place::outside) return "header";
    if (place_ == Place::metadata) return "header, __metadata__";
    if (place_ == Place::header) return "header, " + in_quotes(key_);
    return "header, " + in_quotes(entries_.back().name) + ", " + key_;
  }

  [[noreturn]] void fail_twice(const std::string& field, const std::string& expected, const std::string& name) const {
    fail(path_, field, expected, in_quotes(name) + " twice");
  }

  [[noreturn]] void unexpected(const std::string& found) const {
    const char* expected = place_ == Place::outside || place_ == Place::header ? "an object"
                           : place_ == Place::metadata || key_ == "dtype"      ? "a string"
                           : place_ == Place::list                             ? "a whole number, 0 or more"
                                                                               : "a list";
    fail(path_, where(), expected, found);
  }

  std::string path_;
  Place place_ = Place::outside;
  std::string key_;
  bool has_metadata_ = false;
  std::vector<Entry> entries_;
};

void check_names(const std::string& path, std::vector<Entry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  const auto same = std::adjacent_find(entries.begin(), entries.end(),
                                       [](const Entry& a, const Entry& b) { return a.name == b.name; });
  if (same != entries.end()) fail(path, "header", "each name once", in_quotes(same->name) + " twice");
}

// Checks that the entries, by their offsets, cover the data from end to end, and brings them into that order.
void check_layout(const std::string& path, std::vector<Entry>& entries, std::uint64_t data_size) {
  for (const Entry& entry : entries) {
    const std::string field = "header, " + in_quotes(entry.name) + ", data_offsets";
    if (entry.begin > entry.end || entry.end > data_size) {
      fail(path, field, "a part of " + std::to_string(data_size) + " bytes",
           "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + ")");
    }
    const std::optional<std::uint64_t> bytes = bytes_of(entry.shape, sizeof(float));
    if (bytes != entry.end - entry.begin) {
      fail(path, field, (bytes ? std::to_string(*bytes) : "too many") + " bytes for its shape",
           std::to_string(entry.end - entry.begin));
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) {
      fail(path, "header, " + in_quotes(entry.name) + ", data_offsets",
           "a begin at " + std::to_string(covered) + ", without gap or overlap", std::to_string(entry.begin));
    }
    covered = entry.end;
  }
  if (covered != data_size) fail(path, "data", std::to_string(covered) + " bytes", std::to_string(data_size));
}

// The header's text, which is gone when the data are read.
std::vector<Entry> read_header(InputFile& file) {
  const std::string& path = file.path();
  std::uint64_t size = 0;
  file.read(&size, sizeof size, "header length");
  const std::uint64_t max_size = std::min(file.left(), max_header);
  if (size > max_size) fail(path, "header length", "at most " + std::to_string(max_size), std::to_string(size));
  std::string header(size, '\0');
  file.read(header.data(), size, "header");
  if (!header.starts_with('{')) fail(path, "header", "\"{\" at its beginning", in_quotes(header.substr(0, 1)));
  const std::size_t zero = header.find('\0');  // the parser would take it for the end
  if (zero != std::string::npos) fail(path, "header", "JSON", "a zero at its byte " + std::to_string(zero));
  HeaderReader reader(path);
  nlohmann::json::sax_parse(header, &reader);
  return reader.take();
}

}  // namespace

std::vector<NamedArray> read_safetensors(const std::string& path) {
  InputFile file(path);
  std::vector<Entry> entries = read_header(file);
  check_names(path, entries);
  check_layout(path, entries, file.left());

  std::vector<NamedArray> arrays;
  arrays.reserve(entries.size());
  for (Entry& entry : entries) {
    NamedArray& array = arrays.emplace_back();
    const std::uint64_t bytes = entry.end - entry.begin;
    array.shape.assign(entry.shape.begin(), entry.shape.end());
    array.values.resize(bytes / sizeof(float));
    file.read(array.values.data(), bytes, "data of " + in_quotes(entry.name));
    array.name = std::move(entry.name);
  }
  return arrays;
}

namespace {

std::string make_header(const std::vector<NamedArray>& arrays) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::set<std::string> names;
  std::uint64_t offset = 0;
  for (const NamedArray& array : arrays) {
    if (array.name == "__metadata__" || !names.insert(array.name).second) {
      throw ValueError("write_safetensors: the name " + in_quotes(array.name) + " is taken");
    }
    const bool negative = std::any_of(array.shape.begin(), array.shape.end(), [](std::int64_t e) { return e < 0; });
    const std::uint64_t bytes = array.values.size() * sizeof(float);
    if (negative || array.shape.size() > max_axes ||
        bytes_of({array.shape.begin(), array.shape.end()}, sizeof(float)) != bytes) {
      throw ValueError("write_safetensors: the shape of " + in_quotes(array.name) + " does not fit its " +
                       std::to_string(array.values.size()) + " values");
    }
    header[array.name] = {{"dtype", "F32"}, {"shape", array.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the data are aligned
    return text;
  } catch (const nlohmann::json::exception&) {
    throw ValueError("write_safetensors: a name is not UTF-8");
  }
}

// A file that is removed again unless it was renamed to its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& final_path) : final_path_(final_path) {
    static std::atomic<int> number{0};
    path_ = final_path + "." + std::to_string(getpid()) + "-" + std::to_string(++number) + ".tmp";
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("created");
  }

  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!renamed_) unlink(path_.c_str());
  }

  void write(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t written = ::write(descriptor_, from, std::min(size, std::size_t{1} << 30));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("written");
      from += written;
      size -= static_cast<std::size_t>(written);
    }
  }

  void publish() {
    if (fsync(descriptor_) != 0) fail("synced");
    if (close(std::exchange(descriptor_, -1)) != 0) fail("closed");
    if (std::rename(path_.c_str(), final_path_.c_str()) != 0) fail("renamed");
    renamed_ = true;
    sync_folder();
  }

 private:
  [[noreturn]] void fail(const char* action) const {
    throw IoError(final_path_ + ": cannot be " + action + ": " + std::strerror(errno));
  }

  // So that the rename survives a power cut. Some file systems cannot do this; the file is whole anyway.
  void sync_folder() const {
    const std::filesystem::path folder = std::filesystem::path(final_path_).parent_path();
    const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
  }

  std::string final_path_;
  std::string path_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

}  // namespace

void write_safetensors(const std::string& path, const std::vector<NamedArray>& arrays) {
  const std::string header = make_header(arrays);
  const std::uint64_t header_size = header.size();
  TemporaryFile file(path);
  file.write(&header_size, sizeof header_size);
  file.write(header.data(), header.size());
  for (const NamedArray& array : arrays) file.write(array.values.data(), array.values.size() * sizeof(float));
  file.publish();
}

}  // namespace tinytorch::io
