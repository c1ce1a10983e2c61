#include "io/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

#include "io/input_file.hpp"

namespace tinytorch::io {

namespace {

static_assert(std::endian::native == std::endian::little, "whose byte order is reversed");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t max_axes = 64;

struct Header {
  bool big_endian = false;
  std::string dtype;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
};

// The header's text from left to right. Every message names the byte, counted from the header's beginning.
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  Header parse() {
    expect('{');
    while (!take('}')) {
      parse_item();
      if (!take(',') && !next_is('}')) unexpected("\",\" or \"}\"");
    }
    for (const auto& [key, seen] : seen_) {
      if (!seen) fail(path_, "header", "the key " + in_quotes(key), "none");
    }
    skip_spaces();
    if (text_.substr(at_) != "\n") unexpected("spaces and one line break at the end");
    return std::move(header_);
  }

 private:
  void parse_item() {
    const std::string key = parse_string("one of the keys descr, fortran_order and shape");
    const auto found = std::find_if(seen_.begin(), seen_.end(), [&](const auto& item) { return item.first == key; });
    if (found == seen_.end()) fail(path_, "header", "the keys descr, fortran_order and shape", in_quotes(key));
    if (std::exchange(found->second, true)) fail(path_, "header", "each key once", in_quotes(key) + " twice");
    expect(':');
    if (key == "descr") {
      parse_dtype();
    } else if (key == "fortran_order") {
      header_.fortran_order = parse_truth();
    } else {
      parse_shape();
    }
  }

  void parse_dtype() {
    const std::string text = parse_string("a type of element such as '<f4'");
    static constexpr std::array<std::string_view, 11> readable{"b1", "i1", "i2", "i4", "i8", "u1",
                                                               "u2", "u4", "u8", "f4", "f8"};
    const std::string dtype = text.substr(std::min<std::size_t>(1, text.size()));
    const bool known = std::find(readable.begin(), readable.end(), dtype) != readable.end();
    // '|', no byte order, belongs to single bytes; some programs give these one nevertheless.
    const bool ordered = text.starts_with('<') || text.starts_with('>');
    if (!known || !(ordered || (text.starts_with('|') && dtype.ends_with('1')))) {
      fail(path_, "header, descr",
           "a byte order ('<' or '>', '|' for single bytes) and one of b1, i1, i2, i4, i8, u1, u2, u4, u8, f4, f8",
           in_quotes(text));
    }
    header_.big_endian = text.starts_with('>');
    header_.dtype = dtype;
  }

  bool parse_truth() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair{std::string_view("True"), true}, {std::string_view("False"), false}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    unexpected("True or False for fortran_order");
  }

  // A tuple as Python writes it: (), (3,), (3, 4) or (3, 4,).
  void parse_shape() {
    expect('(');
    bool comma = true;
    while (!take(')')) {
      if (!comma) unexpected("\",\" or \")\" in the shape");
      if (header_.shape.size() == max_axes) {
        fail(path_, "header, shape", "at most " + std::to_string(max_axes) + " extents", "more");
      }
      header_.shape.push_back(parse_extent());
      comma = take(',');
    }
    if (header_.shape.size() == 1 && !comma) {
      fail(path_, "header, shape", "a tuple, which with one extent is (n,)", "a number in brackets");
    }
  }

  std::uint64_t parse_extent() {
    skip_spaces();
    std::uint64_t value = 0;
    const char* const from = text_.data() + at_;
    const auto [end, error] = std::from_chars(from, text_.data() + text_.size(), value);
    const auto digits = static_cast<std::size_t>(end - from);
    if (error == std::errc::result_out_of_range) {
      fail(path_, "header, shape", "a possible size", in_quotes({from, digits}));
    }
    if (digits == 0 || (digits > 1 && *from == '0')) unexpected("an extent, a whole number");
    at_ += digits;
    return value;
  }

  std::string parse_string(const char* what) {
    skip_spaces();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) unexpected(what);
    const std::size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) unexpected(std::string(what) + " with its second quote");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }

  void skip_spaces() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }

  bool next_is(char c) {
    skip_spaces();
    return at_ < text_.size() && text_[at_] == c;
  }

  bool take(char c) {
    const bool there = next_is(c);
    if (there) ++at_;
    return there;
  }

  void expect(char c) {
    if (!take(c)) unexpected(in_quotes({c}));
  }

  [[noreturn]] void unexpected(const std::string& expected) const {
    const std::string_view rest = text_.substr(at_, 20);
    fail(path_, "header, byte " + std::to_string(at_), expected,
         rest.empty() ? "its end" : in_quotes(std::string(rest)));
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
  Header header_;
  std::array<std::pair<const char*, bool>, 3> seen_{{{"descr", false}, {"fortran_order", false}, {"shape", false}}};
};

