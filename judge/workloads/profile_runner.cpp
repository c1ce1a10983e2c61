// main() of a profile: PROFILE --seconds S [--record FD]. Runs the first row of a workload again and again on one
// thread and samples where its CPU time goes: a timer of consumed CPU time interrupts it, and the address of the
// instruction it was about to execute is counted. tito knows which addresses are whose
// (tito/toolchain/cpu_profile.cpp).
//
// One thread, since the timer's signal may go to any thread of a process; the shares of code differ little with more.
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <vector>

#include "judge/cases/events.hpp"
#include "judge/cases/record.hpp"
#include "judge/workloads/workload.hpp"

namespace judge {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_samples = 1U << 20U;
constexpr int warm_up_steps = 3;

std::vector<std::uintptr_t> samples;
std::atomic<std::size_t> taken{0};

// Called at any moment: it stores one number and does nothing else.
void take(int, siginfo_t*, void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  const auto at = static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  const auto at = static_cast<std::uintptr_t>(machine.pc);
#else
#error "where does this processor keep the address of the next instruction?"
#endif
  const std::size_t index = taken.load(std::memory_order_relaxed);
  if (index >= samples.size()) return;
  samples[index] = at;
  taken.store(index + 1, std::memory_order_relaxed);
}

void set_timer(int microseconds) {
  itimerval timer{};
  timer.it_interval.tv_usec = microseconds;
  timer.it_value.tv_usec = microseconds;
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

// Where this program was loaded: what lies between an address in its file and one in memory.
std::uintptr_t load_bias() {
  std::uintptr_t bias = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* result) {
        *static_cast<std::uintptr_t*>(result) = info->dlpi_addr;
        return 1;  // the first is the program itself
      },
      &bias);
  return bias;
}

// Each address of the program once, with its count; what lies in libraries by their names.
void report_samples() {
  const std::size_t count = taken.load();
  const std::uintptr_t bias = load_bias();
  Dl_info own{};
  ::dladdr(reinterpret_cast<const void*>(&report_samples), &own);
  std::map<std::uintptr_t, std::int64_t> inside;
  std::map<std::string, std::int64_t> outside;
  for (std::size_t i = 0; i < count; ++i) {
    Dl_info found{};
    const bool known = ::dladdr(reinterpret_cast<const void*>(samples[i]), &found) != 0;
    if (known && found.dli_fbase == own.dli_fbase) {
      ++inside[samples[i] - bias];
    } else {
      const char* name = known && found.dli_fname != nullptr ? std::strrchr(found.dli_fname, '/') : nullptr;
      ++outside[name != nullptr ? name + 1 : "the system"];
    }
  }
  for (const auto& [at, number] : inside) write_event({{"event", "sample"}, {"at", at}, {"count", number}});
  for (const auto& [name, number] : outside) write_event({{"event", "outside"}, {"library", name}, {"count", number}});
}

void run(const Rows::Entry& entry, double seconds) {
  const Step step = entry.prepare();
  for (int i = 0; i < warm_up_steps; ++i) step();
  samples.resize(max_samples);
  struct sigaction action {};
  action.sa_sigaction = take;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigaction(SIGPROF, &action, nullptr);
  const Clock::time_point start = Clock::now();
  double elapsed = 0;
  std::int64_t steps = 0;
  set_timer(1000);
  for (; elapsed < seconds; ++steps) {
    step();
    elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  }
  set_timer(0);
  write_event({{"event", "work"},
               {"name", entry.row.name},
               {"unit", entry.row.unit},
               {"rate", entry.row.amount * static_cast<double>(steps) / elapsed},
               {"seconds", elapsed}});
  report_samples();
}

}  // namespace
}  // namespace judge

int main(int argc, char** argv) {
  using namespace judge;
  ::setenv("TITO_THREADS", "1", 1);
  double seconds = 1;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--record") == 0) open_record(std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::atof(argv[i + 1]);
  }
  Rows rows;
  workload(rows);
  try {
    run(rows.entries().at(0), seconds);
  } catch (const std::exception& error) {
    write_stopped(error);
  }
  std::fflush(nullptr);
  write_event({{"event", "finish"}});
  return 0;
}
