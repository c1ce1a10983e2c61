// What is found in a course, and what a change of it concerns, as it is shown.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tito/authoring/audit.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// A file as it is called below the course's root.
std::string shown(const std::filesystem::path& file, const std::filesystem::path& root);

// Two lines for each: its place and what is wrong, and the way out. Files are shown below `root`.
void print_findings(Screen& screen, const Findings& findings, const std::filesystem::path& root);
nlohmann::json json_of(const Findings& findings, const std::filesystem::path& root);

// Folders that move, and the files that name them.
void print_consequences(Screen& screen, const TreeChange& change, const Consequences& consequences);

}  // namespace tito
