// Everything that tito prints. Results go to standard output, errors and progress to standard error.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tito {

enum class Style { plain, bold, dim, good, bad, warn, accent };

enum class ColorMode { automatic, always, never };

class Screen {
 public:
  // Colour is used when `mode` says so, or for `automatic` when standard output is a terminal, NO_COLOR is not set
  // and TERM is not "dumb".
  void set_color(ColorMode mode);

  // With quiet set, line() prints nothing: for --quiet, and for commands that print one JSON object instead.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool is_quiet() const { return quiet_; }

  // With verbose set, views show all that compilers and linkers said.
  void set_verbose(bool verbose) { verbose_ = verbose; }
  bool is_verbose() const { return verbose_; }

  // The text in a style, if colours are on.
  std::string paint(Style style, const std::string& text) const;

  void line(const std::string& text = "");

  // The same, cut to the width of the terminal where there is one: for rows of tables.
  void row(const std::string& text);
  // A sentence beside the result, on standard error; also where line() is quiet.
  void note(const std::string& text) const;

  // The lines that `print` would print, which are not printed.
  std::vector<std::string> collected(const std::function<void()>& print);

  void error(const std::string& message, const std::string& way_out);
  void json(const nlohmann::json& object);

  // The same on one line: for commands that print several.
  void json_line(const nlohmann::json& object);

  // Whether something could not be written to standard output, for another reason than that nobody reads it.
  bool output_failed() const { return output_failed_; }

  // Whether nobody reads standard output any more.
  bool is_abandoned() const;

  // Columns of the terminal; where there is none what COLUMNS says, else 80.
  int width() const;

  // Columns that are left behind a margin, at least 20.
  std::size_t room(int margin) const { return static_cast<std::size_t>(std::max(20, width() - margin)); }

  // Marks that every locale can show: UTF-8 where the locale is, ASCII elsewhere.
  std::string tick() const { return utf8_ ? "✓" : "+"; }
  std::string cross() const { return utf8_ ? "✗" : "x"; }
  std::string dot() const { return utf8_ ? "·" : "-"; }
  std::string arrow() const { return utf8_ ? "→" : "->"; }
  std::string bar(double fraction, int cells) const;

  // The mark of a state word: done, exported and passed are good, stale warns, and so on.
  std::string mark(const std::string& state) const;

  bool is_terminal() const { return terminal_; }
  bool is_utf8() const { return utf8_; }
  bool is_coloured() const { return color_; }

  Screen();

 private:
  bool terminal_;
  bool color_ = false;
  bool utf8_;
  bool quiet_ = false;
  bool verbose_ = false;
  bool output_failed_ = false;
  std::vector<std::string>* collected_ = nullptr;

  void write_out(const std::string& text);
};

// A line at the bottom of the terminal that shows how far long work has come; nothing where standard error is no
// terminal. It disappears at the end of scope.
class ProgressBar {
 public:
  ProgressBar(const Screen& screen, int total, bool enabled = true);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void show(int done, const std::string& what);
  void clear();

 private:
  const Screen* screen_;
  int total_;
  bool enabled_;
  bool shown_ = false;
};

// Columns padded to their widest cell, two spaces apart; the last one is not padded. Cells may be painted.
class Table {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::vector<std::string> lines(const std::string& indent = "  ") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "91.2 %", "20,413 samples/s"
std::string figure(double value, const std::string& unit);

// "0.42 s", "1 min 12 s"
std::string duration(double seconds);

// The text cut to a number of columns; colours take none.
std::string shortened(const std::string& text, std::size_t columns);

// Columns that a text takes: escape sequences none, a character of UTF-8 one.
std::size_t columns_of(const std::string& text);

}  // namespace tito
