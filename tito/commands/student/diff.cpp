#include <fmt/core.h>

#include <algorithm>

#include "tito/actions/overwrite.hpp"
#include "tito/actions/reference.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/files.hpp"
#include "tito/ui/difference.hpp"
#include "tito/views/snapshot.hpp"

namespace tito {
namespace {

struct Options {
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
  const std::int64_t id = snapshot_number(against);
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

void diff(Context& context, const Options& options) {
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

}  // namespace

void add_diff(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
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
