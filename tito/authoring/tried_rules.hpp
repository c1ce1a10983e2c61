// The rules of a course that are held by trying: skeletons fail, reference bodies pass, checkpoints test their own
// subject. Those that are seen from texts stand in tito/authoring/audit.hpp.
#pragma once

#include <functional>
#include <string>

#include "tito/authoring/audit.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// The names of the rules that try_course() holds, and what they find.
const std::vector<std::pair<std::string, std::string>>& trial_rules();

// How often try_course() calls on_step.
int trial_steps(const Course& course);

// Compiles each module's reference body and skeleton as a student's file is compiled, and runs cases and checkpoints
// with them, several modules at once. A module whose body is not there or has damaged marks is passed over: other rules
// name it. `on_step` is never called twice at once.
// throws: Failure(Exit::environment) when there is no compiler or the course is not built; Interrupted.
Findings try_course(const Kit& kit, const Audit& audit, const std::function<void(const std::string&)>& on_step);

}  // namespace tito
