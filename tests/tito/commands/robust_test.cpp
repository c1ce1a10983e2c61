// Nothing is lost whatever the world is like: a full disk, a read-only folder, odd paths, a folder that moved.
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>

#include "tests/support/tito.hpp"
#include "tito/system/failure.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";

// A file system of so many bytes, mounted on a folder until the end of scope.
class SmallDisk {
 public:
  SmallDisk(fs::path folder, const std::string& size) : folder_(std::move(folder)) {
    fs::create_directories(folder_);
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool is_mounted() const { return mounted_; }

 private:
  fs::path folder_;
  bool mounted_ = false;
};

// Whether this test may write where nobody should, as root may.
bool rights_do_not_count() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("On a full disk nothing is overwritten, and with room again all goes on", "[robust][limit:120]") {
  Sandbox box;
  const fs::path disk = box.root() / "disk";
  const SmallDisk small(disk, "1m");
  if (!small.is_mounted()) {
    WARN("a small file system could not be mounted, which takes rights: skipped");
    return;
  }
  const std::vector<std::string> workspace{"--workspace", (disk / "w").string()};
  const auto run = [&](std::vector<std::string> command) {
    command.insert(command.end(), workspace.begin(), workspace.end());
    return box.tito(command);
  };
  REQUIRE(box.tito({"init", (disk / "w").string()}).status == 0);
  REQUIRE(run({"dev", "fill", "01"}).status == 0);
  const std::string work = tito::read_file(disk / "w" / count_file),
                    record = tito::read_file(disk / "w/.tito/progress.json");
  try {
    for (int i = 0; i < 100; ++i)
      tito::write_atomically(disk / ("filler" + std::to_string(i)), std::string(i < 60 ? 65536 : 4096, 'x'));
  } catch (const tito::Failure&) {
  }
  try {
    for (int i = 0; i < 100; ++i) tito::write_atomically(disk / ("crumb" + std::to_string(i)), std::string(4096, 'x'));
  } catch (const tito::Failure&) {
  }
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"module", "reset", "01"}, {"undo"}, {"module", "test", "01"}, {"export", "01"}}) {
    const Run full = run(command);
    INFO(command.front() << ": " << full.err);
    CHECK_SAME(full.status, 3);
    CHECK_SAME(tito::read_file(disk / "w" / count_file), work);
    CHECK_SAME(tito::read_file(disk / "w/.tito/progress.json"), record);
  }
  CHECK_CONTAINS(run({"module", "reset", "01"}).err, "No space left");
  for (const auto& entry : fs::directory_iterator(disk)) {
    if (entry.is_regular_file()) fs::remove(entry.path());
  }
  CHECK_SAME(run({"module", "reset", "01"}).status, 0);
  CHECK_SAME(run({"undo"}).status, 0);
  CHECK_SAME(tito::read_file(disk / "w" / count_file), work);
}

TEST_CASE("Where no file may grow, no command changes the work, and each says so", "[robust][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string work = tito::read_file(box.path(count_file));
  fs::remove(box.path("modules/01_count/README.md"));  // so that there is something to update
  const std::vector<std::pair<std::string, std::string>> commands{{"module reset 01", "File too large"},
                                                                  {"undo", "File too large"},
                                                                  {"update", "File too large"},
                                                                  {"module test 01", "File size limit exceeded"}};
  for (const auto& [command, said] : commands) {
    const Run run = box.tito_on_full_disk(command);
    INFO(command << ": " << run.out);
    CHECK_SAME(run.status, 3);
    CHECK_CONTAINS(run.out, said);
    CHECK_SAME(tito::read_file(box.path(count_file)), work);
  }
  CHECK_SAME(box.tito({"history"}).status, 0);
}

