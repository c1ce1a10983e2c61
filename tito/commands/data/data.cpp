#include "tito/commands/data/data.hpp"

#include "tito/commands/commands.hpp"

namespace tito {

Registry registry_of(Context& context) {
  return Registry(context.registry_file.empty() ? context.kit().registry()
                                                : std::filesystem::path(context.registry_file));
}

void add_data_options(CLI::App& group, Context& context) {
  group.fallthrough();
  group.add_option("--registry", context.registry_file, "Another registry of data sets")->type_name("FILE");
}

}  // namespace tito
