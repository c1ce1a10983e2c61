// tito data: the data sets on this machine.
#include "tito/commands/commands.hpp"
#include "tito/commands/data_show.hpp"
#include "tito/system/files.hpp"

namespace tito {

void add_data(CLI::App& app, Context& context) {
  CLI::App* data = app.add_subcommand("data", "Data sets: look at them");
  data->require_subcommand(1);
  data->footer("Example:\n  tito data show mnist");
  auto file = std::make_shared<std::string>();
  data->add_option("--registry", *file, "Another registry of data sets")->type_name("FILE")->group("");
  const auto registry = [&context, file] {
    return Registry(file->empty() ? context.kit().registry() : fs::path(*file));
  };
  add_data_show(data, context, registry);
}

}  // namespace tito
