#include "tito/views/hint.hpp"

#include <fmt/core.h>

#include "tito/actions/take_hint.hpp"
#include "tito/commands/commands.hpp"
#include "tito/course/hints.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  std::string function;
  bool all = false;
};

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
      options.function = resolve_function(hints_of(context.session(), current), current, options.module).function;
    } catch (const Failure& no_function) {
      throw Failure(Exit::usage, std::string(no_function.what()),
                    std::string(no_function.way_out()) + "\n      and " + no_module.what());
    }
    options.module = current;
  }
}

void run(Context& context, Options options) {
  tell_apart(context, options);
  const Hint hint = take_hint(context.session(), options.module, options.function, options.all);
  context.result = {{"module", hint.module},     {"number", number_in(context.workspace().track(), hint.module)},
                    {"function", hint.function}, {"first", hint.first},
                    {"hints", hint.shown},       {"taken", hint.taken},
                    {"steps", hint.steps},       {"repeated", hint.repeated}};
  if (!hint.why.empty()) context.result["why"] = hint.why;
  print_hint(context.screen, context.workspace(), hint);
}

}  // namespace

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
