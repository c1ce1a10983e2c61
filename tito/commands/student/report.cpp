// tito report.
#include <fmt/core.h>

#include "tito/actions/report_figures.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/files.hpp"
#include "tito/ui/html.hpp"
#include "tito/views/report_page.hpp"

namespace tito {
namespace {

struct Options {
  std::string file;
  bool measure = false;
  double seconds = 10;
};

// What stands there may only be an earlier report.
void require_replaceable(const fs::path& file) {
  if (!fs::exists(fs::symlink_status(file))) return;
  if (fs::is_regular_file(file) && read_file(file).find(html::generator) < 1000) return;
  throw Failure(Exit::usage, file.string() + " exists and is no report of tito's", "tito report -o another-name.html");
}

void run(Context& context, const Options& options) {
  const fs::path file = options.file.empty() ? context.workspace().root() / "report.html" : fs::path(options.file);
  require_replaceable(file);
  if (options.measure) {
    ProgressBar bar(context.screen, 1, !context.json);
    bar.show(0, fmt::format("running the work for {:.0f} s", options.seconds));
    measure_and_keep_share(context.session(), options.seconds);
  }
  context.result = gather_figures(context.session());
  write_atomically(file, report_page(context.result));
  context.result["page"] = file.string();
  Screen& screen = context.screen;
  screen.line(fmt::format("{} {}", screen.paint(Style::good, screen.tick()), file.string()));
  for (const auto& problem : context.result["problems"]) {
    screen.line(fmt::format("  {} {} could not be read: {}", screen.paint(Style::warn, "!"),
                            problem["file"].get<std::string>(), problem["problem"].get<std::string>()));
  }
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "report", "A page about your framework: capabilities, curves, speed, and how much of it is yours");
  command->add_option("-o,--output", options->file, "Where to write it; report.html in the workspace unless you say")
      ->type_name("FILE");
  command->add_flag("--measure", options->measure,
                    "First measure how much CPU time of a training step your code takes");
  command->add_option("--seconds", options->seconds, "How long --measure runs the step, about; 10 unless you say")
      ->type_name("S")
      ->check(CLI::Range(0.2, 600.0));
  command->footer(
      "The page needs no network and no script. It shows what was measured, when, and by which command what was "
      "not.\n"
      "--measure links your exported modules, and given bodies for the others, with the training step of a small "
      "network\n"
      "of convolutions, and samples which code is executing; the result is kept. --json prints the page's "
      "figures.\n\n"
      "Examples:\n"
      "  tito report\n"
      "  tito report --measure\n"
      "  tito report -o ~/framework.html");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
