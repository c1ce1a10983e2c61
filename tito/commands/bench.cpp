#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "tito/commands/commands.hpp"
#include "tito/commands/comparison.hpp"
#include "tito/commands/measurements.hpp"
#include "tito/commands/report.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr double default_seconds = 8;
constexpr double default_seconds_of_each = 5;  // with "all"

struct Options {
  std::string module;
  double seconds = 0;  // 0: the default
};

// What bounds the row where that is known, else the fastest of the bodies: the length of a whole bar.
double full_bar(const ComparedRow& row) {
  if (!row.limit.values.empty()) return row.limit.max();
  double fastest = 0;
  for (const Timing* one : {&row.yours, &row.reference, row.fast ? &*row.fast : nullptr}) {
    if (one != nullptr && one->measured()) fastest = std::max(fastest, one->rates.median());
  }
  return fastest;
}

std::string cell(const Timing& timing) {
  return timing.measured() ? short_number(timing.rates.median()) : name_of(timing.status);
}

// ---- One module, row by row

// How the lines below a row's name are laid out, by the width of the terminal.
struct Layout {
  int bar = 20;
  bool spread = true;  // "(2.91 .. 3.22)" is shown
};

Layout layout_for(int columns) {
  // Indent and name 15, figure 8, spread 20, share 5.
  Layout layout;
  layout.spread = columns >= 62;
  layout.bar = std::clamp(columns - 15 - 8 - (layout.spread ? 20 : 0) - 5 - 1, 5, 30);
  return layout;
}

void print_timing(Context& context, const std::string& name, const Timing& timing, const ComparedRow& row,
                  Style style) {
  Screen& screen = context.screen;
  const Layout layout = layout_for(screen.width());
  const std::string label = fmt::format("    {:<11}", name);
  if (!timing.measured()) {
    const std::string what = name_of(timing.status);
    const std::string& reason = timing.not_written.empty() ? timing.reason : timing.not_written;
    const std::string text = reason.empty() ? what : what + ": " + reason;
    return screen.row(label + screen.paint(timing.status == RowStatus::not_written ? Style::warn : Style::bad, text));
  }
  const Rates& rates = timing.rates;
  const double share = rates.median() / full_bar(row);
  std::string line = label + fmt::format("{:>6}  ", short_number(rates.median()));
  if (layout.spread) {
    const std::string spread = fmt::format("({} .. {})", short_number(rates.min()), short_number(rates.max()));
    line += screen.paint(Style::dim, fmt::format("{:<20}", spread));
  }
  line += screen.paint(style, screen.bar(share, layout.bar));
  if (!row.limit.values.empty()) line += fmt::format(" {:3.{}f}%", 100 * share, share < 0.0995 ? 1 : 0);
  screen.row(line);
}

void print_row(Context& context, const ComparedRow& row) {
  Screen& screen = context.screen;
  screen.row(fmt::format("  {} {}", screen.paint(Style::bold, row.name), screen.paint(Style::dim, row.unit)));
  print_timing(context, "yours", row.yours, row, Style::accent);
  print_timing(context, "reference", row.reference, row, Style::plain);
  if (row.fast) print_timing(context, "fast body", *row.fast, row, Style::plain);
  if (row.limit.values.empty()) return;
  screen.row(screen.paint(
      Style::dim, fmt::format("    {:<11}{:>6}  by {}", "limit", short_number(row.limit.max()), row.limited_by)));
}

std::string threads_text(int threads) { return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"); }

// Text in lines that fit the terminal, indented and dimmed.
void print_note(Context& context, std::string text) {
  Screen& screen = context.screen;
  const auto room = static_cast<std::size_t>(std::max(screen.width(), 30)) - 3;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (screen.is_terminal() && text.size() > room) end = text.rfind(' ', room);
    if (end == 0 || end == std::string::npos) end = text.size();
    screen.line("  " + screen.paint(Style::dim, text.substr(0, end)));
    text.erase(0, end + 1);
  }
}

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

void print_ratio(Context& context, const Comparison& comparison) {
  Screen& screen = context.screen;
  const auto ratio = comparison.versus_reference();
  if (!ratio) return;
  const auto rows = std::count_if(comparison.rows.begin(), comparison.rows.end(),
                                  [](const ComparedRow& row) { return row.yours.measured(); });
  screen.line(fmt::format("  yours: {} x the reference", screen.paint(Style::bold, short_number(*ratio))) +
              screen.paint(Style::dim, fmt::format(" ({} row{})", rows, rows == 1 ? "" : "s")));
}

// Says what a figure, a bar and a limit are.
void print_legend(Context& context, const Comparison& comparison) {
  const bool spread = layout_for(context.screen.width()).spread;
  print_note(context, fmt::format("{}, median of {} rounds{}", threads_text(comparison.threads), comparison.rounds,
                                  spread ? " (slowest .. fastest)" : ""));
  print_note(context, "bars: share of the limit, or of the fastest where no limit is known");
}

// ---- All modules, a line a row

// The figures of a row: yours, reference, fast body, limit.
std::vector<std::string> cells_of(const ComparedRow& row) {
  return {cell(row.yours), cell(row.reference), row.fast ? cell(*row.fast) : "",
          row.limit.values.empty() ? "" : short_number(row.limit.max())};
}

