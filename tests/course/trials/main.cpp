// Do a module's cases catch wrong work? Tries its named mistakes, and small changes to its reference body; and measures
// how each named mistake shows.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

#include "trials.hpp"

namespace trials {
namespace {

using std::string;

constexpr int skipped = 77;  // CTest's SKIP_RETURN_CODE

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
  CLI::App* signatures = app.add_subcommand(
      "signatures", "Measure how each named mistake shows, and write it into signatures.json beside mistakes.md");
  common(mistakes);
  common(mutants);
  common(signatures);
  mutants->add_flag("--names", options.names, "Run all cases, and say which mutants are taken for a known mistake");
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
  if (mistakes->parsed()) return try_mistakes(options, kit, course);
  return signatures->parsed() ? write_signatures(options, kit, course) : try_mutants(options, kit, course);
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
