#include "tito/ui/screen.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace tito {
namespace {

bool variable_is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!variable_is_set(name)) continue;
    std::string value = std::getenv(name);
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

void write_to(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

std::string with_thousands(double value) {
  std::string text = fmt::format("{:.0f}", value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

Screen::Screen() : terminal_(::isatty(STDOUT_FILENO) != 0), utf8_(locale_is_utf8()) { set_color(ColorMode::automatic); }

void Screen::set_color(ColorMode mode) {
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::strcmp(term, "dumb") == 0;
  color_ =
      mode == ColorMode::always || (mode == ColorMode::automatic && terminal_ && !variable_is_set("NO_COLOR") && !dumb);
}

std::string Screen::paint(Style style, const std::string& text) const {
  if (!color_ || style == Style::plain) return text;
  const char* code = "";
  switch (style) {
    case Style::bold:
      code = "1";
      break;
    case Style::dim:
      code = "2";
      break;
    case Style::good:
      code = "32";
      break;
    case Style::bad:
      code = "31";
      break;
    case Style::warn:
      code = "33";
      break;
    case Style::accent:
      code = "36";
      break;
    case Style::plain:
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Screen::write_out(const std::string& text) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno != EPIPE) output_failed_ = true;
}

void Screen::line(const std::string& text) {
  if (collected_ != nullptr) {
    std::istringstream lines(text.empty() ? "\n" : text);
    for (std::string one; std::getline(lines, one);) collected_->push_back(one);
  } else if (!quiet_) {
    write_out(text + "\n");
  }
}

std::vector<std::string> Screen::collected(const std::function<void()>& print) {
  std::vector<std::string> lines;
  collected_ = &lines;
  try {
    print();
  } catch (...) {
    collected_ = nullptr;
    throw;
  }
  collected_ = nullptr;
  return lines;
}

void Screen::row(const std::string& text) {
  line(terminal_ ? shortened(text, static_cast<std::size_t>(width())) : text);
}

void Screen::note(const std::string& text) const { write_to(stderr, text + "\n"); }

void Screen::error(const std::string& message, const std::string& way_out) {
  const bool color = color_ && ::isatty(STDERR_FILENO) != 0;
  write_to(stderr, (color ? "\x1b[31mtito:\x1b[0m " : "tito: ") + message + "\n");
  if (!way_out.empty()) write_to(stderr, "      " + way_out + "\n");
}

void Screen::json(const nlohmann::json& object) {
  write_out(object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void Screen::json_line(const nlohmann::json& object) {
  write_out(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

bool Screen::is_abandoned() const {
  pollfd one{STDOUT_FILENO, 0, 0};
  return ::poll(&one, 1, 0) > 0 && (one.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

int Screen::width() const {
  winsize size{};
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  if (const char* said = std::getenv("COLUMNS"); said != nullptr) {
    const int columns = std::atoi(said);
    if (columns >= 20 && columns <= 1000) return columns;
  }
  return 80;
}

std::string Screen::bar(double fraction, int cells) const {
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * cells);
  std::string text;
  for (int i = 0; i < cells; ++i) text += i < filled ? (utf8_ ? "█" : "#") : (utf8_ ? "░" : ".");
  return text;
}

std::string Screen::mark(const std::string& state) const {
  if (state == "done" || state == "exported") return paint(Style::good, tick());
  if (state == "passed") return paint(Style::good, dot());
  if (state == "stale" || state == "missing") return paint(Style::warn, "!");
  if (state == "current") return paint(Style::accent, arrow());
  return paint(Style::dim, dot());
}

ProgressBar::ProgressBar(const Screen& screen, int total, bool enabled)
    : screen_(&screen), total_(total), enabled_(enabled && !screen.is_quiet() && ::isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(int done, const std::string& what) {
  if (!enabled_) return;
  const int width = screen_->width();
  const double fraction = total_ > 0 ? static_cast<double>(done) / total_ : 1.0;
  const int cells = std::clamp(width / 3, 5, 30);
  const std::string text = fmt::format("{} {:3.0f}%  {}", screen_->bar(fraction, cells), 100 * fraction, what);
  write_to(stderr, "\r\x1b[K" + shortened(text, static_cast<std::size_t>(std::max(10, width - 1))));
  shown_ = true;
}

void ProgressBar::clear() {
  if (shown_) write_to(stderr, "\r\x1b[K");
  shown_ = false;
}

std::vector<std::string> Table::lines(const std::string& indent) const {
  std::vector<std::size_t> widths;
  for (const auto& cells : rows_) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], columns_of(cells[i]));
  }
  std::vector<std::string> lines;
  for (const auto& cells : rows_) {
    std::string text = indent;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 < cells.size()) text += std::string(widths[i] - columns_of(cells[i]) + 2, ' ');
    }
    lines.push_back(text);
  }
  return lines;
}

std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++columns;
    }
  }
  return columns;
}

std::string figure(double value, const std::string& unit) {
  const double size = std::abs(value);
  std::string text;
  if (size >= 1e15) text = fmt::format("{:.4g}", value);
  else if (size >= 1000) text = with_thousands(value);
  else if (size >= 100) text = fmt::format("{:.1f}", value);
  else if (size >= 1) text = fmt::format("{:.2f}", value);
  else text = fmt::format("{:.3g}", value);
  return unit.empty() ? text : text + " " + unit;
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.2f} s", seconds);
  return fmt::format("{} min {:.0f} s", static_cast<int>(seconds) / 60,
                     seconds - 60 * (static_cast<int>(seconds) / 60));
}

std::string shortened(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  std::string kept;
  std::size_t used = 0;
  bool colored = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      const std::size_t end = std::min(text.find('m', i), text.size() - 1);
      kept.append(text, i, end - i + 1);
      colored = true;
      i = end;
      continue;
    }
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts && used + 2 >= columns) break;
    used += starts ? 1U : 0U;
    kept += text[i];
  }
  if (colored) kept += "\x1b[0m";
  return kept + "..";
}

}  // namespace tito
