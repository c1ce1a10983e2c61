#include "tito/authoring/tried_rules.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "tito/authoring/measurement.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace tito {
namespace {

constexpr int steps_per_module = 3;
constexpr std::uint64_t seed = 1;  // the same findings in every run

// The line of the reference body that a line of its skeleton comes from: a whole region has become one line there.
int line_in_body(const std::string& body, const std::vector<SolutionRegion>& regions, int line) {
  int shift = 0;  // lines that the skeleton lacks so far
  for (const SolutionRegion& region : regions) {
    const int begin = region.line - 1;
    if (begin - shift >= line) break;
    const auto at = [&](std::size_t place) { return body.begin() + static_cast<std::ptrdiff_t>(place); };
    const int inside = static_cast<int>(std::count(at(region.begin), at(region.after), '\n'));
    shift += inside - 1;
  }
  return line + shift;
}

// One module's trials, in a folder of its own.
class ModuleTrial {
 public:
  ModuleTrial(const Kit& kit, const Audit& audit, std::string slug, const fs::path& folder)
      : kit_(&kit), audit_(&audit), slug_(std::move(slug)), folder_(folder), body_file_(audit.body(slug_)) {}

  // False when there is nothing to be tried.
  bool prepare() {
    const auto body = read_if_present(body_file_);
    if (!body) return false;
    body_ = *body;
    try {
      regions_ = solution_regions(body_, body_file_.string());
    } catch (const Failure&) {
      return false;
    }
    make_folders(folder_);
    return true;
  }

  // The reference body passes every case.
  void try_reference() {
    const fs::path object = folder_ / "reference.o";
    const Compilation compilation = compile(*kit_, Mode::check, body_file_, object);
    if (!compilation.succeeded) {
      const Diagnostic* first = compilation.diagnostics.empty() ? nullptr : &compilation.diagnostics.front();
      return add(body_file_, first == nullptr ? 1 : first->line, "reference",
                 "the reference body does not compile" + (first == nullptr ? "" : ": " + first->message),
                 "mend the body");
    }
    const auto verdict = run("test", slug_, object, "reference");
    if (!verdict)
      return add(body_file_, 1, "reference", "the reference body does not link with its cases", "mend the body");
    for (const CaseResult& one : verdict->cases) {
      if (one.status == CaseStatus::passed) continue;
      const std::string why = !one.reason.empty()    ? one.reason
                              : one.failures.empty() ? ""
                                                     : one.failures.front().expression;
      add(test_file(), one.line, "reference",
          "the reference body of " + slug_ + " fails \"" + one.name + "\"" + (why.empty() ? "" : ": " + why),
          "mend " + (slug_ + ".cpp") + " or the case");
    }
    if (!verdict->problem.empty()) add(body_file_, 1, "reference", "its cases: " + verdict->problem, "mend the body");
  }

  // The skeleton compiles, without a warning, and fails every case.
  void try_skeleton() {
    const fs::path source = folder_ / (slug_ + ".cpp");
    write_atomically(source, make_skeleton(body_, slug_, body_file_.string()));
    const Compilation compilation = compile(*kit_, Mode::check, source, skeleton());
    if (!compilation.diagnostics.empty() || !compilation.succeeded) {
      const Diagnostic* first = compilation.diagnostics.empty() ? nullptr : &compilation.diagnostics.front();
      const std::string what =
          compilation.succeeded ? "the skeleton compiles with a warning" : "the skeleton does not compile";
      add(body_file_, first == nullptr ? 1 : line_in_body(body_, regions_, first->line), "skeleton",
          what + (first == nullptr ? "" : ": " + first->message),
          "what stands outside of SOLUTION marks must stand alone");
    }
    if (!compilation.succeeded) return;
    has_skeleton_ = true;
    const auto verdict = run("test", slug_, skeleton(), "skeleton");
    if (!verdict) {
      return add(body_file_, 1, "skeleton", "the skeleton does not link with its cases",
                 "what the contract declares is defined outside of SOLUTION marks, its inside within");
    }
    for (const CaseResult& one : verdict->cases) {
      if (one.status != CaseStatus::passed) continue;
      add(test_file(), one.line, "skeleton", "\"" + one.name + "\" passes without a line written by the student",
          "let the case need a function of " + slug_ + ", or wrap more of the body in SOLUTION marks");
    }
  }

