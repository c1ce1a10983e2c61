#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "tito/actions/compare_bodies.hpp"
#include "tito/actions/measurements.hpp"
#include "tito/actions/reference.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/views/comparison.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

constexpr double default_seconds = 8;
constexpr double default_seconds_of_each = 5;  // with "all"

struct Options {
  std::string module;
  double seconds = 0;  // 0: the default
};

// What is known of the tests of the file that was timed; "" when they pass, or nothing of it could be timed.
std::string doubt_of(Context& context, const std::string& slug, const Comparison& comparison) {
  const std::string test = "tito module test " + two_digits(number_in(context.workspace().track(), slug));
  const bool timed = std::any_of(comparison.rows.begin(), comparison.rows.end(),
                                 [](const ComparedRow& row) { return row.yours.measured(); });
  if (!timed || comparison.tested == Tested::passed) return "";
  if (comparison.tested == Tested::unknown) return "not tested as it is now, and what is wrong may be fast: " + test;
  return fmt::format("{} of its {} cases pass, and what is wrong may be fast: {}", comparison.cases_passed,
                     comparison.check.verdict.planned, test);
}

nlohmann::json named(Context& context, const std::string& slug, nlohmann::json object) {
  object["module"] = slug;
  object["number"] = number_in(context.workspace().track(), slug);
  return object;
}

// For the report. A failure to keep them takes nothing away from the figures.
void keep(Context& context, const std::string& slug, const Comparison& comparison, nlohmann::json object) {
  if (!comparison.ran) return;
  object["source"] = comparison.check.source_hash;
  object["contract"] = context.contract();
  try {
    keep_measurement(context.workspace(), "bench-" + slug, std::move(object));
  } catch (const Failure& failure) {
    context.screen.error(std::string("the figures are not kept for the report: ") + failure.what(),
                         "the figures hold all the same");
  }
}

void bench_one(Context& context, const Options& options, const std::string& slug) {
  Screen& screen = context.screen;
  constexpr int parts = 1000;
  ComparisonOptions wishes;
  wishes.seconds = options.seconds > 0 ? options.seconds : default_seconds;
  ProgressBar bar(screen, parts, !context.json);
  wishes.on_step = [&](int done, int total, const std::string& what) { bar.show(parts * done / total, what); };
  const Comparison comparison = compare_bodies(context.session(), slug, wishes);
  bar.clear();
  context.result = named(context, slug, json_of(comparison));
  keep(context, slug, comparison, context.result);
  if (!comparison.complete()) context.exit = Exit::work_failed;
  if (!comparison.ran) return print_check(screen, context.workspace(), slug, comparison.check, Extent::first);
  screen.line(fmt::format("{} {} {}", screen.paint(Style::bold, module_label(context.workspace().track(), slug)),
                          screen.dot(), context.workspace().source_name(slug)));
  print_legend(context.screen, comparison);
  for (const ComparedRow& row : comparison.rows) {
    screen.line();
    print_row(context.screen, row);
  }
  screen.line();
  print_ratio(context.screen, comparison);
  if (const std::string doubt = doubt_of(context, slug, comparison); !doubt.empty()) print_note(context.screen, doubt);
}

// Whether the student has changed anything in the skeleton; a missing file counts, as that is to be said.
bool is_started(Context& context, const std::string& slug) {
  const auto source = read_if_present(context.workspace().source(slug));
  return !source || *source != skeleton_of(context.kit(), context.course(), slug);
}

void print_in_table(Context& context, const std::string& slug, const Comparison& comparison) {
  Screen& screen = context.screen;
  const Track& track = context.workspace().track();
  if (!comparison.ran) {
    const std::string what = !comparison.check.compilation.succeeded ? "does not compile"
                             : !comparison.check.symbols.none()      ? "lacks functions"
                                                                     : "does not link";
    screen.line(fmt::format("{} {} {}   {}", screen.paint(Style::bold, module_label(track, slug)),
                            screen.paint(Style::bad, screen.cross()), what,
                            screen.paint(Style::dim, "tito module test " + two_digits(number_in(track, slug)))));
    return screen.line();
  }
  screen.line(screen.paint(Style::bold, module_label(track, slug)));
  print_compact(context.screen, comparison);
  print_ratio(context.screen, comparison);
  screen.line();
}

