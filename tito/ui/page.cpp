#include "tito/ui/page.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "tito/ui/screen.hpp"

namespace tito {
namespace {

constexpr int rows_for_about = 7;  // where there are as many, there is room for more than the verdict
constexpr int rows_for_keys = 4;

struct Glyph {
  std::string text;   // a character of UTF-8
  std::string style;  // the escape sequences in force
};

std::vector<Glyph> glyphs_of(const std::string& text) {
  std::vector<Glyph> glyphs;
  std::string style;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      const std::size_t end = std::min(text.find('m', i), text.size() - 1);
      const std::string sequence = text.substr(i, end - i + 1);
      style = sequence == "\x1b[0m" ? "" : style + sequence;
      i = end;
    } else if (text[i] == '\t') {
      do glyphs.push_back({" ", style});
      while (glyphs.size() % 8 != 0);
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U && !glyphs.empty()) {
      glyphs.back().text += text[i];
    } else {
      glyphs.push_back({std::string(1, text[i]), style});
    }
  }
  return glyphs;
}

std::string text_of(const std::vector<Glyph>& glyphs, std::size_t begin, std::size_t end) {
  std::string text, style;
  for (std::size_t i = begin; i < end; ++i) {
    if (glyphs[i].style != style) {
      if (!style.empty()) text += "\x1b[0m";
      text += style = glyphs[i].style;
    }
    text += glyphs[i].text;
  }
  return style.empty() ? text : text + "\x1b[0m";
}

// "   12 |   return x;" of a compiler: a caret below would lose its place in a broken line.
bool is_excerpt(const std::string& line) {
  std::size_t at = line.find_first_not_of(' ');
  if (at == std::string::npos || at == 0) return false;
  at = line.find_first_not_of("0123456789", at);
  at = at == std::string::npos ? at : line.find_first_not_of(' ', at);
  return at != std::string::npos && line[at] == '|';
}

// The longest of the texts that fits, or the beginning of the last.
std::string fitting(const std::vector<std::string>& texts, std::size_t columns) {
  for (const std::string& text : texts) {
    if (columns_of(text) <= columns) return text;
  }
  return texts.empty() ? "" : shortened(texts.back(), columns);
}

std::vector<std::string> wrapped_body(const std::vector<std::string>& body, std::size_t columns) {
  std::vector<std::string> lines;
  for (const std::string& line : body) {
    if (is_excerpt(line)) {
      lines.push_back(shortened(line, columns));
      continue;
    }
    for (std::string& part : wrapped(line, columns)) lines.push_back(std::move(part));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t columns) {
  columns = std::max<std::size_t>(columns, 1);
  const std::vector<Glyph> glyphs = glyphs_of(text);
  const auto is_blank = [&](std::size_t i) { return glyphs[i].text == " "; };
  std::size_t margin = 0;
  while (margin < glyphs.size() && is_blank(margin)) ++margin;
  const std::size_t indent = std::min(margin + 2, columns / 4);
  std::vector<std::string> lines;
  std::size_t at = 0;
  do {
    const std::size_t lead = lines.empty() ? 0 : indent;
    const std::size_t room = columns - lead;
    std::size_t end = std::min(at + room, glyphs.size());
    if (end < glyphs.size() && !is_blank(end)) {
      // At the last blank, unless that leaves most of the line empty.
      std::size_t blank = end;
      while (blank > at + room / 2 && !is_blank(blank - 1)) --blank;
      if (blank > at + room / 2) end = blank;
    }
    std::size_t last = end;
    while (last > at && is_blank(last - 1)) --last;
    lines.push_back(std::string(last > at ? lead : 0, ' ') + text_of(glyphs, at, last));
    at = end;
    while (at < glyphs.size() && is_blank(at)) ++at;
  } while (at < glyphs.size());
  return lines;
}

std::vector<std::string> laid_out(const Page& page, const TerminalSize& size, int& offset) {
  const auto columns = static_cast<std::size_t>(size.columns);
  std::vector<std::string> lines = wrapped(page.verdict, columns);
  const int most = size.rows < rows_for_keys ? size.rows : std::min(3, std::max(1, size.rows / 3));
  lines.resize(std::min(lines.size(), static_cast<std::size_t>(most)));
  if (size.rows >= rows_for_about) {
    lines.push_back(fitting(page.about, columns));
    lines.emplace_back();
  }
  const bool has_keys = size.rows >= rows_for_keys;
  const int room = std::max(0, size.rows - static_cast<int>(lines.size()) - (has_keys ? 1 : 0));
  const std::vector<std::string> body = wrapped_body(page.body, columns);
  const int all = static_cast<int>(body.size());
  const bool fits = all <= room;
  const bool has_counter = !fits && room > 1;  // a line that says that there is more
  const int shown = fits ? all : room - (has_counter ? 1 : 0);
  offset = std::clamp(offset, 0, all - shown);
  for (int i = 0; i < shown; ++i) lines.push_back(body[static_cast<std::size_t>(offset + i)]);
  if (has_counter) {
    const std::string counter = fmt::format("lines {} to {} of {}", offset + 1, offset + shown, all);
    lines.push_back(fitting({counter + ": arrow keys", counter}, columns));
  }
  if (!has_keys) return lines;
  lines.resize(static_cast<std::size_t>(size.rows - 1));
  lines.push_back(fitting(page.keys, columns));
  return lines;
}

}  // namespace tito
