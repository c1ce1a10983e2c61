// main() of every workload: WORKLOAD --plan, or WORKLOAD --seconds S --rows 0,2,3 [--limits 1], with [--record FD].
//
// --plan reports the rows and measures nothing. Else those rows are timed in this order, each for about S seconds, or
// for one call that takes longer; --limits measures beside each what bounds it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "judge/cases/events.hpp"
#include "judge/cases/record.hpp"
#include "judge/workloads/workload.hpp"
#include "kernels/parallel.hpp"

namespace judge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double limit_seconds = 0.02;  // for each rate of the machine

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// What one call counts, in the row's unit.
double amount_of(const Row& row) {
  if (row.amount > 0) return row.amount;
  return 1e-9 * (row.unit == "GB/s" ? row.traffic.bytes : row.flops);
}

// Calls a second. The first call warms caches and threads up; it counts only if it alone takes all the time there is.
double calls_per_second(const Step& step, double seconds) {
  Clock::time_point start = Clock::now();
  step();
  const double first = seconds_since(start);
  if (first >= seconds) return 1 / first;
  std::int64_t between = 1;  // calls between two looks at the clock: these may take a hundredth of the time
  start = Clock::now();
  for (std::int64_t calls = 0;;) {
    for (std::int64_t i = 0; i < between; ++i) step();
    calls += between;
    const double elapsed = seconds_since(start);
    if (elapsed >= seconds) return static_cast<double>(calls) / elapsed;
    if (elapsed < 0.01 * seconds) between *= 2;
  }
}

// The rates of the machine, each measured once in a process.
class Machine {
 public:
  double peak() {
    if (!peak_) peak_ = peak_gflops(limit_seconds);
    return *peak_;
  }

  double bandwidth(const Traffic& traffic) {
    const std::pair<Stream, double> key{traffic.stream, traffic.working_set};
    const auto known = bandwidth_.find(key);
    if (known != bandwidth_.end()) return known->second;
    return bandwidth_[key] = stream_gbs(traffic.stream, traffic.working_set, limit_seconds);
  }

 private:
  std::optional<double> peak_;
  std::map<std::pair<Stream, double>, double> bandwidth_;
};

void report_limit(const Row& row, Machine& machine) {
  const double arithmetic = row.flops > 0 ? 1e-9 * row.flops / machine.peak() : 0;
  const double memory = row.traffic.bytes > 0 ? 1e-9 * row.traffic.bytes / machine.bandwidth(row.traffic) : 0;
  const double seconds = std::max(arithmetic, memory);
  if (seconds <= 0) return;
  write_event({{"event", "limit"},
               {"case", row.name},
               {"value", amount_of(row) / seconds},
               {"by", arithmetic >= memory ? "multiply-adds" : "memory"}});
}

void run_row(const Rows::Entry& entry, double seconds, Machine* machine) {
  const std::string& name = entry.row.name;
  write_event({{"event", "begin"}, {"case", name}});
  try {
    const Step step = entry.prepare();
    write_event({{"event", "rate"}, {"case", name}, {"value", amount_of(entry.row) * calls_per_second(step, seconds)}});
  } catch (const std::exception& error) {
    write_stopped(error, name);
  }
  if (machine != nullptr) report_limit(entry.row, *machine);
  write_event({{"event", "end"}, {"case", name}});
}

struct Options {
  bool plan = false;
  bool limits = false;
  double seconds = 0.1;
  std::vector<std::size_t> rows;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const auto is = [&](const char* name) { return std::strcmp(argv[i], name) == 0; };
    if (is("--plan")) options.plan = true;
    if (i + 1 == argc) continue;
    if (is("--record")) open_record(std::atoi(argv[i + 1]));
    if (is("--seconds")) options.seconds = std::atof(argv[i + 1]);
    if (is("--limits")) options.limits = std::atoi(argv[i + 1]) != 0;
    if (!is("--rows")) continue;
    std::istringstream words(argv[i + 1]);
    for (std::string word; std::getline(words, word, ',');)
      options.rows.push_back(std::strtoul(word.c_str(), nullptr, 10));
  }
  return options;
}

}  // namespace
}  // namespace judge

int main(int argc, char** argv) {
  using namespace judge;
  const Options options = read_options(argc, argv);
  Rows rows;
  workload(rows);
  write_event({{"event", "start"}, {"threads", tinytorch::kernels::thread_count()}});
  Machine machine;
  if (options.plan) {
    for (const Rows::Entry& entry : rows.entries())
      write_event({{"event", "row"}, {"case", entry.row.name}, {"unit", entry.row.unit}});
  }
  for (const std::size_t row : options.rows) {
    if (row < rows.entries().size()) run_row(rows.entries()[row], options.seconds, options.limits ? &machine : nullptr);
  }
  std::fflush(nullptr);
  write_event({{"event", "finish"}});
  return 0;
}
