// How long training will take at the pace so far, while it goes on.
#pragma once

#include <fmt/core.h>
#include <unistd.h>

#include <cstdint>

#include "judge/demos/demo.hpp"
#include "tinytorch/setup.hpp"

namespace demo {

// Says how many images are done and how long `epoch` of them will take: on a terminal by the progress line, elsewhere
// by a line a second.
class Forecast {
 public:
  explicit Forecast(std::int64_t epoch) : epoch_(epoch), terminal_(isatty(STDOUT_FILENO) != 0) {}

  void tell(std::int64_t done) {
    progress({fmt::format("{} of {}", done, epoch_), done, epoch_, {}, "images"});
    if (terminal_ || watch_.seconds() < next_) return;
    say(fmt::format("  {:6} images after {:.0f} s; all {} would take {:.0f} s", done, next_, epoch_,
                    watch_.seconds() / static_cast<double>(done) * static_cast<double>(epoch_)));
    next_ += 1.0;
  }

 private:
  std::int64_t epoch_;
  bool terminal_;
  double next_ = 1.0;  // seconds
  tinytorch::Stopwatch watch_;
};

}  // namespace demo
