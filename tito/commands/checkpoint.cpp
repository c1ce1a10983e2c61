#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/report.hpp"

namespace tito {
namespace {

struct Options {
  std::string checkpoint;
  bool all = false;
  std::optional<std::uint64_t> seed;
};

nlohmann::json json_of_checkpoint(Context& context, const std::string& slug, const Standing& standing,
                                  const Progress& progress) {
  const Module& module = context.course().module(slug);
  nlohmann::json one = {{"checkpoint", module.checkpoint},
                        {"module", slug},
                        {"number", number_in(context.workspace().track(), slug)},
                        {"capability", module.capability},
                        {"state", name_of(standing.checkpoints.at(module.checkpoint))}};
  const auto proven = progress.checkpoints.find(module.checkpoint);
  if (proven != progress.checkpoints.end()) {
    one["proven_at"] = proven->second.evidence.at;
    one["planned"] = proven->second.evidence.planned;
    one["passed"] = proven->second.evidence.passed;
    one["measures"] = json_of(proven->second.measures);
  }
  return one;
}

// What both status and timeline show, in JSON; returns how many are done.
int fill_result(Context& context, const Standing& standing, const Progress& progress) {
  nlohmann::json checkpoints = nlohmann::json::array();
  int done = 0;
  for (const std::string& slug : context.workspace().track().order) {
    checkpoints.push_back(json_of_checkpoint(context, slug, standing, progress));
    done += standing.checkpoints.at(context.course().module(slug).checkpoint) == CheckpointState::done ? 1 : 0;
  }
  context.result = {{"track", context.workspace().track().name},
                    {"done", done},
                    {"total", checkpoints.size()},
                    {"checkpoints", checkpoints}};
  return done;
}

void status(Context& context) {
  const Standing standing = context.standing();
  const Progress progress = context.workspace().progress_file().load();
  const int done = fill_result(context, standing, progress);
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

void timeline(Context& context) {
  const Standing standing = context.standing();
  const Progress progress = context.workspace().progress_file().load();
  fill_result(context, standing, progress);
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

Proof prove_one(Context& context, const std::string& checkpoint, const Options& options) {
  ProgressBar bar(context.screen, 1, !context.json);
  bar.show(0, "proving " + checkpoint);
  return prove(site_of(context), checkpoint, options.seed.value_or(new_seed()));
}

void test(Context& context, const Options& options) {
  const Track& track = context.workspace().track();
  std::vector<std::string> wanted;
  if (options.checkpoint == "all") {
    const Progress progress = context.workspace().progress_file().load();
    for (const std::string& slug : track.order) {
      const auto module = progress.modules.find(slug);
      if (module != progress.modules.end() && module->second.exported)
        wanted.push_back(context.course().module(slug).checkpoint);
    }
    if (wanted.empty())
      throw Failure(Exit::work_failed, "no module is exported yet, so there is nothing to prove", "tito next");
  } else {
    wanted.push_back(resolve_checkpoint(context.course(), track, options.checkpoint));
  }
  nlohmann::json checkpoints = nlohmann::json::array();
  for (const std::string& checkpoint : wanted) {
    const Proof proof = prove_one(context, checkpoint, options);
    if (!proof.passed()) context.exit = Exit::work_failed;
    nlohmann::json one = json_of(proof.verdict);
    one["checkpoint"] = checkpoint;
    one["module"] = context.course().module_of_checkpoint(checkpoint)->slug;
    one["linked"] = proof.linked;
    one["passed_all"] = proof.passed();
    checkpoints.push_back(one);
    print_proof(context, checkpoint, proof, options.all ? Extent::all : Extent::first);
  }
  if (options.checkpoint == "all") context.result = {{"checkpoints", checkpoints}};
  else context.result = checkpoints.front();
}

}  // namespace

void add_checkpoint(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("checkpoint", "What your framework can do: the capabilities, proven on your own code");
  group->require_subcommand(1);
  group->footer("Examples:\n  tito checkpoint status\n  tito checkpoint test foundation");

  CLI::App* shower = group->add_subcommand("status", "The capabilities: done, current, locked or stale");
  shower->footer("Example:\n  tito checkpoint status");
  shower->callback([&context] { status(context); });

  auto options = std::make_shared<Options>();
  CLI::App* tester = group->add_subcommand("test", "Prove a capability again with what your package holds");
  tester
      ->add_option("CHECKPOINT", options->checkpoint,
                   "Its name, the number or slug of its module, or \"all\" for every exported module's")
      ->required()
      ->option_text(" ");
  tester->add_flag("--all", options->all, "Show every failure");
  add_seed_option(tester, options->seed);
  tester->footer("Examples:\n  tito checkpoint test foundation\n  tito checkpoint test all");
  tester->callback([&context, options] { test(context, *options); });

  CLI::App* liner = group->add_subcommand("timeline", "The way through the course, with what was proven when");
  liner->footer("Example:\n  tito checkpoint timeline");
  liner->callback([&context] { timeline(context); });
}

}  // namespace tito
