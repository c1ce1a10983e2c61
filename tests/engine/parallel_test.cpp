// kernels::parallel_for: every index once, whatever is asked of it.
#include "kernels/parallel.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "judge/cases/case.hpp"
#include "tinytorch/errors.hpp"

using tinytorch::kernels::in_parallel;
using tinytorch::kernels::parallel_for;
using tinytorch::kernels::set_thread_count;
using tinytorch::kernels::thread_count;

namespace {

// Puts the thread count back when a case ends.
class Threads {
 public:
  explicit Threads(int count) : before_(thread_count()) { set_thread_count(count); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { set_thread_count(before_); }

 private:
  int before_;
};

// Whether a loop visits each index of [begin, end) exactly once and nothing else, in parts of at least `grain`.
bool visits_each_once(std::int64_t begin, std::int64_t end, std::int64_t grain) {
  const auto count = static_cast<std::size_t>(end - begin);
  std::vector<std::atomic<int>> visits(count);
  std::atomic<bool> good{true};
  parallel_for(begin, end, grain, [&](std::int64_t from, std::int64_t to) {
    if (from < begin || to > end || from >= to) {
      good = false;
      return;
    }
    if (to - from < grain && to != end) good = false;
    for (std::int64_t i = from; i < to; ++i) ++visits[static_cast<std::size_t>(i - begin)];
  });
  for (const std::atomic<int>& visit : visits) {
    if (visit != 1) good = false;
  }
  return good;
}

// Ends a case that would otherwise wait for ever.
void wait_for(const std::atomic<int>& value, int target) {
  const auto start = std::chrono::steady_clock::now();
  while (value < target && std::chrono::steady_clock::now() - start < std::chrono::seconds(5)) {
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("parallel_for visits every index exactly once", "[parallel]") {
  std::mt19937_64 random(judge::seed());
  for (const int threads : {1, 2, 3, 8}) {
    const Threads scope(threads);
    for (int i = 0; i < 300; ++i) {
      const auto begin = static_cast<std::int64_t>(random() % 100) - 50;
      const auto count = static_cast<std::int64_t>(random() % 500);
      const auto grain = static_cast<std::int64_t>(random() % 60) + 1;
      CAPTURE(threads, begin, count, grain);
      REQUIRE(visits_each_once(begin, begin + count, grain));
    }
  }
}

TEST_CASE("parallel_for survives thousands of short loops", "[parallel]") {
  const Threads scope(4);
  std::int64_t total = 0;
  for (int i = 0; i < 20000; ++i) {
    std::atomic<std::int64_t> sum{0};
    parallel_for(0, 16, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t j = from; j < to; ++j) sum += j;
    });
    total += sum;
  }
  CHECK(total == 20000 * 120);
}

TEST_CASE("parallel_for starts again after a pause in which its threads fell asleep", "[parallel]") {
  const Threads scope(3);
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    REQUIRE(visits_each_once(0, 100, 1));
  }
}

TEST_CASE("parallel_for over nothing does not call the body", "[parallel]") {
  int calls = 0;
  parallel_for(3, 3, 1, [&](std::int64_t, std::int64_t) { ++calls; });
  parallel_for(3, 2, 1, [&](std::int64_t, std::int64_t) { ++calls; });
  CHECK(calls == 0);
}

TEST_CASE("parallel_for takes a grain that is not positive for 1", "[parallel]") {
  const Threads scope(2);
  for (const std::int64_t grain : {0, -5}) {
    std::atomic<int> visits{0};
    parallel_for(0, 10, grain, [&](std::int64_t from, std::int64_t to) { visits += static_cast<int>(to - from); });
    CHECK(visits == 10);
  }
}

TEST_CASE("parallel_for is one plain call when the grain allows one part", "[parallel]") {
  const Threads scope(4);
  int calls = 0;
  const auto caller = std::this_thread::get_id();
  parallel_for(0, 100, 51, [&](std::int64_t from, std::int64_t to) {
    ++calls;
    CHECK(from == 0);
    CHECK(to == 100);
    CHECK(std::this_thread::get_id() == caller);
    CHECK_FALSE(in_parallel());
  });
  CHECK(calls == 1);
}

TEST_CASE("parallel_for runs its parts at the same time", "[parallel]") {
  const Threads scope(2);
  std::atomic<int> inside{0};
  parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    ++inside;
    wait_for(inside, 2);  // neither part ends before the other has begun
  });
  CHECK(inside == 2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<int> arrived{0};
  parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    {
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
    }
    ++arrived;
    wait_for(arrived, 2);
  });
  CHECK(threads.size() == 2);
}

