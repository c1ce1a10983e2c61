// NumPy's .npy: one array in one file.
//
//   6 bytes 0x93 "NUMPY" · 1 byte major, 1 byte minor version · header length, little-endian, 2 bytes in version
//   1.0 and 4 in 2.0 and 3.0 · header · the values
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }     spaces, '\n'
//
// The header is a dictionary as Python writes it, of exactly these three keys. Read are whole numbers of 1, 2, 4
// and 8 bytes with and without sign, floating-point numbers of 4 and 8 bytes, and truth values, of either byte
// order. Given: not coursework.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinytorch::io {

struct NpyArray {
  std::string dtype;                // "b1", "i1" .. "i8", "u1" .. "u8", "f4" or "f8": kind and bytes of an element
  std::vector<std::int64_t> shape;  // outermost first; none for a single number
  std::vector<std::uint8_t> bytes;  // the elements, row-major, in this machine's byte order
};

// throws: IoError naming the file, the field, the expected and the found, for a file that cannot be read, a wrong
//         magic number or version, a header that is anything else, too few or too many bytes, and a truth value that
//         is neither 0 nor 1.
// memory: three times the size of the file and 8 KiB.
NpyArray read_npy(const std::string& path);

// The array's elements as bytes, row-major, where every one is a whole number from 0 to 255: images and labels.
// `path` is where it was read from, for the message.
// throws: IoError naming the file, the element and what it is.
std::vector<std::uint8_t> to_uint8(const NpyArray& array, const std::string& path);

}  // namespace tinytorch::io
