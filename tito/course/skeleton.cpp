#include "tito/course/skeleton.hpp"

#include <algorithm>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

constexpr std::string_view begin_mark = "// BEGIN SOLUTION";
constexpr std::string_view end_mark = "// END SOLUTION";

// A line without the blanks around it.
std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \r\n") + 1 - first);
}

}  // namespace

std::vector<SolutionRegion> solution_regions(std::string_view source, const std::string& origin) {
  const auto fail = [&](int line, const std::string& problem) {
    throw Failure(Exit::damaged, origin + ":" + std::to_string(line) + ": " + problem);
  };
  std::vector<SolutionRegion> regions;
  int number = 0, opened = 0;
  for (std::size_t at = 0; at < source.size();) {
    ++number;
    const std::size_t next = std::min(source.find('\n', at), source.size() - 1) + 1;
    const std::string_view text = trimmed(source.substr(at, next - at));
    if (text.starts_with(begin_mark)) {
      if (opened != 0) fail(number, "a SOLUTION region inside the one of line " + std::to_string(opened));
      if (text.size() <= begin_mark.size() + 1) fail(number, "BEGIN SOLUTION names no function");
      regions.push_back({std::string(text.substr(begin_mark.size() + 1)), at, next, 0, 0, number + 1});
      opened = number;
    } else if (text.starts_with(end_mark)) {
      if (opened == 0) fail(number, "END SOLUTION without BEGIN SOLUTION");
      regions.back().end = at;
      regions.back().after = next;
      opened = 0;
    }
    at = next;
  }
  if (opened != 0) fail(opened, "BEGIN SOLUTION without END SOLUTION");
  if (regions.empty()) fail(1, "no SOLUTION region: the skeleton would hold the answers");
  return regions;
}

std::string make_skeleton(std::string_view source, const std::string& slug, const std::string& origin) {
  std::string skeleton;
  std::size_t kept = 0;
  for (const SolutionRegion& region : solution_regions(source, origin)) {
    skeleton += source.substr(kept, region.begin - kept);
    skeleton += source.substr(region.begin, source.find_first_not_of(' ', region.begin) - region.begin);
    skeleton += region.is_helpers() ? "// A place for helpers of your own.\n"
                                    : "throw NotImplemented(\"" + slug + "\", \"" + region.name + "\");\n";
    kept = region.after;
  }
  skeleton += source.substr(kept);
  return skeleton;
}

std::vector<std::string> solution_names(std::string_view source, const std::string& origin) {
  std::vector<std::string> names;
  for (const SolutionRegion& region : solution_regions(source, origin)) {
    if (region.is_helpers() || std::find(names.begin(), names.end(), region.name) != names.end()) continue;
    names.push_back(region.name);
  }
  return names;
}

}  // namespace tito
