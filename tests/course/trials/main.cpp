// Do a module's cases catch wrong work? Tries its named mistakes, and small changes to its reference body.
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <random>
#include <thread>

#include "laboratory.hpp"
#include "mutants.hpp"
#include "tito/course/mistakes.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/toolchain/process.hpp"

namespace trials {
namespace {

namespace fs = std::filesystem;
using std::string;
using tito::json;
using tito::Mistake;
using Clock = std::chrono::steady_clock;

constexpr int skipped = 77;  // CTest's SKIP_RETURN_CODE

struct Options {
  std::vector<string> modules;
  string json_file;
  int jobs = 1;
  std::uint64_t seed = 1;
  int sample = 0;
  double budget = 0;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Calls work(i) for every i < count in `jobs` processes, each with a laboratory of its own, and returns the answers in
// order; null for those that were not begun when the budget was over.
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
    const json one = json::parse(line);
    answers[one["i"].get<std::size_t>()] = one["answer"];
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

fs::path survivors_file(const tito::Kit& kit, const string& slug) {
  return kit.modules_folder().parent_path() / "tests" / "course" / "survivors" / (slug + ".txt");
}

json json_of(const Outcome& outcome) {
  static const char* names[] = {"does not compile", "caught", "survived"};
  return {{"fate", names[static_cast<int>(outcome.fate)]}, {"by", outcome.by}, {"how", outcome.how.substr(0, 300)},
          {"cause", outcome.cause}};
}

bool is_caught(const json& outcome) { return outcome["fate"] == "caught"; }

void write_json(const Options& options, const json& report) {
  if (!options.json_file.empty()) tito::write_atomically(options.json_file, report.dump(2) + "\n");
}

// ---- mistakes

int try_mistakes(const Options& options, const tito::Kit& kit, const tito::Course& course) {
  struct Trial {
    string slug;
    string checkpoint;
    Mistake mistake;
    string body;
  };
  std::vector<Trial> trials;
  for (const string& slug : options.modules) {
    const fs::path folder = folder_of(kit, course, slug);
    const fs::path file = folder / "mistakes.md";
    const string body = tito::read_file(folder / (slug + ".cpp"));
    for (const Mistake& mistake : tito::read_mistakes(tito::read_file(file), file.string())) {
      trials.push_back({slug, course.module(slug).checkpoint, mistake, tito::with_mistake(body, mistake, file.string())});
    }
  }
  const std::vector<json> answers =
      in_processes(options, kit, course, trials.size(), [&](Laboratory& laboratory, std::size_t i) {
        const Trial& trial = trials[i];
        if (!laboratory.prepare(trial.slug, trial.body))
          return json{{"test", json_of({Fate::does_not_compile, "", "", ""})}};
        json answer{{"test", json_of(laboratory.run("test", trial.slug))}};
        if (trial.mistake.fails_checkpoint)
          answer["checkpoint"] = json_of(laboratory.run("checkpoint", trial.checkpoint));
        return answer;
      });
  json report = json::object();
  int wrong = 0;
  for (const string& slug : options.modules) {
    int count = 0, caught = 0, checkpoint = 0, named = 0;
    json list = json::array();
    fmt::print("{}\n", slug);
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (trials[i].slug != slug) continue;
      const Mistake& mistake = trials[i].mistake;
      const json& test = answers[i]["test"];
      ++count;
      bool good = is_caught(test);
      caught += good ? 1 : 0;
      string by = good ? test["by"].get<string>() : test["fate"].get<string>();
      if (answers[i].contains("checkpoint")) {
        const json& proof = answers[i]["checkpoint"];
        good = good && is_caught(proof);
        checkpoint += is_caught(proof) ? 1 : 0;
        by += is_caught(proof) ? "; checkpoint: " + proof["by"].get<string>() : "; THE CHECKPOINT PASSES";
      }
      wrong += good ? 0 : 1;
      if (const string cause = test.value("cause", ""); !cause.empty()) {
        ++named;
        by += "\n      likely: " + cause;
      }
      fmt::print("  {} {}\n      {}\n", good ? "caught  " : "NOT SEEN", mistake.name, by);
      list.push_back({{"name", mistake.name},
                      {"function", mistake.function},
                      {"fails_checkpoint", mistake.fails_checkpoint},
                      {"outcome", answers[i]}});
    }
    fmt::print("  {} of {} caught by the module's cases, {} by its checkpoint; a likely cause is shown for {}\n", caught, count, checkpoint,
               named);
    if (count < 8) fmt::print("  TOO FEW: a module has at least 8\n"), ++wrong;
    if (checkpoint < 3) fmt::print("  TOO FEW for the checkpoint: at least 3\n"), ++wrong;
    report[slug] = {{"count", count}, {"caught", caught}, {"checkpoint", checkpoint}, {"mistakes", list}};
  }
  write_json(options, report);
  return wrong == 0 ? 0 : 1;
}

// ---- mutants

struct Tally {
  int mutants = 0, tried = 0, killed = 0, uncompiled = 0, survived = 0, explained = 0;
  double score() const { return killed + survived == 0 ? 100.0 : 100.0 * killed / (killed + survived); }
};

int try_mutants(const Options& options, const tito::Kit& kit, const tito::Course& course) {
  struct Trial {
    string slug;
    Mutant mutant;
  };
  std::vector<Trial> trials;
  std::map<string, Tally> tallies;
  std::map<string, std::map<string, string>> reasons;
  bool good = true;
  for (const string& slug : options.modules) {
    const fs::path source = folder_of(kit, course, slug) / (slug + ".cpp");
    std::vector<Mutant> mutants = mutants_of(tito::read_file(source), source.string());
    const fs::path file = survivors_file(kit, slug);
    if (const auto text = tito::read_if_present(file)) reasons[slug] = read_survivors(*text, file.string());
    for (const auto& [identity, reason] : reasons[slug]) {
      const string& wanted = identity;
      if (std::none_of(mutants.begin(), mutants.end(),
                       [&](const Mutant& mutant) { return mutant.identity == wanted; })) {
        fmt::print("{}: no such mutant any more: {}\n", file.string(), identity);
        good = false;
      }
    }
    tallies[slug].mutants = static_cast<int>(mutants.size());
    for (Mutant& mutant : mutants) trials.push_back({slug, std::move(mutant)});
  }
  const bool whole = options.sample == 0 && options.budget <= 0;
  if (!whole) {
    std::mt19937_64 random(options.seed);
    for (std::size_t i = trials.size(); i > 1; --i) std::swap(trials[i - 1], trials[random() % i]);
    if (options.sample > 0) trials.resize(std::min(trials.size(), static_cast<std::size_t>(options.sample)));
  }
  const std::vector<json> answers =
      in_processes(options, kit, course, trials.size(), [&](Laboratory& laboratory, std::size_t i) {
        if (!laboratory.prepare(trials[i].slug, trials[i].mutant.body))
          return json_of({Fate::does_not_compile, "", "", ""});
        return json_of(laboratory.run("test", trials[i].slug));
      });
  json report = json::object();
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (answers[i].is_null()) continue;
    Tally& tally = tallies[trials[i].slug];
    const string& identity = trials[i].mutant.identity;
    const auto& known = reasons[trials[i].slug];
    const auto reason = known.find(identity);
    ++tally.tried;
    if (answers[i]["fate"] == "does not compile")
      ++tally.uncompiled;
    else if (is_caught(answers[i])) {
      ++tally.killed;
      if (reason != known.end()) {
        fmt::print("{}: listed as a survivor, but \"{}\" catches it:\n{}\n", trials[i].slug,
                   answers[i]["by"].get<string>(), identity);
        good = false;
      }
    } else {
      ++tally.survived;
      if (reason != known.end()) {
        ++tally.explained;
      } else {
        fmt::print("{}: survived, and no reason is given:\n{}\n", trials[i].slug, identity);
        good = false;
      }
      report["survivors"].push_back(
          {{"module", trials[i].slug}, {"mutant", identity}, {"reason", reason == known.end() ? "" : reason->second}});
    }
  }
  fmt::print("seed {}\n{:<14}{:>8}{:>8}{:>8}{:>14}{:>10}{:>11}{:>8}\n", options.seed, "module", "mutants", "tried",
             "killed", "not compiling", "survived", "explained", "score");
  for (const string& slug : options.modules) {
    const Tally& tally = tallies[slug];
    fmt::print("{:<14}{:>8}{:>8}{:>8}{:>14}{:>10}{:>11}{:>6.1f} %\n", slug, tally.mutants, tally.tried, tally.killed,
               tally.uncompiled, tally.survived, tally.explained, tally.score());
    report["modules"][slug] = {{"mutants", tally.mutants},   {"tried", tally.tried},
                               {"killed", tally.killed},     {"uncompiled", tally.uncompiled},
                               {"survived", tally.survived}, {"explained", tally.explained},
                               {"score", tally.score()}};
    if (whole && tally.score() < 90) good = false;
  }
  report["seed"] = options.seed;
  report["whole"] = whole;
  write_json(options, report);
  return good ? 0 : 1;
}

int run(int argc, char** argv) {
  CLI::App app("Do a module's cases catch wrong work?");
  app.require_subcommand(1);
  Options options;
  const auto common = [&](CLI::App* command) {
    command->add_option("MODULE", options.modules, "Slugs; without them all modules")->option_text(" ");
    command->add_option("--jobs", options.jobs, "Processes at a time (default: as many as there are cores)");
    command->add_option("--seed", options.seed, "Of the cases, and of the sample");
    command->add_option("--json", options.json_file, "Write the result to this file, too")->option_text("FILE");
  };
  CLI::App* mistakes = app.add_subcommand(
      "mistakes", "Put each named mistake of mistakes.md into the reference body; every one must be caught");
  CLI::App* mutants = app.add_subcommand(
      "mutants", "Change operators, constants, bounds and indices of the reference body, one at a time");
  common(mistakes);
  common(mutants);
  mutants->add_option("--sample", options.sample, "So many of them, at random");
  mutants->add_option("--budget", options.budget, "As many, at random, as can be begun within so many seconds");
  options.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI11_PARSE(app, argc, argv);

  const tito::Kit kit(tito::Kit::find());
  if (kit.is_sanitized()) {
    fmt::print("skipped: sanitized bodies take too long; run it with the release preset\n");
    return skipped;
  }
  const tito::Course course(kit.course_file());
  const tito::Track& track = course.track(course.default_track());
  if (options.modules.empty()) options.modules = track.order;
  for (string& module : options.modules) module = tito::resolve_module(course, track, module);
  return mistakes->parsed() ? try_mistakes(options, kit, course) : try_mutants(options, kit, course);
}

}  // namespace
}  // namespace trials

int main(int argc, char** argv) {
  try {
    return trials::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "trials: {}\n", error.what());
    return 2;
  }
}
