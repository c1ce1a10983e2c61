#include "tito/commands/commands.hpp"
#include "tito/commands/data/data.hpp"
#include "tito/data/library.hpp"
#include "tito/views/data_sets.hpp"

namespace tito {
namespace {

struct Options {
  std::string set;
  double timeout = 30;  // seconds
};

void run(Context& context, const Options& options) {
  const Registry registry = registry_of(context);
  const DataSet& set = registry.set(options.set);
  const Fetched fetched = fetch(Store(data_root()), set,
                                LibraryProgress(context.screen, set.name, !context.json).events(), options.timeout);
  context.result = json_of(set, fetched.place);
  context.result["fetched"] = !fetched.was_here;
  if (fetched.place.edition != nullptr)
    return print_place(context.screen, set, fetched.place, fetched.was_here ? "is here already" : "fetched");
  context.screen.line(set.title + " is here already, with its checksums right: " + fetched.place.folder.string());
}

}  // namespace

void add_data_fetch(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("fetch", "Download a set, check it and unpack it");
  command->add_option("SET", options->set, "The set")->required()->option_text(" ");
  command
      ->add_option("--timeout", options->timeout,
                   "Ask the next mirror when a host sends nothing for so long; without it 30")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 3600.0));
  command->footer(
      "A download that was broken off goes on where it stopped. Mirrors are tried in the registry's order; proxies "
      "are\n"
      "taken from the environment (https_proxy and the like). Nothing appears before size and checksum are "
      "right.\n\n"
      "Example:\n"
      "  tito data fetch cifar-10");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
