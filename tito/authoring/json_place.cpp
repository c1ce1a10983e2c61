// Our own: nlohmann::json tells positions from 3.12 on, Debian 12 and 13 have 3.11; RapidJSON, which was looked at,
// tells only where a token ends, and simdjson wants a padded copy and one more library to load.
#include "tito/authoring/json_place.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <vector>

namespace tito {
namespace {

// The lines on which the values of a JSON text begin. It is read up to where it is no JSON.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text) : text_(text) { value(""); }

  const std::map<std::string, int>& lines() const { return lines_; }

  // Keys that stand twice in one object, and where they do so again.
  const std::map<std::string, int>& doubled() const { return doubled_; }

 private:
  char next() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
    }
    return '\0';
  }

  bool take(char wanted) {
    if (next() != wanted) return false;
    ++at_;
    return true;
  }

  // Escapes stay as they are: keys of a course have none.
  std::string string() {
    std::string found;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) found += text_[at_];
    }
    ++at_;
    return found;
  }

  void value(const std::string& place) {
    const char first = next();
    lines_.emplace(place, line_);
    if (first == '{') {
      object(place);
    } else if (first == '[') {
      array(place);
    } else if (first == '"') {
      string();
    } else {
      while (at_ < text_.size() && std::string_view(",]} \n\t\r").find(text_[at_]) == std::string_view::npos) ++at_;
    }
  }

  void object(const std::string& place) {
    ++at_;
    while (next() == '"') {
      const int line = line_;
      const std::string key = string();
      const std::string below = place.empty() ? key : place + "." + key;
      if (!lines_.emplace(below, line).second) doubled_.emplace(key, line);
      if (!take(':')) return;
      value(below);
      if (!take(',')) break;
    }
    take('}');
  }

  void array(const std::string& place) {
    ++at_;
    for (int i = 0; next() != ']' && next() != '\0'; ++i) {
      value(place + "[" + std::to_string(i) + "]");
      if (!take(',')) break;
    }
    take(']');
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::map<std::string, int> lines_;
  std::map<std::string, int> doubled_;
};

}  // namespace

int line_of_place(std::string_view text, const std::string& complaint) {
  std::smatch found;
  if (std::regex_search(complaint, found, std::regex("^line ([0-9]+), column"))) return std::stoi(found[1]);
  const std::string place = complaint.substr(0, complaint.find(": "));
  const LineIndex index(text);
  const auto known = [](const std::map<std::string, int>& lines, const std::string& what) {
    const auto line = lines.find(what);
    return line == lines.end() ? 0 : line->second;
  };
  if (std::regex_search(complaint, found, std::regex("^the key \"([^\"]+)\" stands twice"))) {
    return std::max(1, known(index.doubled(), found[1]));
  }
  // A key that the object has, though it should not, is named in the complaint alone.
  if (std::regex_search(complaint, found, std::regex("(unknown key|there is no module) \"([^\"]+)\""))) {
    const int line = known(index.lines(), place == complaint ? found[2].str() : place + "." + found[2].str());
    if (line > 0) return line;
  }
  return std::max(1, known(index.lines(), place));
}

}  // namespace tito
