#include "tito/views/comparison.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "tito/views/verdict.hpp"

namespace tito {
namespace {

// How the lines below a row's name are laid out, by the width of the terminal.
struct Layout {
  int bar = 20;
  bool spread = true;  // "(2.91 .. 3.22)" is shown
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

Layout layout_for(int columns) {
  // Indent and name 15, figure 8, spread 20, share 5.
  Layout layout;
  layout.spread = columns >= 62;
  layout.bar = std::clamp(columns - 15 - 8 - (layout.spread ? 20 : 0) - 5 - 1, 5, 30);
  return layout;
}

void print_timing(Screen& screen, const std::string& name, const Timing& timing, const ComparedRow& row, Style style) {
  const Layout layout = layout_for(screen.width());
  const std::string label = fmt::format("    {:<11}", name);
  if (!timing.measured()) {
    const std::string what = name_of(timing.status);
    std::string reason = timing.reason;
    if (timing.status == RowStatus::not_written) reason = reason.substr(0, reason.find(" is not written yet"));
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

// The figures of a row: yours, reference, fast body, limit.
std::vector<std::string> cells_of(const ComparedRow& row) {
  return {cell(row.yours), cell(row.reference), row.fast ? cell(*row.fast) : "",
          row.limit.values.empty() ? "" : short_number(row.limit.max())};
}

nlohmann::json json_of(const Rates& rates) {
  return {{"median", rates.median()}, {"min", rates.min()}, {"max", rates.max()}, {"rounds", rates.values.size()}};
}

nlohmann::json json_of(const Timing& timing) {
  nlohmann::json object = timing.measured() ? json_of(timing.rates) : nlohmann::json::object();
  object["status"] = name_of(timing.status);
  if (!timing.measured()) object["reason"] = timing.reason;
  return object;
}

}  // namespace

std::string threads_text(int threads) { return fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"); }

void print_note(Screen& screen, std::string text) {
  const auto room = static_cast<std::size_t>(std::max(screen.width(), 30)) - 3;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (screen.is_terminal() && text.size() > room) end = text.rfind(' ', room);
    if (end == 0 || end == std::string::npos) end = text.size();
    screen.line("  " + screen.paint(Style::dim, text.substr(0, end)));
    text.erase(0, end + 1);
  }
}

void print_legend(Screen& screen, const Comparison& comparison) {
  const bool spread = layout_for(screen.width()).spread;
  print_note(screen, fmt::format("{}, median of {} rounds{}", threads_text(comparison.threads), comparison.rounds,
                                 spread ? " (slowest .. fastest)" : ""));
  print_note(screen, "bars: share of the limit, or of the fastest where no limit is known");
}

void print_row(Screen& screen, const ComparedRow& row) {
  screen.row(fmt::format("  {} {}", screen.paint(Style::bold, row.name), screen.paint(Style::dim, row.unit)));
  print_timing(screen, "yours", row.yours, row, Style::accent);
  print_timing(screen, "reference", row.reference, row, Style::plain);
  if (row.fast) print_timing(screen, "fast body", *row.fast, row, Style::plain);
  if (row.limit.values.empty()) return;
  screen.row(screen.paint(
      Style::dim, fmt::format("    {:<11}{:>6}  by {}", "limit", short_number(row.limit.max()), row.limited_by)));
}

void print_ratio(Screen& screen, const Comparison& comparison) {
  const auto ratio = comparison.versus_reference();
  if (!ratio) return;
  const auto rows = std::count_if(comparison.rows.begin(), comparison.rows.end(),
                                  [](const ComparedRow& row) { return row.yours.measured(); });
  screen.line(fmt::format("  yours: {} x the reference", screen.paint(Style::bold, short_number(*ratio))) +
              screen.paint(Style::dim, fmt::format(" ({} row{})", rows, rows == 1 ? "" : "s")));
}

void print_compact(Screen& screen, const Comparison& comparison) {
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

}  // namespace tito
