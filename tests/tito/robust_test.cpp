// Nothing is lost whatever happens to tito: it is killed, there are many, the disk is full, the folder moves.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "newer_course.hpp"
#include "tito.hpp"
#include "tito/course/progress.hpp"
#include "tito/course/snapshots.hpp"
#include "tito/system/failure.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";

#ifdef __SANITIZE_ADDRESS__  // everything takes ten times as long
constexpr int divisor = 10;
#else
constexpr int divisor = 1;
#endif

// A tito that is started and not waited for; no output.
pid_t start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{TEST_TITO};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {0, 1, 2})
    ::posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
  pid_t child = -1;
  ::posix_spawn(&child, TEST_TITO, &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return child;
}

int wait_for(pid_t child) {
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A command that is killed again and again, and what the workspace may be like then.
struct Trial {
  std::string name;
  std::vector<std::string> command;
  std::vector<std::string> then;  // the command after the kill, which tidies up
  int kills = 100;
  bool ends_it = false;  // whether `then` is the killed command again, which must end the work
};

// One workspace for one trial. Problems are collected, for Catch2's checks belong to one thread.
class Victim {
 public:
  Victim(const Sandbox& box, Trial trial, std::string kit, std::uint64_t seed)
      : pristine_(box.workspace()),
        root_(box.root() / trial.name),
        trial_(std::move(trial)),
        kit_(std::move(kit)),
        random_(seed) {
    tito::copy_folder(pristine_, root_);
    work_ = tito::read_file(root_ / count_file);
  }

  void run() {
    const double whole = time_of_one();
    for (int i = 0; i < trial_.kills && problems_.size() < 5; ++i) {
      const double delay = std::uniform_real_distribution<double>(0, whole)(random_);
      const pid_t child = start(with_options(trial_.command));
      std::this_thread::sleep_for(std::chrono::duration<double>(delay));
      ::kill(child, SIGKILL);
      killed_ += wait_for(child) == 128 + SIGKILL ? 1 : 0;
      const std::string place =
          trial_.name + ", kill " + std::to_string(i) + " after " + std::to_string(delay) + " s: ";
      look(place + "at once", false);
      const int status = wait_for(start(with_options(trial_.then)));
      if (status != 0) problem(place + "the next command ended with " + std::to_string(status));
      look(place + "after the next command", true);
      if (trial_.ends_it) start_anew();
    }
  }

  const std::vector<std::string>& problems() const { return problems_; }
  int killed() const { return killed_; }

 private:
  std::vector<std::string> with_options(std::vector<std::string> command) const {
    for (const std::string& word : {std::string("--workspace"), root_.string(), std::string("--kit"), kit_})
      command.push_back(word);
    return command;
  }

  double time_of_one() {
    const auto started = std::chrono::steady_clock::now();
    const int status = wait_for(start(with_options(trial_.command)));
    if (status != 0) problem(trial_.name + ": left alone it ends with " + std::to_string(status));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (trial_.ends_it) start_anew();
    return seconds;
  }

  void start_anew() {
    fs::remove_all(root_);
    tito::copy_folder(pristine_, root_);
  }

  void problem(const std::string& what) { problems_.push_back(what); }

  // Everything that must hold at any moment; `tidy`: no temporary file is left either.
  void look(const std::string& place, bool tidy) {
    try {
      tito::ProgressFile(root_ / ".tito").load();
      const tito::SnapshotStore store(root_ / ".tito" / "snapshots");
      std::set<std::string> known;
      for (const tito::Snapshot& one : store.list()) known.insert(store.text_of(one));
      const std::string source = tito::read_file(present_source());
      const bool is_updated =
          source.starts_with(work_) && contains(source, "\"odds\"") && source.ends_with("}  // namespace toy\n");
      if (source != work_ && !is_updated && !known.contains(source)) problem(place + ": the file is torn:\n" + source);
      if (source != work_ && !known.contains(work_))
        problem(place + ": the work is neither in the file nor in a snapshot");
      if (tidy) {
        for (const auto& entry : fs::recursive_directory_iterator(root_)) {
          const std::string name = entry.path().filename().string();
          if (contains(name, ".tmp") || name.starts_with("run-")) problem(place + ": left " + entry.path().string());
        }
      }
    } catch (const std::exception& error) {
      problem(place + ": " + error.what());
    }
  }

  fs::path present_source() const {
    const fs::path moved = root_ / "modules/02_count/count.cpp";
    return fs::exists(moved) ? moved : root_ / count_file;
  }

  fs::path pristine_;
  fs::path root_;
  Trial trial_;
  std::string kit_;
  std::mt19937_64 random_;
  std::string work_;
  std::vector<std::string> problems_;
  int killed_ = 0;
};

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

TEST_CASE("A tito killed at 500 random moments leaves everything whole", "[robust][limit:300]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  newer.reorder();
  const std::string newer_kit = newer.build();
  std::vector<Victim> victims;
  const std::uint64_t seed = judge::seed();
  const std::vector<std::string> next{"next"}, reset{"module", "reset", "01"};
  victims.emplace_back(box, Trial{"test", {"module", "test", "01"}, next, 80 / divisor}, TEST_TOY_KIT, seed);
  victims.emplace_back(box, Trial{"export", {"export", "01"}, next, 60 / divisor}, TEST_TOY_KIT, seed + 1);
  victims.emplace_back(box, Trial{"reset", reset, reset, 160 / divisor, true}, TEST_TOY_KIT, seed + 2);
  victims.emplace_back(box, Trial{"undo", {"undo", "01"}, next, 150 / divisor}, TEST_TOY_KIT, seed + 3);
  victims.emplace_back(box, Trial{"update", {"update"}, {"update"}, 50 / divisor, true}, newer_kit, seed + 4);
  // Two at once: one takes what is slow, and one the rest.
  std::thread slow([&] {
    for (const std::size_t i : {0U, 1U}) victims[i].run();
  });
  for (const std::size_t i : {2U, 3U, 4U}) victims[i].run();
  slow.join();
  int killed = 0;
  for (const Victim& victim : victims) {
    killed += victim.killed();
    for (const std::string& problem : victim.problems()) FAIL_CHECK("seed " << seed << ": " << problem);
  }
  INFO("seed " << seed << ", " << killed << " of " << 500 / divisor << " were killed before they ended");
  CHECK(killed > 500 / divisor / 3);
}

TEST_CASE("Eight titos at once leave everything whole, and each says what became of its work", "[robust][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const std::string work = tito::read_file(box.path(count_file));
  const std::vector<std::vector<std::string>> commands{
      {"module", "test", "01"}, {"export", "01"}, {"module", "reset", "01"}, {"undo"}, {"module", "test", "02"},
      {"export", "02"},         {"update"},       {"progress", "rebuild"}};
  for (int round = 0; round < 3; ++round) {
    std::vector<pid_t> children;
    for (std::vector<std::string> command : commands) {
      command.insert(command.end(), {"--workspace", box.workspace().string(), "--kit", TEST_TOY_KIT});
      children.push_back(start(command));
    }
    for (std::size_t i = 0; i < children.size(); ++i) {
      const int status = wait_for(children[i]);
      INFO("round " << round << ", " << commands[i].front() << " ended with " << status);
      CHECK((status == 0 || status == 1));  // a reset may have come before a test
    }
    const tito::SnapshotStore store(box.path(".tito/snapshots"));
    std::set<std::string> known{tito::read_file(box.path(count_file))};
    for (const tito::Snapshot& one : store.list()) known.insert(store.text_of(one));
    CHECK(known.contains(work));
    CHECK_SAME(box.tito({"module", "list"}).status, 0);
    CHECK_SAME(box.tito({"history"}).status, 0);
  }
}

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

TEST_CASE("Where no file may grow, reset and update leave the work as it is", "[robust][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string work = tito::read_file(box.path(count_file));
  for (const std::string command : {"module reset 01", "undo", "module test 01"}) {
    // A limit of nothing per file has the effect of a full disk on every write, and needs no rights.
    const Run run =
        box.run({"bash", "-c", "ulimit -f 0; trap '' XFSZ; " TEST_TITO " " + command + " | cat; exit ${PIPESTATUS[0]}"},
                box.workspace(), {"TITO_KIT=" TEST_TOY_KIT});
    CHECK(run.status != 0);
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
