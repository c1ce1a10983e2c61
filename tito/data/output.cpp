#include "tito/data/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

[[noreturn]] void fail(const std::string& action, const std::filesystem::path& path, int error) {
  std::string way_out;
  if (error == ENOSPC) way_out = "free some disk space and call again";
  if (error == EDQUOT) way_out = "your share of the disk is used up: free some of it and call again";
  if (error == EFBIG) way_out = "a limit on the size of files is in force: see ulimit -f";
  throw Failure(Exit::environment, "cannot " + action + " " + path.string() + ": " + std::strerror(error), way_out);
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path path, Start start)
    : path_(std::move(path)),
      descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (start == Start::empty ? O_TRUNC : 0), 0644)) {
  if (descriptor_ < 0) fail("write", path_, errno);
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  const int error = known ? EINVAL : errno;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail("write", path_, error);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

OutputFile::~OutputFile() { ::close(descriptor_); }

void OutputFile::write_at(std::uint64_t offset, const void* bytes, std::size_t count) {
  const char* from = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t wrote = ::pwrite(descriptor_, from, count, static_cast<off_t>(offset));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail("write", path_, errno);
    from += wrote;
    offset += static_cast<std::uint64_t>(wrote);
    count -= static_cast<std::size_t>(wrote);
    size_ = std::max(size_, offset);
  }
}

void OutputFile::cut(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) fail("shorten", path_, errno);
  size_ = size;
}

void OutputFile::become(const std::filesystem::path& name) {
  if (::fsync(descriptor_) != 0) fail("write", path_, errno);
  if (::rename(path_.c_str(), name.c_str()) != 0) fail("write", name, errno);
  path_ = name;
  const std::filesystem::path folder = name.has_parent_path() ? name.parent_path() : ".";
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("open", folder, errno);
  ::fsync(descriptor);  // not every file system can; the rename is atomic all the same
  ::close(descriptor);
}

}  // namespace tito
