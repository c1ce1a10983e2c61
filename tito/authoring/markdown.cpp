#include "tito/authoring/markdown.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

constexpr std::string_view generated_mark = "<!-- generated: ";
constexpr std::string_view end_mark = "<!-- end -->";
constexpr std::string_view close_mark = " -->";

// The line with what stands between backticks replaced by blanks.
std::string without_inline_code(std::string line) {
  for (std::size_t at = line.find('`'); at != std::string::npos; at = line.find('`', at)) {
    const std::size_t end = line.find('`', at + 1);
    if (end == std::string::npos) break;
    std::fill(line.begin() + static_cast<std::ptrdiff_t>(at), line.begin() + static_cast<std::ptrdiff_t>(end) + 1, ' ');
    at = end + 1;
  }
  return line;
}

// The text without code, each line in its place.
std::string prose_of(std::string_view text) {
  std::string prose;
  for (const MarkdownLine& line : markdown_lines(text))
    prose += (line.is_code ? std::string() : without_inline_code(line.text)) + '\n';
  return prose;
}

int line_at(const std::string& text, std::size_t place) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
}

// "[The `words`](of.md) of it" -> "The words of it"
std::string heading_words(std::string heading) {
  std::erase(heading, '`');
  for (std::size_t middle = heading.find("]("); middle != std::string::npos; middle = heading.find("](")) {
    const std::size_t end = heading.find(')', middle), begin = heading.rfind('[', middle);
    if (end == std::string::npos || begin == std::string::npos) break;
    heading = heading.substr(0, begin) + heading.substr(begin + 1, middle - begin - 1) + heading.substr(end + 1);
  }
  return heading;
}

std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (std::size_t i = 0; i < heading.size(); ++i) {
    const auto c = static_cast<unsigned char>(heading[i]);
    const auto next = i + 1 < heading.size() ? static_cast<unsigned char>(heading[i + 1]) : 0;
    if (c == 0xE2 && (next == 0x80 || next == 0x81)) {
      i += 2;  // dashes, quotation marks and the like
    } else if (c == ' ') {
      anchor += '-';
    } else if (std::isalnum(c) != 0 || c == '-' || c == '_' || c >= 0x80) {
      anchor += static_cast<char>(std::tolower(c));
    }
  }
  return anchor;
}

}  // namespace

std::vector<MarkdownLine> markdown_lines(std::string_view text) {
  std::vector<MarkdownLine> lines;
  std::istringstream stream{std::string(text)};
  bool fenced = false, may_indent = true;  // indented code begins behind an empty line
  std::string language;
  for (std::string line; std::getline(stream, line);) {
    const bool fence = line.starts_with("```");
    if (fence) language = fenced ? language : line.substr(3);
    const bool empty = line.find_first_not_of(" \t\r") == std::string::npos;
    const bool indented = !fenced && !fence && may_indent && line.starts_with("    ");
    lines.push_back({line, fenced || fence || indented, fence, fenced || fence ? language : ""});
    may_indent = !fence && (empty || indented);
    if (fence) fenced = !fenced;
  }
  return lines;
}

std::vector<MarkdownLink> links_of(std::string_view text) {
  const std::string prose = prose_of(text);
  std::vector<MarkdownLink> links;
  for (std::size_t at = prose.find("]("); at != std::string::npos; at = prose.find("](", at + 1)) {
    const std::size_t end = prose.find_first_of(" )\n", at + 2);
    if (end == std::string::npos || end == at + 2) continue;
    links.push_back({prose.substr(at + 2, end - at - 2), line_at(prose, at)});
  }
  std::istringstream lines(prose);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {  // [name]: target
    ++number;
    const std::size_t middle = line.starts_with('[') ? line.find("]: ") : std::string::npos;
    if (middle == std::string::npos) continue;
    const std::size_t end = line.find(' ', middle + 3);
    links.push_back({line.substr(middle + 3, end == std::string::npos ? end : end - middle - 3), number});
  }
  return links;
}

std::set<std::string> anchors_of(std::string_view text) {
  std::set<std::string> anchors;
  std::map<std::string, int> taken;
  for (const MarkdownLine& line : markdown_lines(text)) {
    if (line.is_code) continue;
    for (const std::string mark : {"id=\"", "name=\""}) {
      const std::size_t at = line.text.find(mark), begin = at + mark.size();
      if (at != std::string::npos) anchors.insert(line.text.substr(begin, line.text.find('"', begin) - begin));
    }
    const std::size_t level = line.text.find_first_not_of('#');
    if (level == 0 || level > 6 || level == std::string::npos || line.text[level] != ' ') continue;
    const std::string anchor = anchor_of(heading_words(line.text.substr(level + 1)));
    const int before = taken[anchor]++;
    anchors.insert(before == 0 ? anchor : anchor + "-" + std::to_string(before));
  }
  return anchors;
}

std::vector<GeneratedRegion> generated_regions(std::string_view text, const std::string& origin) {
  const auto fail = [&](int line, const std::string& problem) {
    throw Failure(Exit::damaged, origin + ":" + std::to_string(line) + ": " + problem);
  };
  std::vector<GeneratedRegion> regions;
  std::size_t at = 0;
  int number = 0;
  bool open = false;
  for (const MarkdownLine& line : markdown_lines(text)) {
    ++number;
    const std::size_t next = at + line.text.size() + 1;
    if (!line.is_code && line.text.starts_with(generated_mark)) {
      if (open) fail(number, "a generated region inside the one of line " + std::to_string(regions.back().line));
      const std::size_t end = line.text.find(close_mark, generated_mark.size());
      if (end == std::string::npos || end == generated_mark.size()) fail(number, "a generated region without a name");
      regions.push_back({line.text.substr(generated_mark.size(), end - generated_mark.size()), next, 0, number, 0});
      open = true;
    } else if (!line.is_code && line.text.starts_with(end_mark)) {
      if (!open) fail(number, "the end of a generated region that does not begin");
      regions.back().end = at;
      regions.back().last_line = number;
      open = false;
    }
    at = next;
  }
  if (open) fail(regions.back().line, "a generated region that does not end");
  return regions;
}

std::set<int> generated_lines(std::string_view text) {
  std::set<int> lines;
  try {
    for (const GeneratedRegion& region : generated_regions(text, "")) {
      for (int line = region.line; line <= region.last_line; ++line) lines.insert(line);
    }
  } catch (const Failure&) {
    return {};
  }
  return lines;
}

}  // namespace tito
