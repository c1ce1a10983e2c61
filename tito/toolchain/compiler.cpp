#include "tito/toolchain/compiler.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/symbol_name.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
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
      if (current == objects.size())
        throw Failure(Exit::damaged, kit.symbol_lister() + " speaks of an unknown object: " + line);
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
  static const std::set<std::string> names{"main",  "exit", "_exit",  "_Exit", "abort",
                                           "write", "read", "malloc", "free"};
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
  for (const std::string& word : {std::string("-c"), source.string(), std::string("-o"), object.string()})
    command.push_back(word);
  return command;
}

Compilation compile(const Kit& kit, Mode mode, const fs::path& source, const fs::path& object) {
  if (!fs::exists(kit.compiler())) {
    throw Failure(Exit::environment,
                  "no compiler: " + kit.compiler() + ", with which the course was built, does not exist",
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
  compilation.output = result.output;
  compilation.diagnostics = parse_diagnostics(result.output, source);
  if (result.timed_out) {
    compilation.diagnostics.insert(compilation.diagnostics.begin(),
                                   {true, source.string(), 0, 0, "the compiler was stopped after 120 seconds"});
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
