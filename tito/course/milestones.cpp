#include "tito/course/milestones.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "tito/system/text.hpp"

namespace tito {
namespace {

std::string amount(double bound, const std::string& unit) {
  return fmt::format("{:g}{}{}", bound, unit.empty() ? "" : " ", unit);
}

}  // namespace

GateResult hold(const Gate& gate, const std::vector<Measure>& measures, const std::vector<std::string>& data) {
  GateResult result{gate, GateState::missed, {}, gate.bound.value_or(0), "", ""};
  const Measure* found = nullptr;  // the last one counts
  for (const Measure& one : measures) {
    if (one.name == gate.measure && (gate.bound || gate.by_data.contains(one.data))) found = &one;
  }
  if (found == nullptr) {
    std::vector<std::string> wanted;
    bool used = gate.bound.has_value();
    for (const auto& [name, ignored] : gate.by_data) {
      wanted.push_back(name);
      used = used || std::find(data.begin(), data.end(), name) != data.end();
    }
    result.state = used ? GateState::missed : GateState::not_run;
    result.reason =
        used ? "it was not measured"
             : (wanted.size() == 1 ? wanted[0] + " is not" : "none of " + listed(wanted) + " is") + " installed";
    return result;
  }
  if (!gate.bound) {
    result.bound = gate.by_data.at(found->data);
    result.data = found->data;
  }
  result.value = found->value;
  if (!found->value) {
    result.reason = "it is not a finite number";
  } else if (found->unit != gate.unit) {
    result.reason = "it was measured in \"" + found->unit + "\", not in \"" + gate.unit + "\"";
  } else if (gate.at_least ? *found->value >= result.bound : *found->value <= result.bound) {
    result.state = GateState::met;
  }
  return result;
}

std::vector<GateResult> hold_all(const Milestone& milestone, const MilestoneProgress& run) {
  std::vector<GateResult> results;
  for (const Gate& gate : milestone.gates) results.push_back(hold(gate, run.measures, run.data));
  return results;
}

bool passed(const Milestone& milestone, const MilestoneProgress& run) {
  int met = 0, missed = 0;
  for (const GateResult& one : hold_all(milestone, run)) {
    met += one.state == GateState::met ? 1 : 0;
    missed += one.state == GateState::missed ? 1 : 0;
  }
  return run.finished && met > 0 && missed == 0;
}

std::vector<std::string> missing_modules(const Course& course, const Milestone& milestone, const Track& track,
                                         const Standing& standing) {
  const std::vector<std::string> needs = course.all_needs(milestone);
  std::vector<std::string> missing;
  for (const std::string& slug : track.order) {
    const ModuleState state = standing.modules.at(slug);
    const bool in_package = state == ModuleState::exported || state == ModuleState::stale;
    if (!in_package && std::find(needs.begin(), needs.end(), slug) != needs.end()) missing.push_back(slug);
  }
  return missing;
}

MilestoneState state_of(const Course& course, const Milestone& milestone, const Track& track, const Progress& progress,
                        const Standing& standing, const std::string& contract) {
  const auto run = progress.milestones.find(milestone.name);
  if (run == progress.milestones.end()) {
    return missing_modules(course, milestone, track, standing).empty() ? MilestoneState::ready : MilestoneState::locked;
  }
  if (!passed(milestone, run->second)) return MilestoneState::missed;
  return changes_since(course, milestone, run->second, progress, standing, contract).empty() ? MilestoneState::passed
                                                                                             : MilestoneState::stale;
}

std::vector<std::string> changes_since(const Course& course, const Milestone& milestone, const MilestoneProgress& run,
                                       const Progress& progress, const Standing& standing,
                                       const std::string& contract) {
  std::vector<std::string> changes;
  if (run.contract != contract) changes.emplace_back("the contract");
  for (const std::string& slug : course.all_needs(milestone)) {
    const auto module = progress.modules.find(slug);
    const auto linked = run.linked.find(slug);
    const bool same = module != progress.modules.end() && module->second.exported && linked != run.linked.end() &&
                      module->second.exported->source == linked->second;
    // A changed contract makes every module stale; that is said already.
    const bool stands = standing.modules.at(slug) == ModuleState::exported || run.contract != contract;
    if (!same || !stands) changes.push_back(slug);
  }
  return changes;
}

std::string bound_text(const Gate& gate) {
  std::string text = gate.at_least ? "at least " : "at most ";
  if (gate.bound) return text + amount(*gate.bound, gate.unit);
  std::vector<std::string> bounds;
  for (const auto& [data, bound] : gate.by_data) bounds.push_back(amount(bound, gate.unit) + " on " + data);
  return text + listed(bounds);
}

const char* name_of(GateState state) {
  switch (state) {
    case GateState::met:
      return "met";
    case GateState::missed:
      return "missed";
    case GateState::not_run:
      return "not run";
  }
  return "";
}

const char* name_of(MilestoneState state) {
  switch (state) {
    case MilestoneState::locked:
      return "locked";
    case MilestoneState::ready:
      return "ready";
    case MilestoneState::passed:
      return "passed";
    case MilestoneState::missed:
      return "missed";
    case MilestoneState::stale:
      return "stale";
  }
  return "";
}

nlohmann::json json_of(const std::vector<GateResult>& gates) {
  nlohmann::json list = nlohmann::json::array();
  for (const GateResult& one : gates) {
    const nlohmann::json bound = one.gate.bound ? nlohmann::json(*one.gate.bound) : nlohmann::json(one.gate.by_data);
    nlohmann::json object = {{"measure", one.gate.measure},
                             {"unit", one.gate.unit},
                             {one.gate.at_least ? "at_least" : "at_most", bound},
                             {"state", name_of(one.state)}};
    object["value"] = one.value ? nlohmann::json(*one.value) : nlohmann::json(nullptr);
    if (!one.data.empty()) object["data"] = one.data;
    if (!one.reason.empty()) object["reason"] = one.reason;
    list.push_back(object);
  }
  return list;
}

}  // namespace tito
