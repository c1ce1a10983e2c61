// Demos and milestones: programs of the course, run on the student's modules.
#pragma once

#include <map>
#include <string>

#include "tito/actions/results.hpp"
#include "tito/actions/session.hpp"
#include "tito/course/milestones.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace tito {

// A demo or milestone that was linked and run, and what it left in results/.
struct Demo {
  Linking linking;
  DemoResult result;
  std::map<std::string, bool> own;             // module -> whether the student's own code was linked
  std::map<std::string, std::string> sources;  // module -> SHA-256 of the source that was linked
  Results results;
  MilestoneProgress run;  // of a milestone
};

// The module's demo in the workspace's track, linked with what is exported and the given bodies of the rest;
// results/SLUG/.
Demo run_demo(const Session& session, const std::string& slug, const DemoOptions& options = {});

// The milestone, linked with the exported modules that it needs and no others; results/milestone-NAME/. What it
// measured is written into the progress, whether it passed its gates or not, unless the run was abandoned.
// throws: Failure(Exit::work_failed) when a module that it needs is not exported.
Demo run_milestone(const Session& session, const Milestone& milestone, const DemoOptions& options);

}  // namespace tito
