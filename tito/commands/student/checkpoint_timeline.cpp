#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/views/checkpoints.hpp"

namespace tito {
namespace {

void timeline(Context& context) {
  const Standing standing = context.standing();
  const Progress progress = context.workspace().progress_file().load();
  context.result = json_of_checkpoints(context.session(), standing, progress);
  const Track& track = context.workspace().track();
  Screen& screen = context.screen;
  screen.line(fmt::format("{}: {}", track.name, track.title));
  screen.line();
  for (const std::string& slug : track.order) {
    const Module& module = context.course().module(slug);
    const std::string state = name_of(standing.checkpoints.at(module.checkpoint));
    const auto proven = progress.checkpoints.find(module.checkpoint);
    std::string when = state;
    if (proven != progress.checkpoints.end() && (state == "done" || state == "stale"))
      when += " " + proven->second.evidence.at.substr(0, 10);
    screen.line(fmt::format("  {} {:<16} {} {:<17} {}", screen.mark(state), module_label(track, slug), screen.arrow(),
                            module.checkpoint, screen.paint(Style::dim, when)));
    if (proven != progress.checkpoints.end() && state == "done") {
      for (const Measure& one : proven->second.measures) {
        screen.line(fmt::format("  |       {}", screen.paint(Style::dim, one.name + ": " +
                                                                             (one.value ? figure(*one.value, one.unit)
                                                                                        : "not a finite number"))));
      }
    }
    const auto need = track.leaves.find(slug);
    if (need != track.leaves.end()) screen.line(fmt::format("  |   {}", screen.paint(Style::warn, need->second)));
  }
}

}  // namespace

void add_checkpoint_timeline(CLI::App& group, Context& context) {
  CLI::App* liner = group.add_subcommand("timeline", "The way through the course, with what was proven when");
  liner->footer("Example:\n  tito checkpoint timeline");
  liner->callback([&context] { timeline(context); });
}

}  // namespace tito
