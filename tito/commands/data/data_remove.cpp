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
  const bool removed = remove_set(Store(data_root()), set);
  context.result = {{"name", set.name}, {"removed", removed}};
  context.screen.line(removed ? set.title + " removed; tito data fetch " + set.name + " brings it back"
                              : set.title + " is not here");
}

}  // namespace

void add_data_remove(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("remove", "Remove a set, and what was fetched of it");
  command->add_option("SET", options->set, "The set")->required()->option_text(" ");
  command->footer("Example:\n  tito data remove fashion-mnist");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
