// Making a workspace: skeletons to write, and what the course gives beside them.
#pragma once

#include <filesystem>

#include "tito/course/workspace.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// Makes a workspace of skeletons; returns the copy that was kept of what stood there, if any.
std::filesystem::path init_workspace(const Kit& kit, const Course& course, const Track& track,
                                     const std::filesystem::path& folder, bool force);

// What tito gives and renews in a workspace at `root`, besides package/: lessons, hints and what editors read.
WorkspaceFiles given_files(const Kit& kit, const Course& course, const Track& track, const std::filesystem::path& root);

}  // namespace tito
