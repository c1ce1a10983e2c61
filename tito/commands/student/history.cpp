#include <fmt/core.h>

#include <algorithm>

#include "tito/actions/overwrite.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/snapshot.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  bool repair = false;
};

std::string changed_lines(const Snapshot& one) {
  if (!one.lines) return "the first";
  return one.lines->added + one.lines->removed == 0 ? "no change"
                                                    : fmt::format("+{} -{}", one.lines->added, one.lines->removed);
}

void repair(Context& context) {
  const SnapshotStore::Repair repair = snapshots_of(context.workspace()).repair();
  context.result = {{"was_damaged", repair.was_damaged},
                    {"kept_as", repair.kept_as.string()},
                    {"from_previous", repair.from_previous},
                    {"found", repair.found}};
  Screen& screen = context.screen;
  if (!repair.was_damaged) return screen.line("the list of your snapshots is in order; nothing to do");
  if (!repair.kept_as.empty()) screen.line("the damaged list is kept as " + repair.kept_as.string());
  screen.line(repair.from_previous ? "the previous version is in its place" : "there was no previous version to read");
  if (repair.found > 0)
    screen.line(fmt::format(
        "{} texts that it does not name are listed as found; bring one back with \"tito undo MODULE --to ID\"",
        repair.found));
}

void history(Context& context, const Options& options) {
  if (options.repair) return repair(context);
  const Track& track = context.workspace().track();
  const std::string slug = options.module.empty() ? "" : resolve_module(context.course(), track, options.module);
  const SnapshotStore store = snapshots_of(context.workspace());
  std::vector<Snapshot> all = slug.empty() ? store.list() : store.list(slug);
  std::reverse(all.begin(), all.end());
  nlohmann::json list = nlohmann::json::array();
  Screen& screen = context.screen;
  Table table;
  bool any_present = false;
  for (const Snapshot& one : all) {
    const bool present =
        context.course().has_module(one.module) && context.workspace().source_hash(one.module) == one.object;
    list.push_back(json_of(one));
    list.back()["present"] = present;
    std::vector<std::string> cells{present ? screen.paint(Style::accent, screen.arrow()) : "",
                                   screen.paint(Style::bold, std::to_string(one.id)), name_of(one.cause),
                                   changed_lines(one), readable_time(one.at)};
    if (slug.empty()) cells.insert(cells.begin() + 2, one.module.empty() ? "unknown" : one.module);
    table.row(cells);
    any_present = any_present || present;
  }
  context.result = {{"module", slug.empty() ? nlohmann::json(nullptr) : nlohmann::json(slug)}, {"snapshots", list}};
  if (all.empty()) {
    screen.line("no snapshots yet: tito keeps one at each export, and before it overwrites a file of yours");
    return;
  }
  for (const std::string& line : table.lines()) screen.row(line);
  screen.line();
  if (any_present) screen.line("  " + screen.paint(Style::accent, screen.arrow()) + " what the file holds now");
  screen.line("  bring one back: " + screen.paint(Style::accent, fmt::format("tito undo --to {}", all.front().id)));
}

}  // namespace

void add_history(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("history", "The snapshots of your files, newest first");
  command->add_option("MODULE", options->module, "Number or slug; without it all modules")->option_text(" ");
  command->add_flag("--repair", options->repair, "Put a damaged list of snapshots right, keeping the damaged one");
  command->footer(
      "tito keeps a snapshot of your file at each export and before a reset, an undo, an update or a fill "
      "overwrites it.\n"
      "+3 -1 counts lines against the snapshot before. Kept are the newest 50 of a module and 20 MB in all, and "
      "always\n"
      "the newest one and the last export of each module.\n\n"
      "Examples:\n"
      "  tito history\n"
      "  tito history 02\n"
      "  tito history 02 --json");
  command->callback([&context, options] { history(context, *options); });
}

}  // namespace tito
