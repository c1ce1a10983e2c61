// Noticing that a file was saved, however an editor saves: by writing into it, by renaming another over it, by
// removing it and making it anew.
//
// The system tells of changes (inotify). Where it does not, as on a network file system or when there are too many
// watches, the file is looked at ten times a second; where it does, once a second all the same.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <set>
#include <string>

namespace tito {

enum class FileChange {
  none,
  under_way,  // something happened that may be a part of a save
  saved       // what was written is whole: the file was closed, or another was put in its place
};

class FileWatch {
 public:
  // The file need not be there. `poll`: do not ask the system, look.
  FileWatch(std::filesystem::path file, bool poll);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

  // What happened to the file since this was last asked. A removal is under way, too: most editors go on.
  FileChange take_change();

  // Readable when there may be news; -1 where only looking helps.
  int descriptor() const { return told_ ? notify_ : -1; }

  // How long one may wait for the descriptor before asking again.
  int interval_milliseconds() const { return told_ ? 1000 : 100; }

 private:
  // What tells one state of a file from another.
  struct Mark {
    bool exists = false;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    bool operator==(const Mark&) const = default;
  };

  Mark look() const;
  void ask_to_be_told();
  FileChange take_events();

  std::filesystem::path file_;
  std::set<std::string> names_;  // the file's, and that of what it links to
  Mark seen_;
  int notify_ = -1;    // inotify's descriptor, if there is one
  bool told_ = false;  // whether its folder is watched and the file system tells
};

}  // namespace tito
