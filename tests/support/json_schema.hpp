// The part of JSON Schema that docs/generated/json-schema.json is written in: type, const, enum, required, properties,
// additionalProperties as a schema, unevaluatedProperties, items, $ref, allOf, anyOf, if/then.
#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tito/system/files.hpp"

class JsonSchema {
 public:
  explicit JsonSchema(nlohmann::json schema) : root_(std::move(schema)) {}

  // What is wrong with a value, each with its place; empty when it is valid.
  std::vector<std::string> problems(const nlohmann::json& value) const { return check(value, root_, "/"); }

  const nlohmann::json& root() const { return root_; }

 private:
  static bool is_of(const nlohmann::json& value, const std::string& type) {
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "null") return value.is_null();
    return value.type_name() == type;
  }

  std::vector<std::string> check(const nlohmann::json& value, const nlohmann::json& schema,
                                 const std::string& place) const {
    std::vector<std::string> found;
    const auto add = [&](const std::vector<std::string>& more) { found.insert(found.end(), more.begin(), more.end()); };
    for (const auto& [key, rule] : schema.items()) {
      if (key == "type" && !is_of(value, rule)) {
        return {place + ": expected " + rule.dump() + ", found " + value.dump().substr(0, 80)};
      }
      if (key == "$ref") add(check(value, referred(rule), place));
      if (key == "const" && value != rule)
        found.push_back(place + ": expected " + rule.dump() + ", found " + value.dump());
      if (key == "enum" && std::find(rule.begin(), rule.end(), value) == rule.end()) {
        found.push_back(place + ": expected one of " + rule.dump() + ", found " + value.dump());
      }
      if (key == "required" && value.is_object()) {
        for (const nlohmann::json& name : rule) {
          if (!value.contains(name.get<std::string>()))
            found.push_back(place + ": \"" + name.get<std::string>() + "\" is missing");
        }
      }
      if (key == "allOf") {
        for (const nlohmann::json& part : rule) add(check(value, part, place));
      }
      if (key == "anyOf" && std::none_of(rule.begin(), rule.end(),
                                         [&](const nlohmann::json& one) { return check(value, one, place).empty(); })) {
        found.push_back(place + ": none of " + rule.dump() + ": " + value.dump().substr(0, 80));
      }
      if (key == "then" && check(value, schema.at("if"), place).empty()) add(check(value, rule, place));
      if (key == "items" && value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) add(check(value[i], rule, place + std::to_string(i) + "/"));
      }
    }
    if (value.is_object()) add(members(value, schema, place));
    return found;
  }

  std::vector<std::string> members(const nlohmann::json& value, const nlohmann::json& schema,
                                   const std::string& place) const {
    std::vector<std::string> found;
    const nlohmann::json properties = schema.value("properties", nlohmann::json::object());
    const bool closed = schema.contains("unevaluatedProperties");
    const std::set<std::string> known = closed ? names_in(value, schema) : std::set<std::string>{};
    for (const auto& [key, member] : value.items()) {
      std::vector<std::string> more;
      if (properties.contains(key)) more = check(member, properties.at(key), place + key + "/");
      else if (schema.contains("additionalProperties"))
        more = check(member, schema.at("additionalProperties"), place + key + "/");
      else if (closed && !known.contains(key)) more = {place + ": \"" + key + "\" is not documented"};
      found.insert(found.end(), more.begin(), more.end());
    }
    return found;
  }

  // The members that a schema and those that it applies to the same value speak of.
  std::set<std::string> names_in(const nlohmann::json& value, const nlohmann::json& schema) const {
    std::set<std::string> names;
    for (const auto& [key, rule] : schema.items()) {
      if (key == "properties") {
        for (const auto& [name, of_name] : rule.items()) names.insert(name);
      }
      if (key == "$ref") names.merge(names_in(value, referred(rule)));
      if (key == "allOf") {
        for (const nlohmann::json& one : rule) names.merge(names_in(value, one));
      }
      if (key == "then" && check(value, schema.at("if"), "").empty()) names.merge(names_in(value, rule));
    }
    return names;
  }

  const nlohmann::json& referred(const std::string& reference) const {
    return root_.at(nlohmann::json::json_pointer(reference.substr(1)));
  }

  nlohmann::json root_;
};

// What is wrong with an object that --json printed.
inline std::vector<std::string> object_problems(const nlohmann::json& object) {
  const std::filesystem::path file = std::filesystem::path(TEST_SOURCE_DIR) / "docs/generated/json-schema.json";
  return JsonSchema(nlohmann::json::parse(tito::read_file(file))).problems(object);
}
