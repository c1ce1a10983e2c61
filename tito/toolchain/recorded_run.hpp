// Running the cases of a program that contains students' code, and deciding from the record alone.
//
// The plan says beforehand which cases there are. A case counts as passed only if the record holds its beginning
// and its end with at least one check and none failed. Whatever the program prints or returns is no verdict. A
// crash, a loop without end or an exit inside a case ends that case; the program is started again for the rest. The
// cases may be dealt out to several processes that run side by side, each with every so-manieth of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tito/system/measure.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

enum class CaseStatus {
  passed,
  failed,     // a check failed
  crashed,    // a signal ended the program
  timed_out,  // stopped at the limit
  ended,      // the program ended inside the case: exit() or the like
  not_run     // the program never came to it
};

const char* name_of(CaseStatus status);

// The part of two tensors around their first difference: of the matrix of the last two axes, or of an only row.
struct TensorWindow {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> at;  // the index of the first difference
  std::int64_t row = 0;          // the first row and column that are shown
  std::int64_t column = 0;
  std::size_t columns = 0;            // how many are shown; 0: there is no window
  std::vector<std::string> expected;  // row by row
  std::vector<std::string> actual;
  std::vector<bool> wrong;
};

// A check that failed.
struct CheckFailure {
  std::string expression;
  std::string expected;
  std::string actual;
  std::string note;
  std::string message;
  std::string file;  // of the test
  int line = 0;
  int source_line = 0;  // in the student's file, where that is known: of the stub that was reached
  std::string cause;    // what such values usually come from, in a sentence; often empty
  bool random = false;  // the case asked for the seed before
  TensorWindow window;
};

struct CaseResult {
  std::string name;
  CaseStatus status = CaseStatus::not_run;
  std::vector<CheckFailure> failures;
  std::string reason;  // for a case that did not end by itself: what happened
  std::string file;    // where the case stands
  int line = 0;
  double limit_seconds = 0;
  double seconds = 0;
  int checks = 0;
};

struct Verdict {
  int planned = 0;
  int passed = 0;
  std::vector<CaseResult> cases;  // in the plan's order
  std::vector<Measure> measures;
  std::uint64_t seed = 0;
  double seconds = 0;
  std::string output;   // the beginning of what the program printed
  std::string problem;  // something about the whole program, such as a record that contradicts itself

  int failed() const { return planned - passed; }
  bool all_passed() const { return planned > 0 && passed == planned && problem.empty(); }
};

// `on_case` is told the number of cases that have ended, for a progress bar, perhaps from another thread but never
// from two at once. `processes`: how many run side by side, each in a folder of its own; measures and output are then
// in the order of the processes.
// throws: Failure(Exit::environment) when the program cannot be run; Interrupted.
Verdict run_cases(const Kit& kit, const std::filesystem::path& program, const std::vector<PlannedCase>& plan,
                  const std::filesystem::path& folder, std::uint64_t seed, const std::function<void(int)>& on_case = {},
                  int processes = 1);

// What a demo or milestone reported.
struct DemoResult {
  bool finished = false;
  std::string reason;      // when it did not finish
  bool abandoned = false;  // it was stopped as nobody reads its output any more
  std::uint64_t seed = 0;
  std::vector<Measure> measures;
  std::vector<std::string> data;  // the data sets it said that it used
  std::vector<Curve> curves;
  std::vector<Axes> axes;
  std::vector<std::string> files;  // names of files that it wants to be kept; not looked at yet
  std::string output;              // unless it went to the terminal
  double seconds = 0;
};

struct DemoOptions {
  bool inherit_output = false;
  std::uint64_t seed = 1;
  double limit_seconds = 300;
};

// throws: Failure(Exit::environment) when the program cannot be run; Interrupted.
DemoResult run_demo_program(const Kit& kit, const std::filesystem::path& program, const std::filesystem::path& folder,
                            const DemoOptions& options);

// A curve that takes any number of points and keeps a few hundred of them, evenly spaced, and the last one.
class ThinnedCurve {
 public:
  explicit ThinnedCurve(std::string name) { curve_.name = std::move(name); }
  void add(double x, double y);
  Curve result() const;

 private:
  Curve curve_;
  std::size_t stride_ = 1;  // every so many points one is kept
  std::size_t count_ = 0;
  std::optional<std::pair<double, double>> last_;  // the latest point, if it was not kept
};

}  // namespace tito
