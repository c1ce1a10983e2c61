#include "tito/toolchain/probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

constexpr double patience = 20;  // seconds

const char* const standard_program =
    "#include <string>\n#include <vector>\n"
    "int main() {\n"
    "  std::vector<std::string> words{\"a\", \"b\"};\n"
    "  words.push_back(words[0] + words[1]);\n"
    "  return words.back() == \"ab\" ? 0 : 1;\n"
    "}\n";

const char* const blas_program =
    "#include <cstdio>\n"
    "extern \"C\" char* openblas_get_config();\n"
    "extern \"C\" int openblas_get_num_threads();\n"
    "int main() { std::printf(\"%d %s\\n\", openblas_get_num_threads(), openblas_get_config()); }\n";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The line that says what is wrong, which is seldom the first that a compiler prints.
std::string complaint_of(const ProcessResult& result, const std::string& who) {
  if (result.timed_out) return who + " did not end within 20 seconds";
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("error") != std::string::npos || line.find("cannot find") != std::string::npos) return line;
  }
  if (!result.output.empty()) return first_line(result.output);
  return who + (result.signal != 0 ? " was ended by " + signal_name(result.signal)
                                   : " ended with status " + std::to_string(result.exit_status));
}

ProcessResult attempt(const std::vector<std::string>& command) {
  ProcessOptions options;
  options.limit_seconds = patience;
  try {
    return run_process(command, options);
  } catch (const Failure& failure) {
    ProcessResult result;
    result.output = failure.what();
    return result;
  }
}

std::vector<std::string> link_command(const Kit& kit, const fs::path& object, const fs::path& program) {
  std::vector<std::string> command{kit.compiler()};
  command.insert(command.end(), kit.link_flags().begin(), kit.link_flags().end());
  command.push_back(object.string());
  command.insert(command.end(), kit.libraries().begin(), kit.libraries().end());
  command.emplace_back("-o");
  command.push_back(program.string());
  return command;
}

// With -H GCC prints "! FILE" for a precompiled header that it takes.
bool names_precompiled(const std::string& output) {
  return output.starts_with("! ") || output.find("\n! ") != std::string::npos;
}

// Runs the commands until one fails; its complaint, or nothing.
std::string first_complaint(const std::vector<std::vector<std::string>>& commands, std::string& output) {
  for (const std::vector<std::string>& command : commands) {
    const ProcessResult result = attempt(command);
    output = result.output;
    if (!result.succeeded()) return complaint_of(result, command.front());
  }
  return "";
}

// Runs the commands one after another; the first one's program is the compiler.
void take_steps(CompilerProbe& probe, const std::vector<std::vector<std::string>>& commands) {
  const ProcessResult version = attempt({commands.front().front(), "--version"});
  if (version.succeeded()) probe.version = first_line(version.output);
  for (const std::vector<std::string>& command : commands) {
    const ProcessResult result = attempt(command);
    probe.seconds += result.seconds;
    probe.precompiled = probe.precompiled || names_precompiled(result.output);
    if (result.succeeded()) continue;
    probe.problem = complaint_of(result, command.front());
    return;
  }
  probe.works = true;
}

// Writes a source into the scratch folder; what kept it from that, or nothing.
std::string write_source(const fs::path& source, const char* text) {
  try {
    write_atomically(source, text);
    return "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

}  // namespace

CompilerProbe probe_compiler(const Kit& kit, const fs::path& scratch) {
  CompilerProbe probe;
  const fs::path source = scratch / "probe.cpp", object = scratch / "probe.o", program = scratch / "probe";
  probe.problem = write_source(source, standard_program);
  if (!probe.problem.empty()) return probe;
  std::vector<std::string> compilation = compile_command(kit, Mode::check, source, object);
  compilation.emplace_back("-H");  // names the files that are read
  take_steps(probe, {compilation, link_command(kit, object, program), {program.string()}});
  return probe;
}

CompilerProbe probe_compiler(const std::string& compiler, const fs::path& scratch) {
  CompilerProbe probe;
  const fs::path source = scratch / "alone.cpp", program = scratch / "alone";
  probe.problem = write_source(source, standard_program);
  if (!probe.problem.empty()) return probe;
  take_steps(probe, {{compiler, "-std=c++20", source.string(), "-o", program.string()}, {program.string()}});
  return probe;
}

BlasProbe probe_blas(const Kit& kit, const fs::path& scratch) {
  BlasProbe probe;
  probe.used = std::any_of(kit.libraries().begin(), kit.libraries().end(),
                           [](const std::string& word) { return word.find("openblas") != std::string::npos; });
  if (!probe.used) return probe;
  const fs::path source = scratch / "blas.cpp", object = scratch / "blas.o", program = scratch / "blas";
  probe.problem = write_source(source, blas_program);
  if (!probe.problem.empty()) return probe;
  std::string output;
  probe.problem = first_complaint({{kit.compiler(), "-c", source.string(), "-o", object.string()},
                                   link_command(kit, object, program),
                                   {program.string()}},
                                  output);
  if (!probe.problem.empty()) return probe;
  probe.works = true;
  std::istringstream answer(output);
  answer >> probe.threads >> std::ws;
  std::getline(answer, probe.configuration);
  return probe;
}

fs::path find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder) / name;
    std::error_code ignored;
    if (fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::vector<std::string> missing_from(const Kit& kit) {
  std::vector<std::string> missing;
  std::error_code ignored;
  for (const fs::path& file : kit.files()) {
    if (!fs::exists(file, ignored)) missing.push_back(file.string());
  }
  return missing;
}

}  // namespace tito
