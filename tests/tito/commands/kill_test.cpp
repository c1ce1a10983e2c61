// A tito that is killed, and many at once: everything stays whole.
#include <signal.h>

#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "tests/support/newer_course.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/progress.hpp"
#include "tito/course/snapshots.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";

#ifdef __SANITIZE_ADDRESS__  // everything takes ten times as long
constexpr int divisor = 10;
#else
constexpr int divisor = 1;
#endif

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
    command.insert(command.begin(), TEST_TITO);
    command.insert(command.end(), {"--workspace", root_.string(), "--kit", kit_});
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
      for (const tito::Snapshot& snapshot : store.list()) known.insert(store.text_of(snapshot));
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

}  // namespace

TEST_CASE("A tito killed at 500 random moments leaves everything whole", "[kill][limit:300]") {
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

TEST_CASE("Eight titos at once leave everything whole, and each says what became of its work", "[kill][limit:120]") {
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
      command.insert(command.begin(), TEST_TITO);
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
    for (const tito::Snapshot& snapshot : store.list()) known.insert(store.text_of(snapshot));
    CHECK(known.contains(work));
    CHECK_SAME(box.tito({"module", "list"}).status, 0);
    CHECK_SAME(box.tito({"history"}).status, 0);
  }
}
