// The sections of an object file or program in ELF, the format of Linux: their names and where they lie in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tito {

struct Section {
  std::string name;           // ".text"
  std::uint64_t address = 0;  // in a program; 0 in an object file
  std::uint64_t size = 0;     // bytes
  bool is_code = false;
};

// In the file's order.
// throws: Failure(Exit::environment) when it cannot be read; Failure(Exit::damaged) for a file that is not 64-bit ELF.
std::vector<Section> sections_of(const std::filesystem::path& file);

}  // namespace tito
