#include "tito/commands/commands.hpp"
#include "tito/commands/data/data.hpp"
#include "tito/data/library.hpp"
#include "tito/views/data_sets.hpp"

namespace tito {
namespace {

struct Options {
  std::string set;
  std::string from;
};

void run(Context& context, const Options& options) {
  const Registry registry = registry_of(context);
  const DataSet& set = registry.set(options.set);
  const Place place = import_set(Store(data_root()), set, options.from,
                                 LibraryProgress(context.screen, set.name, !context.json).events());
  context.result = json_of(set, place);
  print_place(context.screen, set, place, "imported");
}

}  // namespace

void add_data_import(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("import", "Take a set from a file, an archive or a folder at hand");
  command->add_option("SET", options->set, "The set")->required()->option_text(" ");
  command->add_option("FROM", options->from, "A file or folder; folders are searched")->required()->option_text(" ");
  command->footer(
      "For machines without a network. Files are recognised by their contents, packed or not, whatever their names.\n\n"
      "Examples:\n  tito data import mnist ~/Downloads\n  tito data import cifar-10 cifar-10-binary.tar.gz");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
