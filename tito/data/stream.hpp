// Bytes one after another: those of a file, or what they are once uncompressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace tito {

// What is found wrong in an archive while it is read.
struct Damaged {
  std::string what;
};

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  // At most `count` bytes; 0 only at the end. throws: Damaged; Failure(Exit::environment); Interrupted.
  virtual std::size_t read(char* bytes, std::size_t count) = 0;

  // As many as there are, up to `count`.
  std::string read_string(std::size_t count);
};

class FileStream : public Stream {
 public:
  // `on_bytes` is told how many were read so far. throws: Failure(Exit::environment) when it is not a file that can be
  // read.
  FileStream(std::filesystem::path path, std::function<void(std::uint64_t)> on_bytes);
  ~FileStream() override;

  std::size_t read(char* bytes, std::size_t count) override;
  std::uint64_t size() const { return size_; }
  std::uint64_t place() const { return place_; }
  void go_to(std::uint64_t place) { place_ = place; }

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  std::function<void(std::uint64_t)> on_bytes_;
  int descriptor_;
  std::uint64_t size_ = 0;
  std::uint64_t place_ = 0;
  std::uint64_t read_ = 0;
};

// What gzip, bzip2, xz or zstd made the file from; nothing when none of them did, by its first bytes. What the formats
// have for checking is checked: of gzip the CRC-32 and the length, which libarchive leaves alone.
std::unique_ptr<Stream> uncompressed(FileStream& file);

}  // namespace tito
