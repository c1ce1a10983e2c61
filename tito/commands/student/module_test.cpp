#include <fmt/core.h>

#include "tito/actions/check_module.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/text.hpp"
#include "tito/views/verdict.hpp"

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
  return check_module(context.session(), slug, seed, [&](int done) { bar.show(done, "testing " + slug); });
}

void test_one(Context& context, const Options& options, const std::string& slug) {
  const Check check = check_with_progress(context, slug, options.seed.value_or(new_seed()));
  context.result = json_of(check);
  context.result["module"] = slug;
  context.result["number"] = number_in(context.workspace().track(), slug);
  if (!check.passed()) context.exit = Exit::work_failed;
  print_check(context.screen, context.workspace(), slug, check, options.all ? Extent::all : Extent::first);
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
      print_check(context.screen, context.workspace(), slug, check, Extent::first);
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

}  // namespace

void add_module_test(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* tester = group.add_subcommand("test", "Compile your file of one module and run its cases");
  tester->add_option("MODULE", options->module, "Number, slug or \"all\"; without it the module you are at")
      ->option_text(" ");
  tester->add_flag("--all", options->all, "Show every failure and every message of the compiler");
  add_seed_option(tester, options->seed);
  tester->footer(
      "Examples:\n  tito module test\n  tito module test 02 --all\n  tito module test tensor --seed 4711\n"
      "  tito module test all");
  tester->callback([&context, options] { test(context, *options); });
}

}  // namespace tito
