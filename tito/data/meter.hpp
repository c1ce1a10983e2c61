// How far a download is, and how fast.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "tito/data/download.hpp"

namespace tito {

// Tells `tell` how far a download is, ten times a second at most. The rate is that of the last three seconds.
class ProgressMeter {
 public:
  ProgressMeter(std::uint64_t total, std::function<void(const DownloadProgress&)> tell)
      : total_(total), tell_(std::move(tell)) {}

  // `always`: though it was told a moment ago.
  void at(std::uint64_t done, const std::string& host, bool always = false);

 private:
  using Clock = std::chrono::steady_clock;

  std::uint64_t total_;
  std::function<void(const DownloadProgress&)> tell_;
  std::deque<std::pair<Clock::time_point, std::uint64_t>> past_;  // when how many bytes were there
};

}  // namespace tito
