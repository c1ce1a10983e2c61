#include "tito/toolchain/compiler.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  std::string kind;
  std::string message;
};

// "file:12:3: error: message"; written by hand, for std::regex is slow on long template messages.
std::optional<Location> parse_location(const std::string& text) {
  for (const std::string kind : {"fatal error", "error", "warning", "note"}) {
    const std::size_t at = text.find(": " + kind + ": ");
    if (at == std::string::npos || text[0] == ' ') continue;
    const std::string place = text.substr(0, at);
    const std::string message = text.substr(at + kind.size() + 4);
    const std::size_t column = place.rfind(':');
    const std::size_t line = column == std::string::npos ? column : place.rfind(':', column - 1);
    const auto is_number = [](const std::string& word) {
      return !word.empty() && word.size() < 9 && word.find_first_not_of("0123456789") == std::string::npos;
    };
    if (line != std::string::npos && is_number(place.substr(line + 1, column - line - 1)) && is_number(place.substr(column + 1))) {
      return Location{place.substr(0, line), std::stoi(place.substr(line + 1, column - line - 1)),
                      std::stoi(place.substr(column + 1)), kind, message};
    }
    return Location{place, 0, 0, kind, message};
  }
  return std::nullopt;
}

std::vector<Diagnostic> parse_diagnostics(const std::string& output) {
  std::vector<Diagnostic> all;
  bool taking = false;
  for (const std::string& line : lines_of(output)) {
    if (const auto location = parse_location(line)) {
      taking = location->kind != "note";
      if (taking) {
        const bool is_error = location->kind.find("error") != std::string::npos;
        all.push_back({is_error, location->file, location->line, location->column, location->message, {}});
      }
    } else if (taking && line.starts_with(' ') && line.find('|') != std::string::npos) {
      if (all.back().excerpt.size() < 4) all.back().excerpt.push_back(line);
    } else {
      taking = false;
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Diagnostic& a, const Diagnostic& b) { return a.is_error && !b.is_error; });
  return all;
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && text ? text.get() : symbol;
}

// As a student wrote it: without the course's namespace and the library's inline ones.
std::string readable(std::string name) {
  const auto replace_all = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = name.find(from, at)) != std::string::npos; at += to.size()) name.replace(at, from.size(), to);
  };
  replace_all("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
  replace_all("std::__cxx11::", "std::");
  // std::vector<T, std::allocator<T> > -> std::vector<T>
  for (std::size_t at; (at = name.find(", std::allocator<")) != std::string::npos;) {
    std::size_t end = at + 17;
    for (int depth = 1; end < name.size() && depth > 0; ++end) depth += name[end] == '<' ? 1 : name[end] == '>' ? -1 : 0;
    if (end < name.size() && name[end] == ' ') ++end;
    name.erase(at, end - at);
  }
  replace_all("tinytorch::", "");
  replace_all("[abi:cxx11]", "");
  return name;
}

// The strong symbols an object defines for others.
std::vector<std::set<std::string>> defined_symbols(const Kit& kit, const std::vector<fs::path>& objects) {
  std::vector<std::string> command{kit.symbol_lister(), "-P", "--extern-only", "--defined-only"};
  for (const fs::path& object : objects) command.push_back(object.string());
  ProcessOptions options;
  options.limit_seconds = 30;
  options.output_limit = 16U << 20U;
  const ProcessResult result = run_process(command, options);
  if (!result.succeeded()) throw Failure(Exit::environment, kit.symbol_lister() + " does not work: " + result.output);
  std::vector<std::set<std::string>> symbols(objects.size());
  std::size_t current = 0;
  for (const std::string& line : lines_of(result.output)) {
    if (line.ends_with(':')) {
      const std::string name = line.substr(0, line.size() - 1);
      while (current < objects.size() && objects[current].string() != name) ++current;
      if (current == objects.size()) throw Failure(Exit::damaged, kit.symbol_lister() + " speaks of an unknown object: " + line);
      continue;
    }
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || space + 1 >= line.size()) continue;
    const char kind = line[space + 1];
    if (kind == 'T' || kind == 'D' || kind == 'B' || kind == 'R') symbols[current].insert(line.substr(0, space));
  }
  return symbols;
}

bool is_forbidden(const std::string& symbol) {
  static const std::set<std::string> names{"main", "exit", "_exit", "_Exit", "abort", "write", "read", "malloc", "free"};
  return names.contains(symbol) || symbol.starts_with("__asan_") || symbol.starts_with("__ubsan_") ||
         symbol.starts_with("__lsan_") || symbol.starts_with("__tsan_") || symbol.starts_with("_ZN5judge") ||
         symbol.starts_with("_ZN5Catch");
}

