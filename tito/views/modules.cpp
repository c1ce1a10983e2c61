#include "tito/views/modules.hpp"

#include <fmt/core.h>

#include "tito/system/text.hpp"

namespace tito {

void print_modules(Screen& screen, const Session& session) {
  const Track& track = session.workspace.track();
  const Standing standing = standing_of(session);
  Table table;
  for (const std::string& slug : track.order) {
    const std::string state = name_of(standing.modules.at(slug));
    table.row({screen.mark(standing.next.module == slug && state == "open" ? "current" : state),
               two_digits(number_in(track, slug)), screen.paint(Style::bold, slug), state,
               session.course.module(slug).purpose});
  }
  screen.line(fmt::format("{}, track {}", session.course.title(), track.name));
  screen.line();
  for (const std::string& line : table.lines()) screen.row(line);
}

}  // namespace tito
