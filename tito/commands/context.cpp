#include "tito/commands/context.hpp"

#include <cstdlib>

#include "tito/system/files.hpp"

namespace tito {

const Kit& Context::kit() {
  if (!kit_) {
    kit_ = std::make_unique<Kit>(kit_file.empty() ? Kit::find() : fs::path(kit_file));
    // The environment carries them to every program that is started (tito/toolchain/process.cpp).
    ::setenv("TITO_DIGITS", kit_->samples().c_str(), 0);
    ::setenv("TITO_REGISTRY", kit_->registry().c_str(), 0);
  }
  return *kit_;
}

const Course& Context::course() {
  if (!course_) course_ = std::make_unique<Course>(kit().course_file());
  return *course_;
}

const Workspace& Context::workspace() {
  if (!workspace_) {
    workspace_ = std::make_unique<Workspace>(course(), workspace_folder);
    for (const fs::path& folder : workspace_->written_folders()) remove_abandoned(folder);
  }
  return *workspace_;
}

const std::string& Context::contract() {
  if (contract_.empty()) contract_ = sha256_of_folder(kit().contract_folder());
  return contract_;
}

}  // namespace tito
