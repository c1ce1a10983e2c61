// The rules of a course that texts and the built course are held against, and how they are looked at.
#pragma once

#include <functional>
#include <vector>

#include "tito/authoring/audit.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// Where the sources of the kit's course lie.
// throws: Failure(Exit::usage) for an installed course; Failure(Exit::environment) for a kit that does not say.
CourseTree tree_of(const Kit& kit);

// What the rules look at. Lessons may name `commands`.
Audit audit_of(const Kit& kit, const Course& course, const std::vector<CommandWords>& commands);

// The rule that what the others need was built.
inline constexpr const char* unbuilt = "built";

// Adds what a rule finds; where it needs something that was not built, that is the finding, once, in course.json.
void add_findings(Findings& findings, const std::filesystem::path& manifest, const std::function<Findings()>& rule);

// What "tito course check --quick" finds, with course.json as it is now.
// throws: as tree_of.
Findings quick_findings(const Kit& kit, const std::vector<CommandWords>& commands);

}  // namespace tito
