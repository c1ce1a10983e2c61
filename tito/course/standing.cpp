#include "tito/course/standing.hpp"

#include <algorithm>

#include "tito/system/files.hpp"

namespace tito {
namespace {

bool is_about(const std::optional<Evidence>& evidence, const std::string& source, const std::string& contract) {
  return evidence && evidence->all_passed() && evidence->source == source && evidence->contract == contract;
}

ModuleState state_of(const Workspace& workspace, const Progress& progress, const std::string& slug,
                     const std::string& contract) {
  const std::string source = workspace.source_hash(slug);
  if (source.empty()) return ModuleState::missing;
  const auto found = progress.modules.find(slug);
  if (found == progress.modules.end()) return ModuleState::open;
  const ModuleProgress& module = found->second;
  if (is_about(module.exported, source, contract)) {
    // The package must hold what the evidence speaks of.
    const auto exported = read_if_present(workspace.exported_source(slug));
    return exported && sha256(*exported) == source ? ModuleState::exported : ModuleState::stale;
  }
  if (module.exported) return ModuleState::stale;
  return is_about(module.tested, source, contract) ? ModuleState::passed : ModuleState::open;
}

bool still_holds(const CheckpointProgress& checkpoint, const Progress& progress, const Standing& standing,
                 const std::string& contract) {
  if (checkpoint.evidence.contract != contract) return false;
  for (const auto& [slug, source] : checkpoint.linked) {
    const auto module = progress.modules.find(slug);
    if (module == progress.modules.end() || !module->second.exported || module->second.exported->source != source)
      return false;
    if (standing.modules.at(slug) != ModuleState::exported) return false;
  }
  return true;
}

}  // namespace

Standing standing_of(const Course& course, const Workspace& workspace, const Progress& progress,
                     const std::string& contract) {
  Standing standing;
  const Track& track = workspace.track();
  for (const std::string& slug : track.order) standing.modules[slug] = state_of(workspace, progress, slug, contract);

  bool found = false;
  for (const std::string& slug : track.order) {
    const std::string& checkpoint = course.module(slug).checkpoint;
    const auto proven = progress.checkpoints.find(checkpoint);
    CheckpointState state = CheckpointState::locked;
    if (proven != progress.checkpoints.end() && proven->second.evidence.all_passed()) {
      const bool known = [&] {
        for (const auto& [linked, ignored] : proven->second.linked) {
          if (!standing.modules.contains(linked)) return false;
        }
        return true;
      }();
      state = known && still_holds(proven->second, progress, standing, contract) ? CheckpointState::done
                                                                                 : CheckpointState::stale;
    }
    const ModuleState module = standing.modules.at(slug);
    if (!found && !(module == ModuleState::exported && state == CheckpointState::done)) {
      found = true;
      standing.next.module = slug;
      if (state == CheckpointState::locked) state = CheckpointState::current;
      if (module == ModuleState::exported) {
        standing.next.action = Action::prove;
      } else if (module == ModuleState::passed || module == ModuleState::stale) {
        standing.next.action = Action::export_module;
      } else {
        standing.next.action = Action::test;
      }
    }
    standing.checkpoints[checkpoint] = state;
  }
  if (!found) standing.next = {Action::finished, track.order.back()};
  return standing;
}

int Standing::proven() const {
  return static_cast<int>(std::count_if(checkpoints.begin(), checkpoints.end(), [](const auto& checkpoint) {
    return checkpoint.second == CheckpointState::done;
  }));
}

const char* name_of(ModuleState state) {
  switch (state) {
    case ModuleState::missing:
      return "missing";
    case ModuleState::open:
      return "open";
    case ModuleState::passed:
      return "passed";
    case ModuleState::exported:
      return "exported";
    case ModuleState::stale:
      return "stale";
  }
  return "";
}

const char* name_of(CheckpointState state) {
  switch (state) {
    case CheckpointState::locked:
      return "locked";
    case CheckpointState::current:
      return "current";
    case CheckpointState::done:
      return "done";
    case CheckpointState::stale:
      return "stale";
  }
  return "";
}

const char* name_of(Action action) {
  switch (action) {
    case Action::test:
      return "test";
    case Action::export_module:
      return "export";
    case Action::prove:
      return "checkpoint";
    case Action::finished:
      return "finished";
  }
  return "";
}

}  // namespace tito
