#include <fmt/core.h>

#include "tito/actions/check_module.hpp"
#include "tito/actions/export_module.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  bool all = false;
  std::optional<std::uint64_t> seed;
};

void run(Context& context, const Options& options) {
  const Workspace& workspace = context.workspace();
  const Track& track = workspace.track();
  const std::string slug =
      options.module.empty() ? context.standing().next.module : resolve_module(context.course(), track, options.module);
  const std::string& checkpoint = context.course().module(slug).checkpoint;
  const Extent extent = options.all ? Extent::all : Extent::first;
  int steps = 0;
  ProgressBar bar(context.screen, 3, !context.json);
  const Export result = export_module(context.session(), slug, options.seed.value_or(new_seed()),
                                      [&](const std::string& what) { bar.show(steps++, what); });
  bar.clear();
  context.result = {{"module", slug},
                    {"number", number_in(track, slug)},
                    {"checkpoint", checkpoint},
                    {"exported", result.exported},
                    {"unlocked", result.unlocked},
                    {"tests", json_of(result.check)}};
  if (result.proof) {
    context.result["proof"] = json_of(result.proof->verdict);
    context.result["linked"] = result.proof->linked;
  }
  if (!result.unlocked) context.exit = Exit::work_failed;
  print_check(context.screen, context.workspace(), slug, result.check, extent);
  Screen& screen = context.screen;
  if (!result.check.passed()) {
    screen.line();
    screen.line(fmt::format("  {} is not exported: its own tests must pass first", slug));
    return;
  }
  if (!result.exported) {
    print_diagnostics(context.screen, *result.compilation, extent);
    return;
  }
  screen.line(fmt::format("  {} {} is part of your package", screen.paint(Style::good, screen.tick()),
                          std::filesystem::relative(workspace.exported_source(slug), workspace.root()).string()));
  if (!result.snapshot_problem.empty()) {
    context.result["snapshot_problem"] = result.snapshot_problem;
    screen.error("no snapshot of this export: " + result.snapshot_problem, "tito history --repair");
  }
  print_proof(context.screen, checkpoint, *result.proof, extent);
  if (!result.unlocked) return;
  screen.line();
  const auto need = track.leaves.find(slug);
  if (need != track.leaves.end()) {
    context.result["leaves"] = need->second;
    screen.line(fmt::format("  {} {}", screen.paint(Style::warn, "what is missing now:"), need->second));
  }
  screen.line(
      fmt::format("  see it work: {}", screen.paint(Style::accent, "tito demo " + two_digits(number_in(track, slug)))));
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("export", "Put a module that passes into your package and unlock its checkpoint");
  command->add_option("MODULE", options->module, "Number or slug; without it the module you are at")->option_text(" ");
  command->add_flag("--all", options->all, "Show every failure");
  add_seed_option(command, options->seed);
  command->footer("Examples:\n  tito export 02\n  tito export tensor");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