void print_compact(Context& context, const Comparison& comparison) {
  Screen& screen = context.screen;
  const bool wide = screen.width() >= 76;
  Table table;
  const std::string head =
      screen.paint(Style::dim, fmt::format("{:>7} {:>7} {:>7} {:>7}", "yours", "ref.", "fast", "limit"));
  wide ? table.row({"", "", head}) : screen.row("    " + head);
  for (const ComparedRow& row : comparison.rows) {
    const std::vector<std::string> cells = cells_of(row);
    std::string figures = fmt::format("{:>7} {:>7} {:>7} {:>7}", cells[0], cells[1], cells[2], cells[3]);
    if (!row.yours.measured()) {  // words that may be longer than a figure
      figures = fmt::format("{} (ref. {})", screen.paint(Style::warn, cells[0]), cells[1]);
    }
    const std::string unit = screen.paint(Style::dim, row.unit);
    if (!wide) {
      screen.row("  " + row.name + " " + unit);
      screen.row("    " + figures);
      continue;
    }
    if (row.yours.measured()) {
      const double share = row.yours.rates.median() / full_bar(row);
      figures += "  " + screen.paint(Style::accent, screen.bar(share, 10));
    }
    table.row({row.name, unit, figures});
  }
  for (const std::string& line : table.lines()) screen.row(line);
}

// ---- JSON

nlohmann::json json_of(const Rates& rates) {
  return {{"median", rates.median()}, {"min", rates.min()}, {"max", rates.max()}, {"rounds", rates.values.size()}};
}

nlohmann::json json_of(const Timing& timing) {
  nlohmann::json object = timing.measured() ? json_of(timing.rates) : nlohmann::json::object();
  object["status"] = name_of(timing.status);
  if (!timing.measured()) object["reason"] = timing.reason;
  return object;
}

nlohmann::json json_of(const Comparison& comparison) {
  if (!comparison.ran) return json_of(comparison.check);
  nlohmann::json rows = nlohmann::json::array();
  for (const ComparedRow& row : comparison.rows) {
    nlohmann::json one = {
        {"name", row.name}, {"unit", row.unit}, {"yours", json_of(row.yours)}, {"reference", json_of(row.reference)}};
    one["fast"] = row.fast ? json_of(*row.fast) : nlohmann::json(nullptr);
    one["limit"] = nullptr;
    if (!row.limit.values.empty()) {
      one["limit"] = json_of(row.limit);
      one["limit"]["by"] = row.limited_by;
    }
    rows.push_back(one);
  }
  const char* tested = comparison.tested == Tested::passed   ? "passed"
                       : comparison.tested == Tested::failed ? "failed"
                                                             : "unknown";
  nlohmann::json object = {{"threads", comparison.threads},
                           {"rounds", comparison.rounds},
                           {"seconds", comparison.seconds},
                           {"tested", tested},
                           {"rows", rows}};
  const auto ratio = comparison.versus_reference();
  object["versus_reference"] = ratio ? nlohmann::json(*ratio) : nlohmann::json(nullptr);
  return object;
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

// ---- The command

void bench_one(Context& context, const Options& options, const std::string& slug) {
  Screen& screen = context.screen;
  constexpr int parts = 1000;
  ComparisonOptions wishes;
  wishes.seconds = options.seconds > 0 ? options.seconds : default_seconds;
  ProgressBar bar(screen, parts, !context.json);
  wishes.on_step = [&](int done, int total, const std::string& what) { bar.show(parts * done / total, what); };
  const Comparison comparison = compare_bodies(site_of(context), slug, wishes);
  bar.clear();
  context.result = named(context, slug, json_of(comparison));
  keep(context, slug, comparison, context.result);
  if (!comparison.complete()) context.exit = Exit::work_failed;
  if (!comparison.ran) return print_check(context, slug, comparison.check, Extent::first);
  screen.line(fmt::format("{} {} {}", screen.paint(Style::bold, module_label(context.workspace().track(), slug)),
                          screen.dot(), context.workspace().source_name(slug)));
  print_legend(context, comparison);
  for (const ComparedRow& row : comparison.rows) {
    screen.line();
    print_row(context, row);
  }
  screen.line();
  print_ratio(context, comparison);
  if (const std::string doubt = doubt_of(context, slug, comparison); !doubt.empty()) print_note(context, doubt);
}

// Whether the student has changed anything in the skeleton; a missing file counts, as that is to be said.
bool is_started(Context& context, const std::string& slug) {
  const auto source = read_if_present(context.workspace().source(slug));
  const fs::path reference = reference_source(context.kit(), context.course(), slug);
  return !source || *source != make_skeleton(read_file(reference), slug, reference.string());
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
  print_compact(context, comparison);
  print_ratio(context, comparison);
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
    const Comparison comparison = compare_bodies(site_of(context), slug, wishes);
    bar.clear();
    if (!heading && comparison.ran) {
      heading = true;
      print_note(context, fmt::format("{}, median of {} rounds", threads_text(comparison.threads), comparison.rounds));
      print_note(context, "bars: yours, of the limit, or of the fastest where no limit is known");
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
    print_note(context, "their tests do not pass, and what is wrong may be fast: " + listed(failing));
  if (!untested.empty()) print_note(context, "not tested as they are now: " + listed(untested));
  if (!others.empty()) print_note(context, "not started, so not measured: " + listed(others));
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
