#include "tito/commands/hint.hpp"

#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/failing.hpp"
#include "tito/commands/report.hpp"
#include "tito/course/hints.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/ui/page.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  std::string function;
  bool all = false;
};

std::vector<FunctionHints> hints_of(Context& context, const std::string& slug) {
  const fs::path file = reference_source(context.kit(), context.course(), slug).parent_path() / "hints.md";
  const auto text = read_if_present(file);
  if (!text)
    throw Failure(Exit::usage, "module " + slug + " has no hints",
                  "its lesson is " + (context.workspace().module_folder(slug) / "README.md").string());
  return parse_hints(*text, file.string());
}

// The function that needs a hint, and how that is known.
std::pair<std::string, std::string> function_in_need(Context& context, const std::string& slug) {
  const Workspace& workspace = context.workspace();
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

// A single word is a module or a function of the one the student is at.
void tell_apart(Context& context, Options& options) {
  const std::string current = context.standing().next.module;
  if (options.module.empty()) {
    options.module = current;
    return;
  }
  try {
    options.module = resolve_module(context.course(), context.workspace().track(), options.module);
    return;
  } catch (const Failure& no_module) {
    if (!options.function.empty()) throw;
    try {
      options.function = resolve_function(hints_of(context, current), current, options.module).function;
    } catch (const Failure& no_function) {
      throw Failure(Exit::usage, std::string(no_function.what()),
                    std::string(no_function.way_out()) + "\n      and " + no_module.what());
    }
    options.module = current;
  }
}

void run(Context& context, Options options) {
  tell_apart(context, options);
  const Hint hint = take_hint(context, options.module, options.function, options.all);
  context.result = {{"module", hint.module},     {"number", number_in(context.workspace().track(), hint.module)},
                    {"function", hint.function}, {"first", hint.first},
                    {"hints", hint.shown},       {"taken", hint.taken},
                    {"steps", hint.steps},       {"repeated", hint.repeated}};
  if (!hint.why.empty()) context.result["why"] = hint.why;
  print_hint(context, hint);
}

}  // namespace

Hint take_hint(Context& context, const std::string& module, const std::string& word, bool all) {
  const std::vector<FunctionHints> hints = hints_of(context, module);
  Hint hint;
  hint.module = module;
  std::string wanted = word;
  if (wanted.empty()) std::tie(wanted, hint.why) = function_in_need(context, module);
  const FunctionHints& found = resolve_function(hints, module, wanted);
  const HintsFile file(context.workspace().root() / ".tito");
  hint.function = found.function;
  hint.steps = static_cast<int>(found.steps.size());
  const int before = file.taken(module, found.function);
  hint.taken = file.take(module, found.function, all ? hint.steps : 1, hint.steps);
  hint.repeated = before >= hint.steps;
  hint.first = all ? 1 : hint.taken;
  hint.shown.assign(found.steps.begin() + (hint.first - 1), found.steps.begin() + hint.taken);
  return hint;
}

void print_hint(Context& context, const Hint& hint) {
  Screen& screen = context.screen;
  const std::string which = hint.shown.size() > 1 ? fmt::format("all {} hints", hint.steps)
                                                  : fmt::format("hint {} of {}", hint.first, hint.steps);
  screen.line(fmt::format("{} {} {}", screen.paint(Style::bold, hint.function), screen.dot(), which));
  if (!hint.why.empty()) screen.line("  " + screen.paint(Style::dim, hint.why));
  const auto width = static_cast<std::size_t>(std::min(screen.width(), 100));
  for (std::size_t i = 0; i < hint.shown.size(); ++i) {
    screen.line();
    const std::string number = hint.shown.size() > 1 ? fmt::format("{}. ", i + 1) : "";
    for (const std::string& line : wrapped("  " + number + hint.shown[i], width)) screen.line(line);
  }
  screen.line();
  const std::string label = two_digits(number_in(context.workspace().track(), hint.module));
  if (!hint.is_last()) {
    screen.line("  next: " + screen.paint(Style::accent, fmt::format("tito hint {} {}", label, hint.function)));
  } else {
    const std::string lesson = context.workspace().source_name(hint.module);
    screen.line(screen.paint(Style::dim, fmt::format("  there is no further hint; the lesson is {}/README.md",
                                                     fs::path(lesson).parent_path().string())));
  }
}

void add_hint(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("hint", "The next hint for the first failing function, or for one you name");
  command->add_option("MODULE", options->module, "Number or slug; without it the module you are at")->option_text(" ");
  command->add_option("FUNCTION", options->function, "Such as ReLU::forward; \"forward\" where only one is called so")
      ->option_text(" ");
  command->add_flag("--all", options->all, "Every hint for the function at once");
  command->footer(
      "Each call shows one step more: a question, a direction, nearly the answer. How many you took is kept in\n"
      ".tito/hints.json.\n\n"
      "Examples:\n  tito hint\n  tito hint 02\n  tito hint 02 Tensor::reshape\n  tito hint reshape --all");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
