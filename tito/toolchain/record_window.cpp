#include "tito/toolchain/record_window.hpp"

#include <algorithm>

#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr std::size_t most_columns = 8;
constexpr std::size_t most_elements = 64;
constexpr std::size_t longest_number = 24;
constexpr std::size_t most_axes = 8;

// A list of numbers that are not negative; empty for anything else.
std::vector<std::int64_t> positions(const json& object, const char* key) {
  std::vector<std::int64_t> list;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > most_axes) return list;
  for (const json& one : *found) {
    if (!one.is_number_integer() || one < 0) return {};
    list.push_back(one.get<std::int64_t>());
  }
  return list;
}

std::vector<std::string> texts(const json& object, const char* key) {
  std::vector<std::string> list;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > most_elements) return list;
  for (const json& one : *found) {
    if (!one.is_string()) return {};
    std::string text = printable(one.get<std::string>().substr(0, longest_number));
    for (char& c : text) {
      if (c < 32 || c > 126) c = '?';  // numbers are ASCII, and have no line ends
    }
    list.push_back(text);
  }
  return list;
}

std::int64_t position(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : -1;
}

}  // namespace

TensorWindow window_of(const json& failure) {
  const auto object = failure.find("window");
  if (object == failure.end() || !object->is_object()) return {};
  TensorWindow window;
  window.shape = positions(*object, "shape");
  window.at = positions(*object, "at");
  window.row = position(*object, "row");
  window.column = position(*object, "column");
  const std::int64_t columns = position(*object, "columns");
  window.expected = texts(*object, "expected");
  window.actual = texts(*object, "actual");
  const auto wrong = object->find("wrong");
  if (wrong != object->end() && wrong->is_array()) {
    for (const json& one : *wrong) window.wrong.push_back(one == json(true));
  }
  const std::size_t count = window.expected.size();
  const bool fits = !window.shape.empty() && window.at.size() == window.shape.size() && window.row >= 0 &&
                    window.column >= 0 && columns > 0 && columns <= static_cast<std::int64_t>(most_columns) &&
                    count > 0 && count % static_cast<std::size_t>(columns) == 0 && window.actual.size() == count &&
                    window.wrong.size() == count;
  if (!fits) return {};
  window.columns = static_cast<std::size_t>(columns);
  return window;
}

}  // namespace tito
