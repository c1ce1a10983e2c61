#include "tito/toolchain/recorded_run.hpp"

#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <optional>

#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/process.hpp"
#include "tito/toolchain/record_window.hpp"

namespace tito {
namespace {

constexpr double start_limit_seconds = 10;  // until the first case begins, static constructors included
constexpr int timeouts_before_giving_up = 2;
constexpr std::size_t most_failures_kept = 20;
constexpr std::size_t longest_text = 4000;
constexpr std::size_t most_measures = 200;
constexpr std::size_t most_curves = 16;
constexpr std::size_t most_points = 400;  // of a curve
constexpr std::size_t most_data_sets = 16;
constexpr std::size_t most_files = 16;
constexpr std::size_t longest_name = 100;  // of a curve, a data set, an axis or a file

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>().substr(0, longest_text))
                                                     : "";
}

// Without line ends, for what is shown in a line of its own.
std::string line_of(const json& object, const char* key) {
  std::string text = text_of(object, key);
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

double number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::optional<Measure> measure_of(const json& object) {
  Measure measure{text_of(object, "name"), std::nullopt, text_of(object, "unit")};
  const auto value = object.find("value");
  if (value != object.end() && value->is_number()) measure.value = value->get<double>();
  if (measure.name.empty()) return std::nullopt;
  return measure;
}

// One program's record, line by line, against the plan.
class RecordReader {
 public:
  RecordReader(Verdict& verdict, std::size_t from, std::size_t step) : verdict_(&verdict), next_(from), step_(step) {}

  void read(const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return complain("a line of the record is not JSON");
    const std::string kind = text_of(event, "event");
    if (kind == "begin") begin(event);
    else if (kind == "failure") failure(event);
    else if (kind == "end") end(event);
    else if (kind == "measure") measure(event);
    else if (kind == "finish") finished_ = true;
    else if (kind != "start") complain("the record has an unknown event");
  }

  // The case under way, if any.
  CaseResult* current() { return open_ ? &verdict_->cases[next_] : nullptr; }
  std::size_t next() const { return next_; }
  void give_up_current() { open_ = false, next_ += step_; }
  bool finished() const { return finished_; }
  std::function<void()> on_begin, on_end;

 private:
  void begin(const json& event) {
    if (open_ || finished_ || next_ >= verdict_->cases.size() ||
        verdict_->cases[next_].name != text_of(event, "case")) {
      return complain("the record begins the case \"" + text_of(event, "case") + "\" out of order");
    }
    open_ = true;
    failed_ = 0;
    if (on_begin) on_begin();
  }

  void failure(const json& event) {
    if (!open_) return complain("the record reports a failure outside any case");
    ++failed_;
    std::vector<CheckFailure>& failures = current()->failures;
    if (failures.size() >= most_failures_kept) return;
    failures.push_back({text_of(event, "expression"), text_of(event, "expected"), text_of(event, "actual"),
                        text_of(event, "note"), text_of(event, "message"), text_of(event, "file"),
                        static_cast<int>(number_of(event, "line")), 0, line_of(event, "cause"),
                        event.value("random", json()) == json(true), window_of(event)});
  }

  void end(const json& event) {
    if (!open_ || current()->name != text_of(event, "case"))
      return complain("the record ends a case that was not begun");
    CaseResult& result = *current();
    result.seconds = number_of(event, "seconds");
    result.checks = static_cast<int>(number_of(event, "checks"));
    const int failed = static_cast<int>(number_of(event, "failed"));
    if (failed != failed_)
      complain("the record counts " + std::to_string(failed) + " failures where it reports " + std::to_string(failed_));
    const bool passed = failed == 0 && failed_ == 0 && result.checks > 0;
    result.status = passed ? CaseStatus::passed : CaseStatus::failed;
    if (result.checks == 0) result.reason = "made no checks";
    if (passed) ++verdict_->passed;
    open_ = false;
    next_ += step_;
    if (on_end) on_end();
  }

  void measure(const json& event) {
    const auto one = measure_of(event);
    if (one && verdict_->measures.size() < most_measures) verdict_->measures.push_back(*one);
  }

  void complain(const std::string& problem) {
    if (!verdict_->problem.empty()) return;
    verdict_->problem =
        problem + ": did your code start another process, or write to a descriptor that is not its own?";
  }

  Verdict* verdict_;
  std::size_t next_;
  std::size_t step_;
  bool open_ = false;
  bool finished_ = false;
  int failed_ = 0;
};

// A demo's record, line by line. There is no plan to hold it against; what it holds is bounded.
class DemoReader {
 public:
  void read(const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    const std::string kind = text_of(event, "event");
    if (kind == "measure") measure(event);
    else if (kind == "data") data(name_in(event, "name"));
    else if (kind == "point") point(event);
    else if (kind == "axes") axes({name_in(event, "chart"), name_in(event, "x"), name_in(event, "y")});
    else if (kind == "file") file(text_of(event, "name"));
    else if (kind == "stopped") stopped_ = text_of(event, "message");
    else if (kind == "finish") finished_ = true;
  }

  bool finished() const { return finished_; }
  const std::string& stopped() const { return stopped_; }

  DemoResult result() const {
    DemoResult result = result_;
    for (const ThinnedCurve& curve : curves_) result.curves.push_back(curve.result());
    return result;
  }

 private:
  static std::string name_in(const json& event, const char* key) {
    std::string name = text_of(event, key);
    if (name.size() > longest_name) {
      std::size_t end = longest_name;  // between two characters of UTF-8
      while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
      name.resize(end);
    }
    std::replace(name.begin(), name.end(), '\n', ' ');
    std::replace(name.begin(), name.end(), '\t', ' ');
    return name;
  }

  void measure(const json& event) {
    auto one = measure_of(event);
    if (!one || result_.measures.size() >= most_measures) return;
    if (!result_.data.empty()) one->data = data_;
    result_.measures.push_back(*one);
  }

  void data(const std::string& name) {
    data_ = name;
    const bool known = std::find(result_.data.begin(), result_.data.end(), name) != result_.data.end();
    if (!name.empty() && !known && result_.data.size() < most_data_sets) result_.data.push_back(name);
  }

  void point(const json& event) {
    const std::string name = name_in(event, "curve");
    const auto x = event.find("x"), y = event.find("y");
    if (name.empty() || x == event.end() || y == event.end() || !x->is_number() || !y->is_number()) return;
    auto known = positions_.find(name);
    if (known == positions_.end()) {
      if (curves_.size() >= most_curves) return;
      known = positions_.emplace(name, curves_.size()).first;
      curves_.emplace_back(name);
    }
    curves_[known->second].add(x->get<double>(), y->get<double>());
  }

  void axes(const Axes& axes) {
    if (!axes.chart.empty() && result_.axes.size() < most_curves) result_.axes.push_back(axes);
  }

  void file(const std::string& name) {
    if (result_.files.size() < most_files) result_.files.push_back(name);
  }

  DemoResult result_;
  std::string data_;
  std::vector<ThinnedCurve> curves_;
  std::map<std::string, std::size_t> positions_;  // curve name -> its place in curves_
  std::string stopped_;
  bool finished_ = false;
};

// What the lanes of one judgement share.
struct Lanes {
  std::size_t count = 1;
  std::atomic<int> timeouts{0};
  std::function<void(int)> on_case;

  void case_ended() {
    const std::lock_guard lock(mutex);
    if (++ended; on_case) on_case(ended);
  }

  std::mutex mutex;
  int ended = 0;
};

// Every lanes.count-th case from number `from`, one process after another. The verdict has a place for all cases.
Verdict judge_lane(const Kit& kit, const std::filesystem::path& program, const std::vector<PlannedCase>& plan,
                   const std::filesystem::path& folder, std::uint64_t seed, std::size_t from, Lanes& lanes) {
  Verdict verdict;
  for (const PlannedCase& one : plan) {
    verdict.cases.push_back({});
    verdict.cases.back().name = one.name;
    verdict.cases.back().limit_seconds = one.limit_seconds;
    verdict.cases.back().file = one.file;
    verdict.cases.back().line = one.line;
  }
  const auto given_up = [&] { return lanes.timeouts >= timeouts_before_giving_up; };
  while (from < plan.size() && !given_up()) {
    RecordReader reader(verdict, from, lanes.count);
    double elapsed = 0, deadline = start_limit_seconds;
    reader.on_begin = [&] { deadline = elapsed + plan[reader.next()].limit_seconds; };
    reader.on_end = [&] {
      deadline = elapsed + start_limit_seconds;
      lanes.case_ended();
    };
    ProcessOptions options;
    options.folder = folder;
    options.student_code = true;
    options.limit_memory = !kit.is_sanitized();
    options.limit_seconds = 24 * 3600;
    options.output_limit = 16384;
    options.on_record = [&](const std::string& line) { reader.read(line); };
    options.is_over = [&](double seconds) {
      elapsed = seconds;
      return seconds > deadline || given_up();
    };
    const ProcessResult result = run_process({program.string(), "--seed", std::to_string(seed), "--from",
                                              std::to_string(from), "--every", std::to_string(lanes.count)},
                                             options);
    verdict.seconds += result.seconds;
    if (verdict.output.size() < options.output_limit) verdict.output += printable(result.output);
    if (result.timed_out && elapsed <= deadline) break;  // given up by another lane: what ran has no status

    CaseResult* current = reader.current();
    std::string what;
    CaseStatus status = CaseStatus::ended;
    if (result.timed_out) {
      status = CaseStatus::timed_out;
      what = current != nullptr
                 ? fmt::format("stopped at its limit of {:g} s: an endless loop?", current->limit_seconds)
                 : fmt::format("stopped after {:g} s in which no case began", start_limit_seconds);
      ++lanes.timeouts;
    } else if (result.signal != 0) {
      status = CaseStatus::crashed;
      what = "crashed with " + signal_name(result.signal);
    } else {
      what = fmt::format("the program ended with exit status {} before the case was over", result.exit_status);
    }
    if (current == nullptr) {
      if (reader.next() >= plan.size()) {
        // All planned cases have ended. What the program did afterwards changes nothing, unless it contradicts.
        if (!reader.finished() && verdict.problem.empty()) verdict.problem = "the record has no end: " + what;
        break;
      }
      // Between two cases, or before the first: nothing can be said of the next one but that it did not run.
      if (!(reader.next() > from && (result.signal != 0 || result.timed_out))) {
        if (verdict.problem.empty()) {
          verdict.problem = fmt::format("the program ended after {} of {} cases: {}", reader.next(), plan.size(), what);
        }
        break;
      }
      current = &verdict.cases[reader.next()];
    }
    current->status = status;
    current->reason = what;
    reader.give_up_current();
    from = reader.next();
    lanes.case_ended();
  }
  return verdict;
}

}  // namespace

