// The rules of a course that are seen from what was built, without running it. Those seen from texts stand in
// tito/authoring/audit.hpp, those that are tried in course_trials.hpp.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tito/authoring/audit.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

struct BuiltRule {
  const char* name;
  const char* what;  // what it finds, in a few words
  Findings (*find)(const Kit&, const Audit&);
};

// In the order in which they are looked at. A page that is generated from measurements gets a row here.
const std::vector<BuiltRule>& built_rules();

// The pictures beside the plan of record that are not what is measured, and what they should be; none where the course
// has no such page. throws: Failure(Exit::environment) when the course is not built.
std::map<std::filesystem::path, std::string> fresh_pictures(const Kit& kit, const Audit& audit);

}  // namespace tito
