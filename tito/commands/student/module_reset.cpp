#include <fmt/core.h>

#include "tito/actions/overwrite.hpp"
#include "tito/commands/commands.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  std::string function;
};

void reset(Context& context, const Options& options) {
  const Track& track = context.workspace().track();
  const std::string slug = resolve_module(context.course(), track, options.module);
  const Overwriting done = reset_module(context.session(), slug, options.function);
  const std::string file = context.workspace().source_name(slug);
  const std::string what = options.function.empty() ? file : options.function + " in " + file;
  context.result = {{"module", slug},
                    {"number", number_in(track, slug)},
                    {"file", file},
                    {"changed", done.changed},
                    {"kept", done.kept ? nlohmann::json(done.kept->id) : nlohmann::json(nullptr)}};
  if (!options.function.empty()) context.result["function"] = options.function;
  Screen& screen = context.screen;
  if (!done.changed) return screen.line(what + " is as in the skeleton already; nothing to do");
  screen.line(fmt::format("{} {} is the skeleton again", screen.paint(Style::good, screen.tick()), what));
  if (done.kept)
    screen.line(fmt::format("  what it held is snapshot {}: {} brings it back", done.kept->id,
                            screen.paint(Style::accent, "tito undo")));
}

}  // namespace

void add_module_reset(CLI::App& group, Context& context) {
  auto resetting = std::make_shared<Options>();
  CLI::App* resetter =
      group.add_subcommand("reset", "Put the skeleton back in place of your file; what you wrote is kept");
  resetter->add_option("MODULE", resetting->module, "Number or slug")->required()->option_text(" ");
  resetter
      ->add_option("--function", resetting->function,
                   "Only this function: Tensor::reshape, or reshape where that is clear")
      ->type_name("FUNCTION");
  resetter->footer(
      "A snapshot of your file is kept first; \"tito undo\" brings it back.\n\n"
      "Examples:\n  tito module reset 02\n  tito module reset tensor --function Tensor::reshape");
  resetter->callback([&context, resetting] { reset(context, *resetting); });
}

}  // namespace tito
