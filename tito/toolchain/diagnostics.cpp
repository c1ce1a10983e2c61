#include "tito/toolchain/diagnostics.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr std::size_t most_excerpt_lines = 4;

struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string kind;
  std::string message;
};

// "file:12:3: error: message"; written by hand, for std::regex is slow on long template messages.
std::optional<Location> parse_location(const std::string& text) {
  for (const std::string kind : {"fatal error", "error", "warning", "note"}) {
    const std::size_t at = text.find(": " + kind + ": ");
    if (at == std::string::npos || text[0] == ' ') continue;
    const std::string place = text.substr(0, at);
    const std::string message = text.substr(at + kind.size() + 4);
    const std::size_t column = place.rfind(':');
    const std::size_t line = column == std::string::npos ? column : place.rfind(':', column - 1);
    const auto is_number = [](const std::string& word) {
      return !word.empty() && word.size() < 9 && word.find_first_not_of("0123456789") == std::string::npos;
    };
    if (line != std::string::npos && is_number(place.substr(line + 1, column - line - 1)) &&
        is_number(place.substr(column + 1))) {
      return Location{place.substr(0, line), std::stoi(place.substr(line + 1, column - line - 1)),
                      std::stoi(place.substr(column + 1)), kind, message};
    }
    return Location{place, 0, 0, kind, message};
  }
  return std::nullopt;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// With ASCII's quotation marks, whatever the locale was, and without what only the library's authors read.
std::string tidy(std::string message) {
  replace_all(message, "\xe2\x80\x98", "'");
  replace_all(message, "\xe2\x80\x99", "'");
  message = readable(std::move(message));
  if (const std::size_t with = message.find(" [with "); with != std::string::npos)
    message.resize(message.rfind(']') == message.size() - 1 ? with : message.size());
  return message;
}

// "FILE:9:49:   required from here" or "required from 'void f()'": the place when it is in the student's file.
std::optional<std::pair<int, int>> required_from(const std::string& text, const std::string& source) {
  if (!text.starts_with(source + ":") || text.find("   required ") == std::string::npos) return std::nullopt;
  int line = 0, column = 0;
  char colon = 0;
  std::istringstream numbers(text.substr(source.size() + 1));
  if (!(numbers >> line >> colon >> column) || colon != ':') return std::nullopt;
  return std::pair{line, column};
}

// As the compiler draws it, for a place of which it has not.
std::vector<std::string> excerpt_of(const std::string& source, int line, int column) {
  const auto text = read_if_present(source);
  if (!text || line < 1) return {};
  std::istringstream stream(*text);
  std::string found;
  for (int i = 0; i < line; ++i) {
    if (!std::getline(stream, found)) return {};
  }
  const std::string number = std::to_string(line);
  const std::string margin = std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') + number;
  return {margin + " | " + found, std::string(margin.size(), ' ') + " | " +
                                      std::string(static_cast<std::size_t>(std::max(0, column - 1)), ' ') + "^"};
}

// "'std::sort' is defined in header '<algorithm>'; did you .." or "  'std::count'"
std::string suggestion_in(const std::string& note) {
  if (const std::size_t header = note.find("is defined in header '"); header != std::string::npos) {
    const std::size_t begin = header + 22, end = note.find('\'', begin);
    return end == std::string::npos ? "" : note.substr(begin, end - begin);
  }
  const std::size_t begin = note.find_first_not_of(' ');
  if (begin == std::string::npos || note[begin] != '\'' || note.size() < begin + 3 || note.back() != '\'') return "";
  return note.substr(begin + 1, note.size() - begin - 2);
}

// The compiler's text, line by line.
class Parser {
 public:
  explicit Parser(std::string source) : source_(std::move(source)) {}

  void read(const std::string& line) {
    if (const auto location = parse_location(line)) {
      if (location->kind == "note") return note(*location);
      return add(*location);
    }
    if (const auto place = required_from(line, source_)) {
      required_ = place;
      taking_ = false;
      return;
    }
    // A new context ends the one before: what follows has no instantiation behind it, unless it says so.
    if (line.find(": In instantiation of ") != std::string::npos || line.find(": In ") != std::string::npos)
      required_.reset();
    if (taking_ && line.starts_with(' ') && line.find('|') != std::string::npos) {
      if (all_.back().excerpt.size() < most_excerpt_lines) all_.back().excerpt.push_back(printable(line));
    } else {
      taking_ = false;
    }
  }

  std::vector<Diagnostic> result() {
    for (Diagnostic& one : all_) one.help = help_for(one);
    const auto rank = [&](const Diagnostic& one) { return (one.is_error ? 0 : 2) + (one.file == source_ ? 0 : 1); };
    std::stable_sort(all_.begin(), all_.end(),
                     [&](const Diagnostic& a, const Diagnostic& b) { return rank(a) < rank(b); });
    return std::move(all_);
  }

 private:
  void add(const Location& location) {
    const bool is_error = location.kind.find("error") != std::string::npos;
    Diagnostic one{is_error, location.file, location.line, location.column, printable(tidy(location.message))};
    taking_ = true;
    const bool led_here = required_ && one.file != source_;
    if (led_here && !all_.empty() && all_.back().line == required_->first && all_.back().column == required_->second) {
      taking_ = false;  // why a candidate of the same place does not fit, which the compiler calls an error, too
      return;
    }
    if (led_here) {
      one.inside = one.file + ":" + std::to_string(one.line);
      one.file = source_;
      one.line = required_->first, one.column = required_->second;
      one.excerpt = excerpt_of(source_, one.line, one.column);
      taking_ = false;
    }
    all_.push_back(std::move(one));
  }

  void note(const Location& location) {
    taking_ = false;
    if (all_.empty()) return;
    Diagnostic& last = all_.back();
    const std::string message = printable(tidy(location.message));
    if (message.starts_with("candidate: ")) {
      if (last.candidates++ == 0) last.candidate = message.substr(11);
    } else if (last.suggestion.empty()) {
      last.suggestion = suggestion_in(message);
    }
  }

  std::string source_;
  std::vector<Diagnostic> all_;
  std::optional<std::pair<int, int>> required_;  // where the student's file led into a template
  bool taking_ = false;                          // whether an excerpt may follow
};

}  // namespace

std::vector<Diagnostic> parse_diagnostics(const std::string& output, const std::filesystem::path& source) {
  Parser parser(source.string());
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) parser.read(line);
  return parser.result();
}

std::string readable(std::string name) {
  replace_all(name, "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
  replace_all(name, "std::__cxx11::basic_string<char>", "std::string");
  replace_all(name, "std::__cxx11::", "std::");
  // std::vector<T, std::allocator<T> > -> std::vector<T>
  for (std::size_t at; (at = name.find(", std::allocator<")) != std::string::npos;) {
    std::size_t end = at + 17;
    for (int depth = 1; end < name.size() && depth > 0; ++end)
      depth += name[end] == '<' ? 1 : name[end] == '>' ? -1 : 0;
    if (end < name.size() && name[end] == ' ') ++end;
    name.erase(at, end - at);
  }
  replace_all(name, "tinytorch::", "");
  replace_all(name, "[abi:cxx11]", "");
  return name;
}

}  // namespace tito