std::vector<std::string> names_after(const std::string& output, const std::vector<std::string>& marks) {
  std::vector<std::string> names;
  for (const std::string& line : lines_of(output)) {
    for (const std::string& mark : marks) {
      const std::size_t at = line.find(mark);
      if (at == std::string::npos) continue;
      std::string name = line.substr(at + mark.size());
      // GNU ld: undefined reference to `f(int)'
      if (!name.empty() && (name[0] == '`' || name[0] == '\'')) name = name.substr(1, name.rfind('\'') - 1);
      // lld and mold: the place follows or a reason stands behind a colon
      if (const std::size_t end = name.find("; "); end != std::string::npos) name.resize(end);
      name = readable(name);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> compile_command(const Kit& kit, Mode mode, const fs::path& source, const fs::path& object) {
  std::vector<std::string> command{kit.compiler()};
  command.insert(command.end(), kit.flags(mode).begin(), kit.flags(mode).end());
  if (mode == Mode::check) {
    command.emplace_back("-include");
    command.push_back(kit.precompiled(source.stem().string()).string());
  }
  for (const std::string& word : {std::string("-c"), source.string(), std::string("-o"), object.string()}) command.push_back(word);
  return command;
}

Compilation compile(const Kit& kit, Mode mode, const fs::path& source, const fs::path& object) {
  if (!fs::exists(kit.compiler())) {
    throw Failure(Exit::environment, "no compiler: " + kit.compiler() + ", with which the course was built, does not exist",
                  "install Debian's package g++ and run \"./bootstrap build\" again");
  }
  std::vector<std::string> command = compile_command(kit, mode, source, object);
  command.emplace_back("-fdiagnostics-color=never");
  ProcessOptions options;
  options.limit_seconds = 120;
  options.output_limit = 4U << 20U;
  const ProcessResult result = run_process(command, options);
  note_output(result.output);
  Compilation compilation;
  compilation.succeeded = result.succeeded();
  compilation.diagnostics = parse_diagnostics(result.output);
  if (result.timed_out) {
    compilation.diagnostics.insert(compilation.diagnostics.begin(),
                                   {true, source.string(), 0, 0, "the compiler was stopped after 120 seconds", {}});
  }
  const bool explained = std::any_of(compilation.diagnostics.begin(), compilation.diagnostics.end(),
                                     [](const Diagnostic& one) { return one.is_error && one.line > 0; });
  if (!compilation.succeeded && !explained && !result.timed_out) {
    throw Failure(Exit::environment, "the compiler does not work: " + result.output.substr(0, 500),
                  "see whether it answers: " + kit.compiler() + " --version");
  }
  return compilation;
}

SymbolProblems compare_symbols(const Kit& kit, const fs::path& object, const fs::path& reference) {
  const auto symbols = defined_symbols(kit, {object, reference});
  SymbolProblems problems;
  for (const std::string& symbol : symbols[0]) {
    if (is_forbidden(symbol) && !symbols[1].contains(symbol)) problems.forbidden.push_back(readable(demangled(symbol)));
  }
  for (const std::string& symbol : symbols[1]) {
    if (symbols[0].contains(symbol) || symbol.starts_with("_ZT")) continue;  // tables come with their class's functions
    const std::string name = readable(demangled(symbol));
    if (std::find(problems.missing.begin(), problems.missing.end(), name) == problems.missing.end()) {
      problems.missing.push_back(name);
    }
  }
  std::sort(problems.missing.begin(), problems.missing.end());
  return problems;
}

Linking link(const Kit& kit, const std::vector<fs::path>& objects, const fs::path& program) {
  std::vector<std::string> command{kit.compiler()};
  command.insert(command.end(), kit.link_flags().begin(), kit.link_flags().end());
  for (const fs::path& object : objects) command.push_back(object.string());
  command.insert(command.end(), kit.libraries().begin(), kit.libraries().end());
  for (const std::string& word : {std::string("-o"), program.string()}) command.push_back(word);
  ProcessOptions options;
  options.limit_seconds = 120;
  const ProcessResult result = run_process(command, options);
  note_output(result.output);
  Linking linking;
  linking.succeeded = result.succeeded();
  linking.output = result.output;
  linking.undefined = names_after(result.output, {"undefined symbol: ", "undefined reference to "});
  linking.duplicated = names_after(result.output, {"duplicate symbol: ", "multiple definition of "});
  if (!linking.succeeded && linking.undefined.empty() && linking.duplicated.empty()) {
    throw Failure(Exit::environment, "the linker does not work: " + result.output.substr(0, 500),
                  "see whether it answers: " + kit.compiler() + " --version");
  }
  return linking;
}

}  // namespace tito
