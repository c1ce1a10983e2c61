#include "tito/actions/compare_bodies.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <map>

#include "tito/actions/reference.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

constexpr int fewest_rounds = 2;
constexpr double shortest_slice = 0.005;  // seconds for a row

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// One of the programs that take turns.
struct Runner {
  Runner(const std::string& body, const fs::path& scratch)
      : name(body), program(scratch / (body + ".program")), folder(scratch / body) {
    make_folders(folder);
  }
  std::string name;
  fs::path program;
  fs::path folder;
  std::vector<Timing> timings;  // by row
};

std::vector<fs::path> objects_with(const Session& session, const std::string& slug, const fs::path& body) {
  std::vector<fs::path> objects{session.kit.object("runner", "bench"), session.kit.object("bench", slug), body};
  for (const std::string& other : session.workspace.track().order) {
    if (other != slug) objects.push_back(given_body(session.kit, session.course, other).object);
  }
  return objects;
}

// The reference, and the fast body where there is one.
std::vector<Runner> link_given(const Session& session, const std::string& slug, const fs::path& scratch) {
  std::vector<Runner> runners;
  for (const char* kind : {"body", "fast"}) {
    if (!session.kit.has(kind, slug)) continue;
    runners.emplace_back(runners.empty() ? "reference" : "fast body", scratch);
    const Linking linking =
        link(session.kit, objects_with(session, slug, session.kit.object(kind, slug)), runners.back().program);
    if (linking.succeeded) continue;
    throw Failure(Exit::damaged, "the " + runners.back().name + " of " + slug + " does not link: " + linking.output);
  }
  return runners;
}

// The student's file as it is now, compiled and looked through; false when it cannot be linked.
bool compile_own(const Session& session, const std::string& slug, const fs::path& object, Check& check) {
  check.verdict.planned = static_cast<int>(session.kit.plan("test", slug).size());
  compile_source(session, slug, Mode::full, object, check);
  if (!check.compilation.succeeded) return false;
  check.symbols = compare_symbols(session.kit, object, session.kit.object("body", slug));
  return check.symbols.none();
}

void take_evidence(const Session& session, const std::string& slug, Comparison& comparison) {
  const Progress progress = session.workspace.progress_file().load();
  const auto module = progress.modules.find(slug);
  if (module == progress.modules.end() || !module->second.tested) return;
  const Evidence& tested = *module->second.tested;
  if (tested.source != comparison.check.source_hash || tested.contract != session.contract) return;
  comparison.tested = tested.all_passed() ? Tested::passed : Tested::failed;
  comparison.cases_passed = tested.passed;
}

// The rows that are still worth running.
std::vector<std::size_t> rows_left(const Runner& runner) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < runner.timings.size(); ++row) {
    const Timing& timing = runner.timings[row];
    if (timing.measured() || (timing.status == RowStatus::not_run && timing.reason.empty())) rows.push_back(row);
  }
  return rows;
}

// A row that once was not measured is given up.
void take_up(Timing& timing, const RowResult& result) {
  timing.status = result.status;
  timing.reason = result.reason;
  if (result.status == RowStatus::measured) timing.rates.values.push_back(result.rate);
}

void sort(Rates& rates) { std::sort(rates.values.begin(), rates.values.end()); }

class Race {
 public:
  Race(const Session& session, const ComparisonOptions& options, std::vector<Runner> runners, WorkloadPlan plan)
      : session_(&session), options_(&options), runners_(std::move(runners)), plan_(std::move(plan)) {
    limits_.resize(plan_.rows.size());
    for (Runner& runner : runners_) runner.timings.resize(plan_.rows.size());
  }

  void run(Comparison& comparison) {
    const auto started = Clock::now();
    for (int round = 0; round < options_->rounds; ++round) {
      // Slow work may take its time, but not for ever.
      if (round >= fewest_rounds && seconds_since(started) > 1.3 * options_->seconds + 1) break;
      for (std::size_t one = 0; one < runners_.size(); ++one) turn(round, one);
      ++comparison.rounds;
    }
    comparison.threads = plan_.threads;
    for (std::size_t row = 0; row < plan_.rows.size(); ++row) comparison.rows.push_back(compared(row));
    comparison.ran = true;
  }

