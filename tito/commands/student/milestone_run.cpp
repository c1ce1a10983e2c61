#include <fmt/core.h>

#include "tito/actions/run_demo.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/text.hpp"
#include "tito/views/milestone.hpp"
#include "tito/views/results.hpp"

namespace tito {
namespace {

struct Options {
  std::string milestone;
  std::optional<std::uint64_t> seed;
};

void print_gates_before(Context& context, const Milestone& milestone) {
  Screen& screen = context.screen;
  const std::string name = fmt::format("{} {}", milestone.year, milestone.name);
  print_wrapped(screen, screen.paint(Style::bold, name) + " " + screen.dot() + " ", std::string(name.size() + 3, ' '),
                milestone.title);
  print_wrapped(screen, "", "", milestone.purpose);
  screen.line();
  for (const Gate& gate : milestone.gates) print_gate(screen, "  ", gate);
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
  const Demo demo = run_interruptible(screen, [&] { return run_milestone(context.session(), milestone, wishes); });
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
  print_charts(context.screen, demo.results);
  screen.line();
  if (!demo.result.finished) {
    result["reason"] = demo.result.reason;
    screen.error("milestone " + milestone.name + " did not come to its end: " + demo.result.reason,
                 "tito module test all");
    return result;
  }
  for (const GateResult& one : gates) print_gate(screen, "  ", one);
  screen.line(fmt::format("  {} milestone {} {}, on {} of your own modules, seed {}, {}",
                          good ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross()),
                          screen.paint(Style::bold, milestone.name), good ? "passed" : "missed", run.linked.size(),
                          run.seed, duration(run.seconds)));
  if (!print_results(screen, demo.results) && context.exit == Exit::done) context.exit = Exit::environment;
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

void add_milestone_run(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* runner =
      group.add_subcommand("run", "Run a milestone on your exported modules and hold it against its gates");
  runner->add_option("MILESTONE", options->milestone, "Its name, or \"all\"")->required()->option_text(" ");
  add_seed_option(runner, options->seed);
  runner->footer(
      "Curves and models are put into results/. Without --seed the seed is 1. Ctrl-C stops a run.\n\n"
      "Examples:\n  tito milestone run xor\n  tito milestone run mlp --seed 2");
  runner->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
