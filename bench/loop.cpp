// How long a student waits for tito, and a maintainer for the build. Every figure is the wall time of the real
// program, from its start to its end.
//
//   module test NN   in a workspace filled with the reference bodies; the file is changed before each run, so that
//                    nothing of the run before can be taken for this one
//   next, module list, checkpoint status, --help, init
//   with --build     a full build of a copy of the sources, without ccache, and for each module a build after its
//                    reference body has changed, until its cases have passed
#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/timing.hpp"
#include "tito/system/files.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Options {
  int runs = 10;
  int short_runs = 20;  // of what takes milliseconds
  int retries = 2;      // for each run, how many disturbed ones are repeated
  bool build = false;
  bool as_json = false;
  std::vector<std::string> modules;  // slugs; all when empty
  std::string tito = BENCH_BINARY_DIR "/bin/tito";
  std::string sources = BENCH_SOURCE_DIR;
};

// Runs a program to its end; its output is dropped, or put into a file. Returns the seconds it took.
// throws: std::runtime_error when it cannot be started or fails.
double seconds_of(const std::vector<std::string>& command, const fs::path& folder,
                  const fs::path& output = "/dev/null") {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  const auto started = std::chrono::steady_clock::now();
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot run " + command[0] + ": " + std::strerror(error));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (status != 0) {
    std::string line;
    for (const std::string& word : command) line += (line.empty() ? "" : " ") + word;
    const std::string said = output == "/dev/null" ? "" : "; its output is in " + output.string();
    throw std::runtime_error(
        fmt::format("in {}: \"{}\" did not succeed (wait status {}){}", folder.string(), line, status, said));
  }
  return seconds;
}

// Processor seconds that everything but this program and what it ran has used.
double foreign_seconds() {
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  return bench::foreign_cpu_seconds() - static_cast<double>(children.ru_utime.tv_sec + children.ru_stime.tv_sec) -
         1e-6 * static_cast<double>(children.ru_utime.tv_usec + children.ru_stime.tv_usec);
}

// What several runs took.
struct Runs {
  std::vector<double> seconds;  // of the quiet ones, or of all where fewer than half of those wanted were quiet
  int disturbed = 0;            // how many were not
};

// Calls run(), which returns seconds, until so many runs were quiet: others used no more of the processors than
// bench::disturbance says and the system's clock can tell.
template <class Run>
Runs repeat(int wanted, int retries, const Run& run) {
  constexpr double ticks = 0.015;  // the system counts in hundredths of a second
  std::vector<double> quiet, all;
  for (int attempt = 0; attempt < wanted * (1 + retries) && std::ssize(quiet) < wanted; ++attempt) {
    const double foreign = foreign_seconds();
    const double seconds = run();
    all.push_back(seconds);
    if (foreign_seconds() - foreign <= bench::disturbance * seconds + ticks) quiet.push_back(seconds);
  }
  const int disturbed = static_cast<int>(all.size() - quiet.size());
  return {2 * std::ssize(quiet) >= wanted ? quiet : all, disturbed};
}

// The figures of this run, and how they are printed.
class Report {
 public:
  explicit Report(bool as_json) : as_json_(as_json) {}

  // `target`: no more than so many seconds.
  void add(const std::string& name, Runs runs, double target) {
    std::vector<double>& seconds = runs.seconds;
    std::sort(seconds.begin(), seconds.end());
    const std::size_t half = seconds.size() / 2;
    const double median = seconds.size() % 2 == 1 ? seconds[half] : (seconds[half - 1] + seconds[half]) / 2;
    rows_.push_back({{"name", name},
                     {"median", median},
                     {"min", seconds.front()},
                     {"max", seconds.back()},
                     {"runs", seconds.size()},
                     {"disturbed", runs.disturbed},
                     {"unit", "s"},
                     {"target", target},
                     {"met", median <= target}});
    if (as_json_) return;
    fmt::print("{:<36} {:>9.3f} s  ({:.3f} to {:.3f}, {} run{}, {} disturbed)   target {:g} s: {}\n", name, median,
               seconds.front(), seconds.back(), seconds.size(), seconds.size() == 1 ? "" : "s", runs.disturbed, target,
               median <= target ? "met" : "missed");
    std::fflush(stdout);
  }

  void finish() const {
    if (!as_json_) return;
    const json report{{"schema", "tito-bench/1"},
                      {"benchmark", "loop"},
                      {"cores", std::thread::hardware_concurrency()},
                      {"rows", rows_}};
    fmt::print("{}\n", report.dump());
  }

 private:
  bool as_json_;
  json rows_ = json::array();
};

// A module's folder, such as 02_tensor, and its slug.
struct Module {
  std::string folder;
  std::string slug;
};

