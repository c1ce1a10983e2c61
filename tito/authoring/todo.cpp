#include "tito/authoring/todo.hpp"

#include <algorithm>
#include <cctype>

#include "tito/system/files.hpp"

namespace tito {
namespace {

constexpr std::string_view word = "TODO";

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the word stands by itself, from `at` on; npos where it does not.
std::size_t find_word(std::string_view line, std::size_t at) {
  for (; (at = line.find(word, at)) != std::string_view::npos; at += word.size()) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end]))) return at;
  }
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view text, std::string_view what) {
  const std::size_t begin = text.find_first_not_of(what);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(what) + 1 - begin);
}

}  // namespace

std::vector<Todo> todos_in(const fs::path& file, std::string_view text) {
  std::vector<Todo> found;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    ++number;
    at = end + 1;
    for (std::size_t place = 0; (place = find_word(line, place)) != std::string_view::npos;) {
      const bool quoted = place > 0 && line[place - 1] == '"';
      place += word.size();
      const std::string_view rest =
          trimmed(line.substr(place, quoted ? line.find('"', place) - place : line.npos), " \t\r:");
      found.push_back({file, number, std::string(rest.empty() ? trimmed(line, " \t\r") : rest)});
    }
  }
  return found;
}

std::vector<Todo> todos_of(const std::vector<fs::path>& files) {
  std::vector<Todo> all;
  for (const fs::path& file : files) {
    for (Todo& one : todos_in(file, read_file(file))) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace tito
