#include "tito/system/file_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tito {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t wanted = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// Where others may write and the system is not told: NFS, SMB, CIFS, SMB2, FUSE, 9P (also a Windows disk under WSL),
// AFS, Ceph, VirtualBox's shared folders. source: the numbers in linux/magic.h and of those file systems
bool is_remote(const fs::path& folder) {
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return false;
  constexpr std::array<std::uint32_t, 9> kinds{0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x65735546,
                                               0x01021997, 0x5346414F, 0x00C36400, 0x786F4256};
  return std::find(kinds.begin(), kinds.end(), static_cast<std::uint32_t>(about.f_type)) != kinds.end();
}

}  // namespace

FileWatch::FileWatch(fs::path file, bool poll) : file_(std::move(file)), seen_(look()) {
  if (poll || is_remote(file_.parent_path())) return;
  notify_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ask_to_be_told();
}

FileWatch::~FileWatch() {
  if (notify_ >= 0) ::close(notify_);
}

FileWatch::Mark FileWatch::look() const {
  struct stat about {};
  if (::stat(file_.c_str(), &about) != 0) return {};
  return {true, about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

// Folders are watched, not the file: most editors put a new file in its place.
void FileWatch::ask_to_be_told() {
  if (notify_ < 0) return;
  names_ = {file_.filename().string()};
  told_ = ::inotify_add_watch(notify_, file_.parent_path().c_str(), wanted) >= 0;
  std::error_code error;
  if (!told_ || !fs::is_symlink(file_, error)) return;
  const fs::path target = fs::weakly_canonical(file_, error);
  if (error) return;
  names_.insert(target.filename().string());
  told_ = !is_remote(target.parent_path()) && ::inotify_add_watch(notify_, target.parent_path().c_str(), wanted) >= 0;
}

FileChange FileWatch::take_events() {
  FileChange change = FileChange::none;
  alignas(inotify_event) std::array<char, 16384> block;
  for (ssize_t got; (got = ::read(notify_, block.data(), block.size())) > 0;) {
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, block.data() + at, sizeof event);
      const char* name = block.data() + at + sizeof event;
      at += sizeof event + event.len;
      // The folder itself has gone: look until there is one again.
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) told_ = false;
      const bool ours = event.len > 0 && names_.contains(name);
      if (!ours && told_ && (event.mask & IN_Q_OVERFLOW) == 0) continue;
      // The last one counts: behind the end of a save another may have begun.
      change = ours && (event.mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0 ? FileChange::saved : FileChange::under_way;
    }
  }
  return change;
}

FileChange FileWatch::take_change() {
  FileChange change = notify_ >= 0 ? take_events() : FileChange::none;
  if (!told_) ask_to_be_told();
  const Mark now = look();
  if (change == FileChange::none && !(now == seen_)) change = FileChange::under_way;
  seen_ = now;
  return change;
}

}  // namespace tito
