// docs/generated/plan-of-record.md: the order of the course and why, every transition with its gap and evidence, what
// each module must show, and an audit of each; from course.json, the measurement, and proof.json beside it.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/authoring/flow.hpp"
#include "tito/authoring/usage.hpp"
#include "tito/course/course.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// A requirement of course.json, and what was found.
struct RequirementResult {
  Requirement requirement;
  bool is_met = false;
  std::string found;    // in words; why not, where it is not met
  std::string command;  // that shows it
};

// Figures are held against those of a file like proof.json, with the least good of its seeds.
std::vector<RequirementResult> hold_requirements(const Course& course, const Usage& usage, const nlohmann::json& proof);

// The generated part of the page, for a file in the folder that holds proof.json, too.
std::string plan_page(const Kit& kit, const Course& course, const std::filesystem::path& file);

// The pictures that lie beside the page, with their content: order-TRACK.svg for every track.
std::map<std::filesystem::path, std::string> plan_pictures(const Kit& kit, const Course& course,
                                                           const std::filesystem::path& page);

// What proof.json holds in a folder; an empty object where there is none.
// throws: Failure(Exit::damaged).
nlohmann::json proof_in(const std::filesystem::path& folder);

}  // namespace tito
