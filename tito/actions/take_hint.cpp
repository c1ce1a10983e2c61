#include "tito/actions/take_hint.hpp"

#include <algorithm>
#include <tuple>

#include "tito/actions/failing_function.hpp"
#include "tito/actions/reference.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// The function that needs a hint, and how that is known.
std::pair<std::string, std::string> function_in_need(const Session& session, const std::string& slug) {
  const Workspace& workspace = session.workspace;
  const Progress progress = workspace.progress_file().load();
  const auto module = progress.modules.find(slug);
  if (module != progress.modules.end() && !module->second.failing.empty()) {
    return {module->second.failing, "the first failure of your last run is about it"};
  }
  const std::string stub = first_stub(read_if_present(workspace.source(slug)).value_or(""), slug);
  if (!stub.empty()) return {stub, "it is the first that is not written"};
  const bool passes = module != progress.modules.end() && module->second.tested && module->second.tested->all_passed();
  const std::string number = two_digits(number_in(workspace.track(), slug));
  throw Failure(Exit::usage,
                passes ? "module " + slug + " passed its last run: say which function the hint is to be about"
                       : "nothing says which function of module " + slug + " needs a hint",
                "tito hint " + number + " FUNCTION; the last failure shows after: tito module test " + number);
}

}  // namespace

std::vector<FunctionHints> hints_of(const Session& session, const std::string& slug) {
  const fs::path file = reference_source(session.kit, session.course, slug).parent_path() / "hints.md";
  const auto text = read_if_present(file);
  if (!text)
    throw Failure(Exit::usage, "module " + slug + " has no hints",
                  "its lesson is " + (session.workspace.module_folder(slug) / "README.md").string());
  return parse_hints(*text, file.string());
}

Hint take_hint(const Session& session, const std::string& module, const std::string& word, bool all) {
  const std::vector<FunctionHints> hints = hints_of(session, module);
  Hint hint;
  hint.module = module;
  std::string wanted = word;
  if (wanted.empty()) std::tie(wanted, hint.why) = function_in_need(session, module);
  const FunctionHints& found = resolve_function(hints, module, wanted);
  const HintsFile file(session.workspace.root() / ".tito");
  hint.function = found.function;
  hint.steps = static_cast<int>(found.steps.size());
  const int before = file.taken(module, found.function);
  hint.taken = file.take(module, found.function, all ? hint.steps : 1, hint.steps);
  hint.repeated = before >= hint.steps;
  hint.first = all ? 1 : hint.taken;
  hint.shown.assign(found.steps.begin() + (hint.first - 1), found.steps.begin() + hint.taken);
  return hint;
}

}  // namespace tito
