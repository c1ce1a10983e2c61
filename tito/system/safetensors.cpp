#include "tito/system/safetensors.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>

#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr std::int64_t longest_header = 16 << 20;  // bytes; a thousand tensors take a tenth of a megabyte

const std::map<std::string, std::int64_t>& bytes_of_types() {
  static const std::map<std::string, std::int64_t> bytes{{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"I16", 2}, {"U16", 2},
                                                         {"F16", 2},  {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},
                                                         {"F64", 8},  {"I64", 8},  {"U64", 8}};
  return bytes;
}

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& problem) {
  throw Failure(Exit::damaged, path.filename().string() + " is no whole safetensors file: " + problem);
}

// The header's text, and how many bytes follow it.
std::pair<std::string, std::int64_t> read_header(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  std::ifstream file(path, std::ios::binary);
  if (error || !file) fail(path, "it cannot be read");
  unsigned char bytes[8] = {};
  if (size < 8 || !file.read(reinterpret_cast<char*>(bytes), 8)) fail(path, "it is shorter than 8 bytes");
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8U | bytes[i];
  if (length > static_cast<std::uint64_t>(longest_header) || static_cast<std::int64_t>(length) > size - 8) {
    fail(path,
         "its header is said to have " + std::to_string(length) + " bytes, and the file has " + std::to_string(size));
  }
  std::string header(length, '\0');
  if (!file.read(header.data(), static_cast<std::streamsize>(length))) fail(path, "it cannot be read");
  return {header, size - 8 - static_cast<std::int64_t>(length)};
}

TensorEntry read_entry(const std::filesystem::path& path, const std::string& name, const JsonView& view) {
  view.allow_only({"dtype", "shape", "data_offsets"});
  TensorEntry entry{name, view["dtype"].text(), {}, 1, 0, 0};
  const auto type = bytes_of_types().find(entry.dtype);
  if (type == bytes_of_types().end()) fail(path, "\"" + name + "\" has the unknown type \"" + entry.dtype + "\"");
  const JsonView shape = view["shape"], offsets = view["data_offsets"];
  for (std::size_t i = 0; i < shape.array().size(); ++i) {
    const std::int64_t extent = shape.at(i).integer();
    if (extent < 0) fail(path, "\"" + name + "\" has a negative extent");
    if (extent > 0 && entry.numbers > std::numeric_limits<std::int64_t>::max() / 8 / extent) {
      fail(path, "\"" + name + "\" is too large");
    }
    entry.shape.push_back(extent);
    entry.numbers *= extent;
  }
  if (offsets.array().size() != 2) fail(path, "\"" + name + "\" needs two offsets");
  entry.begin = offsets.at(0).integer();
  entry.end = offsets.at(1).integer();
  if (entry.begin < 0 || entry.end < entry.begin || entry.end - entry.begin != entry.numbers * type->second) {
    fail(path, "\"" + name + "\" has " + std::to_string(entry.numbers) + " numbers of type " + entry.dtype +
                   ", which do not fill the bytes " + std::to_string(entry.begin) + " to " + std::to_string(entry.end));
  }
  return entry;
}

}  // namespace

std::vector<TensorEntry> read_safetensors_header(const std::filesystem::path& path) {
  const auto [text, data_bytes] = read_header(path);
  const std::string origin = path.filename().string() + " is no whole safetensors file: its header";
  const json root = parse_json(text, origin);
  const JsonView view(root, origin);
  std::vector<TensorEntry> entries;
  for (const auto& [name, ignored] : view.object().items()) {
    if (name != "__metadata__") entries.push_back(read_entry(path, name, view[name]));
  }
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::int64_t covered = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != covered) {
      fail(path, "\"" + entry.name + "\" begins at byte " + std::to_string(entry.begin) + " of the data, where " +
                     std::to_string(covered) + " was expected");
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    fail(path, "its tensors take " + std::to_string(covered) + " bytes, and " + std::to_string(data_bytes) +
                   " follow the header");
  }
  return entries;
}

}  // namespace tito
