// JSON files read strictly: what is wrong is named with its place.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace tito {

using nlohmann::json;

// Parses text; a key that stands twice in one object is an error, too.
// throws: Failure(Exit::damaged) naming `origin` with line and column, or the doubled key.
json parse_json(std::string_view text, const std::string& origin);

// A value inside a JSON file that knows where it stands, so that every complaint names the file and the key.
class JsonView {
 public:
  JsonView(const json& value, std::string origin, std::string place = "");

  // The member of an object. throws: Failure(Exit::damaged) when it is missing.
  JsonView operator[](const std::string& key) const;
  bool has(const std::string& key) const;

  // throws: Failure(Exit::damaged) when the value has another type.
  const std::string& text() const;
  double number() const;
  std::int64_t integer() const;
  bool boolean() const;
  const json& object() const;
  const json& array() const;

  // The element of an array, with its place.
  JsonView at(std::size_t index) const;

  // throws: Failure(Exit::damaged) for a key of the object that is not among `known`.
  void allow_only(std::initializer_list<std::string_view> known) const;

  const json& value() const { return *value_; }
  [[noreturn]] void fail(const std::string& problem) const;

  const std::string& origin() const { return origin_; }

 private:
  const json* value_;
  std::string origin_;
  std::string place_;
};

// "tito-progress/2"
std::string schema_name(const std::string& name, int version);

// The version of a file of tito's own, {"schema": "tito-progress/2", ..}, from 1 to `newest`.
// throws: Failure(Exit::damaged) when it is another kind of file, or was written by a newer tito.
int check_schema(const JsonView& root, const std::string& name, int newest);

}  // namespace tito
