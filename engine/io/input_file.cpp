#include "io/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tinytorch/errors.hpp"

namespace tinytorch::io {

void fail(const std::string& path, const std::string& field, const std::string& expected, const std::string& found) {
  throw IoError(path + ": " + field + ": expected " + expected + ", found " + found);
}

std::string in_quotes(const std::string& text) {
  std::string shown = '"' + text.substr(0, 100) + '"';
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return shown;
}

std::optional<std::uint64_t> bytes_of(const std::vector<std::uint64_t>& shape, std::uint64_t element_size) {
  constexpr std::uint64_t max_bytes = std::uint64_t{1} << 62;
  std::uint64_t bytes = element_size;
  for (const std::uint64_t extent : shape) {
    if (extent > max_bytes || (extent != 0 && bytes > max_bytes / extent)) return std::nullopt;
    bytes *= extent;
  }
  return bytes;
}

namespace {

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  // Without O_NONBLOCK, opening a pipe waits for its other end.
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor >= 0) file_.reset(fdopen(descriptor, "rb"));
  if (file_ == nullptr) {
    const int reason = errno;
    if (descriptor >= 0) close(descriptor);
    throw IoError(path + ": cannot be opened: " + std::strerror(reason));
  }
  struct stat status {};
  if (fstat(descriptor, &status) != 0) throw IoError(path + ": cannot be read: " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) {
    throw IoError(path + ": cannot be read: expected a regular file, found " + kind_of(status.st_mode));
  }
  size_ = left_ = static_cast<std::uint64_t>(status.st_size);
}

std::size_t InputFile::read_up_to(void* to, std::size_t count) {
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
  const std::size_t got = std::fread(to, 1, wanted, file_.get());
  if (got < wanted && std::ferror(file_.get()) != 0) {
    throw IoError(path_ + ": cannot be read: " + std::strerror(errno));
  }
  left_ = got < wanted ? 0 : left_ - got;  // a file that has become shorter ends here
  return got;
}

void InputFile::read(void* to, std::size_t count, const std::string& field) {
  const std::size_t got = read_up_to(to, count);
  if (got < count) fail(path_, field, std::to_string(count) + " bytes", std::to_string(got));
}

}  // namespace tinytorch::io
