// One piece of work in a thread of its own, which can be given up without ending tito.
//
// The work ends itself where it looks at must_stop(): run_process() does so some fifty times a second, whatever thread
// it is in. There may be one Background in a program, and nothing else that looks at must_stop() may run beside it.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace tito {

class Background {
 public:
  // throws: Failure(Exit::environment).
  Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  // Starts the work, after cancel().
  void start(std::function<void()> work);

  // Gives up the work that is running, if any, and waits until it has ended: a twentieth of a second at the most.
  void cancel();

  // From start() until take_end() has said so, or cancel().
  bool is_running() const { return thread_.joinable(); }

  // Says once that the work has come to its end by itself.
  // throws: what the work threw.
  bool take_end();

  // To be called by the work, for instance when there is progress to show.
  void wake() const;

  // Readable when the work has ended or called wake(), until take_end() is called.
  int descriptor() const { return event_; }

 private:
  std::thread thread_;
  std::atomic<bool> ended_{false};
  std::exception_ptr thrown_;
  int event_;
};

// Waits until one of the descriptors is readable (-1 is none), a signal comes, or so many milliseconds have passed.
void wait_for_any(const std::vector<int>& descriptors, int milliseconds);

}  // namespace tito