Header read_header(InputFile& file) {
  std::string found(magic.size(), '\0');
  file.read(found.data(), found.size(), "magic number");
  if (found != magic) fail(file.path(), "magic number", "0x93 and \"NUMPY\"", in_quotes(found));
  std::array<std::uint8_t, 2> version{};
  file.read(version.data(), version.size(), "version");
  if (version[0] < 1 || version[0] > 3 || version[1] != 0) {
    fail(file.path(), "version", "1.0, 2.0 or 3.0", std::to_string(version[0]) + "." + std::to_string(version[1]));
  }
  std::uint32_t length = 0;
  file.read(&length, version[0] == 1 ? 2 : 4, "header length");
  if (length > file.left()) {
    fail(file.path(), "header length", "at most " + std::to_string(file.left()), std::to_string(length));
  }
  std::string text(length, '\0');
  file.read(text.data(), text.size(), "header");
  return HeaderParser(file.path(), text).parse();
}

void swap_bytes(std::vector<std::uint8_t>& bytes, std::size_t element_size) {
  for (auto at = bytes.begin(); at != bytes.end(); at += static_cast<std::ptrdiff_t>(element_size)) {
    std::reverse(at, at + static_cast<std::ptrdiff_t>(element_size));
  }
}

// From column-major, the first axis innermost, to row-major, the last one innermost.
std::vector<std::uint8_t> to_row_major(const std::vector<std::uint8_t>& bytes, const std::vector<std::uint64_t>& shape,
                                       std::size_t element_size) {
  struct Axis {
    std::size_t extent, stride, index;  // stride in bytes of the column-major array
  };
  std::vector<Axis> axes;
  std::size_t stride = element_size;
  for (const std::uint64_t extent : shape) {
    if (extent > 1) axes.push_back({extent, stride, 0});
    stride *= extent;
  }
  std::vector<std::uint8_t> row_major(bytes.size());
  std::size_t from = 0;
  for (std::size_t to = 0; to < row_major.size(); to += element_size) {
    std::copy_n(bytes.data() + from, element_size, row_major.data() + to);
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      from += axis->stride;
      if (++axis->index < axis->extent) break;
      from -= axis->stride * axis->extent;
      axis->index = 0;
    }
  }
  return row_major;
}

// Whether a value is a whole number from 0 to 255.
template <class T>
bool fits_uint8(T value) {
  return value >= T{0} && value <= static_cast<T>(255) && static_cast<T>(static_cast<std::uint8_t>(value)) == value;
}

template <>
bool fits_uint8(std::int8_t value) {
  return value >= 0;
}

template <class T>
std::vector<std::uint8_t> narrow(const NpyArray& array, const std::string& path) {
  std::vector<std::uint8_t> values(array.bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, array.bytes.data() + i * sizeof(T), sizeof(T));
    if (!fits_uint8(value)) {
      std::ostringstream found;
      found << +value;
      fail(path, "value " + std::to_string(i), "a whole number from 0 to 255", found.str());
    }
    values[i] = static_cast<std::uint8_t>(value);
  }
  return values;
}

}  // namespace

NpyArray read_npy(const std::string& path) {
  InputFile file(path);
  const Header header = read_header(file);
  const std::size_t element_size = static_cast<std::size_t>(header.dtype[1] - '0');
  const std::optional<std::uint64_t> size = bytes_of(header.shape, element_size);
  if (!size) fail(path, "header, shape", "a possible size", "more than 2^62 bytes");
  if (*size != file.left()) fail(path, "values", std::to_string(*size) + " bytes", std::to_string(file.left()));

  NpyArray array{header.dtype, {header.shape.begin(), header.shape.end()}, std::vector<std::uint8_t>(*size)};
  file.read(array.bytes.data(), array.bytes.size(), "values");
  if (header.big_endian) swap_bytes(array.bytes, element_size);
  if (header.fortran_order) array.bytes = to_row_major(array.bytes, header.shape, element_size);
  if (header.dtype == "b1") {
    const auto past = std::find_if(array.bytes.begin(), array.bytes.end(), [](std::uint8_t byte) { return byte > 1; });
    if (past != array.bytes.end()) {
      fail(path, "value " + std::to_string(past - array.bytes.begin()), "0 or 1", std::to_string(*past));
    }
  }
  return array;
}

std::vector<std::uint8_t> to_uint8(const NpyArray& array, const std::string& path) {
  if (array.dtype == "i1") return narrow<std::int8_t>(array, path);
  if (array.dtype == "i2") return narrow<std::int16_t>(array, path);
  if (array.dtype == "i4") return narrow<std::int32_t>(array, path);
  if (array.dtype == "i8") return narrow<std::int64_t>(array, path);
  if (array.dtype == "u2") return narrow<std::uint16_t>(array, path);
  if (array.dtype == "u4") return narrow<std::uint32_t>(array, path);
  if (array.dtype == "u8") return narrow<std::uint64_t>(array, path);
  if (array.dtype == "f4") return narrow<float>(array, path);
  if (array.dtype == "f8") return narrow<double>(array, path);
  return array.bytes;  // u1 and b1
}

}  // namespace tinytorch::io
