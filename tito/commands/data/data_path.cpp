#include "tito/commands/commands.hpp"
#include "tito/commands/data/data.hpp"
#include "tito/data/library.hpp"
#include "tito/views/data_sets.hpp"

namespace tito {
namespace {

struct Options {
  std::string set;
};

void run(Context& context, const Options& options) {
  const Registry registry = registry_of(context);
  const DataSet& set = registry.set(options.set);
  const Place place = Store(data_root()).find(set);
  if (place.files.empty()) throw Failure(Exit::work_failed, set.title + " is not here", advice_for(set, place));
  context.result = json_of(set, place);
  context.screen.line(place.folder.string());
}

}  // namespace

void add_data_path(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("path", "Where the files of a set lie, for scripts");
  command->add_option("SET", options->set, "The set")->required()->option_text(" ");
  command->footer("Exit status 1 when it is not here.\n\nExample:\n  ls \"$(tito data path mnist)\"");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
