#include "tito/system/elf.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <string_view>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

// Reads structures at any place of a file, and nothing behind its end.
class ElfFile {
 public:
  explicit ElfFile(const fs::path& file) : file_(file), bytes_(read_file(file)) {}

  template <class T>
  T at(std::uint64_t offset) const {
    T value{};
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof value) fail("it ends too early");
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  // The text that begins there and ends with a zero.
  std::string text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) fail("a name lies behind its end");
    const std::size_t end = bytes_.find('\0', offset);
    if (end == std::string::npos) fail("a name has no end");
    return bytes_.substr(offset, end - offset);
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Failure(Exit::damaged, file_.string() + " is no object file or program: " + problem);
  }

 private:
  fs::path file_;
  std::string bytes_;
};

// The table of sections, and access to each.
class SectionTable {
 public:
  explicit SectionTable(const ElfFile& elf) : elf_(elf), header_(elf.at<Elf64_Ehdr>(0)) {
    if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) elf.fail("it does not begin as one");
    if (header_.e_ident[EI_CLASS] != ELFCLASS64) elf.fail("it is not of 64 bits");
    if (header_.e_shoff == 0) return;
    // Many sections: their number and the names' place stand in the first one.
    const Elf64_Shdr first = (*this)[0];
    count_ = header_.e_shnum != 0 ? header_.e_shnum : first.sh_size;
    names_ = header_.e_shstrndx == SHN_XINDEX ? first.sh_link : header_.e_shstrndx;
  }

  std::uint64_t count() const { return count_; }
  Elf64_Shdr operator[](std::uint64_t index) const {
    return elf_.at<Elf64_Shdr>(header_.e_shoff + index * sizeof(Elf64_Shdr));
  }
  std::string name(const Elf64_Shdr& section) const { return elf_.text((*this)[names_].sh_offset + section.sh_name); }

 private:
  const ElfFile& elf_;
  Elf64_Ehdr header_;
  std::uint64_t count_ = 0;
  std::uint64_t names_ = 0;
};

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

// Reads symbols and relocations of one object file.
class SymbolReader {
 public:
  explicit SymbolReader(const fs::path& file) : elf_(file), sections_(elf_) {}

  SymbolTable read() {
    for (std::uint64_t i = 0; i < sections_.count(); ++i) {
      if (sections_[i].sh_type == SHT_SYMTAB) read_symbols(sections_[i]);
    }
    for (std::uint64_t i = 0; i < sections_.count(); ++i) {
      if (sections_[i].sh_type == SHT_RELA) read_references(sections_[i]);
    }
    std::sort(table_.references.begin(), table_.references.end());
    table_.references.erase(std::unique(table_.references.begin(), table_.references.end()), table_.references.end());
    return std::move(table_);
  }

 private:
  struct Place {
    std::uint64_t end = 0;
    std::size_t symbol = nowhere;
  };

  void read_symbols(const Elf64_Shdr& section) {
    const std::uint64_t names = sections_[section.sh_link].sh_offset;
    for (std::uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); ++i) {
      const auto raw = elf_.at<Elf64_Sym>(section.sh_offset + i * sizeof(Elf64_Sym));
      numbers_.push_back(nowhere);
      const auto type = ELF64_ST_TYPE(raw.st_info);
      const std::string name = elf_.text(names + raw.st_name);
      if (name.empty() || type == STT_SECTION || type == STT_FILE) continue;
      numbers_.back() = table_.symbols.size();
      const auto binding = ELF64_ST_BIND(raw.st_info);
      table_.symbols.push_back({name, raw.st_shndx != SHN_UNDEF, binding == STB_LOCAL, binding == STB_WEAK});
      if (raw.st_shndx == SHN_UNDEF || raw.st_shndx >= SHN_LORESERVE) continue;
      places_[raw.st_shndx][raw.st_value] = {raw.st_value + raw.st_size, numbers_.back()};
    }
  }

  // The symbol whose code or data lies there.
  std::size_t symbol_at(std::uint64_t section, std::uint64_t offset) const {
    const auto inside = places_.find(section);
    if (inside == places_.end()) return nowhere;
    const auto behind = inside->second.upper_bound(offset);
    if (behind == inside->second.begin()) return nowhere;
    const Place& place = std::prev(behind)->second;
    return offset < place.end ? place.symbol : nowhere;
  }

  void read_references(const Elf64_Shdr& section) {
    for (std::uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Rela); ++i) {
      const auto raw = elf_.at<Elf64_Rela>(section.sh_offset + i * sizeof(Elf64_Rela));
      const std::uint64_t number = ELF64_R_SYM(raw.r_info);
      const std::size_t from = symbol_at(section.sh_info, raw.r_offset);
      const std::size_t to = number < numbers_.size() ? numbers_[number] : nowhere;
      if (from != nowhere && to != nowhere && from != to) table_.references.emplace_back(from, to);
    }
  }

  ElfFile elf_;
  SectionTable sections_;
  SymbolTable table_;
  std::vector<std::size_t> numbers_;                                // in the file -> in `symbols`
  std::map<std::uint64_t, std::map<std::uint64_t, Place>> places_;  // section -> where a symbol begins
};

}  // namespace

std::vector<Section> sections_of(const fs::path& file) {
  const ElfFile elf(file);
  const SectionTable table(elf);
  std::vector<Section> sections;
  for (std::uint64_t i = 0; i < table.count(); ++i) {
    const Elf64_Shdr one = table[i];
    sections.push_back({table.name(one), one.sh_addr, one.sh_size, (one.sh_flags & SHF_EXECINSTR) != 0});
  }
  return sections;
}

SymbolTable symbols_of(const fs::path& file) { return SymbolReader(file).read(); }

}  // namespace tito
