// Files of some megabytes, made to cost a reader as much memory as can be; the most that each costs is printed.
#include <zlib.h>

#include <cstring>
#include <vector>

#include "fuzz.hpp"
#include "io/cifar.hpp"
#include "io/idx.hpp"
#include "io/npy.hpp"
#include "io/safetensors.hpp"

namespace {

constexpr std::size_t million = 1'000'000;

template <class Read>
void measure(const char* what, fuzz::Bound bound, const std::string& content, bool readable, Read read) {
  const fuzz::Input input(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  const std::string path = input.path();
  const bool was_read = fuzz::read_within(bound, content.size(), [&] { return read(path); }).has_value();
  std::printf("%-44s %9zu bytes, %6.2f times (bound: %zu)\n", what, content.size(),
              static_cast<double>(fuzz::most_bytes()) / static_cast<double>(content.size()), bound.times);
  fuzz::require(was_read == readable, "the file is read if it is whole, and refused if not");
}

template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string gzip(const std::string& content) {
  z_stream stream{};
  fuzz::require(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib starts");
  std::string packed(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  fuzz::require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "all is packed");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// Values of which all but one in `step` are zero: about `step` decides how well they are packed.
std::string labels(std::uint32_t claimed, std::size_t count, std::size_t step) {
  std::string content("\0\0\x08\x01", 4);
  for (const int shift : {24, 16, 8, 0}) content += static_cast<char>(claimed >> shift & 0xFF);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    content += i % step == 0 ? static_cast<char>(state >> 24) : '\0';
  }
  return content;
}

std::string safetensors(const std::string& header, std::size_t data) {
  return little_endian(std::uint64_t{header.size()}) + header + std::string(data, '\0');
}

// A header of entries that cost much and say little.
std::string entries(std::size_t count, const std::string& shape) {
  std::string header = "{";
  for (std::size_t i = 0; i < count; ++i) {
    header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"F32","shape":)" + shape +
              R"(,"data_offsets":[0,0]})";
  }
  return header + "}";
}

std::string npy(const std::string& items, const std::string& values) {
  const std::string header = "{" + items + "}\n";
  return "\x93NUMPY" + std::string("\2\0", 2) + little_endian(static_cast<std::uint32_t>(header.size())) + header +
         values;
}

void measure_idx() {
  const auto read = [](const std::string& path) { return tinytorch::io::read_idx(path, 1); };
  const auto claim = static_cast<std::uint32_t>(4 * million);
  measure("IDX", fuzz::idx_bound, labels(claim, claim, 1), true, read);
  measure("IDX that claims 4 GB", fuzz::idx_bound, labels(0xFFFFFFFF, claim, 1), false, read);
  measure("IDX, gzipped, packed about 50 times", fuzz::gzipped_idx_bound, gzip(labels(claim, claim, 120)), true, read);
  measure("IDX, gzipped zeros", fuzz::gzipped_idx_bound, gzip(labels(claim, claim, claim)), false, read);
  measure("IDX, gzipped, that claims 4 GB", fuzz::gzipped_idx_bound, gzip(labels(0xFFFFFFFF, claim, 1)), false, read);
}

void measure_safetensors() {
  const auto read = [](const std::string& path) { return tinytorch::io::read_safetensors(path); };
  const auto of = [&](const char* what, const std::string& header, std::size_t data, bool readable) {
    measure(what, fuzz::safetensors_bound, safetensors(header, data), readable, read);
  };
  of("safetensors, one large array", R"({"a":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4000000]}})",
     4 * million, true);
  of("safetensors, 50,000 arrays of nothing", entries(50'000, "[0]"), 0, true);
  std::string deep = "[0";
  for (int i = 1; i < 64; ++i) deep += ",0";
  of("safetensors, 20,000 arrays of 64 axes", entries(20'000, deep + "]"), 0, true);
  of("safetensors, 70,000 arrays, the last damaged", entries(70'000, "[0]") + "x", 0, false);
  of("safetensors, a long name",
     "{\"" + std::string(2 * million, 'a') + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})", 0, true);
  of("safetensors, a long name without its end", "{\"" + std::string(2 * million, 'a'), 0, false);
  of("safetensors, a long number", "{\"a\":" + std::string(2 * million, '1') + "}", 0, false);
  of("safetensors, metadata", R"({"__metadata__":{"a":")" + std::string(2 * million, 'a') + "\"}}", 0, true);
}

void measure_npy() {
  const auto read = [](const std::string& path) { return tinytorch::io::read_npy(path); };
  const auto of = [&](const char* what, const std::string& items, const std::string& values, bool readable) {
    measure(what, fuzz::npy_bound, npy(items, values), readable, read);
  };
  const std::string values(4 * million, '\1');
  of("npy", "'descr':'|u1','fortran_order':False,'shape':(2000,2000)", values, true);
  of("npy, fortran_order, big-endian", "'descr':'>f4','fortran_order':True,'shape':(1000,1000)", values, true);
  of("npy that claims more", "'descr':'|u1','fortran_order':False,'shape':(4000000000,)", values, false);
  of("npy, a long key", "'" + std::string(2 * million, 'a') + "':1", "", false);
  of("npy, a long dtype", "'descr':'" + std::string(2 * million, '<') + "'", "", false);
}

}  // namespace

int main() {
  measure_idx();
  const std::string records(3073 * 1000, '\1');
  measure("CIFAR", fuzz::cifar_bound, records, true,
          [](const std::string& path) { return tinytorch::io::read_cifar(path); });
  measure_safetensors();
  measure_npy();
  return 0;
}
