// Files: whole reads, atomic writes, locks, temporary folders and hashes.
//
// All functions throw Failure(Exit::environment) with the path and the system's reason.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path);

// Nothing if the file does not exist.
std::optional<std::string> read_if_present(const fs::path& path);

// Makes `path` hold `content` or leaves it as it was: writes a temporary file beside it, syncs it, renames it,
// syncs the folder.
void write_atomically(const fs::path& path, std::string_view content);

// The same, after keeping the present content under the name `previous` (also atomically).
void write_keeping_previous(const fs::path& path, const fs::path& previous, std::string_view content);

void make_folders(const fs::path& path);

// Copies a folder with everything in it, symbolic links as links.
void copy_folder(const fs::path& from, const fs::path& to);

// Copies one file atomically.
void copy_file(const fs::path& from, const fs::path& to);

// Copies a file beside itself under a name that is free, such as "progress.damaged-2026-11-22T093000Z.json"; returns
// it.
fs::path copy_under_free_name(const fs::path& path, const std::string& why);

// Removes what killed processes left in a folder: temporary files of the functions above, and temporary folders.
// Whatever cannot be removed stays. throws: nothing
void remove_abandoned(const fs::path& folder);

// SHA-256 in lower-case hexadecimal.
std::string sha256(std::string_view bytes);

// The hash of a folder's files below it: their relative names and contents.
std::string sha256_of_folder(const fs::path& folder);

// The path of the running program.
fs::path own_program();

// A new folder below `parent`, removed with everything in it at the end of scope, or by the next
// TemporaryFolder of the same parent if this process dies.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& parent);
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// An exclusive lock between processes, waited for, held until the end of scope. The file is made if need be; a folder
// that is there may be locked, too, and nothing is left in it.
// throws: Interrupted when Ctrl-C ends the wait.
class FileLock {
 public:
  // `on_wait` is called once when another process holds it.
  explicit FileLock(const fs::path& path, const std::function<void()>& on_wait = {});
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  int descriptor_;
};

// The time now, as "2026-11-22T09:30:00Z".
std::string utc_now();

}  // namespace tito
