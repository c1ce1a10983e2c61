#include "tests/support/processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "judge/cases/case.hpp"
#include "tito/system/files.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

std::vector<std::string> command_lines() {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line;
    std::getline(file, line);
    if (line.empty()) continue;  // no process, or one of the kernel's, or one that has ended
    line.pop_back();
    std::replace(line.begin(), line.end(), '\0', ' ');
    lines.push_back(line);
  }
  return lines;
}

int count_sleeping(const std::string& seconds) {
  const std::vector<std::string> lines = command_lines();
  REQUIRE(!lines.empty());  // this program at the least
  return static_cast<int>(std::count(lines.begin(), lines.end(), "sleep " + seconds));
}

int count_programs_below(const std::filesystem::path& folder) {
  int found = 0;
  for (const std::string& line : command_lines()) found += line.starts_with(folder.string() + "/") ? 1 : 0;
  return found;
}

pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            const std::string& output) {
  std::vector<std::string> words{"env"};
  words.insert(words.end(), environment.begin(), environment.end());
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = -1;
  const int problem = ::posix_spawnp(&child, "env", &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("env cannot be started");
  return child;
}

int exit_status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int wait_for(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child ? exit_status_of(status) : -1;
}

std::string in_a_process(const std::function<std::string()>& action) {
  int told[2];
  REQUIRE(::pipe(told) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string text = action();
    ::_exit(::write(told[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(told[1]);
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(told[0], text.data(), text.size()), 0)));
  ::close(told[0]);
  CHECK_SAME(wait_for(child), 0);
  return text;
}

void limit_file_size(std::size_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(1);
}

bool comes_true(const std::function<bool()>& holds, double seconds) {
  const Clock::time_point begin = Clock::now();
  while (!holds()) {
    if (seconds_since(begin) > seconds) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  }
  return true;
}

double fastest_of(int rounds, const std::function<void()>& action) {
  double fastest = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const Clock::time_point begin = Clock::now();
    action();
    fastest = std::min(fastest, seconds_since(begin));
  }
  return fastest;
}

bool has_program(const std::string& name) {
  if (std::system(("command -v " + name + " >/dev/null").c_str()) == 0) return true;
  WARN("skipped: " << name << " is not installed");
  return false;
}
