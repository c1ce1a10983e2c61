#include <fmt/core.h>

#include "tito/actions/overwrite.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/snapshot.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  std::string to;
};

void undo(Context& context, const Options& options) {
  const std::string slug =
      options.module.empty() ? "" : resolve_module(context.course(), context.workspace().track(), options.module);
  const Undo done = options.to.empty() ? undo_last(context.session(), slug)
                                       : undo_to(context.session(), slug, snapshot_number(options.to));
  const std::string file = context.workspace().source_name(done.module);
  context.result = {{"module", done.module},
                    {"file", file},
                    {"changed", done.overwriting.changed},
                    {"restored", json_of(done.restored)},
                    {"kept", done.overwriting.kept ? json_of(*done.overwriting.kept) : nlohmann::json(nullptr)}};
  Screen& screen = context.screen;
  const std::string what = fmt::format("snapshot {}, kept {} ({})", done.restored.id, readable_time(done.restored.at),
                                       name_of(done.restored.cause));
  if (!done.overwriting.changed) return screen.line(fmt::format("{} is already as in {}; nothing to do", file, what));
  screen.line(fmt::format("{} {} is as in {}", screen.paint(Style::good, screen.tick()), file, what));
  if (done.overwriting.kept)
    screen.line(
        fmt::format("  what it held is snapshot {}: tito undo again brings it back", done.overwriting.kept->id));
}

std::string check_id(const std::string& text) {
  return snapshot_number(text) > 0
             ? ""
             : "expected the number of a snapshot, found \"" + text + "\"; tito history lists them";
}

}  // namespace

void add_undo(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("undo", "Bring back what tito last overwrote in a file of yours");
  command->add_option("MODULE", options->module, "Number or slug; without it the file that was overwritten last")
      ->option_text(" ");
  command->add_option("--to", options->to, "Bring back this snapshot instead, of those that \"tito history\" lists")
      ->type_name("ID")
      ->check(check_id);
  command->footer(
      "What the file holds now is kept first, so undo can be undone: twice returns. Any snapshot comes back through\n"
      "--to: it overwrites your file as any undo does, so it belongs here.\n\n"
      "Examples:\n  tito undo\n  tito undo 02\n  tito undo --to 12");
  command->callback([&context, options] { undo(context, *options); });
}

}  // namespace tito