TEST_CASE("parallel_for uses no more threads than set_thread_count allows", "[parallel]") {
  for (const int count : {1, 2, 5}) {
    const Threads scope(count);
    CHECK(thread_count() == count);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    for (int i = 0; i < 50; ++i) {
      parallel_for(0, 64, 1, [&](std::int64_t, std::int64_t) {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      });
    }
    CHECK(threads.size() <= static_cast<std::size_t>(count));
  }
}

TEST_CASE("in_parallel is true inside a split loop and false after it", "[parallel]") {
  const Threads scope(2);
  CHECK_FALSE(in_parallel());
  std::atomic<int> inside{0};
  parallel_for(0, 8, 1, [&](std::int64_t, std::int64_t) { inside += in_parallel() ? 1 : 0; });
  CHECK(inside == 8);
  CHECK_FALSE(in_parallel());
}

TEST_CASE("A parallel_for inside another runs as a plain call", "[parallel]") {
  const Threads scope(3);
  std::atomic<int> visits{0};
  std::atomic<int> calls{0};
  parallel_for(0, 12, 1, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i < to; ++i) {
      const auto outer = std::this_thread::get_id();
      parallel_for(0, 100, 1, [&](std::int64_t first, std::int64_t last) {
        ++calls;
        if (std::this_thread::get_id() == outer) visits += static_cast<int>(last - first);
      });
    }
  });
  CHECK(calls == 12);
  CHECK(visits == 1200);
}

TEST_CASE("parallel_for hands on an exception after all parts have ended", "[parallel]") {
  const Threads scope(3);
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::atomic<int> entered{0};
    std::atomic<int> left{0};
    try {
      parallel_for(0, 12, 1, [&](std::int64_t from, std::int64_t to) {
        entered += static_cast<int>(to - from);
        if (from > 5 || 5 >= to) std::this_thread::sleep_for(std::chrono::microseconds(100));  // the other parts last
        left += static_cast<int>(to - from);
        if (from <= 5 && 5 < to) throw std::runtime_error("part with 5");
      });
      FAIL("nothing was thrown");
    } catch (const std::runtime_error& error) {
      CHECK(std::string(error.what()) == "part with 5");
    }
    REQUIRE(entered == 12);
    REQUIRE(left == 12);
    CHECK_FALSE(in_parallel());
  }
  CHECK(visits_each_once(0, 100, 1));
}

TEST_CASE("parallel_for hands on one exception when all parts throw", "[parallel]") {
  const Threads scope(4);
  for (int repeat = 0; repeat < 100; ++repeat) {
    CHECK_THROWS_AS(parallel_for(0, 16, 1, [](std::int64_t, std::int64_t) { throw std::out_of_range("all"); }),
                    std::out_of_range);
  }
}

TEST_CASE("An exception in a plain call of parallel_for is handed on", "[parallel]") {
  const Threads scope(1);
  CHECK_THROWS_AS(parallel_for(0, 4, 1, [](std::int64_t, std::int64_t) { throw std::out_of_range("one"); }),
                  std::out_of_range);
}

