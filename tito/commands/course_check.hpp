// The check of a course, for commands that change it and look at what they did.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tito/course/audit.hpp"
#include "tito/toolchain/kit.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// Where the sources of the kit's course lie.
// throws: Failure(Exit::usage) for an installed course; Failure(Exit::environment) for a kit that does not say.
CourseTree tree_of(const Kit& kit);

// What the rules look at. `app` is the root: lessons may name the commands that it has.
Audit audit_of(const Kit& kit, const Course& course, const CLI::App& app);

// What "tito course check --quick" finds, with course.json as it is now.
// throws: as tree_of.
Findings quick_findings(const Kit& kit, const CLI::App& app);

// Two lines for each: its place and what is wrong, and the way out. Files are shown below `root`.
void print_findings(Screen& screen, const Findings& findings, const std::filesystem::path& root);
nlohmann::json json_of(const Findings& findings, const std::filesystem::path& root);

}  // namespace tito