void bench_all(Context& context, const Options& options) {
  Screen& screen = context.screen;
  std::vector<std::string> started, others;
  for (const std::string& slug : context.workspace().track().order) {
    if (context.kit().has("bench", slug)) (is_started(context, slug) ? started : others).push_back(slug);
  }
  constexpr int parts = 1000;
  ProgressBar bar(screen, parts * static_cast<int>(started.size()), !context.json);
  nlohmann::json modules = nlohmann::json::array();
  std::vector<std::string> failing, untested;
  double seconds = 0;
  bool heading = false;
  for (std::size_t i = 0; i < started.size(); ++i) {
    const std::string& slug = started[i];
    ComparisonOptions wishes;
    wishes.seconds = options.seconds > 0 ? options.seconds : default_seconds_of_each;
    wishes.on_step = [&](int done, int total, const std::string& what) {
      bar.show(parts * static_cast<int>(i) + parts * done / total, slug + ": " + what);
    };
    const Comparison comparison = compare_bodies(context.session(), slug, wishes);
    bar.clear();
    if (!heading && comparison.ran) {
      heading = true;
      print_note(context.screen,
                 fmt::format("{}, median of {} rounds", threads_text(comparison.threads), comparison.rounds));
      print_note(context.screen, "bars: yours, of the limit, or of the fastest where no limit is known");
      screen.line();
    }
    if (comparison.ran && comparison.tested == Tested::failed) failing.push_back(slug);
    if (comparison.ran && comparison.tested == Tested::unknown) untested.push_back(slug);
    if (!comparison.complete()) context.exit = Exit::work_failed;
    modules.push_back(named(context, slug, json_of(comparison)));
    keep(context, slug, comparison, modules.back());
    seconds += comparison.seconds;
    print_in_table(context, slug, comparison);
  }
  context.result = {{"module", "all"}, {"modules", modules}, {"not_started", others}, {"seconds", seconds}};
  if (!failing.empty())
    print_note(context.screen, "their tests do not pass, and what is wrong may be fast: " + listed(failing));
  if (!untested.empty()) print_note(context.screen, "not tested as they are now: " + listed(untested));
  if (!others.empty()) print_note(context.screen, "not started, so not measured: " + listed(others));
}

void run(Context& context, const Options& options) {
  if (options.module == "all") return bench_all(context, options);
  bench_one(context, options,
            options.module.empty() ? context.standing().next.module
                                   : resolve_module(context.course(), context.workspace().track(), options.module));
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("bench", "How fast your code is, beside the reference and what this machine can do");
  command
      ->add_option("MODULE", options->module,
                   "Number, slug or \"all\" that you have started; without it the module you are at")
      ->option_text(" ");
  command
      ->add_option("--seconds", options->seconds,
                   "How long to measure a module, about; 8, or 5 with \"all\", unless you say")
      ->type_name("S")
      ->check(CLI::Range(0.1, 3600.0));
  command->footer(
      "Your file as it is now is compiled at full optimisation. It, the reference and, where the course has one, a\n"
      "faster body take turns on the same work, in several rounds. A limit is what multiply-adds or memory allow, by\n"
      "rates measured in the same rounds. \"x the reference\" is a geometric mean. Measure on a quiet machine.\n\n"
      "--json has rows: name, unit, and for yours, reference, fast and limit the median, min and max of the rounds.\n"
      "fast and limit may be null; yours has a status, and a reason where it is not \"measured\".\n\n"
      "Examples:\n  tito bench 02\n  tito bench tensor --threads 1\n  tito bench all --json");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
