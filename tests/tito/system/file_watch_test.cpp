// Noticing saves, told by the system and by looking.
#include "tito/system/file_watch.hpp"

#include <fstream>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

namespace {

using tito::FileChange;

struct Folder {
  tito::TemporaryFolder temporary{fs::temp_directory_path() / "tito-tests"};
  fs::path file = temporary.path() / "m" / "a.cpp";
  Folder() {
    fs::create_directories(file.parent_path());
    write("one");
  }
  void write(const std::string& text) const { std::ofstream(file, std::ios::trunc) << text; }
};

bool changes(tito::FileWatch& watch) {
  return comes_true([&] { return watch.take_change() != FileChange::none; }, 3);
}

// Until nothing more comes of what was done.
void settle(tito::FileWatch& watch) {
  while (watch.take_change() != FileChange::none) {
  }
}

}  // namespace

TEST_CASE("A file that was written, replaced, removed or made anew has changed, told or looked at", "[file_watch]") {
  for (const bool poll : {false, true}) {
    INFO(poll);
    const Folder folder;
    tito::FileWatch watch(folder.file, poll);
    CHECK_SAME(watch.descriptor() >= 0, !poll);
    CHECK(watch.take_change() == FileChange::none);
    folder.write("two!");
    CHECK(changes(watch));
    settle(watch);
    tito::write_atomically(folder.file, "twa!");
    CHECK(changes(watch));
    settle(watch);
    fs::remove(folder.file);
    CHECK(changes(watch));
    settle(watch);
    folder.write("three");
    CHECK(changes(watch));
    settle(watch);
    CHECK(watch.take_change() == FileChange::none);
  }
}

TEST_CASE("Other files of the folder are no news", "[file_watch]") {
  const Folder folder;
  tito::FileWatch watch(folder.file, false);
  std::ofstream(folder.file.parent_path() / "a.cpp.swp") << "x";
  std::ofstream(folder.file.parent_path() / "README.md") << "x";
  CHECK(watch.take_change() == FileChange::none);
}

TEST_CASE("A save is whole when the file is closed or another is put in its place", "[file_watch]") {
  const Folder folder;
  tito::FileWatch watch(folder.file, false);
  {
    std::ofstream file(folder.file, std::ios::trunc);
    file << "half" << std::flush;
    CHECK(watch.take_change() == FileChange::under_way);
    file << " and half";
  }
  CHECK(watch.take_change() == FileChange::saved);
  tito::write_atomically(folder.file, "all");
  CHECK(watch.take_change() == FileChange::saved);
}

TEST_CASE("A link's target is watched, and a folder that was put in place of another", "[file_watch]") {
  const Folder folder;
  const fs::path target = folder.temporary.path() / "elsewhere.cpp";
  std::ofstream(target) << "x";
  fs::remove(folder.file);
  fs::create_symlink(target, folder.file);
  tito::FileWatch watch(folder.file, false);
  std::ofstream(target) << "xyz";
  CHECK(watch.take_change() == FileChange::saved);

  fs::rename(folder.file.parent_path(), folder.temporary.path() / "old");
  CHECK(changes(watch));
  CHECK(watch.interval_milliseconds() <= 100);
  fs::create_directories(folder.file.parent_path());
  folder.write("new");
  CHECK(changes(watch));
  settle(watch);
  folder.write("newer");
  CHECK(watch.take_change() == FileChange::saved);
}
