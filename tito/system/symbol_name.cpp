#include "tito/system/symbol_name.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string_view>

namespace tito {
namespace {

// Where the name ends and its arguments begin.
std::size_t end_of_name(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("operator")) {  // its sign is no bracket
      i += 8;
      if (text.substr(i).starts_with("()")) i += 2;
      while (i < text.size() && std::string_view("<>=-").find(text[i]) != std::string_view::npos) ++i;
      if (i >= text.size()) break;
    }
    if (text.substr(i).starts_with("(anonymous namespace)")) i += 21;
    if (i >= text.size()) break;
    if (text[i] == '<') ++depth;
    if (text[i] == '>') --depth;
    if (text[i] == '(' && depth == 0) return i;
  }
  return text.size();
}

// Where the name begins: behind the type that a template's function returns.
std::size_t begin_of_name(std::string_view text) {
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("operator")) break;
    if (text.substr(i).starts_with("(anonymous namespace)")) i += 21;
    if (i >= text.size()) break;
    if (text[i] == '<') ++depth;
    if (text[i] == '>') --depth;
    if (text[i] == ' ' && depth == 0) begin = i + 1;
  }
  return begin;
}

}  // namespace

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 && text ? text.get() : symbol;
}

std::string entity_of(const std::string& demangled_name, const std::string& name_space) {
  std::string_view text = demangled_name;
  for (const std::string_view made : {"non-virtual thunk to ", "virtual thunk to ", "vtable for ", "VTT for ",
                                      "typeinfo for ", "typeinfo name for ", "guard variable for "}) {
    if (text.starts_with(made)) text.remove_prefix(made.size());
  }
  text = text.substr(0, end_of_name(text));
  text.remove_prefix(begin_of_name(text));
  const std::string scope = name_space + "::";
  if (!text.starts_with(scope)) return "";
  text.remove_prefix(scope.size());
  if (text.starts_with("(anonymous namespace)")) return "";
  const bool is_operator = text.starts_with("operator") && text.find("::") == std::string_view::npos;
  std::size_t end = is_operator ? text.size() : text.find("::");
  if (!is_operator) end = std::min({end, text.find('<'), text.find('[')});
  return std::string(text.substr(0, end));
}

}  // namespace tito
