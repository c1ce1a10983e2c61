#include "tito/data/meter.hpp"

namespace tito {

void ProgressMeter::at(std::uint64_t done, const std::string& host, bool always) {
  if (!tell_) return;
  const Clock::time_point now = Clock::now();
  if (!always && !past_.empty() && now - past_.back().first < std::chrono::milliseconds(100)) return;
  if (!past_.empty() && done < past_.back().second) past_.clear();  // from the beginning again
  past_.emplace_back(now, done);
  while (now - past_.front().first > std::chrono::seconds(3)) past_.pop_front();
  const std::chrono::duration<double> time = now - past_.front().first;
  const double rate = time.count() > 0 ? static_cast<double>(done - past_.front().second) / time.count() : 0;
  tell_({done, total_, rate, host});
}

}  // namespace tito
