// CIFAR-10's binary format: records of one label byte, then 3 x 32 x 32 bytes, channel by channel (red, green, blue),
// each in rows.
//
// Given: not coursework.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinytorch::io {

struct CifarImages {
  std::vector<std::uint8_t> labels;  // 0 .. 9
  std::vector<std::uint8_t> pixels;  // labels.size() x 3 x 32 x 32
};

// throws: IoError naming the file, the record, the expected and the found, for a file that cannot be read,
//         is empty or ends inside a record, and for a label past 9.
// memory: the size of the file and 4 KiB.
CifarImages read_cifar(const std::string& path);

}  // namespace tinytorch::io
