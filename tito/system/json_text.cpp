// Our own: nlohmann::json tells positions from 3.12 on, Debian 12 and 13 have 3.11; RapidJSON, which was looked at,
// tells only where a token ends, and simdjson wants a padded copy and one more library to load.
#include "tito/system/json_text.hpp"

#include <stdexcept>

#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr std::string_view blanks = " \t\r\n";

[[noreturn]] void fail() { throw std::logic_error("not JSON, though it was read as such"); }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  const std::size_t found = text.find_first_not_of(blanks, at);
  if (found == std::string_view::npos) fail();
  return found;
}

// Behind the string whose first quote is at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') ++at;
    else if (text[at] == '"') return at + 1;
  }
  fail();
}

// Behind the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (text[at] == '"') return end_of_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const std::size_t end = text.find_first_of(",]} \t\r\n", at);
    return end == std::string_view::npos ? text.size() : end;
  }
  int depth = 0;
  while (at < text.size()) {
    if (text[at] == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (text[at] == '{' || text[at] == '[') ++depth;
    if ((text[at] == '}' || text[at] == ']') && --depth == 0) return at + 1;
    ++at;
  }
  fail();
}

}  // namespace

std::vector<JsonPlace> json_places(std::string_view text, std::size_t at) {
  const bool is_object = text[at] == '{';
  std::vector<JsonPlace> places;
  for (at = skip_blanks(text, at + 1); text[at] != '}' && text[at] != ']'; at = skip_blanks(text, at)) {
    JsonPlace place{"", at, at, 0};
    if (is_object) {
      const std::size_t end = end_of_string(text, at);
      place.key = json::parse(text.substr(at, end - at)).get<std::string>();
      at = skip_blanks(text, end);
      if (text[at] != ':') fail();
      place.value = skip_blanks(text, at + 1);
    }
    place.end = end_of_value(text, place.value);
    at = skip_blanks(text, place.end);
    if (text[at] == ',') ++at;
    places.push_back(place);
  }
  return places;
}

JsonPlace json_place(std::string_view text, std::initializer_list<std::string_view> keys) {
  const std::size_t root = skip_blanks(text, 0);
  JsonPlace found{"", root, root, end_of_value(text, root)};
  for (const std::string_view key : keys) {
    bool there = false;
    for (const JsonPlace& place : json_places(text, found.value)) {
      if (place.key != key) continue;
      found = place;
      there = true;
      break;
    }
    if (!there) throw std::out_of_range("no key \"" + std::string(key) + "\"");
  }
  return found;
}

std::string with_json_inserted(const std::string& text, std::size_t at, std::size_t index, const std::string& member) {
  const std::vector<JsonPlace> places = json_places(text, at);
  const JsonPlace& before = places.at(index);
  // The first one's blanks are none where all stand on one line.
  const std::size_t blank = text.find_last_not_of(blanks, before.begin - 1) + 1;
  const std::string between = text.substr(blank, before.begin - blank);
  return text.substr(0, before.end) + "," + (between.empty() ? " " : between) + member + text.substr(before.end);
}

std::string json_object_like(std::string_view text, const JsonPlace& like,
                             const std::vector<std::pair<std::string, std::string>>& members) {
  std::string open = "{", between = ", ", close = "}";
  const std::vector<JsonPlace> places = json_places(text, like.value);
  if (!places.empty()) {
    const std::string_view before = text.substr(like.value + 1, places.front().begin - like.value - 1);
    const std::string_view behind = text.substr(places.back().end, like.end - 1 - places.back().end);
    if (before.find('\n') != std::string_view::npos) {
      open += before;
      between = "," + std::string(before);
      close = std::string(behind) + "}";
    }
  }
  std::string object = open;
  for (const auto& [key, value] : members) {
    object += (object.size() == open.size() ? "" : between) + json_string(key) + ": " + value;
  }
  return object + close;
}

std::string json_string(const std::string& text) { return json(text).dump(); }

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(json_string(text));
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

}  // namespace tito
