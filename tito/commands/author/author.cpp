#include "tito/commands/author/author.hpp"

#include <algorithm>

#include "tito/commands/commands.hpp"

namespace tito {

std::vector<CommandWords> commands_of(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const std::string& words : all_commands(app)) {
    const CLI::App* command = &app;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      command = command->get_subcommand(words.substr(at, end - at));
      at = end + 1;
    }
    const auto arguments = command->get_options([](const CLI::Option* option) { return option->get_positional(); });
    commands.push_back({words, arguments.empty() ? "" : arguments.front()->get_name(true, false)});
  }
  return commands;
}

}  // namespace tito
