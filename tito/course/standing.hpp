// Where a student stands, worked out from the evidence on disk.
#pragma once

#include <map>
#include <string>

#include "tito/course/course.hpp"
#include "tito/course/progress.hpp"
#include "tito/course/workspace.hpp"

namespace tito {

enum class ModuleState {
  missing,   // its file is gone
  open,      // not written, or its tests do not all pass
  passed,    // this very source passes all its tests, but is not exported
  exported,  // this very source is in the package
  stale      // an export exists, but the source or the contract has changed since
};

enum class CheckpointState {
  locked,   // its module is not exported, and not the next one either
  current,  // the next one to unlock
  done,     // proven with exactly what the package holds
  stale     // proven once, but what it was linked from has changed since
};

enum class Action { test, export_module, prove, finished };

// The one thing to do now.
struct Next {
  Action action = Action::finished;
  std::string module;  // slug; the last one when finished
};

struct Standing {
  std::map<std::string, ModuleState> modules;
  std::map<std::string, CheckpointState> checkpoints;  // by checkpoint
  Next next;

  // How many checkpoints are done.
  int proven() const;
};

// `contract` is the hash of the contract as it is now.
Standing standing_of(const Course& course, const Workspace& workspace, const Progress& progress,
                     const std::string& contract);

const char* name_of(ModuleState state);
const char* name_of(CheckpointState state);
const char* name_of(Action action);

}  // namespace tito
