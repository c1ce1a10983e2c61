#include "tests/support/json_pages.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace {

using nlohmann::json;
using std::string;

// "TYPE: what it means" in two.
struct Described {
  string type;
  string meaning;
};

Described described(const json& member) {
  const string text = member.is_object() ? member.at("").get<string>() : member.get<string>();
  const std::size_t colon = text.find(": ");
  return colon == string::npos ? Described{text, ""} : Described{text.substr(0, colon), text.substr(colon + 2)};
}

bool is_optional(const string& name) { return name.ends_with("?"); }
string bare(const string& name) { return is_optional(name) ? name.substr(0, name.size() - 1) : name; }

std::vector<string> alternatives(const string& type) {
  std::vector<string> all{""};
  for (const char c : type) {
    if (c == '|') all.emplace_back();
    else all.back() += c;
  }
  return all;
}

class SchemaWriter {
 public:
  explicit SchemaWriter(const json& source) : source_(source) {}

  json schema() const {
    json all = open_object(source_.at("every object"));
    all["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    for (const char* const key : {"title", "description"}) all[key] = source_.at(key);
    all["properties"]["schema"]["const"] = source_.at("title");
    all["unevaluatedProperties"] = false;  // but those of the command
    std::set<string> commands{""};         // and groups of commands, for what is wrong with a command line
    for (const auto& [name, members] : source_.at("commands").items()) {
      commands.insert({name, name.substr(0, name.find(' '))});
      all["allOf"].push_back(
          {{"if", {{"properties", {{"command", {{"const", name}}}}}}}, {"then", {{"$ref", "#/$defs/tito " + name}}}});
      all["$defs"]["tito " + name] = command(members);
    }
    all["properties"]["command"]["enum"] = commands;
    for (const auto& [name, members] : source_.at("shared").items()) all["$defs"][name] = closed_object(members);
    for (const auto& [name, members] : source_.at("groups").items()) {
      all["$defs"][name] = open_object(members);
      all["$defs"][name].erase("required");  // it depends on who has them
    }
    return all;
  }

 private:
  json command(const json& members) const {
    json rule = open_object(members);
    if (rule.contains("required")) {
      rule["if"] = {{"properties", {{"ok", {{"const", true}}}}}};
      rule["then"] = {{"required", std::move(rule.at("required"))}};
      rule.erase("required");
    }
    return rule;
  }

  json closed_object(const json& members) const {
    json rule = open_object(members);
    rule["unevaluatedProperties"] = false;
    return rule;
  }

  // An object that may have other members, too.
  json open_object(const json& members) const {
    json rule{{"type", "object"}};
    std::set<string> required;
    for (const auto& [name, member] : members.items()) {
      if (name.empty()) {
        rule["description"] = described(member).meaning.empty() ? member : json(described(member).meaning);
      } else if (name == "+") {
        for (const auto& [group, always] : member.items()) {
          rule["allOf"].push_back({{"$ref", "#/$defs/" + group}});
          required.insert(always.begin(), always.end());
          for (const auto& [key, of_group] : source_.at("groups").at(group).items()) {
            if (!key.empty() && !is_optional(key)) required.insert(key);
          }
        }
      } else {
        rule["properties"][bare(name)] = rule_of(member);
        if (!is_optional(name)) required.insert(name);
      }
    }
    if (!required.empty()) rule["required"] = required;
    return rule;
  }

  json rule_of(const json& member) const {
    const Described said = described(member);
    json rule = either(said.type, member);
    if (!said.meaning.empty()) rule["description"] = said.meaning;
    return rule;
  }

  json either(const string& type, const json& member) const {
    const std::vector<string> all = alternatives(type);
    if (all.size() == 1) return one(type, member);
    json rule;
    for (const string& alternative : all) rule["anyOf"].push_back(one(alternative, member));
    return rule;
  }

  json one(const string& type, const json& member) const {
    if (type.ends_with("[]")) return {{"type", "array"}, {"items", one(type.substr(0, type.size() - 2), member)}};
    if (type.starts_with("{")) {
      return {{"type", "object"}, {"additionalProperties", one(type.substr(1, type.size() - 2), member)}};
    }
    if (source_.at("shared").contains(type)) return {{"$ref", "#/$defs/" + type}};
    if (type == "any") return json::object();
    if (type != "object" || !member.is_object()) return {{"type", type}};
    json rule = closed_object(member);
    rule.erase("description");  // stands with the member
    return rule;
  }

  const json& source_;
};

class PageWriter {
 public:
  explicit PageWriter(const json& source) : source_(source) {}

