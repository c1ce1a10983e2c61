// A checkpoint: the cases of a capability, run on everything that the student has exported.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tito/actions/session.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace tito {

// A checkpoint linked with everything that is exported, and its verdict; the evidence is written.
struct Proof {
  Linking linking;
  Verdict verdict;
  std::vector<std::string> linked;  // modules
  bool passed() const { return linking.succeeded && verdict.all_passed(); }
};

// throws: Failure(Exit::work_failed) when the checkpoint's module, or one that it needs, is not exported.
Proof prove(const Session& session, const std::string& checkpoint, std::uint64_t seed);

}  // namespace tito