 private:
  void turn(int round, std::size_t one) {
    Runner& runner = runners_[one];
    const bool own = one == 0;
    const auto count = static_cast<int>(plan_.rows.size());
    const auto runners = static_cast<int>(runners_.size());
    WorkloadOptions wishes;
    wishes.rows = rows_left(runner);
    wishes.seconds = std::max(shortest_slice, options_->seconds / (options_->rounds * runners * count));
    wishes.limit_seconds = (session_->kit.is_sanitized() ? 20 : 4) + 2 * wishes.seconds;
    wishes.timeouts = 2;
    wishes.limits = one == 1;
    wishes.on_row = [&](std::size_t row) {
      const int done = (round * runners + static_cast<int>(one)) * count + static_cast<int>(row);
      const std::string whose = own ? "your code" : "the " + runner.name;
      if (options_->on_step)
        options_->on_step(done, options_->rounds * runners * count, whose + ", " + plan_.rows[row].name);
    };
    if (wishes.rows.empty()) return;
    for (const RowResult& result : run_workload(session_->kit, runner.program, runner.folder, plan_, wishes)) {
      take_up(runner.timings[result.row], result);
      if (!result.limit) continue;
      limits_[result.row].values.push_back(*result.limit);
      limited_by_[result.row] = result.limited_by;
    }
  }

  ComparedRow compared(std::size_t row) {
    ComparedRow result{plan_.rows[row].name, plan_.rows[row].unit, runners_[0].timings[row], runners_[1].timings[row],
                       std::nullopt,         limits_[row],         limited_by_[row]};
    if (runners_.size() > 2) result.fast = runners_[2].timings[row];
    sort(result.yours.rates);
    sort(result.reference.rates);
    if (result.fast) sort(result.fast->rates);
    sort(result.limit);
    return result;
  }

  const Session* session_;
  const ComparisonOptions* options_;
  std::vector<Runner> runners_;
  WorkloadPlan plan_;
  std::vector<Rates> limits_;
  std::map<std::size_t, std::string> limited_by_;
};

}  // namespace

std::string short_number(double value) {
  static const char* const suffixes[] = {"", "k", "M", "G", "T"};
  std::size_t suffix = 0;
  while (value >= 999.5 && suffix + 1 < std::size(suffixes)) {
    value /= 1000;
    ++suffix;
  }
  const int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.0995 ? 2 : 4;
  return fmt::format("{:.{}f}{}", value, digits, suffixes[suffix]);
}

double Rates::median() const {
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool Comparison::complete() const {
  return ran && std::all_of(rows.begin(), rows.end(), [](const ComparedRow& row) { return row.yours.measured(); });
}

std::optional<double> Comparison::versus_reference() const {
  double logarithms = 0;
  int count = 0;
  for (const ComparedRow& row : rows) {
    if (!row.yours.measured() || !row.reference.measured()) continue;
    logarithms += std::log(row.yours.rates.median() / row.reference.rates.median());
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(std::exp(logarithms / count));
}

Comparison compare_bodies(const Session& session, const std::string& slug, const ComparisonOptions& options) {
  const auto started = Clock::now();
  if (!session.kit.has("bench", slug)) {
    throw Failure(Exit::usage, "module " + slug + " has nothing to measure: the course has no workload for it");
  }
  Comparison comparison;
  const TemporaryFolder scratch(session.workspace.scratch());
  if (options.on_step) options.on_step(0, 1, "compiling " + slug + " at full optimisation");
  // The given bodies are linked while the student's is compiled.
  std::future<std::vector<Runner>> given =
      std::async(std::launch::async, [&] { return link_given(session, slug, scratch.path()); });
  const fs::path object = scratch.path() / (slug + ".o");
  if (!compile_own(session, slug, object, comparison.check)) return comparison;
  std::vector<Runner> runners{Runner("yours", scratch.path())};
  comparison.check.linking = link(session.kit, objects_with(session, slug, object), runners[0].program);
  for (Runner& runner : given.get()) runners.push_back(std::move(runner));
  if (!comparison.check.linking.succeeded) return comparison;
  take_evidence(session, slug, comparison);
  WorkloadPlan plan = plan_of_workload(session.kit, runners[1].program, runners[1].folder);
  Race(session, options, std::move(runners), std::move(plan)).run(comparison);
  comparison.seconds = seconds_since(started);
  return comparison;
}

}  // namespace tito
