#include "tito/toolchain/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "tito/system/data_folder.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/text.hpp"

namespace tito {

namespace fs = std::filesystem;

namespace {

constexpr rlim_t memory_limit = rlim_t{4} << 30U;  // address space of students' code, bytes
constexpr rlim_t file_size_limit = rlim_t{256} << 20U;
constexpr rlim_t process_limit = 4096;  // of the user, who has others; it does not bind root
constexpr std::size_t longest_record_line = 1 << 20;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) {
      throw Failure(Exit::environment, std::string("cannot make a pipe: ") + std::strerror(errno));
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() { close_read(), close_write(); }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { close_one(ends_[0]); }
  void close_write() { close_one(ends_[1]); }

 private:
  static void close_one(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  ::setrlimit(resource, &both);
}

// What a student's program may know of the environment.
std::vector<std::string> student_environment() {
  // Large pages, where the system grants them on request: a program that allocates much waits less for its memory.
  std::vector<std::string> environment{"OPENBLAS_NUM_THREADS=1", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1",
                                       "PATH=/usr/local/bin:/usr/bin:/bin"};
  std::error_code ignored;
  if (const auto folder = data_folder()) environment.push_back("TITO_DATA=" + fs::absolute(*folder, ignored).string());
  for (const char* name :
       {"TITO_THREADS", "TITO_DIGITS", "TITO_REGISTRY", "TERM", "COLUMNS", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR",
        "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Between fork and exec: only calls that are safe there. Reports errno through `failed` if exec does not happen.
[[noreturn]] void become(char* const* arguments, char* const* environment, const ProcessOptions& options, pid_t parent,
                         int output, int record, int failed) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // tito died in between
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  if (output >= 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
  }
  if (record >= 0) ::fcntl(record, F_SETFD, 0);
  limit(RLIMIT_CORE, 0);
  if (options.student_code) {
    limit(RLIMIT_FSIZE, file_size_limit);
    limit(RLIMIT_NPROC, process_limit);
    if (options.limit_memory) limit(RLIMIT_AS, memory_limit);
  }
  if (options.folder.empty() || ::chdir(options.folder.c_str()) == 0) {
    if (environment != nullptr) ::execve(arguments[0], arguments, environment);
    else ::execvp(arguments[0], arguments);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t ignored = ::write(failed, &error, sizeof error);
  ::_exit(127);
}

// Reads what is there; false at the end.
bool read_some(int descriptor, std::string& to) {
  std::array<char, 65536> block;
  const ssize_t got = ::read(descriptor, block.data(), block.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  to.append(block.data(), static_cast<std::size_t>(got));
  return got > 0;
}

void hand_over_lines(std::string& pending, const std::function<void(const std::string&)>& on_record) {
  std::size_t begin = 0;
  for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
    on_record(pending.substr(begin, end - begin));
  }
  pending.erase(0, begin);
  if (pending.size() > longest_record_line) pending.clear();
}

// The parent of a process and its number; nothing for what is not a process.
std::optional<std::pair<pid_t, pid_t>> process_and_parent(const fs::path& folder) {
  std::ifstream file(folder / "stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos || name_end + 4 > line.size()) return std::nullopt;
  return std::pair<pid_t, pid_t>(std::atoi(line.c_str()), std::atoi(line.c_str() + name_end + 4));
}

// The programs that run_process() is running, in any thread. Whoever starts one holds the mutex until it is listed
// here.
std::mutex running_mutex;
std::set<pid_t> running_programs;

// Everything that descends from this process, but not the programs that are running and what descends from those. As
// tito is the reaper of its descendants, a process whose parent has ended is there as tito's own child.
std::vector<pid_t> abandoned() {
  const std::lock_guard lock(running_mutex);
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const char first = at->path().filename().string()[0];
    if (first < '0' || first > '9') continue;
    if (const auto found = process_and_parent(at->path())) children.emplace(found->second, found->first);
  }
  std::vector<pid_t> found{::getpid()};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [from, to] = children.equal_range(found[i]);
    for (auto at = from; at != to; ++at) {
      if (!running_programs.contains(at->second)) found.push_back(at->second);
    }
  }
  found.erase(found.begin());
  return found;
}

// Ends what a student's program has left running, also what took itself out of its process group, and nothing of the
// programs that run beside it. Stopped first, so that they cannot outrun us.
void end_abandoned() {
  for (int round = 0; round < 200; ++round) {
    const std::vector<pid_t> left = abandoned();
    if (left.empty()) return;
    for (const pid_t process : left) ::kill(process, SIGSTOP);
    for (const pid_t process : left) ::kill(process, SIGKILL);
    ::usleep(1000);
    for (const pid_t process : left)
      ::waitpid(process, nullptr, WNOHANG);  // refused for those that are not our children
  }
}

class Running {
 public:
  Running(pid_t process, bool student_code) : process_(process), student_code_(student_code) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (!ended_) stop(), wait();
  }

  void stop() const { ::kill(-process_, SIGKILL), ::kill(process_, SIGKILL); }

  // Whether it has ended, without waiting.
  bool has_ended() {
    if (!ended_ && ::waitpid(process_, &status_, WNOHANG) == process_) note_end();
    return ended_;
  }

  int wait() {
    while (!ended_ && ::waitpid(process_, &status_, 0) < 0 && errno == EINTR) {
    }
    if (!ended_) note_end();
    ::kill(-process_, SIGKILL);  // what it left behind in its group
    if (student_code_) end_abandoned();
    return status_;
  }

 private:
  void note_end() {
    ended_ = true;
    const std::lock_guard lock(running_mutex);
    running_programs.erase(process_);
  }

  pid_t process_;
  bool student_code_;
  int status_ = 0;
  bool ended_ = false;
};

// What --verbose shows; set once, before any process is started.
std::function<void(const std::string&)> process_note;

}  // namespace

void note_processes(std::function<void(const std::string&)> note) { process_note = std::move(note); }

void note_output(const std::string& output) {
  if (process_note && !output.empty())
    process_note(output.ends_with('\n') ? output.substr(0, output.size() - 1) : output);
}

ProcessResult run_process(const std::vector<std::string>& command, const ProcessOptions& options) {
  using Clock = std::chrono::steady_clock;
  stop_if_interrupted();
  Pipe output, record, failed;
  std::vector<std::string> words = command;
  if (options.on_record) {
    words.emplace_back("--record");
    words.push_back(std::to_string(record.write_end()));
  }
  if (process_note) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_quoted(word);
    process_note(line);
  }
  std::vector<char*> arguments = pointers(words);
  std::vector<std::string> variables = student_environment();
  std::vector<char*> environment = pointers(variables);
  const pid_t parent = ::getpid();
  if (options.student_code) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto started = Clock::now();
  std::unique_lock starting(running_mutex);
  const pid_t child = ::fork();
  if (child < 0) throw Failure(Exit::environment, std::string("cannot start a process: ") + std::strerror(errno));
  if (child == 0) {
    become(arguments.data(), options.student_code ? environment.data() : nullptr, options, parent,
           options.inherit_output ? -1 : output.write_end(), options.on_record ? record.write_end() : -1,
           failed.write_end());
  }
  ::setpgid(child, child);
  running_programs.insert(child);
  starting.unlock();
  Running running(child, options.student_code);
  output.close_write();
  record.close_write();
  failed.close_write();
  int error = 0;
  ssize_t got;
  while ((got = ::read(failed.read_end(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got == sizeof error) {
    throw Failure(Exit::environment, "cannot run " + words[0] + ": " + std::strerror(error));
  }

  ProcessResult result;
  std::string pending, text;
  bool output_open = true, record_open = static_cast<bool>(options.on_record);
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - started).count(); };
  const auto take_output = [&] {
    text.clear();
    output_open = read_some(output.read_end(), text);
    const std::size_t room = options.output_limit - std::min(options.output_limit, result.output.size());
    result.output_cut = result.output_cut || text.size() > room;
    result.output.append(text, 0, room);
  };
  const auto take_record = [&] {
    record_open = read_some(record.read_end(), pending);
    hand_over_lines(pending, options.on_record);
  };
  // A program may end while something it left behind holds its pipes; so its end is watched as well.
  while (!running.has_ended()) {
    std::array<pollfd, 2> watched{pollfd{output_open ? output.read_end() : -1, POLLIN, 0},
                                  pollfd{record_open ? record.read_end() : -1, POLLIN, 0}};
    ::poll(watched.data(), watched.size(), output_open || record_open ? 20 : 2);
    if (watched[0].revents != 0) take_output();
    if (watched[1].revents != 0) take_record();
    if (must_stop()) {
      running.stop();
      throw Interrupted{};
    }
    if (seconds() > options.limit_seconds || (options.is_over && options.is_over(seconds()))) {
      result.timed_out = true;
      running.stop();
      break;
    }
  }
  const int status = running.wait();
  result.seconds = seconds();
  // What is still in the pipes, but no longer than it takes.
  const auto drain = [](int descriptor, const std::function<void()>& take, const bool& open) {
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    for (int rounds = 0; open && rounds < 256; ++rounds) {
      pollfd one{descriptor, POLLIN, 0};
      if (::poll(&one, 1, 0) <= 0) return;
      take();
    }
  };
  drain(output.read_end(), take_output, output_open);
  if (options.on_record) drain(record.read_end(), take_record, record_open);
  if (WIFEXITED(status)) result.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

std::string signal_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV (invalid memory access, or a recursion without end)";
    case SIGABRT:
      return "SIGABRT (aborted: a failed assertion, or an exception that nobody caught)";
    case SIGFPE:
      return "SIGFPE (arithmetic error, such as an integer division by zero)";
    case SIGILL:
      return "SIGILL (illegal instruction; a function that ends without a return value can do this)";
    case SIGBUS:
      return "SIGBUS (invalid memory access)";
    case SIGKILL:
      return "SIGKILL (killed, perhaps for using too much memory)";
    case SIGXFSZ:
      return "SIGXFSZ (wrote too large a file)";
    case SIGTRAP:
      return "SIGTRAP";
    case SIGTERM:
      return "SIGTERM (was asked to end)";
    default:
      return "signal " + std::to_string(signal);
  }
}

}  // namespace tito
