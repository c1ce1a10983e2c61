// Running a workload: a program of given code that times one body of a module, row by row, and reports rates.
//
// Nothing is believed but the record (judge/cases/record.hpp), and of that only what is about the rows that were
// planned.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tito/toolchain/kit.hpp"
#include "tito/toolchain/record.hpp"

namespace tito {

// The rows of a workload, as the program itself lists them. Asked of one that holds only given code.
struct WorkloadPlan {
  struct Row {
    std::string name;
    std::string unit;
  };
  std::vector<Row> rows;
  int threads = 0;  // that the kernels will use
};

// throws: Failure(Exit::damaged) when the program does not list its rows; Failure(Exit::environment); Interrupted.
WorkloadPlan plan_of_workload(const Kit& kit, const std::filesystem::path& program,
                              const std::filesystem::path& folder);

enum class RowStatus {
  measured,
  not_written,  // a function that it calls is still a stub
  stopped,      // by an exception
  crashed,      // a signal ended the program
  timed_out,    // stopped at the limit
  ended,        // the program ended inside the row: exit() or the like
  not_run       // given up before, as others did not end
};

const char* name_of(RowStatus status);

// What one run said of one row.
struct RowResult {
  std::size_t row = 0;  // in the plan
  RowStatus status = RowStatus::not_run;
  double rate = 0;     // in the row's unit
  std::string reason;  // why it was not measured
  std::optional<NotWritten> not_written;
  std::optional<double> limit;
  std::string limited_by;  // "multiply-adds" or "memory"
};

struct WorkloadOptions {
  std::vector<std::size_t> rows;  // which, in this order
  double seconds = 0.1;           // for each row
  bool limits = false;            // also measure what bounds each row: only of programs that hold given code alone
  double limit_seconds = 4;       // a row that takes longer is stopped
  int timeouts = 1;               // after so many rows that did not end the others are not run
  std::function<void(std::size_t)> on_row;  // told the row that begins
};

// Times the rows. One that crashes or does not end costs itself: the program is started again for those behind it.
// throws: Failure(Exit::environment) when the program cannot be run; Interrupted.
std::vector<RowResult> run_workload(const Kit& kit, const std::filesystem::path& program,
                                    const std::filesystem::path& folder, const WorkloadPlan& plan,
                                    const WorkloadOptions& options);

}  // namespace tito
