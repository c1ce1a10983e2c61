#include "tito/views/results.hpp"

#include <fmt/core.h>

#include <filesystem>

namespace tito {
namespace {

// "1 tensor", "50,890 numbers"
std::string count_text(std::int64_t count, const std::string& noun) {
  const std::string digits = count < 1000 ? std::to_string(count) : figure(static_cast<double>(count), "");
  return digits + " " + noun + (count == 1 ? "" : "s");
}

// The folder as a user would write it.
std::string folder_text(const Results& results) {
  return (std::filesystem::path("results") / results.folder.filename()).string();
}

}  // namespace

void print_charts(Screen& screen, const Results& results) {
  for (const Chart& chart : results.charts) {
    screen.line();
    for (const std::string& line : draw(chart, screen)) screen.row(line);
  }
}

bool print_results(Screen& screen, const Results& results) {
  if (!results.problem.empty()) {
    screen.error("the results are not kept: " + results.problem, "the figures above hold all the same");
  }
  if (!results.written) return results.problem.empty();
  const std::string folder = folder_text(results);
  for (const KeptFile& file : results.files) {
    if (!file.kept) {
      screen.line(fmt::format("  {} {} is not kept: {}", screen.paint(Style::warn, "!"), file.name, file.problem));
    } else if (!file.problem.empty()) {
      screen.line(
          fmt::format("  {} kept {}/{}, but {}", screen.paint(Style::warn, "!"), folder, file.name, file.problem));
    } else if (file.tensors >= 0) {
      screen.line(fmt::format("  kept {}/{}: {}, {}", folder, file.name, count_text(file.tensors, "tensor"),
                              count_text(file.numbers, "number")));
    } else {
      screen.line(fmt::format("  kept {}/{}: {}", folder, file.name, count_text(file.bytes, "byte")));
    }
  }
  std::string pictures;
  for (const std::string& name : results.pictures) pictures += (pictures.empty() ? "" : ", ") + name;
  screen.line(screen.paint(
      Style::dim, fmt::format("  {}/: {}{}{}", folder, pictures, pictures.empty() ? "" : ", ", Results::description)));
  return results.problem.empty();
}

}  // namespace tito
