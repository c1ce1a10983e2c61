#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/course/milestones.hpp"
#include "tito/system/text.hpp"
#include "tito/views/milestone.hpp"

namespace tito {
namespace {

// Where a milestone stands.
struct Entry {
  const Milestone* milestone = nullptr;
  MilestoneState state = MilestoneState::locked;
  std::vector<std::string> missing;
  const MilestoneProgress* run = nullptr;
  std::vector<GateResult> gates;     // of the last run
  std::vector<std::string> changes;  // since the last run
};

Entry entry_of(Context& context, const Milestone& milestone, const Progress& progress, const Standing& standing) {
  const Track& track = context.workspace().track();
  Entry entry{&milestone,
              state_of(context.course(), milestone, track, progress, standing, context.contract()),
              missing_modules(context.course(), milestone, track, standing),
              nullptr,
              {},
              {}};
  const auto run = progress.milestones.find(milestone.name);
  if (run != progress.milestones.end()) {
    entry.run = &run->second;
    entry.gates = hold_all(milestone, run->second);
    entry.changes = changes_since(context.course(), milestone, run->second, progress, standing, context.contract());
  }
  return entry;
}

nlohmann::json json_of(Context& context, const Entry& entry) {
  const Milestone& milestone = *entry.milestone;
  nlohmann::json gates = nlohmann::json::array();
  for (const Gate& gate : milestone.gates) {
    gates.push_back({{"measure", gate.measure},
                     {"unit", gate.unit},
                     {gate.at_least ? "at_least" : "at_most",
                      gate.bound ? nlohmann::json(*gate.bound) : nlohmann::json(gate.by_data)}});
  }
  nlohmann::json object = {{"milestone", milestone.name},   {"year", milestone.year},
                           {"title", milestone.title},      {"purpose", milestone.purpose},
                           {"state", name_of(entry.state)}, {"needs", context.course().all_needs(milestone)},
                           {"missing", entry.missing},      {"gates", gates}};
  if (entry.run != nullptr) {
    object["changed"] = entry.changes;
    object["run"] = {{"at", entry.run->at},           {"seed", entry.run->seed},
                     {"seconds", entry.run->seconds}, {"finished", entry.run->finished},
                     {"data", entry.run->data},       {"measures", json_of(entry.run->measures)},
                     {"gates", json_of(entry.gates)}};
  }
  return object;
}

void print_entry(Context& context, const Entry& entry) {
  Screen& screen = context.screen;
  const Milestone& milestone = *entry.milestone;
  screen.line();
  std::string state = name_of(entry.state);
  if (entry.run != nullptr) state += " " + entry.run->at.substr(0, 10);
  screen.row(fmt::format("  {} {} {}  {}  {}", mark_of(screen, entry.state), milestone.year,
                         screen.paint(Style::bold, fmt::format("{:<10}", milestone.name)), fmt::format("{:<17}", state),
                         milestone.title));
  for (const GateResult& gate : entry.gates) print_gate(screen, "    ", gate);
  if (entry.run == nullptr) {
    for (const Gate& gate : milestone.gates) print_gate(screen, "      ", gate);
  }
  if (entry.state == MilestoneState::stale)
    print_wrapped(screen, "      ", "      ", "changed since: " + listed(entry.changes));
  if (!entry.missing.empty()) print_wrapped(screen, "      ", "      ", "needs: " + listed(entry.missing));
  else if (entry.state != MilestoneState::passed)
    print_wrapped(screen, "      ", "      ", "run it: tito milestone run " + milestone.name);
}

void list(Context& context) {
  const Standing standing = context.standing();
  const Progress progress = context.workspace().progress_file().load();
  Screen& screen = context.screen;
  nlohmann::json milestones = nlohmann::json::array();
  int done = 0;
  std::vector<Entry> entries;
  for (const Milestone& milestone : context.course().milestones()) {
    entries.push_back(entry_of(context, milestone, progress, standing));
    milestones.push_back(json_of(context, entries.back()));
    done += entries.back().state == MilestoneState::passed ? 1 : 0;
  }
  context.result = {{"passed", done}, {"total", entries.size()}, {"milestones", milestones}};
  const double share = entries.empty() ? 0.0 : static_cast<double>(done) / static_cast<double>(entries.size());
  screen.line(fmt::format("{} {} of {} milestones passed", screen.bar(share, 20), done, entries.size()));
  for (const Entry& entry : entries) print_entry(context, entry);
}

}  // namespace

void add_milestone_list(CLI::App& group, Context& context) {
  CLI::App* lister =
      group.add_subcommand("list", "The milestones: their gates, what they need, and how your last runs went");
  lister->footer("Example:\n  tito milestone list");
  lister->callback([&context] { list(context); });
}

}  // namespace tito
