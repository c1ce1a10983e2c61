// Any file at all, read as safetensors; what was read is written and read again.
#include <stdlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "fuzz.hpp"
#include "io/safetensors.hpp"

using tinytorch::io::NamedArray;
using Arrays = std::vector<NamedArray>;

namespace {

// A folder, in memory where the system has one there, for the file that is written. Removed at the end.
class Folder {
 public:
  Folder() {
    std::error_code ignored;
    const bool memory = std::filesystem::is_directory("/dev/shm", ignored);
    path_ = (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/safetensors_fuzz.XXXXXX";
    fuzz::require(mkdtemp(path_.data()) != nullptr, "a folder can be made");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string file() const { return path_ + "/again.safetensors"; }

 private:
  std::string path_;
};

void sort_by_name(Arrays& arrays) {
  std::sort(arrays.begin(), arrays.end(), [](const NamedArray& a, const NamedArray& b) { return a.name < b.name; });
}

bool same(const NamedArray& a, const NamedArray& b) {
  return a.name == b.name && a.shape == b.shape && a.values.size() == b.values.size() &&
         (a.values.empty() || std::memcmp(a.values.data(), b.values.data(), a.values.size() * sizeof(float)) == 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const fuzz::Input input(data, size);
  auto arrays =
      fuzz::read_within(fuzz::safetensors_bound, size, [&] { return tinytorch::io::read_safetensors(input.path()); });
  if (!arrays) return 0;

  std::uint64_t data_bytes = 0;
  for (const NamedArray& array : *arrays) {
    std::uint64_t count = 1;
    for (const std::int64_t extent : array.shape) count *= static_cast<std::uint64_t>(extent);
    fuzz::require(array.values.size() == count, "the values fill the shape");
    data_bytes += count * sizeof(float);
  }
  std::uint64_t header = 0;
  std::memcpy(&header, data, sizeof header);
  fuzz::require(sizeof header + header + data_bytes == size, "the file is its header and the data");

  tinytorch::io::write_safetensors(folder.file(), *arrays);
  Arrays again = tinytorch::io::read_safetensors(folder.file());
  sort_by_name(*arrays);  // arrays without elements have no order of their own
  sort_by_name(again);
  fuzz::require(std::equal(arrays->begin(), arrays->end(), again.begin(), again.end(), same),
                "what is written is what was read");
  return 0;
}
