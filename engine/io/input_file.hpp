// What the readers share: a file that is open, its size, reading it, and how they say what is wrong.
//
// Every reader holds its header's claims against size() before it asks for memory, and states in its own header
// how much that can be. Only regular files are opened: a pipe or a device has no size, and may have no end.
//
// Given: not coursework.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tinytorch::io {

// throws: IoError "path: field: expected .., found ..".
[[noreturn]] void fail(const std::string& path, const std::string& field, const std::string& expected,
                       const std::string& found);

// Text from a file as a message may show it: in quotes, at most 100 bytes of it, control characters as '?'.
std::string in_quotes(const std::string& text);

// The bytes of an array of this shape whose elements have `element_size` bytes; nothing when they are more than
// any machine holds.
std::optional<std::uint64_t> bytes_of(const std::vector<std::uint64_t>& shape, std::uint64_t element_size);

class InputFile {
 public:
  // throws: IoError naming the path when it cannot be opened or is not a regular file.
  explicit InputFile(const std::string& path);

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }  // when it was opened: nothing behind that is read
  std::uint64_t left() const { return left_; }  // of these, not yet read

  // Reads up to `count` bytes; fewer only at the end of the file.
  // throws: IoError when the system reports a fault.
  std::size_t read_up_to(void* to, std::size_t count);

  // Reads exactly `count` bytes. `field` is what they are, for the message.
  // throws: IoError as above, or when the file has fewer.
  void read(void* to, std::size_t count, const std::string& field);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace tinytorch::io