// throws: std::runtime_error for a slug that there is not.
std::vector<Module> modules_in(const fs::path& folder, const std::vector<std::string>& wanted) {
  std::vector<Module> modules;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::size_t bar = name.find('_');
    if (entry.is_directory() && bar != std::string::npos) modules.push_back({name, name.substr(bar + 1)});
  }
  std::sort(modules.begin(), modules.end(), [](const Module& a, const Module& b) { return a.folder < b.folder; });
  const auto is_wanted = [&](const Module& module) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), module.slug) != wanted.end();
  };
  for (const std::string& slug : wanted) {
    if (std::none_of(modules.begin(), modules.end(), [&](const Module& module) { return module.slug == slug; })) {
      throw std::runtime_error("there is no module \"" + slug + "\"; --module takes a slug such as tensor");
    }
  }
  std::erase_if(modules, [&](const Module& module) { return !is_wanted(module); });
  return modules;
}

// Changes a comment at the end of a source, another one each time.
void change(const fs::path& file) {
  static int change = 0;
  std::ofstream(file, std::ios::app) << "// change " << ++change << '\n';
}

void measure_loop(const Options& options, Report& report) {
  const tito::TemporaryFolder temporary(fs::temp_directory_path());
  const auto tito = [&](std::vector<std::string> words, const fs::path& folder) {
    words.insert(words.begin(), options.tito);
    return seconds_of(words, folder);
  };

  int courses = 0;
  const auto init = [&] { return tito({"init", "course" + std::to_string(courses++)}, temporary.path()); };
  report.add("tito init", repeat(options.runs, options.retries, init), 0.5);
  const fs::path workspace = temporary.path() / "course0";
  const std::vector<std::vector<std::string>> short_commands{
      {"next"}, {"module", "list"}, {"checkpoint", "status"}, {"--help"}};
  for (const std::vector<std::string>& words : short_commands) {
    std::string name = "tito";
    for (const std::string& word : words) name += " " + word;
    report.add(name, repeat(options.short_runs, options.retries, [&] { return tito(words, workspace); }), 0.01);
  }

  tito({"dev", "fill", "all"}, workspace);
  for (const Module& module : modules_in(workspace / "modules", options.modules)) {
    const auto test = [&] {
      change(workspace / "modules" / module.folder / (module.slug + ".cpp"));
      return tito({"module", "test", module.slug}, workspace);
    };
    test();  // warms the caches up
    report.add("tito module test " + module.slug, repeat(options.runs, options.retries, test), 0.5);
  }
}

// The sources as they stand, without builds and without the repository's own files.
void copy_sources(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("build") || name == ".git") continue;
    fs::copy(entry.path(), to / name, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }
}

void measure_builds(const Options& options, Report& report) {
  ::setenv("CCACHE_DISABLE", "1", 1);
  const fs::path folder = fs::temp_directory_path() / ("tito_build_" + std::to_string(::getpid()));
  copy_sources(options.sources, folder);
  const fs::path log = folder / "build.log";  // the folder stays when a build fails
  const double configured = seconds_of({"cmake", "--preset", "release"}, folder, log);
  report.add("full build from nothing",
             {{configured + seconds_of({"cmake", "--build", "--preset", "release"}, folder, log)}}, 180);
  for (const Module& module : modules_in(folder / "modules", options.modules)) {
    change(folder / "modules" / module.folder / (module.slug + ".cpp"));
    const std::string cases = "tinytorch_" + module.slug + "_cases";
    const double built = seconds_of({"cmake", "--build", "--preset", "release", "--target", cases}, folder, log);
    report.add("changed " + module.slug + ": build and test",
               {{built + seconds_of({(folder / "build" / "bin" / cases).string()}, folder, log)}}, 10);
  }
  fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  bool only_build = false;
  CLI::App app("How long a student waits for tito: from an edit to the verdict, and for the commands that only tell.");
  app.add_option("--runs", options.runs, "runs of each module's test and of init")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--short-runs", options.short_runs, "runs of the commands that only tell")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--retries", options.retries, "for each run, disturbed ones that may be repeated")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--module", options.modules, "only these modules, by slug");
  app.add_option("--tito", options.tito, "the runner")->check(CLI::ExistingFile)->capture_default_str();
  app.add_flag("--build", options.build, "build a copy of the sources from nothing as well: minutes, without ccache");
  app.add_flag("--only-build", only_build, "nothing but that");
  app.add_flag("--json", options.as_json, "one JSON object on one line");
  CLI11_PARSE(app, argc, argv);
  try {
    Report report(options.as_json);
    if (!only_build) measure_loop(options, report);
    if (options.build || only_build) measure_builds(options, report);
    report.finish();
  } catch (const std::exception& error) {
    fmt::print(stderr, "loop: {}\n", error.what());
    return 1;
  }
  return 0;
}
