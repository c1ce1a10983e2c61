// A file that is written piece by piece, and is known under its final name only when it is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace tito {

// All of it throws Failure(Exit::environment) naming the file. After a full disk what was written stays.
class OutputFile {
 public:
  enum class Start { empty, as_it_is };

  // Opens the file, or makes it.
  OutputFile(std::filesystem::path path, Start start);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }  // bytes

  // Over what is there, and behind it. offset <= size().
  void write_at(std::uint64_t offset, const void* bytes, std::size_t count);

  // Lets go of all behind the first `size` bytes. size <= size().
  void cut(std::uint64_t size);

  // Waits until the bytes are on the disk, and then gives the file its name; what had it before is gone.
  void become(const std::filesystem::path& name);

 private:
  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace tito
