// How every program here measures: rounds of a given length, of which those are dropped during which something else
// kept the processor busy.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

namespace bench {

// How long and how often to measure.
struct Timing {
  int rounds = 5;        // quiet rounds wanted
  double seconds = 0.5;  // of each round
  int retries = 4;       // for each wanted round, how many disturbed ones may be dropped before they count after all
};

// What was measured, in units of work per second.
struct Rate {
  double median = 0;
  double min = 0;
  double max = 0;
  int kept = 0;     // quiet rounds; fewer than half of those wanted mean that the disturbed ones are counted, too
  int dropped = 0;  // disturbed rounds
  double ghz = 0;   // the median of clock_ghz() after each round
};

// A round is disturbed when others used more than this share of one core.
inline constexpr double disturbance = 0.08;

// units: seconds on a clock that never runs backwards.
inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Processor seconds that everything but this process has used since the machine was started, time that the host of a
// virtual machine took included; 0 where the system does not tell.
inline double foreign_cpu_seconds() {
  std::FILE* file = std::fopen("/proc/stat", "r");
  if (file == nullptr) return 0;
  long long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0;
  const int read = std::fscanf(file, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &user, &nice, &system, &idle, &wait,
                               &irq, &soft, &stolen);
  std::fclose(file);
  if (read != 8) return 0;
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  const double all = static_cast<double>(user + nice + system + irq + soft + stolen);
  return all / static_cast<double>(::sysconf(_SC_CLK_TCK)) -
         static_cast<double>(own.ru_utime.tv_sec + own.ru_stime.tv_sec) -
         1e-6 * static_cast<double>(own.ru_utime.tv_usec + own.ru_stime.tv_usec);
}

// The core's clock at this moment. A shared host changes it by a fifth within minutes, so figures can be compared only
// where they were measured in turn. 0 on processors other than x86-64.
inline double clock_ghz() {
#if defined(__x86_64__)
  constexpr int steps = 300'000;
  constexpr int cycles_each = 3;  // the latency of a multiplication that waits for the one before
  unsigned long value = 3;
  const double start = now();
  for (int i = 0; i < steps; ++i) asm volatile("imulq %0, %0" : "+r"(value));
  return static_cast<double>(steps) * cycles_each / (now() - start) / 1e9;
#else
  return 0;
#endif
}

// The middle one; of an even number the larger of the two. 0 for none.
inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Calls step() for `seconds`, at least once; returns the calls per second.
template <class Step>
double one_round(const Step& step, double seconds) {
  const double start = now();
  double elapsed = 0;
  long calls = 0;
  long chunk = 1;  // calls between two looks at the clock
  do {
    for (long i = 0; i < chunk; ++i) step();
    calls += chunk;
    elapsed = now() - start;
    if (elapsed < seconds / 50) chunk *= 2;
  } while (elapsed < seconds);
  return static_cast<double>(calls) / elapsed;
}

// Calls step(), which does `work` units each time, in one round that warms up and then in `timing.rounds` quiet ones.
template <class Step>
Rate measure(const Step& step, double work, const Timing& timing) {
  one_round(step, timing.seconds);
  std::vector<double> quiet, all, clocks;
  const int wanted = std::max(timing.rounds, 1);
  for (int attempt = 0; attempt < wanted * (1 + timing.retries) && std::ssize(quiet) < wanted; ++attempt) {
    const double foreign = foreign_cpu_seconds(), start = now();
    const double rate = one_round(step, timing.seconds) * work;
    const bool disturbed = foreign_cpu_seconds() - foreign > disturbance * (now() - start);
    all.push_back(rate);
    if (!disturbed) quiet.push_back(rate);
    clocks.push_back(clock_ghz());
    if (disturbed && timing.retries > 0) std::this_thread::sleep_for(std::chrono::duration<double>(timing.seconds / 2));
  }
  const std::vector<double>& counted = 2 * std::ssize(quiet) >= wanted ? quiet : all;
  const auto [low, high] = std::minmax_element(counted.begin(), counted.end());
  return {median(counted), *low, *high, static_cast<int>(quiet.size()), static_cast<int>(all.size() - quiet.size()),
          median(clocks)};
}

}  // namespace bench
