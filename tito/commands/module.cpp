#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/keeping.hpp"
#include "tito/commands/report.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  bool all = false;
  std::optional<std::uint64_t> seed;
};

Check check_with_progress(Context& context, const std::string& slug, std::uint64_t seed) {
  const int planned = static_cast<int>(context.kit().plan("test", slug).size());
  ProgressBar bar(context.screen, planned, !context.json);
  bar.show(0, "compiling " + slug);
  return check_module(site_of(context), slug, seed, [&](int done) { bar.show(done, "testing " + slug); });
}

void test_one(Context& context, const Options& options, const std::string& slug) {
  const Check check = check_with_progress(context, slug, options.seed.value_or(new_seed()));
  context.result = json_of(check);
  context.result["module"] = slug;
  context.result["number"] = number_in(context.workspace().track(), slug);
  if (!check.passed()) context.exit = Exit::work_failed;
  print_check(context, slug, check, options.all ? Extent::all : Extent::first);
  if (!check.passed()) return;
  const Standing standing = context.standing();
  if (standing.modules.at(slug) == ModuleState::passed || standing.modules.at(slug) == ModuleState::stale) {
    context.screen.line();
    context.screen.line(
        "  next: " +
        context.screen.paint(Style::accent, "tito export " + two_digits(number_in(context.workspace().track(), slug))));
  }
}

void test_all(Context& context, const Options& options) {
  const Track& track = context.workspace().track();
  nlohmann::json modules = nlohmann::json::array();
  int planned = 0, passed = 0;
  double seconds = 0;
  for (const std::string& slug : track.order) {
    const Check check = check_with_progress(context, slug, options.seed.value_or(new_seed()));
    nlohmann::json one = json_of(check);
    one["module"] = slug;
    modules.push_back(one);
    planned += check.verdict.planned;
    passed += check.verdict.passed;
    seconds += check.seconds;
    if (!check.passed()) context.exit = Exit::work_failed;
    if (options.all && !check.passed()) {
      print_check(context, slug, check, Extent::first);
      context.screen.line();
      continue;
    }
    const std::string what = !check.compilation.succeeded ? "does not compile"
                             : !check.symbols.none()
                                 ? "lacks functions"
                                 : fmt::format("{} of {} cases pass", check.verdict.passed, check.verdict.planned);
    context.screen.line(fmt::format("  {} {:<16} {}",
                                    check.passed() ? context.screen.paint(Style::good, context.screen.tick())
                                                   : context.screen.paint(Style::bad, context.screen.cross()),
                                    module_label(track, slug), what));
  }
  context.result = {{"module", "all"},    {"planned", planned}, {"passed", passed}, {"failed", planned - passed},
                    {"seconds", seconds}, {"modules", modules}};
  context.screen.line();
  context.screen.line(
      fmt::format("  {} of {} cases pass   {}", passed, planned, context.screen.paint(Style::dim, duration(seconds))));
}

void test(Context& context, const Options& options) {
  if (options.module == "all") return test_all(context, options);
  const std::string slug = options.module.empty()
                               ? context.standing().next.module
                               : resolve_module(context.course(), context.workspace().track(), options.module);
  test_one(context, options, slug);
}

struct ResetOptions {
  std::string module;
  std::string function;
};

void reset(Context& context, const ResetOptions& options) {
  const Track& track = context.workspace().track();
  const std::string slug = resolve_module(context.course(), track, options.module);
  const Overwriting done = reset_module(site_of(context), slug, options.function);
  const std::string file = context.workspace().source_name(slug);
  const std::string what = options.function.empty() ? file : options.function + " in " + file;
  context.result = {{"module", slug},
                    {"number", number_in(track, slug)},
                    {"file", file},
                    {"changed", done.changed},
                    {"kept", done.kept ? nlohmann::json(done.kept->id) : nlohmann::json(nullptr)}};
  if (!options.function.empty()) context.result["function"] = options.function;
  Screen& screen = context.screen;
  if (!done.changed) return screen.line(what + " is as in the skeleton already; nothing to do");
  screen.line(fmt::format("{} {} is the skeleton again", screen.paint(Style::good, screen.tick()), what));
  if (done.kept)
    screen.line(fmt::format("  what it held is snapshot {}: {} brings it back", done.kept->id,
                            screen.paint(Style::accent, "tito undo")));
}

}  // namespace

void list_modules(Context& context) {
  const Course& course = context.course();
  const Track& track = context.workspace().track();
  const Standing standing = context.standing();
  nlohmann::json modules = nlohmann::json::array();
  Table table;
  for (const std::string& slug : track.order) {
    const Module& module = course.module(slug);
    const std::string state = name_of(standing.modules.at(slug));
    modules.push_back({{"number", number_in(track, slug)},
                       {"slug", slug},
                       {"title", module.title},
                       {"purpose", module.purpose},
                       {"state", state},
                       {"checkpoint", module.checkpoint},
                       {"file", context.workspace().source(slug).string()}});
    table.row({context.screen.mark(standing.next.module == slug && state == "open" ? "current" : state),
               two_digits(number_in(track, slug)), context.screen.paint(Style::bold, slug), state, module.purpose});
  }
  context.result = {{"track", track.name}, {"modules", modules}};
  context.screen.line(fmt::format("{}, track {}", course.title(), track.name));
  context.screen.line();
  for (const std::string& line : table.lines()) context.screen.row(line);
}

void add_module(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("module", "List the modules and test what you wrote");
  group->require_subcommand(1);
  group->footer("Examples:\n  tito module list\n  tito module test 02\n  tito module reset 02");

  CLI::App* lister = group->add_subcommand("list", "The modules of your track and how far each is");
  lister->footer("Example:\n  tito module list");
  lister->callback([&context] { list_modules(context); });

  auto options = std::make_shared<Options>();
  CLI::App* tester = group->add_subcommand("test", "Compile your file of one module and run its cases");
  tester->add_option("MODULE", options->module, "Number, slug or \"all\"; without it the module you are at")
      ->option_text(" ");
  tester->add_flag("--all", options->all, "Show every failure and every message of the compiler");
  add_seed_option(tester, options->seed);
  tester->footer(
      "Examples:\n  tito module test\n  tito module test 02 --all\n  tito module test tensor --seed 4711\n"
      "  tito module test all");
  tester->callback([&context, options] { test(context, *options); });

  auto resetting = std::make_shared<ResetOptions>();
  CLI::App* resetter =
      group->add_subcommand("reset", "Put the skeleton back in place of your file; what you wrote is kept");
  resetter->add_option("MODULE", resetting->module, "Number or slug")->required()->option_text(" ");
  resetter
      ->add_option("--function", resetting->function,
                   "Only this function: Tensor::reshape, or reshape where that is clear")
      ->type_name("FUNCTION");
  resetter->footer(
      "A snapshot of your file is kept first; \"tito undo\" brings it back.\n\n"
      "Examples:\n  tito module reset 02\n  tito module reset tensor --function Tensor::reshape");
  resetter->callback([&context, resetting] { reset(context, *resetting); });
}

}  // namespace tito
