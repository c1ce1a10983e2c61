#include "trials.hpp"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>

#include "tito/system/failure.hpp"
#include "tito/toolchain/process.hpp"

namespace trials {

using std::string;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

std::vector<json> in_processes(const Options& options, const tito::Kit& kit, const tito::Course& course,
                               std::size_t count, const std::function<json(Laboratory&, std::size_t)>& work) {
  const auto start = Clock::now();
  auto* next = static_cast<std::atomic<std::size_t>*>(
      ::mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (next == MAP_FAILED) throw tito::Failure(tito::Exit::environment, "no shared memory");
  new (next) std::atomic<std::size_t>(0);
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) throw tito::Failure(tito::Exit::environment, "no pipe");
  std::fflush(nullptr);
  std::vector<pid_t> children;
  for (int job = 0; job < options.jobs; ++job) {
    const pid_t child = ::fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    ::close(pipe_ends[0]);
    int status = 0;
    try {
      Laboratory laboratory(kit, course, fs::temp_directory_path() / fmt::format("tito-trials-{}", ::getuid()),
                            options.seed);
      while (options.budget <= 0 || seconds_since(start) < options.budget) {
        const std::size_t i = next->fetch_add(1);
        if (i >= count) break;
        // Short enough that the pipe takes it whole, so that lines of several processes do not mix.
        const string line =
            json{{"i", i}, {"answer", work(laboratory, i)}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
        if (::write(pipe_ends[1], line.data(), line.size()) != static_cast<ssize_t>(line.size())) break;
      }
    } catch (const std::exception& error) {
      std::fprintf(stderr, "trials: %s\n", error.what());
      status = 1;
    } catch (const tito::Interrupted&) {
      status = 1;
    }
    std::fflush(nullptr);
    ::_exit(status);
  }
  ::close(pipe_ends[1]);
  std::vector<json> answers(count);
  std::size_t done = 0;
  FILE* lines = ::fdopen(pipe_ends[0], "r");
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  char* line = nullptr;
  std::size_t room = 0;
  while (::getline(&line, &room, lines) > 0) {
    const json answer = json::parse(line);
    answers[answer["i"].get<std::size_t>()] = answer["answer"];
    ++done;
    if (terminal) fmt::print(stderr, "\r\x1b[K{} of {}, {:.0f} s", done, count, seconds_since(start));
  }
  if (terminal) fmt::print(stderr, "\r\x1b[K");
  std::free(line);
  std::fclose(lines);
  bool failed = false;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    failed = failed || status != 0;
  }
  ::munmap(next, sizeof *next);
  if (failed) throw tito::Failure(tito::Exit::environment, "a trial could not be made");
  return answers;
}

fs::path folder_of(const tito::Kit& kit, const tito::Course& course, const string& slug) {
  return kit.modules_folder() / tito::folder_name(course.track(course.default_track()), slug);
}

json json_of(const Outcome& outcome) {
  static const char* names[] = {"does not compile", "caught", "survived"};
  return {{"fate", names[static_cast<int>(outcome.fate)]},
          {"by", outcome.by},
          {"how", outcome.how.substr(0, 300)},
          {"cause", outcome.cause}};
}

bool is_caught(const json& outcome) { return outcome["fate"] == "caught"; }

void write_json(const Options& options, const json& report) {
  if (!options.json_file.empty()) tito::write_atomically(options.json_file, report.dump(2) + "\n");
}

}  // namespace trials
