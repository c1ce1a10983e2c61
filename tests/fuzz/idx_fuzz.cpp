// Any file at all, read as images and as labels.
#include <algorithm>

#include "fuzz.hpp"
#include "io/idx.hpp"

using tinytorch::io::IdxArray;
using tinytorch::io::read_idx;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bool gzipped = size >= 2 && data[0] == 0x1F && data[1] == 0x8B;
  const fuzz::Input input(data, size);
  for (const int rank : {1, 3}) {
    const auto array = fuzz::read_within(gzipped ? fuzz::gzipped_idx_bound : fuzz::idx_bound, size,
                                         [&] { return read_idx(input.path(), rank); });
    if (!array) continue;
    fuzz::require(array->extents.size() == static_cast<std::size_t>(rank), "there are as many extents as asked for");
    std::uint64_t count = 1;
    for (const std::int64_t extent : array->extents) count *= static_cast<std::uint64_t>(extent);
    fuzz::require(array->values.size() == count, "the values fill the extents");
    if (gzipped) continue;
    const std::size_t header = 4 + 4 * array->extents.size();
    fuzz::require(size == header + array->values.size(), "the file is its header and the values");
    fuzz::require(std::equal(array->values.begin(), array->values.end(), data + header), "the values are the file's");
  }
  return 0;
}
