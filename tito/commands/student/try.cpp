#include <fmt/core.h>

#include <sstream>

#include "tito/actions/run_snippets.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

void print_indented(Screen& screen, const std::string& label, const std::string& text) {
  std::istringstream lines(text);
  bool first = true;
  for (std::string line; std::getline(lines, line); first = false)
    screen.line(fmt::format("      {:<10} {}", first ? label : "", line));
  if (first) screen.line(fmt::format("      {:<10} nothing", label));
}

// What kept a program from running: the compiler's or the linker's words. True when nothing did.
bool built(Context& context, const Compilation& compilation, const Linking* linking, const std::string& what) {
  Screen& screen = context.screen;
  if (compilation.succeeded && (linking == nullptr || linking->succeeded)) return true;
  context.exit = Exit::work_failed;
  nlohmann::json problem = {{"what", what}};
  if (!compilation.succeeded) {
    screen.line(fmt::format("  {} {} does not compile", screen.paint(Style::bad, screen.cross()), what));
    screen.line();
    print_diagnostics(context.screen, compilation, Extent::first);
    if (!compilation.diagnostics.empty()) problem["error"] = compilation.diagnostics.front().message;
  } else {
    screen.line(fmt::format("  {} {} does not link", screen.paint(Style::bad, screen.cross()), what));
    for (const std::string& symbol : linking->undefined) screen.line("      nothing defines " + symbol);
    for (const std::string& symbol : linking->duplicated) screen.line("      defined more than once: " + symbol);
    problem["undefined"] = linking->undefined;
    problem["duplicated"] = linking->duplicated;
  }
  context.result["problem"] = problem;
  return false;
}

void try_module(Context& context, const std::string& word) {
  Screen& screen = context.screen;
  const Track& track = context.workspace().track();
  const std::string slug =
      word.empty() ? context.standing().next.module : resolve_module(context.course(), track, word);
  screen.line(screen.paint(Style::bold, module_label(track, slug)) + " " + screen.dot() +
              " the lesson's snippets, with your " + slug + ".cpp");
  screen.line();
  context.result = {{"module", slug}};
  const LessonTrial trial = try_lesson(context.session(), slug);
  if (!built(context, trial.body, nullptr, context.workspace().source_name(slug))) return;
  if (!built(context, trial.snippets, &trial.linking, "what the lesson shows")) return;
  nlohmann::json list = nlohmann::json::array();
  std::size_t good = 0;
  for (const SnippetRun& run : trial.runs) {
    const bool stated = run.snippet.output.has_value();
    good += run.as_stated() ? 1 : 0;
    const std::string mark =
        run.as_stated() ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross());
    const std::string place = fmt::format("README.md:{}", run.snippet.line);
    const std::string verdict = !run.problem.empty() ? run.problem
                                : !stated            ? "measured here"
                                : run.as_stated()    ? "prints what the lesson says"
                                                     : "does not print what the lesson says";
    screen.line(fmt::format("  {} {:<14} {}", mark, place, verdict));
    if (!run.problem.empty()) {
      if (!run.output.empty()) print_indented(screen, "before it", run.output);
    } else if (!stated) {
      print_indented(screen, "", run.output);
    } else if (!run.as_stated()) {
      print_indented(screen, "expected", *run.snippet.output);
      print_indented(screen, "actual", run.output);
    }
    nlohmann::json one = {{"line", run.snippet.line}, {"output", run.output}, {"ok", run.as_stated()}};
    if (stated) one["expected"] = *run.snippet.output;
    if (!run.problem.empty()) one["problem"] = run.problem;
    list.push_back(one);
  }
  context.result["snippets"] = list;
  if (good < trial.runs.size()) context.exit = Exit::work_failed;
}

void try_file(Context& context, const std::string& file) {
  const ProgramTrial trial = try_program(context.session(), file, !context.screen.is_quiet());
  context.result = {{"file", file}};
  if (!built(context, trial.program, &trial.linking, file)) return;
  context.result["seconds"] = trial.result.seconds;
  context.result["exit_status"] = trial.result.exit_status;
  if (context.json) context.result["output"] = trial.result.output;
  if (trial.result.succeeded()) return;
  context.exit = Exit::work_failed;
  const std::string what = trial.result.timed_out ? "was stopped"
                           : trial.result.signal != 0
                               ? "crashed with " + signal_name(trial.result.signal)
                               : fmt::format("ended with exit status {}", trial.result.exit_status);
  context.result["problem"] = {{"what", file + " " + what}};
  context.screen.error(file + " " + what, "");
}

void run(Context& context, const std::string& target) {
  const bool is_file = target.ends_with(".cpp");
  if (is_file) try_file(context, target);
  else try_module(context, target);
}

}  // namespace

void add_try(CLI::App& app, Context& context) {
  auto target = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("try", "Run what a lesson shows, or a program of your own, with your framework");
  command
      ->add_option("TARGET", *target,
                   "A module's number or slug, or a .cpp file with a main(); without it the module you are at")
      ->option_text(" ");
  command->footer(
      "A lesson's snippets are run with your file as it is now; where the lesson says what they print, the output "
      "is\n"
      "compared. A program of your own includes the contract, for example \"tinytorch/tensor.hpp\". Modules that "
      "are not\n"
      "exported come from the reference.\n\n"
      "Examples:\n"
      "  tito try tensor\n"
      "  tito try experiment.cpp");
  command->callback([&context, target] { run(context, *target); });
}

}  // namespace tito
