// What tito bench times of module setup: how fast random numbers come, and what a look at the clock costs.
#include "tinytorch/setup.hpp"

#include "judge/workloads/workload.hpp"

using namespace tinytorch;

void judge::workload(Rows& rows) {
  constexpr int many = 20'000;
  rows.add({.name = "Rng::next", .unit = "numbers/s", .amount = many}, [] {
    return [rng = Rng(1)]() mutable {
      std::uint64_t all = 0;
      for (int i = 0; i < many; ++i) all ^= rng.next();
      keep(all);
    };
  });
  rows.add({.name = "Rng::uniform in [-1, 1)", .unit = "numbers/s", .amount = many}, [] {
    return [rng = Rng(1)]() mutable {
      float sum = 0;
      for (int i = 0; i < many; ++i) sum += rng.uniform(-1.0F, 1.0F);
      keep(sum);
    };
  });
  rows.add({.name = "Rng::normal", .unit = "numbers/s", .amount = many}, [] {
    return [rng = Rng(1)]() mutable {
      float sum = 0;
      for (int i = 0; i < many; ++i) sum += rng.normal();
      keep(sum);
    };
  });
  rows.add({.name = "Rng::permutation(60000)", .unit = "numbers/s", .amount = 60'000},
           [] { return [rng = Rng(1)]() mutable { keep(rng.permutation(60'000)); }; });
  rows.add({.name = "Stopwatch::seconds", .unit = "calls/s", .amount = 1000}, [] {
    return [watch = Stopwatch()] {
      double sum = 0;
      for (int i = 0; i < 1000; ++i) sum += watch.seconds();
      keep(sum);
    };
  });
  // A body that keeps to the time it is given makes 200 such calls a second.
  rows.add({.name = "measure_peak_gflops(0.005)", .unit = "calls/s", .amount = 1},
           [] { return [] { keep(measure_peak_gflops(0.005)); }; });
}
