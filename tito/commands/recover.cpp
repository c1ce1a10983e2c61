#include "tito/commands/commands.hpp"

namespace tito {
namespace {

void run(Context& context) {
  const ProgressFile::Recovery recovery = context.workspace().progress_file().recover();
  context.result = {{"was_damaged", recovery.was_damaged}, {"kept_as", recovery.kept_as.string()}, {"from_previous", recovery.from_previous}};
  Screen& screen = context.screen;
  if (!recovery.was_damaged) {
    screen.line("the record of your progress is in order; nothing to do");
    return;
  }
  if (!recovery.kept_as.empty()) screen.line("the damaged record is kept as " + recovery.kept_as.string());
  screen.line(recovery.from_previous ? "the previous version is in its place; what came after it, run again"
                                     : "there was no previous version to read: the record is empty; your files and your package are untouched, "
                                       "and \"tito export\" of each module fills it again");
}

}  // namespace

void add_recover(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("recover", "Put a damaged record of your progress right, keeping the damaged one");
  command->footer("Example:\n  tito recover");
  command->callback([&context] { run(context); });
}

}  // namespace tito
