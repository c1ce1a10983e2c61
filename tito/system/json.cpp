#include "tito/system/json.hpp"

#include <charconv>
#include <set>
#include <vector>

#include "tito/system/failure.hpp"

namespace tito {
namespace {

// "line 3, column 7" of a byte position in text.
std::string line_and_column(std::string_view text, std::size_t byte) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    if (text[i] == '\n') ++line, column = 1;
    else ++column;
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// What nlohmann says after its own code and position.
std::string reason_of(const std::string& what) {
  const std::size_t colon = what.find(": ", what.find("column"));
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

}  // namespace

json parse_json(std::string_view text, const std::string& origin) {
  std::vector<std::set<std::string>> keys;
  const json::parser_callback_t watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      throw Failure(Exit::damaged,
                    origin + ": the key \"" + parsed.get<std::string>() + "\" stands twice in one object");
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& error) {
    throw Failure(Exit::damaged,
                  origin + ": " + line_and_column(text, error.byte) + ": not JSON: " + reason_of(error.what()));
  } catch (const json::exception& error) {  // a number that no double holds
    throw Failure(Exit::damaged, origin + ": not JSON that can be read: " + reason_of(error.what()));
  }
}

JsonView::JsonView(const json& value, std::string origin, std::string place)
    : value_(&value), origin_(std::move(origin)), place_(std::move(place)) {}

JsonView JsonView::operator[](const std::string& key) const {
  if (!value_->is_object()) fail("expected an object");
  const auto found = value_->find(key);
  if (found == value_->end()) fail("the key \"" + key + "\" is missing");
  return {*found, origin_, place_.empty() ? key : place_ + "." + key};
}

bool JsonView::has(const std::string& key) const { return value_->is_object() && value_->contains(key); }

JsonView JsonView::at(std::size_t index) const {
  return {array().at(index), origin_, place_ + "[" + std::to_string(index) + "]"};
}

const std::string& JsonView::text() const {
  if (!value_->is_string()) fail(std::string("expected a text, found ") + value_->type_name());
  return value_->get_ref<const std::string&>();
}

double JsonView::number() const {
  if (!value_->is_number()) fail(std::string("expected a number, found ") + value_->type_name());
  return value_->get<double>();
}

std::int64_t JsonView::integer() const {
  if (!value_->is_number_integer()) fail(std::string("expected a whole number, found ") + value_->type_name());
  return value_->get<std::int64_t>();
}

bool JsonView::boolean() const {
  if (!value_->is_boolean()) fail(std::string("expected true or false, found ") + value_->type_name());
  return value_->get<bool>();
}

const json& JsonView::object() const {
  if (!value_->is_object()) fail(std::string("expected an object, found ") + value_->type_name());
  return *value_;
}

const json& JsonView::array() const {
  if (!value_->is_array()) fail(std::string("expected an array, found ") + value_->type_name());
  return *value_;
}

void JsonView::allow_only(std::initializer_list<std::string_view> known) const {
  for (const auto& [key, ignored] : object().items()) {
    bool found = false;
    for (const std::string_view one : known) found = found || key == one;
    if (!found) fail("unknown key \"" + key + "\"");
  }
}

void JsonView::fail(const std::string& problem) const {
  throw Failure(Exit::damaged, origin_ + ": " + (place_.empty() ? "" : place_ + ": ") + problem);
}

std::string schema_name(const std::string& name, int version) { return name + "/" + std::to_string(version); }

int check_schema(const JsonView& root, const std::string& name, int newest) {
  const std::string& found = root["schema"].text();
  const std::string expected = schema_name(name, newest);
  int version = 0;
  if (found.starts_with(name + "/")) {
    const char* end = found.data() + found.size();
    const auto parsed = std::from_chars(found.data() + name.size() + 1, end, version);
    if (parsed.ec != std::errc{} || parsed.ptr != end) version = 0;
  }
  if (version > newest) {
    root.fail("was written by a newer tito: its schema is \"" + found + "\", this tito knows \"" + expected + "\"");
  }
  if (version < 1) root["schema"].fail("expected \"" + expected + "\", found \"" + found + "\"");
  return version;
}

}  // namespace tito
