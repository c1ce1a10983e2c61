#include "tito/toolchain/workload.hpp"

#include <fmt/core.h>

#include <cmath>

#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/process.hpp"
#include "tito/toolchain/record.hpp"

namespace tito {
namespace {

constexpr double start_limit_seconds = 10;  // until the first row begins, static constructors included
constexpr std::size_t most_rows = 100;

// A rate that can be one.
std::optional<double> rate_of(const json& object) {
  const auto found = object.find("value");
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double rate = found->get<double>();
  return std::isfinite(rate) && rate > 0 ? std::optional(rate) : std::nullopt;
}

ProcessOptions options_for(const Kit& kit, const std::filesystem::path& folder) {
  ProcessOptions options;
  options.folder = folder;
  options.student_code = true;
  options.limit_memory = !kit.is_sanitized();
  options.output_limit = 4096;
  return options;
}

// One program's record, line by line, against the rows it was told to run.
class RowReader {
 public:
  RowReader(const WorkloadPlan& plan, const WorkloadOptions& options, std::vector<RowResult>& results, std::size_t from)
      : plan_(&plan), options_(&options), results_(&results), next_(from) {}

  void read(const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    const std::string kind = line_of(event, "event");
    if (next_ >= results_->size() || line_of(event, "case") != plan_->rows[current().row].name) return;
    if (kind == "begin") begin();
    if (!open_) return;
    if (kind == "rate") rate(event);
    if (kind == "stopped") stopped(event);
    if (kind == "limit") limit(event);
    if (kind == "end") open_ = false, ++next_;
  }

  bool is_open() const { return open_; }
  std::size_t next() const { return next_; }
  RowResult& current() { return (*results_)[next_]; }
  std::function<void()> on_begin;

 private:
  void begin() {
    open_ = true;
    if (options_->on_row) options_->on_row(current().row);
    if (on_begin) on_begin();
  }

  void rate(const json& event) {
    const auto value = rate_of(event);
    current().status = value ? RowStatus::measured : RowStatus::stopped;
    current().rate = value.value_or(0);
    if (!value) current().reason = "the record holds no rate";
  }

  void stopped(const json& event) {
    current().not_written = not_written_of(event);
    current().status = current().not_written ? RowStatus::not_written : RowStatus::stopped;
    current().reason = line_of(event, "message", 1000);
  }

  void limit(const json& event) {
    if (!options_->limits) return;
    current().limit = rate_of(event);
    current().limited_by = line_of(event, "by");
  }

  const WorkloadPlan* plan_;
  const WorkloadOptions* options_;
  std::vector<RowResult>* results_;
  std::size_t next_;
  bool open_ = false;
};

std::string listed_from(const std::vector<std::size_t>& rows, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < rows.size(); ++i) text += (text.empty() ? "" : ",") + std::to_string(rows[i]);
  return text;
}

}  // namespace

const char* name_of(RowStatus status) {
  switch (status) {
    case RowStatus::measured:
      return "measured";
    case RowStatus::not_written:
      return "not written yet";
    case RowStatus::stopped:
      return "stopped";
    case RowStatus::crashed:
      return "crashed";
    case RowStatus::timed_out:
      return "did not end";
    case RowStatus::ended:
      return "ended the program";
    case RowStatus::not_run:
      return "not run";
  }
  return "";
}

WorkloadPlan plan_of_workload(const Kit& kit, const std::filesystem::path& program,
                              const std::filesystem::path& folder) {
  WorkloadPlan plan;
  bool finished = false;
  ProcessOptions options = options_for(kit, folder);
  options.limit_seconds = start_limit_seconds;
  options.on_record = [&](const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    const std::string kind = line_of(event, "event");
    if (kind == "start") plan.threads = event.value("threads", 0);
    if (kind == "row" && plan.rows.size() < most_rows)
      plan.rows.push_back({line_of(event, "case"), line_of(event, "unit")});
    if (kind == "finish") finished = true;
  };
  const ProcessResult result = run_process({program.string(), "--plan"}, options);
  if (!finished || plan.rows.empty()) {
    throw Failure(Exit::damaged, "the workload does not list its rows: " + printable(result.output));
  }
  return plan;
}

std::vector<RowResult> run_workload(const Kit& kit, const std::filesystem::path& program,
                                    const std::filesystem::path& folder, const WorkloadPlan& plan,
                                    const WorkloadOptions& wishes) {
  std::vector<RowResult> results(wishes.rows.size());
  for (std::size_t i = 0; i < results.size(); ++i) results[i].row = wishes.rows[i];
  int timeouts = 0;
  for (std::size_t from = 0; from < results.size();) {
    RowReader reader(plan, wishes, results, from);
    double elapsed = 0, deadline = start_limit_seconds;
    reader.on_begin = [&] { deadline = elapsed + wishes.limit_seconds; };
    ProcessOptions options = options_for(kit, folder);
    options.limit_seconds = 24 * 3600;
    options.on_record = [&](const std::string& line) {
      const std::size_t before = reader.next();
      reader.read(line);
      if (reader.next() != before) deadline = elapsed + start_limit_seconds;
    };
    options.is_over = [&](double seconds) {
      elapsed = seconds;
      return seconds > deadline;
    };
    const ProcessResult result =
        run_process({program.string(), "--seconds", fmt::format("{}", wishes.seconds), "--limits",
                     wishes.limits ? "1" : "0", "--rows", listed_from(wishes.rows, from)},
                    options);
    from = reader.next();
    if (from >= results.size()) break;  // what the program did afterwards changes nothing
    RowResult& current = reader.current();
    current.rate = 0;
    if (result.timed_out) {
      current.status = RowStatus::timed_out;
      current.reason = reader.is_open()
                           ? fmt::format("stopped after {:.0f} s: an endless loop?", wishes.limit_seconds)
                           : fmt::format("stopped after {:g} s in which nothing began", start_limit_seconds);
      ++timeouts;
    } else if (result.signal != 0) {
      current.status = RowStatus::crashed;
      current.reason = (reader.is_open() ? "" : "before it began: ") + signal_name(result.signal);
    } else {
      current.status = RowStatus::ended;
      current.reason = fmt::format("the program ended with exit status {}", result.exit_status);
    }
    ++from;
    if (timeouts < wishes.timeouts && reader.is_open()) continue;
    for (; from < results.size(); ++from)
      results[from].reason = "given up: see the row that " + std::string(name_of(current.status));
  }
  return results;
}

}  // namespace tito