  string page() {
    page_ = "# What `--json` prints\n\n" + source_.at("description").get<string>() +
            "\n\nWritten from [json-members.json](../json-members.json), as is [json-schema.json](json-schema.json).\n";
    section("Every object", source_.at("every object"), "");
    for (const auto& [name, members] : source_.at("commands").items()) section("tito " + name, members, "");
    page_ += "\n## What several of them hold\n";
    for (const char* const kind : {"shared", "groups"}) {
      for (const auto& [name, members] : source_.at(kind).items()) section(name, members, "#");
    }
    return std::move(page_);
  }

 private:
  void section(const string& name, const json& members, const string& deeper) {
    page_ += "\n" + deeper + "## " + name + "\n\n";
    const string meaning = members.value("", "");
    const string about = meaning + groups_of(members, meaning.empty() ? "With" : "; with");
    if (!about.empty()) page_ += about + ".\n\n";
    page_ += "| Member | Type | Meaning |\n|---|---|---|\n";
    rows(members, "");
  }

  void rows(const json& members, const string& prefix) {
    for (const auto& [key, member] : members.items()) {
      if (key.empty() || key == "+") continue;
      const Described said = described(member);
      const string name = prefix + bare(key);
      page_ += "| `" + name + "` | " + readable(said.type) + " | " + said.meaning +
               (member.is_object() ? groups_of(member, "; with") : "") + " |\n";
      if (member.is_object()) rows(member, name + (said.type.starts_with("object[]") ? "[]." : "."));
    }
  }

  static string link(const string& name) {
    string anchor = name;
    std::replace(anchor.begin(), anchor.end(), ' ', '-');
    return "[" + name + "](#" + anchor + ")";
  }

  static string groups_of(const json& members, const string& lead) {
    string text;
    if (!members.contains("+")) return text;
    for (const auto& [group, always] : members.at("+").items()) {
      text += (text.empty() ? lead + " the members of " : " and of ") + link(group);
    }
    return text;
  }

  string readable(const string& type) const {
    string text;
    for (const string& alternative : alternatives(type)) {
      const bool is_map = alternative.starts_with("{");
      const string whole = is_map ? alternative.substr(1, alternative.size() - 2) : alternative;
      const string item = whole.substr(0, whole.find('['));
      text += (text.empty() ? "" : " or ") + string(is_map ? "object of " : "") +
              (source_.at("shared").contains(item) ? link(item) : item) + whole.substr(item.size());
    }
    return text;
  }

  const json& source_;
  string page_;
};

}  // namespace

json schema_of(const json& source) { return SchemaWriter(source).schema(); }

string schema_text(const json& schema, std::size_t indent) {
  constexpr std::size_t width = 160;
  const string flat = schema.dump();
  if (indent + flat.size() <= width || !schema.is_structured()) return flat;
  string text;
  for (const auto& [key, value] : schema.items()) {
    text += (text.empty() ? "\n" : ",\n") + string(indent + 1, ' ') +
            (schema.is_object() ? json(key).dump() + ": " : "") + schema_text(value, indent + 1);
  }
  return (schema.is_object() ? "{" : "[") + text + "\n" + string(indent, ' ') + (schema.is_object() ? "}" : "]");
}

string page_of(const json& source) { return PageWriter(source).page(); }
