#include "tito/system/files.hpp"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr std::string_view temporary_prefix = "run-";  // of folders: run-PID-XXXXXX
constexpr std::string_view temporary_ending = ".tmp";  // of files: NAME.tmpPID

[[noreturn]] void fail(const std::string& action, const fs::path& path, int error) {
  throw Failure(Exit::environment, "cannot " + action + " " + path.string() + ": " + std::strerror(error),
                error == ENOSPC ? "free some disk space; nothing was changed" : "");
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, const std::string& action)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (value_ < 0) fail(action, path, errno);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(value_); }
  int get() const { return value_; }

 private:
  int value_;
};

void sync_folder(const fs::path& folder) {
  const Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY, "open");
  ::fsync(descriptor.get());  // not every file system can; the rename is atomic all the same
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// Writes and syncs a new file beside `path`; returns its name.
fs::path write_beside(const fs::path& path, std::string_view content) {
  fs::path temporary = path;
  temporary += std::string(temporary_ending) + std::to_string(::getpid());
  try {
    const Descriptor descriptor(temporary, O_WRONLY | O_CREAT | O_TRUNC, "write");
    while (!content.empty()) {
      const ssize_t wrote = ::write(descriptor.get(), content.data(), content.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) fail("write", path, errno);
      content.remove_prefix(static_cast<std::size_t>(wrote));
    }
    if (::fsync(descriptor.get()) != 0) fail("write", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  return temporary;
}

void rename_over(const fs::path& temporary, const fs::path& path) {
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail("write", path, error);
  }
}

void check(const std::error_code& error, const std::string& action, const fs::path& path) {
  if (error) fail(action, path, error.value());
}

// The process that a temporary name speaks of: "run-PID-XXXXXX" or "NAME.tmpPID"; 0 for any other name.
pid_t owner_of(const std::string& name) {
  const bool is_folder = name.starts_with(temporary_prefix);
  const std::size_t ending = name.rfind(temporary_ending);
  if (!is_folder && ending == std::string::npos) return 0;
  const char* begin = name.data() + (is_folder ? temporary_prefix.size() : ending + temporary_ending.size());
  const char* end = name.data() + name.size();
  pid_t owner = 0;
  const auto parsed = std::from_chars(begin, end, owner);
  const bool whole = is_folder ? parsed.ptr != end && *parsed.ptr == '-' : parsed.ptr == end;
  return parsed.ec == std::errc{} && whole ? owner : 0;
}

}  // namespace

std::string read_file(const fs::path& path) {
  const Descriptor descriptor(path, O_RDONLY, "read");
  std::string content;
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t got = ::read(descriptor.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path, errno);
    if (got == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(got));
  }
}

std::optional<std::string> read_if_present(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  if (error) fail("read", path, error.value());
  // A pipe or a device would have no end.
  if (!fs::is_regular_file(status)) throw Failure(Exit::usage, path.string() + " is not a file that can be read");
  return read_file(path);
}

void write_atomically(const fs::path& path, std::string_view content) {
  rename_over(write_beside(path, content), path);
  sync_folder(folder_of(path));
}

void write_keeping_previous(const fs::path& path, const fs::path& previous, std::string_view content) {
  const fs::path temporary = write_beside(path, content);
  fs::path kept = previous;
  kept += std::string(temporary_ending) + std::to_string(::getpid());
  ::unlink(kept.c_str());
  // A second name for the same file: at no moment is there none.
  if (::link(path.c_str(), kept.c_str()) == 0) {
    rename_over(kept, previous);
    ::unlink(kept.c_str());  // still there where both were one file already, left so by a tito that was killed
  } else if (errno != ENOENT) {
    write_atomically(previous, read_file(path));  // a file system without hard links
  }
  rename_over(temporary, path);
  sync_folder(folder_of(path));
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  check(error, "make the folder", path);
}

void copy_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  make_folders(to);
  fs::copy(from, to,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing, error);
  check(error, "copy " + from.string() + " to", to);
}

void copy_file(const fs::path& from, const fs::path& to) { write_atomically(to, read_file(from)); }

fs::path copy_under_free_name(const fs::path& path, const std::string& why) {
  std::string stamp = utc_now();
  std::erase(stamp, ':');
  const std::string name = path.stem().string() + "." + why + "-" + stamp;
  fs::path copy = path.parent_path() / (name + path.extension().string());
  for (int i = 2; fs::exists(copy); ++i)
    copy = path.parent_path() / (name + "-" + std::to_string(i) + path.extension().string());
  write_atomically(copy, read_file(path));
  return copy;
}

void remove_abandoned(const fs::path& folder) {
  std::error_code ignored;
  for (auto at = fs::directory_iterator(folder, ignored); at != fs::directory_iterator(); at.increment(ignored)) {
    const pid_t owner = owner_of(at->path().filename().string());
    if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) fs::remove_all(at->path(), ignored);
  }
}

std::string sha256(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  return hexadecimal(digest.data(), digest.size());
}

std::string sha256_of_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (at->is_regular_file(error)) files.push_back(at->path());
  }
  check(error, "read the folder", folder);
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) all += fs::relative(file, folder).string() + '\0' + sha256(read_file(file)) + '\n';
  return sha256(all);
}

fs::path own_program() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  check(error, "read", "/proc/self/exe");
  return path;
}

TemporaryFolder::TemporaryFolder(const fs::path& parent) {
  make_folders(parent);
  remove_abandoned(parent);
  std::string pattern = (parent / (std::string(temporary_prefix) + std::to_string(::getpid()) + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) fail("make a folder in", parent, errno);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

FileLock::FileLock(const fs::path& path, const std::function<void()>& on_wait)
    : descriptor_(::open(path.c_str(), (fs::is_directory(path) ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0644)) {
  if (descriptor_ < 0) fail("lock", path, errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  if (on_wait) on_wait();
  // Asked for again and again, as a thread that waits in the kernel would not learn that it must stop.
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if ((error == EWOULDBLOCK || error == EINTR) && !must_stop()) {
      ::usleep(2000);
      continue;
    }
    ::close(descriptor_);
    stop_if_interrupted();
    fail("lock", path, error);
  }
}

FileLock::~FileLock() { ::close(descriptor_); }

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text;
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

}  // namespace tito
