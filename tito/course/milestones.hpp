// Milestones: whether a run passed its gates, and what the last run is still worth.
//
// The gates stand in course.json. What a milestone printed or returned is no verdict; its figures are.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tito/course/course.hpp"
#include "tito/course/progress.hpp"
#include "tito/course/standing.hpp"

namespace tito {

enum class GateState {
  met,
  missed,
  not_run  // it is about data that the run had not
};

struct GateResult {
  Gate gate;
  GateState state = GateState::missed;
  std::optional<double> value;
  double bound = 0;    // the one that the value was held against
  std::string data;    // what the value is about, where the gate depends on it
  std::string reason;  // why it is missed or not run, when no figure says so
};

// The figures of a run held against one gate. `data`: the data sets that the run used.
GateResult hold(const Gate& gate, const std::vector<Measure>& measures, const std::vector<std::string>& data);

std::vector<GateResult> hold_all(const Milestone& milestone, const MilestoneProgress& run);

// Whether the run came to its end, met a gate and missed none.
bool passed(const Milestone& milestone, const MilestoneProgress& run);

enum class MilestoneState {
  locked,  // a module that it needs is not exported
  ready,   // it can be run, and never was
  passed,
  missed,  // the last run missed a gate or did not come to its end
  stale    // a module that it was linked with, or the contract, has changed since it passed
};

// The modules that it needs and that are not in the package, in the track's order.
std::vector<std::string> missing_modules(const Course& course, const Milestone& milestone, const Track& track,
                                         const Standing& standing);

MilestoneState state_of(const Course& course, const Milestone& milestone, const Track& track, const Progress& progress,
                        const Standing& standing, const std::string& contract);

// What has changed since the run: modules that it was linked with, and "the contract".
std::vector<std::string> changes_since(const Course& course, const Milestone& milestone, const MilestoneProgress& run,
                                       const Progress& progress, const Standing& standing, const std::string& contract);

// The bound in words: "at least 90 %", or "at least 90 % on MNIST sample, 97 % on MNIST".
std::string bound_text(const Gate& gate);

const char* name_of(GateState state);
const char* name_of(MilestoneState state);

// [{measure, unit, at_least or at_most, state, value, data, reason}]
nlohmann::json json_of(const std::vector<GateResult>& gates);

}  // namespace tito
