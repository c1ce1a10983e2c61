// safetensors: named arrays in one file.
//
//   8 bytes header length, little-endian · header: a JSON object · the data
//   {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, .., "__metadata__": {..}}
//
// Offsets count from the end of the header; together the arrays cover the data without gaps or overlaps.
// Only F32 is read: every other dtype, F16, BF16, F64, whole numbers and truth values, is refused by its name.
// Given: not coursework.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinytorch::io {

struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // row-major
};

// throws: IoError naming the file, the field, the expected and the found, for a file that cannot be read or
//         breaks any rule of the format. The arrays come in the order of their data.
// memory: 16 times the header, the data, and 8 KiB.
std::vector<NamedArray> read_safetensors(const std::string& path);

// Writes to a temporary file beside `path`, syncs it and renames it: path is either what it was or whole.
// throws: IoError naming the file; ValueError for two arrays of one name or a shape that does not fit.
void write_safetensors(const std::string& path, const std::vector<NamedArray>& arrays);

}  // namespace tinytorch::io