  // The checkpoint is about the module that unlocks it: it uses it, and cannot pass without.
  void try_checkpoint() {
    const std::string name = audit_->course.module(slug_).checkpoint;
    if (!has_skeleton_ || !kit_->has("checkpoint", name)) return;
    const auto used = entities_needed(audit_->course.name(), measured_modules(*kit_, audit_->course),
                                      kit_->object("checkpoint", name));
    if (!used.contains(slug_)) {
      std::vector<std::string> others;
      for (const auto& [other, ignored] : used) others.push_back(other);
      return add(audit_->checkpoint(slug_), 1, "checkpoints",
                 "the checkpoint " + name + " uses nothing of " + slug_ + ", the module that unlocks it, but " +
                     (others.empty() ? "no module at all" : listed(others)),
                 "let it test what " + slug_ + " is for, or change MODULE_TO_CHECKPOINT");
    }
    const auto verdict = run("checkpoint", name, skeleton(), "checkpoint");
    if (!verdict || !verdict->all_passed()) return;
    add(audit_->checkpoint(slug_), 1, "checkpoints",
        "the checkpoint " + name + " passes with a skeleton of " + slug_ + ", the module that unlocks it",
        "let it need what " + slug_ + " computes, or change MODULE_TO_CHECKPOINT");
  }

  const Findings& findings() const { return findings_; }

 private:
  fs::path test_file() const { return audit_->tree.tests / (slug_ + "_test.cpp"); }
  fs::path skeleton() const { return folder_ / "skeleton.o"; }

  // The verdict of a program of cases with this object as the module's body and the reference for all others; nothing
  // when it does not link.
  std::optional<Verdict> run(const std::string& kind, const std::string& name, const fs::path& body,
                             const std::string& what) {
    std::vector<fs::path> objects{kit_->object("runner", "cases"), kit_->object(kind, name), body};
    for (const std::string& other : audit_->track().order) {
      if (other != slug_) objects.push_back(kit_->object("body", other));
    }
    const fs::path program = folder_ / (what + ".program"), here = folder_ / (what + ".run");
    if (!link(*kit_, objects, program).succeeded) return std::nullopt;
    make_folders(here);
    return run_cases(*kit_, program, kit_->plan(kind, name), here, seed);
  }

  void add(const fs::path& file, int line, const std::string& rule, const std::string& message,
           const std::string& way_out) {
    findings_.push_back({file, line, rule, message, way_out});
  }

  const Kit* kit_;
  const Audit* audit_;
  std::string slug_;
  fs::path folder_;
  fs::path body_file_;
  std::string body_;
  std::vector<SolutionRegion> regions_;
  bool has_skeleton_ = false;
  Findings findings_;
};

}  // namespace

const std::vector<std::pair<std::string, std::string>>& trial_rules() {
  static const std::vector<std::pair<std::string, std::string>> rules{
      {"reference", "reference bodies that do not pass their cases"},
      {"skeleton", "skeletons that do not compile, or pass a case"},
      {"checkpoints", "checkpoints of another subject than their module's"}};
  return rules;
}

int trial_steps(const Course& course) {
  return steps_per_module * static_cast<int>(course.track(course.default_track()).order.size());
}

Findings try_course(const Kit& kit, const Audit& audit, const std::function<void(const std::string&)>& on_step) {
  const TemporaryFolder scratch(fs::temp_directory_path() / ("tito-check-" + std::to_string(::getuid())));
  const std::vector<std::string>& slugs = audit.track().order;
  std::vector<Findings> found(slugs.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const auto step = [&](const std::string& what) {
    stop_if_interrupted();
    const std::lock_guard lock(mutex);
    on_step(what);
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < slugs.size(); i = next++) {
      ModuleTrial trial(kit, audit, slugs[i], scratch.path() / slugs[i]);
      if (!trial.prepare()) continue;
      step("the reference of " + slugs[i]);
      trial.try_reference();
      step("the skeleton of " + slugs[i]);
      trial.try_skeleton();
      step("the checkpoint of " + slugs[i]);
      trial.try_checkpoint();
      found[i] = trial.findings();
    }
  };
  std::vector<std::future<void>> workers;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    workers.push_back(std::async(std::launch::async, work));
  }
  work();
  for (std::future<void>& one : workers) one.get();
  Findings all;
  for (const Findings& some : found) all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace tito
