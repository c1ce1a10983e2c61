// What the commands for authors of a course share.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "tito/authoring/audit.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/commands/context.hpp"

namespace tito {

// The commands below `root`, which lessons may name, and what the first argument of each is.
std::vector<CommandWords> commands_of(const CLI::App& root);

// Tells on standard error.
inline Note note_to(const Context& context) {
  return [&screen = context.screen](const std::string& text) { screen.note(text); };
}

}  // namespace tito
