// Changing a JSON file as its author would: where each value stands in the text, so that all the rest stays as it is.
//
// The texts must have been read by parse_json already; a text that is no JSON is a bug, std::logic_error.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tito {

// A member of an object or an element of an array, in bytes of the text.
struct JsonPlace {
  std::string key;        // empty for an element
  std::size_t begin = 0;  // of the key's quote; of the value for an element
  std::size_t value = 0;  // of the value
  std::size_t end = 0;    // behind the value
};

// The members or elements of the object or array that begins at `at`.
std::vector<JsonPlace> json_places(std::string_view text, std::size_t at);

// The value that these keys lead to, from the root.
// throws: std::out_of_range when a key is not there.
JsonPlace json_place(std::string_view text, std::initializer_list<std::string_view> keys);

// Inserts a member or element behind the one at `index` of the object or array at `at`, with the same blanks between
// them as before that one.
std::string with_json_inserted(const std::string& text, std::size_t at, std::size_t index, const std::string& member);

// An object as the one that stands at `like`: on one line, or each member on a line of its own. The values are JSON.
std::string json_object_like(std::string_view text, const JsonPlace& like,
                             const std::vector<std::pair<std::string, std::string>>& members);

// A text as JSON writes it, with its quotes.
std::string json_string(const std::string& text);

// Whether it is UTF-8, as every text in JSON must be.
bool is_utf8(const std::string& text);

}  // namespace tito
