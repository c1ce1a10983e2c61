#include "tito/course/mistakes.hpp"

#include <regex>
#include <sstream>

#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"

namespace tito {
namespace {

[[noreturn]] void fail(const std::string& origin, int line, const std::string& problem) {
  throw Failure(Exit::damaged, origin + ":" + std::to_string(line) + ": " + problem);
}

std::string without_blanks_around(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \n") + 1 - first);
}

}  // namespace

std::vector<Mistake> read_mistakes(std::string_view text, const std::string& origin) {
  static const std::regex place("In (.+?)(; the checkpoint fails, too)?\\.");
  std::vector<Mistake> mistakes;
  std::istringstream lines{std::string(text)};
  int number = 0, blocks = 0;
  bool inside = false;
  std::smatch found;
  const auto check_last = [&] {
    if (mistakes.empty()) return;
    const Mistake& last = mistakes.back();
    if (last.function.empty())
      fail(origin, last.line, "expected a line \"In FUNCTION.\" or \"In FUNCTION; the checkpoint fails, too.\"");
    if (blocks != 2)
      fail(origin, last.line,
           "expected two blocks of cpp, the right text and the wrong one, found " + std::to_string(blocks));
  };
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (inside) {
      if (line == "```") {
        inside = false;
        continue;
      }
      std::string& block = blocks == 1 ? mistakes.back().right : mistakes.back().wrong;
      block += (block.empty() ? "" : "\n") + line;
    } else if (line.starts_with("## ")) {
      check_last();
      mistakes.push_back({line.substr(3), "", false, "", "", number});
      blocks = 0;
    } else if (line == "```cpp") {
      if (mistakes.empty()) fail(origin, number, "a block before the first heading");
      if (++blocks > 2) fail(origin, number, "a third block");
      inside = true;
    } else if (!mistakes.empty() && mistakes.back().function.empty() && std::regex_match(line, found, place)) {
      mistakes.back().function = found[1];
      mistakes.back().fails_checkpoint = found[2].matched;
    }
  }
  if (inside) fail(origin, number, "a block that is not closed");
  check_last();
  if (mistakes.empty()) fail(origin, 1, "no mistakes: expected headings that begin with ##");
  return mistakes;
}

std::string with_mistake(const std::string& body, const Mistake& mistake, const std::string& origin) {
  const std::string right = without_blanks_around(mistake.right);
  const std::string wrong = without_blanks_around(mistake.wrong);
  if (right.empty()) fail(origin, mistake.line, "the text to replace is empty");
  bool known = false;
  std::vector<std::size_t> places;
  for (const SolutionRegion& region : solution_regions(body, origin)) {
    if (region.name != mistake.function) continue;
    known = true;
    for (std::size_t at = body.find(right, region.text); at < region.end; at = body.find(right, at + 1))
      places.push_back(at);
  }
  if (!known) fail(origin, mistake.line, "the body has no region " + mistake.function);
  if (places.size() != 1) {
    fail(origin, mistake.line,
         "expected the text to replace once in " + mistake.function + ", found it " + std::to_string(places.size()) +
             " times");
  }
  return body.substr(0, places[0]) + wrong + body.substr(places[0] + right.size());
}

}  // namespace tito
