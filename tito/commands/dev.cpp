#include "tito/commands/commands.hpp"
#include "tito/commands/report.hpp"

namespace tito {
namespace {

void fill(Context& context, const std::string& word) {
  const Track& track = context.workspace().track();
  std::vector<std::string> wanted = track.order;
  if (word != "all") wanted = {resolve_module(context.course(), track, word)};
  for (const std::string& slug : wanted) {
    fill_module(site_of(context), slug);
    context.screen.line("filled " + context.workspace().source_name(slug));
  }
  context.result = {{"filled", wanted}};
}

}  // namespace

void add_dev(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("dev", "For those who work on the course itself");
  group->require_subcommand(1);
  group->footer("Example:\n  tito dev fill all");
  auto word = std::make_shared<std::string>();
  CLI::App* filler = group->add_subcommand("fill", "Overwrite your file with the reference body (only from the course's source tree)");
  filler->add_option("MODULE", *word, "Number, slug or \"all\"")->required()->option_text(" ");
  filler->footer("Examples:\n  tito dev fill 02\n  tito dev fill all");
  filler->callback([&context, word] { fill(context, *word); });
}

}  // namespace tito
