// What editors need to know about a workspace.
#pragma once

#include <filesystem>
#include <string>

#include "tito/course/workspace.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// compile_commands.json and .clangd. They name the workspace's folder and the built course, so both are written again
// where one of these has moved.
WorkspaceFiles editor_files(const Kit& kit, const Track& track, const std::filesystem::path& root);

// .vscode/tasks.json: test, export, next and watch, with a matcher of the compiler's messages.
std::string vscode_tasks(const std::filesystem::path& tito);

}  // namespace tito
