// A newer course meets an existing workspace.
//
// What tito gave is renewed: lessons, hints, what editors read, and package/ but for its src/. The student's files stay
// as they are, with two exceptions, each after a snapshot: a module that has another number in the track moves to its
// new folder, and functions that are new in a contract arrive as stubs at the end of the file. The file with the stubs
// is compiled first; where that fails, or a function cannot be cut out of the skeleton, the new skeleton is written
// beside it as SLUG.new.cpp instead.
//
// Each step is atomic and is found again from the files themselves, so that a second update ends what a killed one
// began.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tito/actions/session.hpp"
#include "tito/course/given.hpp"

namespace tito {

enum class StepKind {
  renumber,  // a module's folder moves from `from` to `path`
  create,    // a module's file that is not there
  append,    // stubs of new functions
  beside,    // the new skeleton as SLUG.new.cpp
  renew,     // a file that tito gave
  remove     // a file that tito gave and gives no more
};

const char* name_of(StepKind kind);

struct UpdateStep {
  StepKind kind = StepKind::renew;
  std::string module = {};          // empty for what belongs to none
  std::filesystem::path path = {};  // below the workspace
  std::filesystem::path from = {};
  std::string content = {};
  std::string before = {};                  // SHA-256 of the student's file that `content` was made from
  std::vector<std::string> functions = {};  // that are new
  std::string reason = {};                  // why the skeleton goes beside the file
  bool set_aside = false;                   // the student changed what is there: it is kept under another name
  std::filesystem::path kept_as = {};       // that name, or empty
  std::int64_t snapshot = 0;                // the one that was kept, or 0
};

struct UpdatePlan {
  std::vector<UpdateStep> steps;
  std::vector<std::string> notes;  // what is left as it is, and may surprise
  GivenRecord record;              // to be written at the end

  bool is_empty() const { return steps.empty(); }
};

// What tito gives in this version of the course. `files`: given_files().
GivenRecord record_of(const Kit& kit, const Course& course, const Track& track, const WorkspaceFiles& files);

// What an update would do; writes nothing but temporary objects. `on_module` is told each module's slug.
UpdatePlan plan_update(const Session& session, const std::function<void(const std::string&)>& on_module = {});

// Does it, and fills in kept_as and snapshot of the steps.
// throws: Failure(Exit::work_failed) when a student's file was saved since it was planned.
void apply_update(const Session& session, UpdatePlan& plan);

}  // namespace tito
