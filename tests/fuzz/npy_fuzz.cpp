// Any file at all, read as NumPy's array; what was read is put into the plainest form and read again.
#include <algorithm>

#include "fuzz.hpp"
#include "io/npy.hpp"

using tinytorch::io::NpyArray;
using tinytorch::io::read_npy;

namespace {

std::string plainest(const NpyArray& array) {
  std::string header = "{'descr': '<" + array.dtype + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : array.shape) header += std::to_string(extent) + ",";
  header += ")}\n";
  std::string content = "\x93NUMPY";
  content += {1, 0, static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  content += header;
  content.append(array.bytes.begin(), array.bytes.end());
  return content;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const auto array = fuzz::read_within(fuzz::npy_bound, size, [&] { return read_npy(input.path()); });
  if (!array) return 0;

  std::uint64_t count = 1;
  for (const std::int64_t extent : array->shape) count *= static_cast<std::uint64_t>(extent);
  const auto element_size = static_cast<std::size_t>(array->dtype.at(1) - '0');
  fuzz::require(array->bytes.size() == count * element_size, "the bytes fill the shape");
  fuzz::require(array->bytes.size() < size, "the bytes are the file's");

  const auto narrow =
      fuzz::read_within(fuzz::npy_bound, size, [&] { return tinytorch::io::to_uint8(*array, input.path()); });
  fuzz::require(!narrow || narrow->size() == count, "there is a byte for each element");

  const std::string content = plainest(*array);
  const fuzz::Input second(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  const NpyArray again = read_npy(second.path());
  fuzz::require(again.dtype == array->dtype && again.shape == array->shape && again.bytes == array->bytes,
                "the plainest form of an array is the same array");
  return 0;
}
