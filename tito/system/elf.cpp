#include "tito/system/elf.hpp"

#include <elf.h>

#include <cstring>
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

}  // namespace

std::vector<Section> sections_of(const fs::path& file) {
  const ElfFile elf(file);
  const auto header = elf.at<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) elf.fail("it does not begin as one");
  if (header.e_ident[EI_CLASS] != ELFCLASS64) elf.fail("it is not of 64 bits");
  const auto section = [&](std::uint64_t index) {
    return elf.at<Elf64_Shdr>(header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  // Many sections: their number and the names' place stand in the first one.
  const Elf64_Shdr first = header.e_shoff == 0 ? Elf64_Shdr{} : section(0);
  const std::uint64_t count = header.e_shoff == 0 ? 0 : header.e_shnum != 0 ? header.e_shnum : first.sh_size;
  const std::uint64_t names = header.e_shstrndx == SHN_XINDEX ? first.sh_link : header.e_shstrndx;
  if (count == 0) return {};
  const std::uint64_t text = section(names).sh_offset;
  std::vector<Section> sections;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Elf64_Shdr one = section(i);
    sections.push_back({elf.text(text + one.sh_name), one.sh_addr, one.sh_size, (one.sh_flags & SHF_EXECINSTR) != 0});
  }
  return sections;
}

}  // namespace tito
