#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/views/advice.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

void run(Context& context) {
  const Standing standing = context.standing();
  const Next& next = standing.next;
  const Advice advice = advice_for(context.session(), next);
  const Track& track = context.workspace().track();
  context.result = {{"module", next.module},
                    {"number", number_in(track, next.module)},
                    {"action", name_of(next.action)},
                    {"reason", advice.reason},
                    {"do", advice.command}};  // "command" is the one that was run
  Screen& screen = context.screen;
  int done = 0;
  for (const auto& [checkpoint, state] : standing.checkpoints) done += state == CheckpointState::done ? 1 : 0;
  const int all = static_cast<int>(standing.checkpoints.size());
  screen.line(fmt::format("{} {}/{}  {}", screen.bar(static_cast<double>(done) / all, 20), done, all,
                          screen.paint(Style::bold, next.action == Action::finished
                                                        ? "finished"
                                                        : module_label(track, next.module) + ": " +
                                                              context.course().module(next.module).capability)));
  screen.line();
  screen.line("  " + advice.reason);
  if (!advice.command.empty()) screen.line("  " + screen.paint(Style::accent, advice.command));
}

}  // namespace

void add_next(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("next", "The one thing to do now, and the command for it");
  command->footer("Example:\n  tito next");
  command->callback([&context] { run(context); });
}

}  // namespace tito
