#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/report.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

struct Options {
  std::string milestone;
  std::optional<std::uint64_t> seed;
};

std::string mark_of(const Screen& screen, MilestoneState state) {
  switch (state) {
    case MilestoneState::passed:
      return screen.paint(Style::good, screen.tick());
    case MilestoneState::missed:
      return screen.paint(Style::bad, screen.cross());
    case MilestoneState::stale:
      return screen.paint(Style::warn, "!");
    case MilestoneState::ready:
      return screen.paint(Style::accent, screen.arrow());
    case MilestoneState::locked:
      return screen.paint(Style::dim, screen.dot());
  }
  return "";
}

// The figure of a gate that a run was held against: "98.1 % on MNIST sample".
std::string value_text(const GateResult& gate) {
  if (!gate.value) return gate.reason;
  std::string text = figure(*gate.value, gate.gate.unit);
  if (!gate.data.empty()) text += " on " + gate.data;
  return gate.reason.empty() ? text : text + "; " + gate.reason;
}

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

// A line that may be longer than the terminal is wide: it begins with `first`, what does not fit with `further`, which
// takes as many columns.
void print_wrapped(Context& context, const std::string& first, const std::string& further, const std::string& text) {
  const auto columns = static_cast<std::size_t>(std::max(context.screen.width(), 30));
  const std::size_t room = context.screen.is_terminal() ? columns - further.size() - 1 : text.size();
  std::string rest = text, start = first;
  while (rest.size() > room) {
    std::size_t space = rest.rfind(' ', room);
    if (space != std::string::npos && space > 0 && rest[space + 1] == '%') space = rest.rfind(' ', space - 1);
    const bool at_space = space != std::string::npos && space > 0;
    context.screen.line(start + rest.substr(0, at_space ? space : room));
    rest.erase(0, at_space ? space + 1 : room);
    start = further;
  }
  context.screen.line(start + rest);
}

void print_gate(Context& context, const std::string& indent, const GateResult& one) {
  Screen& screen = context.screen;
  if (one.state == GateState::not_run) {
    return print_wrapped(context, indent + screen.dot() + " ", indent + "  ",
                         one.gate.measure + ": not run, " + one.reason);
  }
  Gate held = one.gate;
  if (one.value) held.bound = one.bound;
  const bool met = one.state == GateState::met;
  const std::string mark = met ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross());
  print_wrapped(context, indent + mark + " ", indent + "  ",
                fmt::format("{}: {} ({})", one.gate.measure, value_text(one), bound_text(held)));
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
  for (const GateResult& gate : entry.gates) print_gate(context, "    ", gate);
  if (entry.run == nullptr) {
    for (const Gate& gate : milestone.gates)
      print_wrapped(context, "      ", "      ", fmt::format("gate: {}: {}", gate.measure, bound_text(gate)));
  }
  if (entry.state == MilestoneState::stale)
    print_wrapped(context, "      ", "      ", "changed since: " + listed(entry.changes));
  if (!entry.missing.empty()) print_wrapped(context, "      ", "      ", "needs: " + listed(entry.missing));
  else if (entry.state != MilestoneState::passed)
    print_wrapped(context, "      ", "      ", "run it: tito milestone run " + milestone.name);
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

void print_gates_before(Context& context, const Milestone& milestone) {
  Screen& screen = context.screen;
  const std::string name = fmt::format("{} {}", milestone.year, milestone.name);
  print_wrapped(context, screen.paint(Style::bold, name) + " " + screen.dot() + " ", std::string(name.size() + 3, ' '),
                milestone.title);
  print_wrapped(context, "", "", milestone.purpose);
  screen.line();
  for (const Gate& gate : milestone.gates)
    print_wrapped(context, "  ", "  ", fmt::format("gate: {}: {}", gate.measure, bound_text(gate)));
  screen.line();
}

