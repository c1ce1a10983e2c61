// What a safetensors file holds, read from its header alone and without the engine: a reader of its own, so that a
// model that a student's save() wrote is checked by somebody else.
//
//   8 bytes header length, little-endian · header: a JSON object · the data
//   {"name": {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, .., "__metadata__": {..}}
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tito {

struct TensorEntry {
  std::string name;
  std::string dtype;  // "F32"
  std::vector<std::int64_t> shape;
  std::int64_t numbers = 0;  // how many it holds
  std::int64_t begin = 0;    // where its bytes lie, counted from the end of the header
  std::int64_t end = 0;
};

// The tensors in the order of their data.
// throws: Failure(Exit::damaged) naming the file and the rule that it breaks: every tensor's extents, type and bytes
//         must agree, and together they must cover the data without gaps or overlaps.
std::vector<TensorEntry> read_safetensors_header(const std::filesystem::path& path);

}  // namespace tito
