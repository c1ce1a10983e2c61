#include "tito/course/skeleton.hpp"

#include <functional>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

constexpr std::string_view begin_mark = "// BEGIN SOLUTION";
constexpr std::string_view end_mark = "// END SOLUTION";
constexpr std::string_view helpers = "(helpers)";

// Goes through the lines; `keep` gets those outside regions, `region` the indentation and name of each region.
void walk(std::string_view source, const std::string& origin, const std::function<void(std::string_view)>& keep,
          const std::function<void(std::string_view, std::string_view)>& region) {
  const auto fail = [&](int line, const std::string& problem) {
    throw Failure(Exit::damaged, origin + ":" + std::to_string(line) + ": " + problem);
  };
  int number = 0, opened = 0, regions = 0;
  while (!source.empty()) {
    ++number;
    const std::size_t length = std::min(source.find('\n'), source.size() - 1) + 1;
    const std::string_view line = source.substr(0, length);
    source.remove_prefix(length);
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    std::string_view text = line.substr(indent);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    if (text.starts_with(begin_mark)) {
      if (opened != 0) fail(number, "a SOLUTION region inside the one of line " + std::to_string(opened));
      const std::string_view name = text.size() > begin_mark.size() + 1 ? text.substr(begin_mark.size() + 1) : "";
      if (name.empty()) fail(number, "BEGIN SOLUTION names no function");
      opened = number;
      ++regions;
      region(line.substr(0, indent), name);
    } else if (text.starts_with(end_mark)) {
      if (opened == 0) fail(number, "END SOLUTION without BEGIN SOLUTION");
      opened = 0;
    } else if (opened == 0) {
      keep(line);
    }
  }
  if (opened != 0) fail(opened, "BEGIN SOLUTION without END SOLUTION");
  if (regions == 0) fail(1, "no SOLUTION region: the skeleton would hold the answers");
}

}  // namespace

std::string make_skeleton(std::string_view source, const std::string& slug, const std::string& origin) {
  std::string skeleton;
  walk(
      source, origin, [&](std::string_view line) { skeleton += line; },
      [&](std::string_view indent, std::string_view name) {
        skeleton += indent;
        if (name == helpers) {
          skeleton += "// A place for helpers of your own.\n";
          return;
        }
        skeleton += "throw NotImplemented(\"" + slug + "\", \"" + std::string(name) + "\");\n";
      });
  return skeleton;
}

std::vector<std::string> solution_names(std::string_view source, const std::string& origin) {
  std::vector<std::string> names;
  walk(source, origin, [](std::string_view) {}, [&](std::string_view, std::string_view name) {
    if (name != helpers) names.emplace_back(name);
  });
  return names;
}

}  // namespace tito
