// What tito kept of a student's files: diff, history and undo.
#include <fmt/core.h>

#include <algorithm>

#include "tito/commands/commands.hpp"
#include "tito/commands/keeping.hpp"
#include "tito/commands/report.hpp"
#include "tito/ui/difference.hpp"

namespace tito {
namespace {

nlohmann::json json_of(const Snapshot& one) {
  nlohmann::json entry = {{"id", one.id},     {"module", one.module}, {"cause", name_of(one.cause)},
                          {"at", one.at},     {"sha256", one.object}, {"bytes", one.bytes},
                          {"added", nullptr}, {"removed", nullptr}};
  if (one.lines) entry["added"] = one.lines->added, entry["removed"] = one.lines->removed;
  return entry;
}

// A whole number from 1; 0 for anything else.
std::int64_t number_from(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 15 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : 0;
}

// "2026-11-22 09:30 UTC"
std::string readable_time(const std::string& at) {
  return at.size() < 16 ? at : at.substr(0, 10) + " " + at.substr(11, 5) + " UTC";
}

std::string changed_lines(const Snapshot& one) {
  if (!one.lines) return "the first";
  return one.lines->added + one.lines->removed == 0 ? "no change"
                                                    : fmt::format("+{} -{}", one.lines->added, one.lines->removed);
}

// ---- history

struct HistoryOptions {
  std::string module;
  bool repair = false;
};

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

void history(Context& context, const HistoryOptions& options) {
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

// ---- undo

struct UndoOptions {
  std::string module;
  std::string to;
};

void undo(Context& context, const UndoOptions& options) {
  const std::string slug =
      options.module.empty() ? "" : resolve_module(context.course(), context.workspace().track(), options.module);
  const Undo done =
      options.to.empty() ? undo_last(site_of(context), slug) : undo_to(site_of(context), slug, number_from(options.to));
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

// ---- diff

struct DiffOptions {
  std::string module;
  std::string against;
};

// A text to hold the student's file against.
struct Side {
  std::string kind;  // "export", "skeleton" or "snapshot"
  std::int64_t id = 0;
  std::string name;
  std::string text;
};

Side side_for(Context& context, const std::string& slug, const std::string& against) {
  const Workspace& workspace = context.workspace();
  if (against.empty() || against == "export") {
    if (const auto text = read_if_present(workspace.exported_source(slug))) {
      return {"export", 0, fs::relative(workspace.exported_source(slug), workspace.root()).string(), *text};
    }
    if (!against.empty())
      throw Failure(Exit::usage, "module " + slug + " was never exported", "tito diff " + slug + " --against skeleton");
  }
  if (against.empty() || against == "skeleton")
    return {"skeleton", 0, "the skeleton of " + slug, skeleton_of(context.kit(), context.course(), slug)};
  const SnapshotStore store = snapshots_of(workspace);
  const std::vector<Snapshot> all = store.list();
  const std::int64_t id = number_from(against);
  const auto found = std::find_if(all.begin(), all.end(), [&](const Snapshot& one) {
    return one.id == id && (one.module == slug || one.module.empty());
  });
  if (found == all.end()) {
    throw Failure(Exit::usage, "module " + slug + " has no snapshot \"" + against + "\"",
                  "skeleton, export, or a number that \"tito history " + slug + "\" lists");
  }
  return {"snapshot", id, fmt::format("snapshot {} ({}, {})", id, name_of(found->cause), found->at),
          store.text_of(*found)};
}

nlohmann::json json_of(const std::vector<Hunk>& hunks) {
  nlohmann::json list = nlohmann::json::array();
  for (const Hunk& hunk : hunks) {
    nlohmann::json lines = nlohmann::json::array();
    for (const DiffLine& line : hunk.lines)
      lines.push_back({{"mark", std::string(1, line.mark)}, {"text", std::string(line.text)}});
    list.push_back({{"old_start", hunk.old_begin + 1},
                    {"old_lines", hunk.old_count},
                    {"new_start", hunk.new_begin + 1},
                    {"new_lines", hunk.new_count},
                    {"lines", lines}});
  }
  return list;
}

void diff(Context& context, const DiffOptions& options) {
  const Workspace& workspace = context.workspace();
  const std::string slug = options.module.empty() ? context.standing().next.module
                                                  : resolve_module(context.course(), workspace.track(), options.module);
  const Side side = side_for(context, slug, options.against);
  const auto text = read_if_present(workspace.source(slug));
  if (!text) throw Failure(Exit::work_failed, workspace.source(slug).string() + " is missing", "tito history " + slug);
  const std::vector<Hunk> hunks = hunks_between(side.text, *text);
  const ChangeCount count = count_changes(side.text, *text);
  context.result = {
      {"module", slug},
      {"against", {{"kind", side.kind}, {"id", side.id > 0 ? nlohmann::json(side.id) : nlohmann::json(nullptr)}}},
      {"changed", !hunks.empty()},
      {"added", count.added},
      {"removed", count.removed},
      {"hunks", json_of(hunks)}};
  Screen& screen = context.screen;
  if (hunks.empty()) {
    if (screen.is_terminal()) screen.line(fmt::format("{} is as in {}", workspace.source_name(slug), side.name));
    return;
  }
  if (!screen.is_terminal()) {  // for a program that applies it
    const std::string whole = unified_diff(side.text, *text, side.name, workspace.source_name(slug));
    for (const std::string_view line : split_lines(whole)) {
      const char mark = line.front();
      const Style style = mark == '+'   ? Style::good
                          : mark == '-' ? Style::bad
                          : mark == '@' ? Style::accent
                                        : Style::plain;
      screen.line(screen.paint(style, std::string(line.substr(0, line.size() - 1))));
    }
    return;
  }
  screen.line(screen.paint(Style::bold, "--- " + side.name));
  screen.line(screen.paint(Style::bold, "+++ " + workspace.source_name(slug)));
  for (const std::string& line : drawn_below(screen, hunks, screen.width())) screen.line(line);
}

std::string check_id(const std::string& text) {
  return number_from(text) > 0 ? ""
                               : "expected the number of a snapshot, found \"" + text + "\"; tito history lists them";
}

}  // namespace

void add_history(CLI::App& app, Context& context) {
  auto options = std::make_shared<HistoryOptions>();
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

void add_undo(CLI::App& app, Context& context) {
  auto options = std::make_shared<UndoOptions>();
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

void add_diff(CLI::App& app, Context& context) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand("diff", "What you changed since the last export, or since the skeleton");
  command->add_option("MODULE", options->module, "Number or slug; without it the module you are at")->option_text(" ");
  command
      ->add_option("--against", options->against,
                   "skeleton, export or the number of a snapshot; without it the last export, or the skeleton "
                   "before there is one")
      ->type_name("WHAT");
  command->footer(
      "Where standard output is no terminal, the lines are as patch reads them. The exit status is 0 whether there "
      "is a\n"
      "difference or not, since 1 means that your work does not pass; --json says \"changed\".\n\n"
      "Examples:\n"
      "  tito diff\n"
      "  tito diff 02 --against skeleton\n"
      "  tito diff 02 --against 12");
  command->callback([&context, options] { diff(context, *options); });
}

}  // namespace tito
