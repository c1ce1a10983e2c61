#include "tito/views/failure.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr int margin = 6;  // of the fields of a failure
constexpr int label = 11;

// Cut into lines at blanks, where there is a terminal that has a width.
std::vector<std::string> wrapped(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (rest.size() > columns) {
    std::size_t end = rest.rfind(' ', columns);
    if (end == std::string::npos || end == 0) end = rest.find(' ', columns);
    if (end == std::string::npos) break;
    lines.push_back(rest.substr(0, end));
    rest.erase(0, end + 1);
  }
  lines.push_back(rest);
  return lines;
}

// The excerpt moved to the left as far as its caret asks for, in lines that are not too long.
std::vector<std::string> excerpt_in(const Diagnostic& one, std::size_t columns) {
  std::vector<std::string> lines = one.excerpt;
  if (lines.empty()) return lines;
  const std::size_t bar = lines[0].find('|');
  const auto caret = static_cast<std::size_t>(std::max(1, one.column));
  const std::size_t room = columns > bar + 2 ? columns - bar - 2 : 1;
  std::size_t skip = caret + 8 > room ? caret + 8 - room : 0;
  if (lines[0].size() <= columns) skip = 0;
  for (std::string& line : lines) {
    if (skip > 0 && line.size() > bar + 2) line.erase(bar + 2, skip);
    line = shortened(line, columns);
  }
  return lines;
}

void print_lines(Screen& screen, const std::string& name, const std::vector<std::string>& lines) {
  bool first = true;
  for (const std::string& line : lines) {
    screen.line(fmt::format("{:{}}{}{}", "", margin,
                            screen.paint(Style::dim, fmt::format("{:<{}}", first ? name : "", label)), line));
    first = false;
  }
}

void print_field(Screen& screen, const std::string& name, const std::string& text) {
  constexpr std::size_t most_lines = 12;
  if (text.empty()) return;
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; lines.size() < most_lines && std::getline(stream, line);) {
    if (!screen.is_terminal()) {
      lines.push_back(line);
      continue;
    }
    const int room = std::max(20, screen.width() - margin - label);
    for (const std::string& part : wrapped(line, static_cast<std::size_t>(room))) lines.push_back(part);
  }
  print_lines(screen, name, lines);
}

// Both tensors around the first difference where the terminal is wide enough for them, else a line of each.
void print_values(Screen& screen, const CheckFailure& failure) {
  const int room = screen.width() - margin - label;
  const TensorWindow& window = failure.window;
  const std::vector<std::string> expected = grid(window, window.expected, room),
                                 actual = grid(window, window.actual, room);
  if (expected.empty() || actual.empty()) {
    print_field(screen, "expected", failure.expected);
    print_field(screen, "actual", failure.actual);
    return;
  }
  print_lines(screen, "expected", expected);
  print_lines(screen, "actual", actual);
}

void print_failure(Screen& screen, const CheckFailure& failure, const std::string& source) {
  print_field(screen, "check", failure.expression);
  print_values(screen, failure);
  print_field(screen, "where", failure.note);
  print_field(screen, "likely", failure.cause);
  if (failure.actual != "threw: " + failure.message) print_field(screen, "message", failure.message);
  if (failure.source_line > 0) print_field(screen, "write", fmt::format("{}:{}", source, failure.source_line));
  if (!failure.file.empty()) print_field(screen, "at", fmt::format("{}:{}", nearby(failure.file), failure.line));
}

}  // namespace

// A path as the user sees it from where they stand, when it lies below.
std::string nearby(const std::string& path) {
  std::error_code error;
  const fs::path relative = fs::relative(path, fs::current_path(error), error);
  const std::string text = relative.string();
  return error || text.empty() || text.starts_with("../..") ? path : text;
}

void print_case(Screen& screen, const CaseResult& result, Extent extent, const std::string& source) {
  screen.line(fmt::format("  {} {}", screen.paint(Style::bad, screen.cross()), screen.paint(Style::bold, result.name)));
  print_field(screen, "", result.reason);
  if (result.failures.empty() && !result.file.empty())
    print_field(screen, "at", fmt::format("{}:{}", nearby(result.file), result.line));
  std::size_t shown = 0;
  for (const CheckFailure& failure : result.failures) {
    if (shown > 0 && extent == Extent::first) break;
    if (shown++ > 0) screen.line();
    print_failure(screen, failure, source);
  }
  if (result.failures.size() > shown) {
    screen.line(screen.paint(
        Style::dim, fmt::format("      and {} more failed checks in this case", result.failures.size() - shown)));
  }
}

void print_known_mistake(Screen& screen, const std::string& name) {
  if (name.empty()) return;
  const std::string sentence = "a known mistake fails in exactly this way: " + name;
  const auto room = static_cast<std::size_t>(std::max(20, screen.width() - 2));
  const std::vector<std::string> lines =
      screen.is_terminal() ? wrapped(sentence, room) : std::vector<std::string>{sentence};
  screen.line();
  for (const std::string& line : lines) screen.line("  " + screen.paint(Style::accent, line));
}