TEST_CASE("Several threads may call parallel_for at once", "[parallel]") {
  const Threads scope(3);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 6; ++t) {
    callers.emplace_back([&wrong] {
      for (int i = 0; i < 200; ++i) {
        if (!visits_each_once(0, 64, 1)) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
}

TEST_CASE("set_thread_count may change while other threads run loops", "[parallel]") {
  const Threads scope(2);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread worker([&] {
    while (!stop) {
      if (!visits_each_once(0, 64, 1)) ++wrong;
    }
  });
  for (int i = 0; i < 100; ++i) set_thread_count(1 + i % 4);
  stop = true;
  worker.join();
  CHECK(wrong == 0);
}

TEST_CASE("set_thread_count refuses zero and less", "[parallel]") {
  const int before = thread_count();
  CHECK_THROWS_AS(set_thread_count(0), tinytorch::ValueError);
  CHECK_THROWS_AS(set_thread_count(-3), tinytorch::ValueError);
  CHECK(thread_count() == before);
}

#if !defined(__SANITIZE_THREAD__)  // which does not follow threads into a forked child
TEST_CASE("A forked child has a working parallel_for", "[parallel]") {
  const Threads scope(3);
  REQUIRE(visits_each_once(0, 100, 1));  // the parent's threads exist
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(5);
    _exit(visits_each_once(0, 100, 1) && visits_each_once(0, 1000, 7) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(visits_each_once(0, 100, 1));
}

TEST_CASE("A child forked while another thread is in a loop has a working parallel_for", "[parallel]") {
  const Threads scope(3);
  std::atomic<bool> stop{false};
  std::atomic<int> inside{0};
  std::thread busy([&] {
    parallel_for(0, 3, 1, [&](std::int64_t, std::int64_t) {
      ++inside;
      while (!stop) std::this_thread::yield();
    });
  });
  wait_for(inside, 1);
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    _exit(visits_each_once(0, 100, 1) ? 0 : 1);
  }
  stop = true;
  busy.join();
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

namespace {

// Exits a child process in a way that runs its static destructors, and returns how it ended.
int status_of_child(void (*body)()) {
  std::cout.flush();  // or the child would write it once more
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    body();
    std::exit(7);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("exit ends the threads and the process in good order", "[parallel]") {
  const Threads scope(3);
  const int after_a_loop = status_of_child([] { parallel_for(0, 8, 1, [](std::int64_t, std::int64_t) {}); });
  CHECK(WIFEXITED(after_a_loop));
  CHECK(WEXITSTATUS(after_a_loop) == 7);
  const int from_a_loop = status_of_child([] {
    parallel_for(0, 8, 1, [](std::int64_t from, std::int64_t) {
      if (from == 0) std::exit(7);
    });
  });
  CHECK(WIFEXITED(from_a_loop));
  CHECK(WEXITSTATUS(from_a_loop) == 7);
}
#endif

namespace {

// thread_count() of a fresh process with this value of TITO_THREADS (none when null), confined to one core when
// asked to: it runs this program's hidden case below.
int thread_count_of_new_process(const char* variable, bool one_core) {
  std::cout.flush();
  std::fflush(nullptr);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    unsetenv("TITO_THREADS");
    if (variable != nullptr) setenv("TITO_THREADS", variable, 1);
    if (one_core) {
      cpu_set_t allowed;
      sched_getaffinity(0, sizeof allowed, &allowed);
      int first = 0;
      while (!CPU_ISSET(first, &allowed)) ++first;
      CPU_ZERO(&allowed);
      CPU_SET(first, &allowed);
      sched_setaffinity(0, sizeof allowed, &allowed);
    }
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(1);
    setenv("REPORT_TO", std::to_string(ends[1]).c_str(), 1);
    execl("/proc/self/exe", "engine_tests", "Reports its thread count", nullptr);
    _exit(1);
  }
  close(ends[1]);
  int count = 0;
  const bool whole = read(ends[0], &count, sizeof count) == static_cast<ssize_t>(sizeof count);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return whole && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? count : -1;
}

int cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  return CPU_COUNT(&allowed);
}

}  // namespace

TEST_CASE("Reports its thread count", "[.report]") {
  const char* descriptor = std::getenv("REPORT_TO");
  REQUIRE(descriptor != nullptr);
  const int count = thread_count();
  CHECK(write(std::atoi(descriptor), &count, sizeof count) == static_cast<ssize_t>(sizeof count));
}

TEST_CASE("thread_count is at first what TITO_THREADS says", "[parallel]") {
  CHECK(thread_count_of_new_process("1", false) == 1);
  CHECK(thread_count_of_new_process("3", false) == 3);
  CHECK(thread_count_of_new_process("3", true) == 3);
}

TEST_CASE("thread_count is otherwise the number of cores the process may use", "[parallel]") {
  CHECK(thread_count_of_new_process(nullptr, false) == cores());
  CHECK(thread_count_of_new_process(nullptr, true) == 1);
}

TEST_CASE("A TITO_THREADS that makes no sense is passed over", "[parallel]") {
  for (const char* value : {"", "0", "-2", "many", "2x", " "}) {
    CAPTURE(value);
    CHECK(thread_count_of_new_process(value, false) == cores());
  }
}
