// The part of JSON Schema that docs/json-schema.json is written in: type, const, enum, required, properties,
// additionalProperties, items, $ref, allOf, if/then.
#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
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

  static bool allows(const nlohmann::json& types, const nlohmann::json& value) {
    if (types.is_string()) return is_of(value, types);
    for (const nlohmann::json& type : types) {
      if (is_of(value, type)) return true;
    }
    return false;
  }

  std::vector<std::string> check(const nlohmann::json& value, const nlohmann::json& schema,
                                 const std::string& place) const {
    std::vector<std::string> found;
    const auto add = [&](const std::vector<std::string>& more) { found.insert(found.end(), more.begin(), more.end()); };
    for (const auto& [key, rule] : schema.items()) {
      if (key == "type" && !allows(rule, value)) {
        return {place + ": expected " + rule.dump() + ", found " + value.dump().substr(0, 80)};
      }
      if (key == "$ref")
        add(check(value, root_.at(nlohmann::json::json_pointer(rule.get<std::string>().substr(1))), place));
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
    const nlohmann::json none = nlohmann::json::object();
    const nlohmann::json& known = schema.contains("properties") ? schema.at("properties") : none;
    for (const auto& [key, member] : value.items()) {
      std::vector<std::string> more;
      if (known.contains(key)) {
        more = check(member, known.at(key), place + key + "/");
      } else if (schema.contains("additionalProperties")) {
        const nlohmann::json& rule = schema.at("additionalProperties");
        if (rule.is_object()) more = check(member, rule, place + key + "/");
        else if (rule == false) more = {place + ": \"" + key + "\" is not documented"};
      }
      found.insert(found.end(), more.begin(), more.end());
    }
    return found;
  }

  nlohmann::json root_;
};

// What is wrong with an object that --json printed.
inline std::vector<std::string> object_problems(const nlohmann::json& object) {
  const std::filesystem::path file = std::filesystem::path(TEST_SOURCE_DIR) / "docs" / "json-schema.json";
  return JsonSchema(nlohmann::json::parse(tito::read_file(file))).problems(object);
}
