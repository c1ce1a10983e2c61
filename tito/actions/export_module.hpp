// A module that passes its cases becomes part of package/, and its checkpoint is proven.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tito/actions/check_module.hpp"
#include "tito/actions/prove_checkpoint.hpp"

namespace tito {

struct Export {
  Check check;
  std::optional<Compilation> compilation;  // at full optimisation, when the tests passed
  std::optional<Proof> proof;
  bool exported = false;
  bool unlocked = false;
  std::string snapshot_problem;  // why this export was not kept as a snapshot
};

// Checks the module; if all its tests pass, compiles it fully, puts it into package/ and proves its checkpoint.
// throws: Failure(Exit::work_failed) when a module that it needs is not exported.
Export export_module(const Session& session, const std::string& slug, std::uint64_t seed,
                     const std::function<void(const std::string&)>& on_step = {});

}  // namespace tito