// Returns what --json says of it.
nlohmann::json run_one(Context& context, const Milestone& milestone, const Options& options) {
  Screen& screen = context.screen;
  print_gates_before(context, milestone);
  DemoOptions wishes;
  wishes.inherit_output = !context.screen.is_quiet();
  wishes.seed = options.seed.value_or(wishes.seed);
  wishes.limit_seconds = 3600;  // a slow machine with large data sets; Ctrl-C ends it before
  const Demo demo = run_watched(context, [&] { return run_milestone(site_of(context), milestone, wishes); });
  if (!demo.linking.succeeded) {
    throw Failure(Exit::damaged, "milestone " + milestone.name + " does not link: " + demo.linking.output);
  }
  const MilestoneProgress& run = demo.run;
  const std::vector<GateResult> gates = hold_all(milestone, run);
  const bool good = passed(milestone, run);
  nlohmann::json result = {{"milestone", milestone.name},
                           {"year", milestone.year},
                           {"passed", good},
                           {"finished", run.finished},
                           {"seed", run.seed},
                           {"seconds", run.seconds},
                           {"data", run.data},
                           {"gates", json_of(gates)},
                           {"measures", json_of(run.measures)},
                           {"linked", run.linked},
                           {"results", json_of(demo.results)}};
  if (context.json) result["output"] = demo.result.output;
  if (!good) context.exit = Exit::work_failed;
  print_charts(context, demo.results);
  screen.line();
  if (!demo.result.finished) {
    result["reason"] = demo.result.reason;
    screen.error("milestone " + milestone.name + " did not come to its end: " + demo.result.reason,
                 "tito module test all");
    return result;
  }
  for (const GateResult& one : gates) print_gate(context, "  ", one);
  screen.line(fmt::format("  {} milestone {} {}, on {} of your own modules, seed {}, {}",
                          good ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross()),
                          screen.paint(Style::bold, milestone.name), good ? "passed" : "missed", run.linked.size(),
                          run.seed, duration(run.seconds)));
  print_results(context, demo.results);
  return result;
}

void run(Context& context, const Options& options) {
  if (options.milestone != "all") {
    const Milestone& milestone = context.course().milestone(options.milestone);
    const Progress progress = context.workspace().progress_file().load();
    context.result = {
        {"milestone", milestone.name},
        {"passed", false},
        {"missing", missing_modules(context.course(), milestone, context.workspace().track(), context.standing())}};
    context.result = run_one(context, milestone, options);
    return;
  }
  nlohmann::json all = nlohmann::json::array();
  for (const Milestone& milestone : context.course().milestones()) {
    const auto missing = missing_modules(context.course(), milestone, context.workspace().track(), context.standing());
    if (!missing.empty()) {
      context.exit = Exit::work_failed;
      context.screen.line(fmt::format("  {} {} {} needs {}", mark_of(context.screen, MilestoneState::locked),
                                      milestone.year, milestone.name, listed(missing)));
      all.push_back({{"milestone", milestone.name}, {"passed", false}, {"missing", missing}});
    } else {
      all.push_back(run_one(context, milestone, options));
    }
    context.screen.line();
  }
  context.result = {{"milestones", all}};
}

}  // namespace

void add_milestone(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("milestone", "Programs that made history, on your own modules");
  group->require_subcommand(1);
  group->footer("Examples:\n  tito milestone list\n  tito milestone run perceptron");

  CLI::App* lister =
      group->add_subcommand("list", "The milestones: their gates, what they need, and how your last runs went");
  lister->footer("Example:\n  tito milestone list");
  lister->callback([&context] { list(context); });

  auto options = std::make_shared<Options>();
  CLI::App* runner =
      group->add_subcommand("run", "Run a milestone on your exported modules and hold it against its gates");
  runner->add_option("MILESTONE", options->milestone, "Its name, or \"all\"")->required()->option_text(" ");
  add_seed_option(runner, options->seed);
  runner->footer(
      "Curves and models are put into results/. Without --seed the seed is 1. Ctrl-C stops a run.\n\n"
      "Examples:\n  tito milestone run xor\n  tito milestone run mlp --seed 2");
  runner->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