const char* name_of(CaseStatus status) {
  switch (status) {
    case CaseStatus::passed:
      return "passed";
    case CaseStatus::failed:
      return "failed";
    case CaseStatus::crashed:
      return "crashed";
    case CaseStatus::timed_out:
      return "timed out";
    case CaseStatus::ended:
      return "ended the program";
    case CaseStatus::not_run:
      return "not run";
  }
  return "";
}

Verdict run_cases(const Kit& kit, const std::filesystem::path& program, const std::vector<PlannedCase>& plan,
                  const std::filesystem::path& folder, std::uint64_t seed, const std::function<void(int)>& on_case,
                  int processes) {
  Lanes lanes;
  lanes.count = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(1, processes)), 1,
                                        std::max<std::size_t>(1, plan.size()));
  lanes.on_case = on_case;
  std::vector<std::future<Verdict>> running;
  for (std::size_t lane = 1; lane < lanes.count; ++lane) {
    const std::filesystem::path own = folder / std::to_string(lane);  // no file of one in the way of another
    std::filesystem::create_directories(own);
    running.push_back(std::async(std::launch::async,
                                 [&, own, lane] { return judge_lane(kit, program, plan, own, seed, lane, lanes); }));
  }
  Verdict verdict = judge_lane(kit, program, plan, folder, seed, 0, lanes);
  for (std::size_t lane = 1; lane < lanes.count; ++lane) {
    const Verdict other = running[lane - 1].get();
    for (std::size_t i = lane; i < plan.size(); i += lanes.count) verdict.cases[i] = other.cases[i];
    verdict.passed += other.passed;
    verdict.measures.insert(verdict.measures.end(), other.measures.begin(), other.measures.end());
    verdict.seconds = std::max(verdict.seconds, other.seconds);
    verdict.output += other.output;
    if (verdict.problem.empty()) verdict.problem = other.problem;
  }
  verdict.planned = static_cast<int>(plan.size());
  verdict.seed = seed;
  const auto not_run = std::count_if(verdict.cases.begin(), verdict.cases.end(),
                                     [](const CaseResult& one) { return one.status == CaseStatus::not_run; });
  if (lanes.timeouts >= timeouts_before_giving_up && not_run > 0) {
    verdict.problem =
        fmt::format("stopped after {} cases that did not end; {} were not run", lanes.timeouts.load(), not_run);
  }
  return verdict;
}

