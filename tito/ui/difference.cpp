#include "tito/ui/difference.hpp"

#include <algorithm>

#include "tito/system/text.hpp"

namespace tito {
namespace {

// A line of code as it can be shown: without its end, tabs as blanks, control characters as question marks.
std::string shown(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  std::string text;
  for (const char c : line) text += c == '\t' ? "    " : std::string(1, c);
  return printable(text);
}

// Cut into pieces of so many columns; at least one.
std::vector<std::string> wrapped(const std::string& text, int columns) {
  std::vector<std::string> pieces(1);
  int used = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (starts && used == std::max(columns, 1)) {
      pieces.emplace_back();
      used = 0;
    }
    used += starts ? 1 : 0;
    pieces.back() += c;
  }
  return pieces;
}

Style style_of(char mark) { return mark == '+' ? Style::good : mark == '-' ? Style::bad : Style::plain; }

std::string padded(const std::string& text, int columns) {
  const auto missing = static_cast<std::size_t>(std::max(0, columns - static_cast<int>(columns_of(text))));
  return text + std::string(missing, ' ');
}

// Two columns that are filled row by row.
class Columns {
 public:
  Columns(const Screen& screen, int width) : screen_(&screen), width_(std::max(1, (width - 3) / 2)) {}

  void row(std::string_view left, std::string_view right, char between) {
    const std::vector<std::string> lefts = wrapped(shown(left), width_), rights = wrapped(shown(right), width_);
    for (std::size_t i = 0; i < std::max(lefts.size(), rights.size()); ++i) {
      const std::string l = padded(i < lefts.size() ? lefts[i] : "", width_), r = i < rights.size() ? rights[i] : "";
      const bool same = between == ' ';
      std::string line = screen_->paint(same ? Style::plain : Style::bad, l) + ' ';
      line += screen_->paint(Style::dim, std::string(1, i == 0 || same ? between : ' ')) + ' ';
      line += screen_->paint(same || r.empty() ? Style::plain : Style::good, r);
      while (line.ends_with(' ')) line.pop_back();
      lines_.push_back(line);
    }
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  const Screen* screen_;
  int width_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> drawn_below(const Screen& screen, const std::vector<Hunk>& hunks, int width, bool headers) {
  const std::string goes_on = screen.is_utf8() ? "┆" : ":";
  std::vector<std::string> lines;
  for (const Hunk& hunk : hunks) {
    if (headers) lines.push_back(screen.paint(Style::accent, hunk.header()));
    for (const DiffLine& line : hunk.lines) {
      bool first = true;
      for (const std::string& piece : wrapped(shown(line.text), width - 1)) {
        lines.push_back(screen.paint(style_of(line.mark), (first ? std::string(1, line.mark) : goes_on) + piece));
        first = false;
      }
    }
  }
  return lines;
}

std::vector<std::string> drawn_beside(const Screen& screen, std::string_view left, std::string_view right, int width) {
  const Lines lefts = split_lines(left), rights = split_lines(right);
  Columns columns(screen, width);
  std::size_t at = 0, other = 0;
  const auto same_until = [&](std::size_t end) {
    while (at < end) columns.row(lefts[at++], rights[other++], ' ');
  };
  for (const Change& change : changes_between(lefts, rights)) {
    same_until(change.old_begin);
    while (at < change.old_end || other < change.new_end) {
      const bool has_left = at < change.old_end, has_right = other < change.new_end;
      const std::string_view l = has_left ? lefts[at++] : std::string_view{},
                             r = has_right ? rights[other++] : std::string_view{};
      columns.row(l, r, has_left && has_right ? '|' : has_left ? '<' : '>');
    }
  }
  same_until(lefts.size());
  return columns.take();
}

}  // namespace tito
