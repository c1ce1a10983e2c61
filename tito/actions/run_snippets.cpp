#include "tito/actions/run_snippets.hpp"

#include <fmt/core.h>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

constexpr double limit_seconds = 60;

// A program that runs the snippet whose number it is given. Each is a function of its own; the compiler counts lines
// as the lesson does.
std::string program_of(const Session& session, const std::vector<Snippet>& snippets, const std::string& lesson) {
  std::string text;
  for (const std::string& slug : session.workspace.track().order)
    text += fmt::format("#include \"{}/{}.hpp\"\n", session.course.name(), slug);
  for (const char* header : {"algorithm", "cmath", "exception", "iomanip", "iostream", "memory", "string", "vector"}) {
    text += fmt::format("#include <{}>\n", header);
  }
  for (const char* header : {"kernels/memory.hpp", "kernels/parallel.hpp"}) {
    text += fmt::format("#if __has_include(\"{0}\")\n#include \"{0}\"\n#endif\n", header);
  }
  text += fmt::format("using namespace {};\n", session.course.name());
  std::string calls;
  for (std::size_t i = 0; i < snippets.size(); ++i) {
    text += fmt::format("static void snippet_{}() {{\n#line {} \"{}\"\n{}}}\n", i, snippets[i].line, lesson,
                        snippets[i].code);
    calls += fmt::format("    if (number == {0}) snippet_{0}();\n", i);
  }
  text += "int main(int, char** arguments) {\n  const int number = std::stoi(arguments[1]);\n  try {\n" + calls +
          "  } catch (const std::exception& error) {\n    std::cout << std::flush;\n    std::cerr << error.what() << "
          "'\\n';\n    return 1;\n  }\n}\n";
  return text;
}

std::string problem_of(const ProcessResult& result) {
  if (result.timed_out) return fmt::format("stopped after {:g} s", limit_seconds);
  if (result.signal != 0) return "crashed with " + signal_name(result.signal);
  if (result.exit_status != 0) return fmt::format("ended with exit status {}", result.exit_status);
  return "";
}

ProcessOptions options_in(const fs::path& folder, const Kit& kit) {
  ProcessOptions options;
  options.folder = folder;
  options.student_code = true;
  options.limit_memory = !kit.is_sanitized();
  options.limit_seconds = limit_seconds;
  return options;
}

// The bodies of all modules but `without`: exported ones, else the reference.
std::vector<fs::path> bodies(const Session& session, const std::string& without) {
  const auto exported = exported_bodies(session);
  std::vector<fs::path> objects;
  for (const std::string& slug : session.workspace.track().order) {
    if (slug == without) continue;
    const auto own = exported.find(slug);
    objects.push_back(own != exported.end() ? own->second.object : session.kit.object("body", slug));
  }
  return objects;
}

}  // namespace

LessonTrial try_lesson(const Session& session, const std::string& slug) {
  const fs::path lesson = session.workspace.source(slug).parent_path() / "README.md";
  const std::string name = (fs::path(session.workspace.source_name(slug)).parent_path() / "README.md").string();
  const auto text = read_if_present(lesson);
  if (!text) throw Failure(Exit::work_failed, lesson.string() + " is missing");
  const std::vector<Snippet> snippets = snippets_of(*text, name);
  if (snippets.empty()) throw Failure(Exit::work_failed, name + " has no snippets to run");
  const TemporaryFolder scratch(session.workspace.scratch());
  LessonTrial trial;
  const auto exported = exported_bodies(session);
  const auto own = exported.find(slug);
  const Progress progress = session.workspace.progress_file().load();
  fs::path body = scratch.path() / (slug + ".o");
  if (own != exported.end() && progress.modules.at(slug).exported->source == session.workspace.source_hash(slug)) {
    body = own->second.object;
    trial.body.succeeded = true;
  } else {
    if (!fs::exists(session.workspace.source(slug)))
      throw Failure(Exit::work_failed, session.workspace.source(slug).string() + " is missing");
    trial.body = compile(session.kit, Mode::full, session.workspace.source(slug), body);
    if (!trial.body.succeeded) return trial;
  }
  const fs::path source = scratch.path() / "snippets.cpp";
  write_atomically(source, program_of(session, snippets, name));
  trial.snippets = compile(session.kit, Mode::full, source, scratch.path() / "snippets.o");
  if (!trial.snippets.succeeded) return trial;
  std::vector<fs::path> objects = bodies(session, slug);
  objects.push_back(body);
  objects.push_back(scratch.path() / "snippets.o");
  const fs::path program = scratch.path() / "snippets";
  trial.linking = link(session.kit, objects, program);
  if (!trial.linking.succeeded) return trial;
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  for (std::size_t i = 0; i < snippets.size(); ++i) {
    const ProcessResult result = run_process({program.string(), std::to_string(i)}, options_in(folder, session.kit));
    SnippetRun run{snippets[i], result.output, problem_of(result)};
    if (result.exit_status == 1 && run.output.ends_with('\n')) {  // what was thrown stands on the last line
      const std::size_t last = run.output.rfind('\n', run.output.size() - 2) + 1;
      run.problem = run.output.substr(last, run.output.size() - 1 - last);
      run.output.erase(last);
    }
    trial.runs.push_back(run);
  }
  return trial;
}

ProgramTrial try_program(const Session& session, const fs::path& file, bool inherit_output) {
  if (!fs::is_regular_file(file)) throw Failure(Exit::usage, file.string() + " is not a file", "tito try --help");
  const TemporaryFolder scratch(session.workspace.scratch());
  ProgramTrial trial;
  trial.program = compile(session.kit, Mode::full, fs::absolute(file), scratch.path() / "program.o");
  if (!trial.program.succeeded) return trial;
  std::vector<fs::path> objects = bodies(session, "");
  objects.push_back(scratch.path() / "program.o");
  const fs::path program = scratch.path() / "program";
  trial.linking = link(session.kit, objects, program);
  if (!trial.linking.succeeded) return trial;
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  ProcessOptions options = options_in(folder, session.kit);
  options.inherit_output = inherit_output;
  trial.result = run_process({program.string()}, options);
  return trial;
}

}  // namespace tito
