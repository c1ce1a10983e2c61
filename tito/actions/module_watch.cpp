#include "tito/actions/module_watch.hpp"

#include <algorithm>

#include "tito/system/files.hpp"
#include "tito/ui/terminal.hpp"

namespace tito {
namespace {

constexpr std::chrono::milliseconds quiet{25};      // after the last event of what may be a part of a save
constexpr int milliseconds_between_pictures = 100;  // while a check runs: its seconds are shown

}  // namespace

void Watched::turn_to(const std::string& slug) {
  work_.cancel();
  slug_ = slug;
  outcome_.reset();
  due_.reset();
  planned_ = static_cast<int>(session_.kit.plan("test", slug).size());
  file_ = std::make_unique<FileWatch>(session_.workspace.source(slug), poll_);
  check();
}

void Watched::check() {
  work_.cancel();
  due_.reset();
  done_ = 0;
  next_ = {};
  started_ = Clock::now();
  work_.start([this] {
    Terminal::protect_thread();
    const auto on_case = [this](int done) {
      done_ = done;
      work_.wake();
    };
    try {
      next_.check = check_module(session_, slug_, new_seed(), on_case);
    } catch (const Failure& failure) {
      next_.failure = failure;
    } catch (const std::filesystem::filesystem_error& error) {
      next_.failure = Failure(Exit::environment, error.path1().string() + ": " + error.code().message());
    }
    next_.at = utc_now();
  });
}

bool Watched::take_news() {
  if (const FileChange change = file_->take_change(); change != FileChange::none) {
    work_.cancel();
    due_ = Clock::now() + (change == FileChange::saved ? Clock::duration::zero() : quiet);
  }
  if (due_ && Clock::now() >= *due_) check();
  if (!work_.take_end()) return false;
  outcome_ = std::move(next_);
  return true;
}

int Watched::patience_milliseconds() const {
  int patience = file_->interval_milliseconds();
  if (work_.is_running()) patience = std::min(patience, milliseconds_between_pictures);
  if (!due_) return patience;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*due_ - Clock::now()).count() + 1;
  return std::clamp(static_cast<int>(left), 0, patience);
}

double Watched::seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

}  // namespace tito
