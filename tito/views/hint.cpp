#include "tito/views/hint.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "tito/system/text.hpp"
#include "tito/ui/page.hpp"

namespace tito {

void print_hint(Screen& screen, const Workspace& workspace, const Hint& hint) {
  const std::string which = hint.shown.size() > 1 ? fmt::format("all {} hints", hint.steps)
                                                  : fmt::format("hint {} of {}", hint.first, hint.steps);
  screen.line(fmt::format("{} {} {}", screen.paint(Style::bold, hint.function), screen.dot(), which));
  if (!hint.why.empty()) screen.line("  " + screen.paint(Style::dim, hint.why));
  const auto width = static_cast<std::size_t>(std::min(screen.width(), 100));
  for (std::size_t i = 0; i < hint.shown.size(); ++i) {
    screen.line();
    const std::string number = hint.shown.size() > 1 ? fmt::format("{}. ", i + 1) : "";
    for (const std::string& line : wrapped("  " + number + hint.shown[i], width)) screen.line(line);
  }
  screen.line();
  const std::string label = two_digits(number_in(workspace.track(), hint.module));
  if (!hint.is_last()) {
    screen.line("  next: " + screen.paint(Style::accent, fmt::format("tito hint {} {}", label, hint.function)));
  } else {
    const std::string lesson = workspace.source_name(hint.module);
    screen.line(screen.paint(Style::dim, fmt::format("  there is no further hint; the lesson is {}/README.md",
                                                     std::filesystem::path(lesson).parent_path().string())));
  }
}

}  // namespace tito
