#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/system/text.hpp"
#include "tito/views/checkpoints.hpp"

namespace tito {
namespace {

void status(Context& context) {
  const Standing standing = context.standing();
  const Progress progress = context.workspace().progress_file().load();
  context.result = json_of_checkpoints(context.session(), standing, progress);
  const int done = standing.proven();
  const int total = static_cast<int>(standing.checkpoints.size());
  Screen& screen = context.screen;
  screen.line(
      fmt::format("{} {} of {} capabilities proven", screen.bar(static_cast<double>(done) / total, 20), done, total));
  screen.line();
  Table table;
  for (const std::string& slug : context.workspace().track().order) {
    const Module& module = context.course().module(slug);
    const std::string state = name_of(standing.checkpoints.at(module.checkpoint));
    table.row({screen.mark(state), two_digits(number_in(context.workspace().track(), slug)),
               screen.paint(Style::bold, module.checkpoint), state, module.capability});
  }
  for (const std::string& line : table.lines()) screen.row(line);
}

}  // namespace

void add_checkpoint_status(CLI::App& group, Context& context) {
  CLI::App* shower = group.add_subcommand("status", "The capabilities: done, current, locked or stale");
  shower->footer("Example:\n  tito checkpoint status");
  shower->callback([&context] { status(context); });
}

}  // namespace tito
