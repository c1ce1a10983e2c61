#include "tito/actions/failing_function.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>

namespace tito {
namespace {

bool is_word_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// How often a name stands in a text as a word of its own.
int times_named(const std::string& text, const std::string& name) {
  int times = 0;
  for (std::size_t at = 0; !name.empty() && (at = text.find(name, at)) != std::string::npos; at += name.size()) {
    const bool begins = at == 0 || !is_word_letter(text[at - 1]);
    const bool ends = at + name.size() >= text.size() || !is_word_letter(text[at + name.size()]);
    times += begins && ends ? 1 : 0;
  }
  return times;
}

struct Parts {
  std::string owner;   // "ReLU"; empty for a free function
  std::string method;  // "forward"
};

Parts parts_of(const std::string& function) {
  const std::size_t colon = function.rfind("::");
  if (colon == std::string::npos) return {"", function};
  return {function.substr(0, colon), function.substr(colon + 2)};
}

// "Tensor::at" for "Tensor::at(std::vector<long> const&) const", whatever namespace it is in.
std::string function_of_symbol(const std::vector<std::string>& functions, const std::string& symbol) {
  const std::string name = "::" + symbol.substr(0, symbol.find('('));
  std::string best;
  for (const std::string& function : functions) {
    if (name.ends_with("::" + function) && function.size() > best.size()) best = function;
  }
  return best;
}

// The function in whose definition a line of the file lies: the last one of which a definition begins above it.
std::string function_around(const std::vector<std::string>& functions, const std::string& source, int line) {
  std::istringstream lines(source);
  std::string text, found;
  for (int number = 1; number <= line && std::getline(lines, text); ++number) {
    if (text.empty() || text[0] == ' ' || text[0] == '}' || text[0] == '/') continue;
    for (const std::string& function : functions) {
      const std::size_t at = text.find(function + "(");
      if (at != std::string::npos && (at == 0 || !is_word_letter(text[at - 1]))) found = function;
    }
  }
  return found;
}

// How plainly a failing case names a function: its own name weighs more than its class's, its call in a check most.
int plainness(const std::string& function, const CaseResult& result) {
  const Parts parts = parts_of(function);
  std::string checks;
  if (!result.failures.empty()) checks = result.failures.front().expression + " " + result.failures.front().note;
  int points = 0;
  if (checks.find(parts.method + "(") != std::string::npos && times_named(checks, parts.method) > 0) points += 4;
  else if (times_named(checks, parts.method) > 0) points += 3;
  if (times_named(result.name, parts.method) > 0) points += 3;
  if (parts.owner.empty()) return points;
  if (times_named(result.name, parts.owner) > 0) points += 2;
  if (times_named(checks, parts.owner) > 0) points += 2;
  return points;
}

std::string function_of_case(const std::vector<std::string>& functions, const std::string& slug,
                             const CaseResult& result) {
  for (const CheckFailure& failure : result.failures) {
    const std::size_t end = failure.message.find(" is not written yet (module " + slug + ")");
    const std::string function = failure.message.substr(0, end);
    if (end != std::string::npos && std::find(functions.begin(), functions.end(), function) != functions.end())
      return function;
  }
  std::string best;
  int most = 0;
  for (const std::string& function : functions) {
    const int points = plainness(function, result);
    if (points > most) most = points, best = function;
  }
  return best;
}

}  // namespace

std::string failing_function(const std::vector<std::string>& functions, const std::string& slug,
                             const std::string& source, const Check& check) {
  if (!check.compilation.succeeded) {
    for (const Diagnostic& one : check.compilation.diagnostics) {
      const bool own = std::filesystem::path(one.file).filename() == slug + ".cpp";
      if (one.is_error && own) return function_around(functions, source, one.line);
    }
    return "";
  }
  for (const std::string& symbol : check.symbols.missing) {
    if (const std::string function = function_of_symbol(functions, symbol); !function.empty()) return function;
  }
  for (const CaseResult& result : check.verdict.cases) {
    if (!check.ran || result.status == CaseStatus::passed || result.status == CaseStatus::not_run) continue;
    return function_of_case(functions, slug, result);
  }
  return "";
}

std::string first_stub(const std::string& source, const std::string& slug) {
  const std::string begin = "NotImplemented(\"" + slug + "\", \"";
  const std::size_t at = source.find(begin);
  if (at == std::string::npos) return "";
  const std::size_t name = at + begin.size(), end = source.find('"', name);
  return end == std::string::npos ? "" : source.substr(name, end - name);
}

}  // namespace tito
