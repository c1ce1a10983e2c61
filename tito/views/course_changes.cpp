#include "tito/views/course_changes.hpp"

#include <fmt/core.h>

namespace tito {

std::string shown(const std::filesystem::path& file, const std::filesystem::path& root) {
  const std::filesystem::path below = file.lexically_relative(root);
  return below.empty() || *below.begin() == ".." ? file.string() : below.generic_string();
}

void print_findings(Screen& screen, const Findings& findings, const std::filesystem::path& root) {
  for (const Finding& one : findings) {
    screen.line(fmt::format("{}:{}: {} {}", shown(one.file, root), one.line,
                            screen.paint(Style::bad, "[" + one.rule + "]"), one.message));
    if (!one.way_out.empty()) screen.line("    " + screen.paint(Style::accent, one.way_out));
  }
}

nlohmann::json json_of(const Findings& findings, const std::filesystem::path& root) {
  nlohmann::json all = nlohmann::json::array();
  for (const Finding& one : findings) {
    all.push_back({{"rule", one.rule},
                   {"file", shown(one.file, root)},
                   {"line", one.line},
                   {"message", one.message},
                   {"way_out", one.way_out}});
  }
  return all;
}

void print_consequences(Screen& screen, const TreeChange& change, const Consequences& consequences) {
  for (const auto& [from, to] : change.moves) {
    screen.line(fmt::format("  {} {} {}", from.string(), screen.arrow(), to.string()));
  }
  for (const MentionsInFile& one : consequences.mentions) {
    const std::size_t count = one.mentions.size();
    screen.line(fmt::format("  {}: {} mention{}", one.path.string(), count, count == 1 ? "" : "s"));
    for (const Mention& mention : one.mentions) {
      screen.line(screen.paint(Style::dim, fmt::format("      {}:{}  {} {} {}", one.path.string(), mention.line,
                                                       mention.before, screen.arrow(), mention.after)));
    }
  }
  for (const std::filesystem::path& path : consequences.regions)
    screen.line("  " + path.string() + ": what tito writes there");
}

}  // namespace tito
