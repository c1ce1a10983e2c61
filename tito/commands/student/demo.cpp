#include <fmt/core.h>

#include "tito/actions/run_demo.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/results.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  std::optional<std::uint64_t> seed;
};

std::string slugs_where(const Track& track, const std::map<std::string, bool>& own, bool wanted) {
  std::string text;
  for (const std::string& slug : track.order) {
    if (own.at(slug) == wanted) text += (text.empty() ? "" : ", ") + slug;
  }
  return text.empty() ? "none" : text;
}

nlohmann::json json_of_demo(const std::string& slug, const Demo& demo, const Track& track) {
  nlohmann::json own = nlohmann::json::array(), reference = nlohmann::json::array();
  for (const std::string& other : track.order) (demo.own.at(other) ? own : reference).push_back(other);
  return {{"module", slug},
          {"finished", demo.result.finished},
          {"seed", demo.result.seed},
          {"measures", json_of(demo.result.measures)},
          {"own", own},
          {"reference", reference},
          {"seconds", demo.result.seconds},
          {"results", json_of(demo.results)}};
}

void run(Context& context, const Options& options) {
  const Track& track = context.workspace().track();
  const std::string slug =
      options.module.empty() ? context.standing().next.module : resolve_module(context.course(), track, options.module);
  Screen& screen = context.screen;
  screen.line(screen.paint(Style::bold, module_label(track, slug)) + " " + screen.dot() + " " +
              context.course().module(slug).purpose);
  screen.line();
  DemoOptions wishes;
  wishes.inherit_output = !context.screen.is_quiet();
  wishes.seed = options.seed.value_or(wishes.seed);
  const Demo demo = run_interruptible(context.screen, [&] { return run_demo(context.session(), slug, wishes); });
  if (!demo.linking.succeeded) {
    throw Failure(Exit::damaged, "the demo of " + slug + " does not link: " + demo.linking.output);
  }
  context.result = json_of_demo(slug, demo, track);
  if (context.json) context.result["output"] = demo.result.output;
  print_charts(context.screen, demo.results);
  screen.line();
  screen.line(screen.paint(Style::dim, "  yours: " + slugs_where(track, demo.own, true)));
  screen.line(screen.paint(Style::dim, "  given: " + slugs_where(track, demo.own, false)));
  if (!demo.result.finished) {
    context.exit = Exit::work_failed;
    context.result["reason"] = demo.result.reason;
    screen.error("the demo of " + slug + " did not come to its end: " + demo.result.reason, "tito module test " + slug);
    return;
  }
  if (!print_results(context.screen, demo.results) && context.exit == Exit::done) context.exit = Exit::environment;
  const auto need = track.leaves.find(slug);
  if (need == track.leaves.end()) return;
  context.result["leaves"] = need->second;
  screen.line(fmt::format("  {} {}", screen.paint(Style::warn, "what is missing now:"), need->second));
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("demo", "See what a module makes possible, with your own exported code");
  command->add_option("MODULE", options->module, "Number or slug; without it the module you are at")->option_text(" ");
  add_seed_option(command, options->seed);
  command->footer(
      "For modules that you have not exported the course's own are taken: a fast body where there is one, else the\n"
      "reference; the demo says for which. Its curves, and files that it keeps, are put into results/. Without --seed\n"
      "the seed is 1.\n\n"
      "Examples:\n"
      "  tito demo 06\n"
      "  tito demo optimizers --seed 2");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
