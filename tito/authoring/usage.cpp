#include "tito/authoring/usage.hpp"

#include <algorithm>
#include <regex>

#include "tito/system/elf.hpp"
#include "tito/system/files.hpp"
#include "tito/system/symbol_name.hpp"

namespace tito {
namespace {

// A source without comments and texts.
std::string code_in(const std::filesystem::path& file) {
  std::string code = std::regex_replace(read_file(file), std::regex("//[^\n]*"), "");
  return std::regex_replace(code, std::regex("\"(\\\\.|[^\"\\\\\n])*\""), "\"\"");
}

// The types that a contract header declares outside of any other.
Entities types_declared(const std::string& code) {
  Entities types;
  const std::regex declaration("(^|\n)(template *<[^>]*>\\s*)?(class|struct|enum class) +(\\w+)[^;{]*\\{");
  for (std::sregex_iterator at(code.begin(), code.end(), declaration), end; at != end; ++at) types.insert((*at)[4]);
  return types;
}

std::vector<std::string> words_of(const std::string& code) {
  std::vector<std::string> words;
  const std::regex word("\\w+");
  for (std::sregex_iterator at(code.begin(), code.end(), word), end; at != end; ++at) words.push_back(at->str());
  return words;
}

// Which module a symbol belongs to: a strong one to the module whose body defines it, a weak one to the module whose
// contract header declares its class.
class Owners {
 public:
  struct Owner {
    std::string module;
    std::string entity;
  };

  explicit Owners(std::string name_space) : name_space_(std::move(name_space)) {}

  void add_types(const MeasuredModule& module) {
    for (const std::string& type : types_declared(code_in(module.header))) homes_.emplace(type, module.slug);
  }

  void add_body(const MeasuredModule& module, const SymbolTable& table) {
    for (const Symbol& symbol : table.symbols) {
      if (!symbol.is_defined || symbol.is_local || symbol.is_weak) continue;
      const std::string entity = entity_of(demangled(symbol.name), name_space_);
      if (!entity.empty()) strong_[symbol.name] = {module.slug, entity};
    }
  }

  // Empty names for what belongs to no module.
  Owner of(const Symbol& symbol) const {
    if (symbol.is_local) return {};
    if (const auto found = strong_.find(symbol.name); found != strong_.end()) return found->second;
    const std::string entity = entity_of(demangled(symbol.name), name_space_);
    const auto home = homes_.find(entity);
    return home == homes_.end() ? Owner{} : Owner{home->second, entity};
  }

  // The module that declares a type, or "".
  std::string home_of(const std::string& type) const {
    const auto home = homes_.find(type);
    return home == homes_.end() ? "" : home->second;
  }

 private:
  std::string name_space_;
  std::map<std::string, Owner> strong_;
  std::map<std::string, std::string> homes_;  // type -> module
};

// An inline function is put into an object or not as the optimiser likes; the tables of a class only where one is made.
bool is_table(const std::string& name) { return name.starts_with("vtable for ") || name.starts_with("typeinfo for "); }

// What an object needs of the modules.
std::map<std::string, Entities> needs_of(const SymbolTable& table, const Owners& owners) {
  std::map<std::string, Entities> needs;
  for (const Symbol& symbol : table.symbols) {
    if (symbol.is_defined && !(symbol.is_weak && is_table(demangled(symbol.name)))) continue;
    if (const auto [module, entity] = owners.of(symbol); !module.empty()) needs[module].insert(entity);
  }
  return needs;
}

// What a body provides, and which of it uses which.
void add_provided(Usage& usage, const std::string& slug, const SymbolTable& table, const Owners& owners) {
  auto& provided = usage.provided[slug];
  std::vector<std::string> own(table.symbols.size());  // the entity, where it is this module's
  for (std::size_t i = 0; i < own.size(); ++i) {
    const Symbol& symbol = table.symbols[i];
    const auto [module, entity] = owners.of(symbol);
    if (module != slug) continue;
    own[i] = entity;
    if (symbol.is_defined && !symbol.is_weak) provided[entity].push_back(demangled(symbol.name));
  }
  for (const auto& [from, to] : table.references) {
    if (!own[to].empty() && own[from] != own[to]) usage.inside[slug][own[from]].insert(own[to]);
  }
}

// The types of other modules that a contract header includes and names.
void add_types_named(const MeasuredModule& module, const std::string& name_space, const Owners& owners, User& body) {
  const std::string text = read_file(module.header);
  const auto includes = [&](const std::string& other) {
    return text.find("#include \"" + name_space + "/" + other + ".hpp\"") != std::string::npos;
  };
  for (const std::string& word : words_of(code_in(module.header))) {
    const std::string home = owners.home_of(word);
    if (!home.empty() && home != module.slug && includes(home)) body.uses[home].insert(word);
  }
}

}  // namespace

std::string User::name() const {
  if (is_body()) return "the body of " + module;
  const std::size_t dot = demo.find('.');
  return "the demo of " + module + (dot == std::string::npos ? "" : " in track " + demo.substr(dot + 1));
}

const User& Usage::body(const std::string& module) const {
  return *std::find_if(users.begin(), users.end(),
                       [&](const User& user) { return user.is_body() && user.module == module; });
}

std::vector<const User*> Usage::demos(const std::string& module) const {
  std::vector<const User*> found;
  for (const User& user : users) {
    if (!user.is_body() && user.module == module) found.push_back(&user);
  }
  return found;
}

Usage measure_usage(const std::string& name_space, const std::vector<MeasuredModule>& modules) {
  Owners owners(name_space);
  std::map<std::string, SymbolTable> bodies;
  for (const MeasuredModule& module : modules) {
    owners.add_types(module);
    owners.add_body(module, bodies[module.slug] = symbols_of(module.body));
  }
  Usage usage;
  for (const MeasuredModule& module : modules) {
    add_provided(usage, module.slug, bodies[module.slug], owners);
    User body{module.slug, "", needs_of(bodies[module.slug], owners)};
    body.uses.erase(module.slug);
    add_types_named(module, name_space, owners, body);
    usage.users.push_back(std::move(body));
    for (const auto& [name, object] : module.demos) {
      usage.users.push_back({module.slug, name, needs_of(symbols_of(object), owners)});
    }
  }
  return usage;
}

std::map<std::string, Entities> entities_needed(const std::string& name_space,
                                                const std::vector<MeasuredModule>& modules,
                                                const std::filesystem::path& object) {
  Owners owners(name_space);
  for (const MeasuredModule& module : modules) {
    owners.add_types(module);
    owners.add_body(module, symbols_of(module.body));
  }
  return needs_of(symbols_of(object), owners);
}

}  // namespace tito
