// A module's bodies timed side by side: the student's, the reference, and the fast one where there is one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tito/actions/check_module.hpp"
#include "tito/toolchain/workload.hpp"

namespace tito {

// What the rounds gave for one row, sorted.
struct Rates {
  std::vector<double> values;
  double min() const { return values.front(); }
  double median() const;
  double max() const { return values.back(); }
};

// One body on one row.
struct Timing {
  RowStatus status = RowStatus::not_run;
  std::string reason;  // why it was not measured
  Rates rates;         // not empty when it was
  bool measured() const { return status == RowStatus::measured; }
};

struct ComparedRow {
  std::string name;
  std::string unit;
  Timing yours;
  Timing reference;
  std::optional<Timing> fast;
  Rates limit;  // what the machine allows, by rates measured in the same rounds; empty where nothing is known
  std::string limited_by;  // "multiply-adds" or "memory"
};

// How a student's file is known to stand with its tests.
enum class Tested { passed, failed, unknown };

struct Comparison {
  Check check;  // how compiling and linking the student's file went; no cases were run
  Tested tested = Tested::unknown;
  int cases_passed = 0;  // of the last run of the tests, where that failed
  bool ran = false;      // all below: only then
  std::vector<ComparedRow> rows;
  int threads = 0;
  int rounds = 0;
  double seconds = 0;

  // Whether each row of the student's was measured.
  bool complete() const;

  // The geometric mean of yours / reference over the rows where both were measured, by their medians.
  std::optional<double> versus_reference() const;
};

struct ComparisonOptions {
  double seconds = 8;  // that measuring takes, about; compiling comes on top
  int rounds = 5;
  std::function<void(int done, int total, const std::string& what)> on_step;
};

// A rate in three digits: "3.10", "58.0", "12.3k", "1.23M".
std::string short_number(double value);

// Compiles the student's present file at full optimisation and links it, the reference and the fast body each with the
// module's workload and the given bodies of all other modules. Runs the three programs in turn, in several rounds.
// throws: Failure(Exit::work_failed) when the file is missing; Failure(Exit::usage) when the module has no workload.
Comparison compare_bodies(const Session& session, const std::string& slug, const ComparisonOptions& options);

}  // namespace tito
