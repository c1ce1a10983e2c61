#include "tito/system/elf.hpp"

#include <gelf.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

// An ELF file of 64 bits, and libelf's answers about it: one that is an error is a failure that names the file.
class ElfFile {
 public:
  explicit ElfFile(const fs::path& file) : file_(file), bytes_(read_file(file)) {
    elf_version(EV_CURRENT);
    elf_.reset(elf_memory(bytes_.data(), bytes_.size()));
    if (elf_ == nullptr || elf_kind(elf_.get()) != ELF_K_ELF) fail("it does not begin as one");
    if (gelf_getclass(elf_.get()) != ELFCLASS64) fail("it is not of 64 bits");
    GElf_Ehdr header;
    check(gelf_getehdr(elf_.get(), &header) != nullptr);
    check(elf_getshdrstrndx(elf_.get(), &names_) == 0);
    Elf_Scn* const first = elf_getscn(elf_.get(), 0);
    if (header.e_shoff != 0 && first == nullptr) fail("it ends too early");
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_.get(), section)) != nullptr;) {
      sections_.emplace_back(section, GElf_Shdr{});
      check(gelf_getshdr(section, &sections_.back().second) != nullptr);
    }
  }

  const std::vector<std::pair<Elf_Scn*, GElf_Shdr>>& sections() const { return sections_; }
  std::string name(const GElf_Shdr& section) const { return text(names_, section.sh_name); }

  // The text at an offset of a table of names.
  std::string text(std::size_t table, std::size_t offset) const {
    const char* const found = elf_strptr(elf_.get(), table, offset);
    check(found != nullptr);
    return found;
  }

  // The entries of a section's table, each read by libelf's function for its type.
  template <class Entry>
  std::vector<Entry> entries(Elf_Scn* section, Entry* (*read)(Elf_Data*, int, Entry*)) const {
    Elf_Data* const data = elf_getdata(section, nullptr);
    check(data != nullptr);
    std::vector<Entry> entries(data->d_size / sizeof(Entry));
    for (std::size_t i = 0; i < entries.size(); ++i) check(read(data, static_cast<int>(i), &entries[i]) != nullptr);
    return entries;
  }

 private:
  struct End {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  void check(bool answered) const {
    if (!answered) fail(elf_errmsg(-1));
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Failure(Exit::damaged, file_.string() + " is no object file or program: " + problem);
  }

  fs::path file_;
  std::string bytes_;
  std::unique_ptr<Elf, End> elf_;
  std::size_t names_ = 0;  // the section that holds the sections' names
  std::vector<std::pair<Elf_Scn*, GElf_Shdr>> sections_;
};

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

// Reads symbols and relocations of one object file.
class SymbolReader {
 public:
  explicit SymbolReader(const fs::path& file) : elf_(file) {}

  SymbolTable read() {
    for (const auto& [section, header] : elf_.sections()) {
      if (header.sh_type == SHT_SYMTAB) read_symbols(section, header);
    }
    for (const auto& [section, header] : elf_.sections()) {
      if (header.sh_type == SHT_RELA) read_references(section, header);
    }
    std::sort(table_.references.begin(), table_.references.end());
    table_.references.erase(std::unique(table_.references.begin(), table_.references.end()), table_.references.end());
    return std::move(table_);
  }

 private:
  struct Extent {
    std::uint64_t end = 0;
    std::size_t symbol = nowhere;
  };

  void read_symbols(Elf_Scn* section, const GElf_Shdr& header) {
    for (const GElf_Sym& entry : elf_.entries<GElf_Sym>(section, gelf_getsym)) {
      numbers_.push_back(nowhere);
      const auto type = GELF_ST_TYPE(entry.st_info);
      const std::string name = elf_.text(header.sh_link, entry.st_name);
      if (name.empty() || type == STT_SECTION || type == STT_FILE) continue;
      numbers_.back() = table_.symbols.size();
      const auto binding = GELF_ST_BIND(entry.st_info);
      table_.symbols.push_back({name, entry.st_shndx != SHN_UNDEF, binding == STB_LOCAL, binding == STB_WEAK});
      if (entry.st_shndx == SHN_UNDEF || entry.st_shndx >= SHN_LORESERVE) continue;
      extents_[entry.st_shndx][entry.st_value] = {entry.st_value + entry.st_size, numbers_.back()};
    }
  }

  // The symbol whose code or data lies there.
  std::size_t symbol_at(std::uint64_t section, std::uint64_t offset) const {
    const auto inside = extents_.find(section);
    if (inside == extents_.end()) return nowhere;
    const auto behind = inside->second.upper_bound(offset);
    if (behind == inside->second.begin()) return nowhere;
    const Extent& extent = std::prev(behind)->second;
    return offset < extent.end ? extent.symbol : nowhere;
  }

  void read_references(Elf_Scn* section, const GElf_Shdr& header) {
    for (const GElf_Rela& entry : elf_.entries<GElf_Rela>(section, gelf_getrela)) {
      const std::uint64_t number = GELF_R_SYM(entry.r_info);
      const std::size_t from = symbol_at(header.sh_info, entry.r_offset);
      const std::size_t to = number < numbers_.size() ? numbers_[number] : nowhere;
      if (from != nowhere && to != nowhere && from != to) table_.references.emplace_back(from, to);
    }
  }

  ElfFile elf_;
  SymbolTable table_;
  std::vector<std::size_t> numbers_;                                  // in the file -> in `symbols`
  std::map<std::uint64_t, std::map<std::uint64_t, Extent>> extents_;  // section -> where a symbol begins
};

}  // namespace

std::vector<Section> sections_of(const fs::path& file) {
  const ElfFile elf(file);
  std::vector<Section> sections;
  for (const auto& [section, header] : elf.sections())
    sections.push_back({elf.name(header), header.sh_addr, header.sh_size, (header.sh_flags & SHF_EXECINSTR) != 0});
  return sections;
}

SymbolTable symbols_of(const fs::path& file) { return SymbolReader(file).read(); }

}  // namespace tito