TEST_CASE("A folder that is read-only is named; reading goes on, and nothing is changed", "[robust][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const std::string all = tito::sha256_of_folder(box.workspace());
  bool read_only = false;
  if (rights_do_not_count()) {
    read_only = ::mount(box.workspace().c_str(), box.workspace().c_str(), nullptr, MS_BIND, nullptr) == 0;
    if (read_only &&
        ::mount(nullptr, box.workspace().c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      ::umount2(box.workspace().c_str(), MNT_DETACH);
      read_only = false;
    }
  } else {
    const std::string command = "chmod -R a-w " + box.workspace().string();
    read_only = std::system(command.c_str()) == 0;
  }
  if (!read_only) {
    WARN("the workspace could not be made read-only here: skipped");
    return;
  }
  for (const std::vector<std::string>& command : {std::vector<std::string>{"next"},
                                                  {"module", "list"},
                                                  {"checkpoint", "status"},
                                                  {"history", "01"},
                                                  {"diff", "01"},
                                                  {"solution", "01"}}) {
    INFO(command.front());
    CHECK_SAME(box.tito(command).status, 0);
  }
  for (const std::vector<std::string>& command : {std::vector<std::string>{"module", "test", "01"},
                                                  {"module", "reset", "01"},
                                                  {"undo"},
                                                  {"update"},
                                                  {"progress", "rebuild"}}) {
    const Run run = box.tito(command);
    INFO(command.front() << ": " << run.err);
    CHECK_SAME(run.status, 3);
    CHECK_CONTAINS(run.err, box.workspace().string());
  }
  if (rights_do_not_count()) {
    ::umount2(box.workspace().c_str(), MNT_DETACH);
  } else {
    const std::string command = "chmod -R u+w " + box.workspace().string();
    CHECK_SAME(std::system(command.c_str()), 0);
  }
  CHECK_SAME(tito::sha256_of_folder(box.workspace()), all);
}

TEST_CASE("Without HOME, and in folders with blanks, quotes and letters of all kinds, everything works",
          "[robust][limit:120]") {
  Sandbox box;
  const std::string folder = "Étude d'été \"π\" 学习 $HOME";
  const std::string tito = TEST_TITO;
  const std::vector<std::string> environment{
      "-u", "HOME", "-u", "XDG_DATA_HOME", "-u", "XDG_CACHE_HOME", "TITO_KIT=" TEST_TOY_KIT};
  REQUIRE(box.run({tito, "init", folder}, box.root(), environment).status == 0);
  const fs::path workspace = box.root() / folder;
  for (const std::vector<std::string>& command : {std::vector<std::string>{"dev", "fill", "all"},
                                                  {"module", "test", "01"},
                                                  {"export", "01"},
                                                  {"export", "02"},
                                                  {"demo", "02"},
                                                  {"diff", "01"},
                                                  {"solution", "01"},
                                                  {"module", "reset", "01"},
                                                  {"undo"},
                                                  {"history"},
                                                  {"update"},
                                                  {"progress", "rebuild"},
                                                  {"next"}}) {
    std::vector<std::string> words{tito};
    words.insert(words.end(), command.begin(), command.end());
    const Run run = box.run(words, workspace, environment);
    INFO(command.front() << ": " << run.out << run.err);
    CHECK_SAME(run.status, 0);
  }
  CHECK_SAME(box.run({tito, "next", "--json"}, workspace, environment).json().at("action"), "finished");
}

TEST_CASE("A workspace that was moved, or copied, is the same; update mends what editors read", "[robust][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"module", "reset", "02"}).status == 0);
  const fs::path copy = box.root() / "copy", moved = box.root() / "elsewhere";
  REQUIRE(box.run({"cp", "-r", box.workspace().string(), copy.string()}, box.root()).status == 0);
  fs::rename(box.workspace(), moved);
  for (const fs::path& place : {copy, moved}) {
    const auto run = [&](std::vector<std::string> command) {
      command.insert(command.begin(), TEST_TITO);
      return box.run(command, place, {"TITO_KIT=" TEST_TOY_KIT});
    };
    CHECK_SAME(run({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "exported");
    CHECK_SAME(run({"checkpoint", "test", "numbers"}).status, 0);
    CHECK_SAME(run({"undo"}).status, 0);
    CHECK_CONTAINS(tito::read_file(place / "modules/02_total/total.cpp"), "total += number");
    CHECK_SAME(run({"update", "--json"}).json().at("changes").at(0).at("path"), "compile_commands.json");
    CHECK_CONTAINS(tito::read_file(place / "compile_commands.json"), place.string());
    CHECK_SAME(run({"update"}).out, std::string("all is up to date\n"));
  }
}

TEST_CASE("Times that lie in the future, as after a clock was set back, change no verdict and no order",
          "[robust][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"module", "reset", "02"}).status == 0);
  for (const char* file : {".tito/progress.json", ".tito/snapshots/index.json"}) {
    std::string text = tito::read_file(box.path(file));
    const std::string year = "\"at\": \"20";
    for (std::size_t at = 0; (at = text.find(year, at)) != std::string::npos; at += year.size())
      text.replace(at + year.size(), 2, "99");
    tito::write_atomically(box.path(file), text);
  }
  const auto future = fs::file_time_type::clock::now() + std::chrono::hours(24 * 365);
  for (const auto& entry : fs::recursive_directory_iterator(box.workspace())) {
    if (entry.is_regular_file()) fs::last_write_time(entry.path(), future);
  }
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "exported");
  CHECK_SAME(box.tito({"checkpoint", "status", "--json"}).json().at("checkpoints").at(0).at("state"), "done");
  REQUIRE(box.tito({"module", "reset", "01"}).status == 0);
  const auto snapshots = box.tito({"history", "--json"}).json().at("snapshots");
  CHECK_SAME(snapshots.at(0).at("module"), "count");
  CHECK_SAME(snapshots.at(0).at("cause"), "reset");
  CHECK(snapshots.at(0).at("at").get<std::string>() < snapshots.at(1).at("at").get<std::string>());
  REQUIRE(box.tito({"undo"}).status == 0);
  CHECK_CONTAINS(tito::read_file(box.path(count_file)), "numbers.push_back");
  // An export now is newer than one that says 2099.
  box.edit(count_file, "int count = 0;", "int count = 0;  // again");
  REQUIRE(box.tito({"export", "01"}).status == 0);
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "exported");
  CHECK(!contains(tito::read_file(box.path("package/src/count.cpp")), "NotImplemented"));
}

TEST_CASE("What a killed tito left is swept away by the next command, wherever tito writes", "[robust][limit:60]") {
  Sandbox box;
  box.init();
  const std::vector<std::string> left{"modules/01_count/count.cpp", ".tito/progress.json",
                                      "package/include/toy/count.hpp", "README.md"};
  for (const std::string& file : left) tito::write_atomically(box.path(file + ".tmp99999999"), "half");
  tito::write_atomically(box.path("modules/01_count/mine.tmp"), "no process is named");
  CHECK_SAME(box.tito({"next"}).status, 0);
  for (const std::string& file : left) {
    INFO(file);
    CHECK(!fs::exists(box.path(file + ".tmp99999999")));
    CHECK(fs::exists(box.path(file)));
  }
  CHECK(fs::exists(box.path("modules/01_count/mine.tmp")));
}
