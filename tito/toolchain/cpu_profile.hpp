// How much of a running framework is whose: by functions, and by CPU time.
//
// CPU time is sampled (judge/workloads/profile_runner.cpp), and a sample counts for the code that was executing, not
// for what had called it. Whose an address is does not depend on names: before linking, the code of each body gets a
// section of its own, tito_code_SLUG, and the program's section table says where that came to lie. Inline functions
// and templates that more than one body holds are merged by the linker and belong to nobody.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tito/toolchain/kit.hpp"

namespace tito {

// How many functions an object defines for others: those of its module's contract.
// throws: Failure(Exit::environment) when the lister of symbols does not work.
int count_functions(const Kit& kit, const std::filesystem::path& object);

struct CpuShare {
  std::string work;  // what was run
  double rate = 0;   // of the work, in its unit
  std::string unit;
  double seconds = 0;                             // for which it ran
  std::map<std::string, std::int64_t> modules;    // slug -> samples in its body
  std::int64_t given = 0;                         // in the rest of the program: kernels, readers, shared templates
  std::map<std::string, std::int64_t> libraries;  // name -> samples outside of the program

  std::int64_t total() const;
};

// Links the course's profile with these bodies (slug -> object) and runs it for about `seconds`, on one thread.
// throws: Failure(Exit::usage) for a course without a profile; Failure(Exit::work_failed) when the program does not
//         come to its end; Failure(Exit::environment); Interrupted.
CpuShare measure_share(const Kit& kit, const std::map<std::string, std::filesystem::path>& bodies,
                       const std::filesystem::path& scratch, double seconds);

}  // namespace tito
