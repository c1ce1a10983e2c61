// What stands in an object file or program in ELF, the format of Linux: its sections, its symbols, and which symbol
// refers to which.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
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

struct Symbol {
  std::string name;         // as the linker sees it
  bool is_defined = false;  // here; else it is needed from elsewhere
  bool is_local = false;    // no other file sees it
  bool is_weak = false;     // others may define it, too: inline functions, templates
};

struct SymbolTable {
  std::vector<Symbol> symbols;  // named ones, in the file's order
  // Whose code or data refers to which symbol, as places in `symbols`. Calls that the compiler has inlined are none.
  std::vector<std::pair<std::size_t, std::size_t>> references;
};

// Of an object file.
// throws: as sections_of.
SymbolTable symbols_of(const std::filesystem::path& file);

}  // namespace tito