void ThinnedCurve::add(double x, double y) {
  if (count_++ % stride_ != 0) {
    last_ = {x, y};
    return;
  }
  last_.reset();
  curve_.points.emplace_back(x, y);
  if (curve_.points.size() < most_points) return;
  for (std::size_t i = 1; 2 * i < curve_.points.size(); ++i) curve_.points[i] = curve_.points[2 * i];
  last_ = curve_.points.back();
  curve_.points.resize(curve_.points.size() / 2);
  stride_ *= 2;
}

Curve ThinnedCurve::result() const {
  Curve curve = curve_;
  if (last_) curve.points.push_back(*last_);
  return curve;
}

DemoResult run_demo_program(const Kit& kit, const std::filesystem::path& program, const std::filesystem::path& folder,
                            const DemoOptions& wishes) {
  DemoReader reader;
  ProcessOptions options;
  options.folder = folder;
  options.student_code = true;
  options.limit_memory = !kit.is_sanitized();
  options.limit_seconds = wishes.limit_seconds;
  options.inherit_output = wishes.inherit_output;
  options.on_record = [&](const std::string& line) { reader.read(line); };
  const ProcessResult result = run_process({program.string(), "--seed", std::to_string(wishes.seed)}, options);
  DemoResult demo = reader.result();
  demo.seed = wishes.seed;
  demo.output = printable(result.output);
  demo.seconds = result.seconds;
  demo.finished = reader.finished() && result.succeeded();
  demo.abandoned = result.signal == SIGPIPE;
  if (result.timed_out) demo.reason = fmt::format("stopped after {:g} s", wishes.limit_seconds);
  else if (demo.abandoned) demo.reason = "stopped, as nobody reads its output any more";
  else if (result.signal != 0) demo.reason = "crashed with " + signal_name(result.signal);
  else if (!reader.stopped().empty()) demo.reason = "stopped: " + reader.stopped();
  else if (result.exit_status != 0) demo.reason = fmt::format("ended with exit status {}", result.exit_status);
  else if (!reader.finished()) demo.reason = "ended before its last line";
  return demo;
}

}  // namespace tito
