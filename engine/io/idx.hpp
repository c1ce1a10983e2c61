// IDX, the format of MNIST: a header of big-endian numbers, then unsigned bytes.
//
//   2 bytes 0 · 1 byte 0x08 (unsigned bytes) · 1 byte rank · rank x uint32 extents · the values
//
// Given: not coursework.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinytorch::io {

struct IdxArray {
  std::vector<std::int64_t> extents;  // outermost first
  std::vector<std::uint8_t> values;   // row-major
};

// Reads a file, plain or gzipped. `expected_rank` is the number of extents it must have: 3 for images, 1 for labels.
// throws: IoError naming the file, the field, the expected and the found, for a file that cannot be read, a
//         wrong magic number or rank, an impossible size, too few or too many bytes. A gzipped file may hold
//         at most 64 times its size and 64 KiB more; a larger one is to be unpacked first.
// memory: plain, the size of the file and 80 KiB; gzipped, it grows with what is unpacked, to at most 128 times
//         the size of the file and 256 KiB.
IdxArray read_idx(const std::string& path, int expected_rank);

}  // namespace tinytorch::io