std::vector<std::string> grid(const TensorWindow& window, const std::vector<std::string>& values, int width) {
  if (window.columns == 0) return {};
  const std::size_t rows = values.size() / window.columns;
  const bool marks = values == window.actual;
  const auto cell_text = [&](std::size_t row, std::size_t column) {
    const std::size_t i = row * window.columns + column;
    return marks && window.wrong[i] ? "<" + values[i] + ">" : " " + values[i] + " ";
  };
  std::size_t cell = 4;
  for (std::size_t i = 0; i < values.size(); ++i) {
    cell = std::max({cell, window.expected[i].size() + 3, window.actual[i].size() + 3});
  }
  const bool matrix = window.shape.size() > 1;
  const std::string last_row = std::to_string(window.row + static_cast<std::int64_t>(rows) - 1);
  const std::size_t head = matrix ? std::max<std::size_t>(3, last_row.size() + 1) : 0;
  const std::size_t room = static_cast<std::size_t>(std::max(width, 0));
  const std::size_t fitting = room > head ? std::min(window.columns, (room - head) / cell) : 0;
  if (fitting == 0) return {};
  // The column of the first difference is always among them.
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(0, window.at.back() - window.column));
  const std::size_t first = std::min(wanted < fitting ? 0 : wanted + 1 - fitting, window.columns - fitting);
  std::vector<std::string> lines{std::string(head, ' ')};
  for (std::size_t column = first; column < first + fitting; ++column) {
    lines[0] += fmt::format("{:>{}} ", window.column + static_cast<std::int64_t>(column), cell - 1);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line = matrix ? fmt::format("{:>{}} ", window.row + static_cast<std::int64_t>(row), head - 1) : "";
    for (std::size_t column = first; column < first + fitting; ++column)
      line += fmt::format("{:>{}}", cell_text(row, column), cell);
    lines.push_back(line);
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

void print_diagnostics(Screen& screen, const Compilation& compilation, Extent extent) {
  if (screen.is_verbose()) {
    std::istringstream lines(printable(compilation.output));
    for (std::string line; std::getline(lines, line);) screen.line("  " + line);
    return;
  }
  const auto room = static_cast<std::size_t>(screen.is_terminal() ? std::max(20, screen.width() - 2) : 200);
  std::size_t shown = 0;
  for (const Diagnostic& one : compilation.diagnostics) {
    if (extent == Extent::first && shown > 0) break;
    if (shown++ > 0) screen.line();
    const std::string place =
        one.line > 0 ? fmt::format("{}:{}:{}", nearby(one.file), one.line, one.column) : nearby(one.file);
    const std::string kind = one.is_error ? screen.paint(Style::bad, "error") : screen.paint(Style::warn, "warning");
    screen.line(fmt::format("  {}: {}: {}", screen.paint(Style::bold, place), kind, shortened(one.message, 400)));
    for (const std::string& line : excerpt_in(one, room)) screen.line("  " + line);
    if (!one.inside.empty())
      screen.line(screen.paint(Style::dim, "  it arises in " + one.inside + ", to which this line leads"));
    if (one.candidates > 0) {
      const std::string count =
          one.candidates == 1 ? "one candidate: " : fmt::format("{} candidates; the first: ", one.candidates);
      screen.line(screen.paint(Style::dim, "  " + shortened(count + one.candidate, room)));
    }
    if (one.help.empty()) continue;
    const std::vector<std::string> help =
        screen.is_terminal() ? wrapped("help: " + one.help, room) : std::vector<std::string>{"help: " + one.help};
    for (const std::string& line : help) screen.line("  " + screen.paint(Style::accent, line));
  }
  const std::size_t more = compilation.diagnostics.size() - shown;
  if (more > 0)
    screen.line(screen.paint(
        Style::dim, fmt::format("  {} more message{} of the compiler: --all shows them", more, more == 1 ? "" : "s")));
}

nlohmann::json json_of(const Compilation& compilation) {
  nlohmann::json list = nlohmann::json::array();
  for (const Diagnostic& one : compilation.diagnostics) {
    list.push_back({{"error", one.is_error},
                    {"file", one.file},
                    {"line", one.line},
                    {"column", one.column},
                    {"message", one.message}});
    if (!one.help.empty()) list.back()["help"] = one.help;
    if (!one.inside.empty()) list.back()["inside"] = one.inside;
    if (one.candidates > 0) list.back()["candidates"] = one.candidates;
  }
  return list;
}

nlohmann::json json_of(const TensorWindow& window) {
  return {{"shape", window.shape},   {"at", window.at},           {"row", window.row},
          {"column", window.column}, {"columns", window.columns}, {"expected", window.expected},
          {"actual", window.actual}, {"wrong", window.wrong}};
}

}  // namespace tito
