#include "tito/toolchain/record.hpp"

#include <algorithm>
#include <cmath>

#include "tito/system/json.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr std::size_t max_columns = 8;
constexpr std::size_t max_elements = 64;
constexpr std::size_t longest_number = 24;
constexpr std::size_t max_axes = 8;
constexpr std::size_t max_name = 200;  // of a module or function

// A list of numbers that are not negative; empty for anything else.
std::vector<std::int64_t> positions(const json& object, const char* key) {
  std::vector<std::int64_t> list;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > max_axes) return list;
  for (const json& element : *found) {
    if (!element.is_number_integer() || element < 0) return {};
    list.push_back(element.get<std::int64_t>());
  }
  return list;
}

std::vector<std::string> texts(const json& object, const char* key) {
  std::vector<std::string> list;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > max_elements) return list;
  for (const json& element : *found) {
    if (!element.is_string()) return {};
    std::string text = printable(element.get<std::string>().substr(0, longest_number));
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

std::string text_of(const json& event, const char* key, std::size_t longest) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? printable(found->get<std::string>().substr(0, longest)) : "";
}

std::string line_of(const json& event, const char* key, std::size_t longest) {
  std::string text = text_of(event, key, longest);
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

double number_of(const json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_number() && std::isfinite(found->get<double>()) ? found->get<double>() : 0;
}

std::optional<NotWritten> not_written_of(const json& event) {
  const auto stub = event.find("not_written");
  if (stub == event.end() || !stub->is_object()) return std::nullopt;
  NotWritten found{line_of(*stub, "module", max_name), line_of(*stub, "function", max_name)};
  return found.function.empty() ? std::nullopt : std::optional(found);
}

TensorExcerpt excerpt_of(const json& failure) {
  const auto object = failure.find("excerpt");
  if (object == failure.end() || !object->is_object()) return {};
  TensorExcerpt excerpt;
  excerpt.shape = positions(*object, "shape");
  excerpt.at = positions(*object, "at");
  excerpt.row = position(*object, "row");
  excerpt.column = position(*object, "column");
  const std::int64_t columns = position(*object, "columns");
  excerpt.expected = texts(*object, "expected");
  excerpt.actual = texts(*object, "actual");
  const auto wrong = object->find("wrong");
  if (wrong != object->end() && wrong->is_array()) {
    for (const json& element : *wrong) excerpt.wrong.push_back(element == json(true));
  }
  const std::size_t count = excerpt.expected.size();
  const bool fits = !excerpt.shape.empty() && excerpt.at.size() == excerpt.shape.size() && excerpt.row >= 0 &&
                    excerpt.column >= 0 && columns > 0 && columns <= static_cast<std::int64_t>(max_columns) &&
                    count > 0 && count % static_cast<std::size_t>(columns) == 0 && excerpt.actual.size() == count &&
                    excerpt.wrong.size() == count;
  if (!fits) return {};
  excerpt.columns = static_cast<std::size_t>(columns);
  return excerpt;
}

}  // namespace tito
