// What every action works with: the built course, the student's workspace, and the contract.
#pragma once

#include <string>

#include "tito/course/course.hpp"
#include "tito/course/standing.hpp"
#include "tito/course/workspace.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// Loaded; the owner of the four outlives it. It may be used in several threads.
struct Session {
  const Kit& kit;
  const Course& course;
  const Workspace& workspace;
  const std::string& contract;  // the hash of the contract as it is now
};

// How far the student is, worked out from the evidence and the files as they are now.
Standing standing_of(const Session& session);

}  // namespace tito
