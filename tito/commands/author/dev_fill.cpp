#include "tito/actions/overwrite.hpp"
#include "tito/commands/commands.hpp"

namespace tito {
namespace {

void fill(Context& context, const std::string& word) {
  if (!context.kit().is_source_tree()) {
    throw Failure(Exit::usage, "dev fill works only with a tito that was built in the course's source tree");
  }
  const Track& track = context.workspace().track();
  std::vector<std::string> wanted = track.order;
  if (word != "all") wanted = {resolve_module(context.course(), track, word)};
  for (const std::string& slug : wanted) {
    fill_module(context.session(), slug);
    context.screen.line("filled " + context.workspace().source_name(slug));
  }
  context.result = {{"filled", wanted}};
}

}  // namespace

void add_dev_fill(CLI::App& group, Context& context) {
  auto word = std::make_shared<std::string>();
  CLI::App* filler =
      group.add_subcommand("fill", "Overwrite your file with the reference body (only from the course's source tree)");
  filler->add_option("MODULE", *word, "Number, slug or \"all\"")->required()->option_text(" ");
  filler->footer("Examples:\n  tito dev fill 02\n  tito dev fill all");
  filler->callback([&context, word] { fill(context, *word); });
}

}  // namespace tito
