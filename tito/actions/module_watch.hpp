// A module under watch: its file, the check that runs, and what came of the last one.
//
// A save is noticed by system/file_watch.hpp. A check that runs is given up; the next one starts when nothing more has
// happened to the file for a moment, so that the several steps in which an editor saves are one.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tito/actions/check_module.hpp"
#include "tito/system/background.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/file_watch.hpp"

namespace tito {

// What a check came to: a verdict, or what kept it from one.
struct Outcome {
  Check check;
  std::optional<Failure> failure;
  std::string at;  // UTC

  bool passed() const { return !failure && check.passed(); }
};

class Watched {
 public:
  // `poll`: look at the file instead of being told by the system.
  Watched(const Session& session, bool poll) : session_(session), poll_(poll) {}

  // Watches this module from now on, and checks it.
  void turn_to(const std::string& slug);

  // Checks it anew, and gives up the check that runs.
  void check();
  void give_up() { work_.cancel(); }

  // Sees to the file and to the check, and says whether there is a new outcome. To be called whenever a descriptor is
  // readable, and after patience() at the latest.
  // throws: what is no outcome, such as Interrupted.
  bool take_news();
  std::vector<int> descriptors() const { return {work_.descriptor(), file_->descriptor()}; }
  int patience_milliseconds() const;

  const std::string& slug() const { return slug_; }
  bool is_checking() const { return work_.is_running(); }
  bool is_busy() const { return is_checking() || due_.has_value(); }  // or about to check
  int cases_done() const { return done_; }
  int cases_planned() const { return planned_; }
  double seconds() const;  // since the check began

  // The last one; none before the first.
  const std::optional<Outcome>& outcome() const { return outcome_; }

 private:
  using Clock = std::chrono::steady_clock;

  Session session_;
  bool poll_;
  std::string slug_;
  std::unique_ptr<FileWatch> file_;
  std::optional<Clock::time_point> due_;  // when the check is to start: the file was saved
  Clock::time_point started_;
  int planned_ = 0;
  std::atomic<int> done_{0};
  Outcome next_;  // the work's, until it has ended
  std::optional<Outcome> outcome_;
  Background work_;  // last: it ends before what it works on
};

}  // namespace tito
