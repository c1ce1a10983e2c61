// Tries wrong bodies: compiles one as a student's file is compiled, links it with a module's cases or checkpoint and
// the reference for all other modules, and says whether a case catches it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tito/course/course.hpp"
#include "tito/system/files.hpp"
#include "tito/toolchain/kit.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace trials {

enum class Fate {
  does_not_compile,  // or does not link
  caught,            // a case failed, crashed, hung or did not begin
  survived           // all cases passed
};

struct Outcome {
  Fate fate = Fate::survived;
  std::string by;  // the case that caught it
  std::string how;
  std::string cause;  // the likely cause that the student is told, if any
};

class Laboratory {
 public:
  // Works in a folder of its own below `folder`.
  Laboratory(const tito::Kit& kit, const tito::Course& course, const std::filesystem::path& folder, std::uint64_t seed);

  // Takes a body to be tried; false when it does not compile.
  bool prepare(const std::string& slug, const std::string& body);

  // Tries the body that was prepared, until the first case that catches it. `kind` is "test" with a module's slug or
  // "checkpoint" with its own.
  Outcome run(const std::string& kind, const std::string& name);

  // Runs all cases on the body that was prepared, as tito does for a student, in so many processes; none planned when
  // it does not link. A case has ten times as long as with the reference, and three seconds.
  tito::Verdict judge_all(const std::string& kind, const std::string& name, std::uint64_t seed, int processes);

 private:
  bool make_program(const std::string& kind, const std::string& name);
  Outcome judge(const std::string& kind, const std::string& name);
  std::filesystem::path program() const { return folder_.path() / "program"; }

  const tito::Kit& kit_;
  const tito::Course& course_;
  tito::TemporaryFolder folder_;
  std::uint64_t seed_;
  std::string slug_;
  std::map<std::string, std::map<std::string, double>> usual_seconds_;  // what each case takes with the reference
};

}  // namespace trials
