#include "kernels/parallel.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tinytorch/errors.hpp"

namespace tinytorch::kernels {

namespace {

// More parts than threads, so that a thread that is late or slow leaves its share to the others.
constexpr std::int64_t parts_per_thread = 4;

thread_local bool inside_parts = false;

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int initial_thread_count() {
  const char* text = std::getenv("TITO_THREADS");
  if (text != nullptr && *text != '\0') {
    char* end = nullptr;
    const long wanted = std::strtol(text, &end, 10);
    if (*end == '\0' && wanted > 0) return static_cast<int>(std::min<long>(wanted, max_threads));
  }
  return std::min(available_cores(), max_threads);
}

std::atomic<int>& wanted_threads() {
  static std::atomic<int> count{initial_thread_count()};
  return count;
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Loops may follow one another within microseconds, while going to sleep and being woken takes tens of
// them: so a thread that waits spins for a while before it sleeps.
template <class Condition>
bool spin_until(const Condition& condition) {
  constexpr std::chrono::microseconds spin_time{30};
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < 16; ++i) {
      if (condition()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() - start < spin_time);
  return false;
}

// Two cache lines, which processors fetch in pairs: what one thread writes must not lie where another reads.
constexpr std::size_t cache_lines = 128;

// One parallel_for. It lies on its caller's stack, and threads that joined it leave it before that returns. It shares
// no cache line with what else the caller keeps there and writes while the others read the job: that made loops
// take twice as long, or not, as chance placed the stack.
struct alignas(cache_lines) Job {
  std::int64_t begin;
  std::int64_t end;
  std::int64_t part;
  void (*call)(const void*, std::int64_t, std::int64_t);
  const void* body;
  std::atomic<std::int64_t> next_part{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error{};

  std::int64_t parts() const { return (end - begin + part - 1) / part; }

  void run_parts() {
    inside_parts = true;
    for (std::int64_t i; (i = next_part.fetch_add(1, std::memory_order_relaxed)) < parts();) {
      const std::int64_t from = begin + i * part;
      const std::int64_t to = end - from > part ? from + part : end;
      try {
        call(body, from, to);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
    inside_parts = false;
  }
};

// The threads that help. A job is announced by a new ticket: a number that grows with every job, a count of
// those who joined, and a bit that says that the job is open. A helper that sees an open ticket joins by
// counting itself; the owner closes the ticket when no part is left, and waits only for those who joined:
// a helper that wakes late delays nobody.
class Pool {
 public:
  explicit Pool(int helpers) : spins_(helpers < available_cores()) {
    try {
      for (int i = 0; i < helpers; ++i) threads_.emplace_back([this] { help(); });
    } catch (const std::system_error&) {
      // The system grants no more threads: those there are do the work.
    }
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      ticket_.fetch_or(stop, std::memory_order_release);
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(Job& job) {
    job_ = &job;
    left_.store(0, std::memory_order_relaxed);
    std::int64_t to_wake = 0;
    {
      const std::lock_guard lock(mutex_);
      const std::uint64_t number = number_of(ticket_.load(std::memory_order_relaxed)) + 1;
      ticket_.store(number * one_number | open, std::memory_order_release);
      to_wake = std::min(sleeping_, job.parts() - 1);
    }
    for (; to_wake > 0; --to_wake) work_.notify_one();

    job.run_parts();

    const std::uint64_t closed = ticket_.fetch_and(~open, std::memory_order_acq_rel);
    const std::uint64_t joined = closed % one_number / one_helper;
    const auto all_left = [&] { return left_.load(std::memory_order_acquire) == joined; };
    if (all_left() || (spins_ && spin_until(all_left))) return;
    std::unique_lock lock(mutex_);
    done_.wait(lock, all_left);
  }

 private:
  // The ticket's parts, from its lowest bit.
  static constexpr std::uint64_t open = 1;
  static constexpr std::uint64_t stop = 2;
  static constexpr std::uint64_t one_helper = 4;
  static constexpr std::uint64_t one_number = one_helper * 2 * max_threads;

  static std::uint64_t number_of(std::uint64_t ticket) { return ticket / one_number; }

  void help() {
    std::uint64_t last_number = 0;
    const auto called = [&] {
      const std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
      return (ticket & stop) != 0 || ((ticket & open) != 0 && number_of(ticket) != last_number);
    };
    for (;;) {
      if (!(spins_ && spin_until(called))) {
        std::unique_lock lock(mutex_);
        ++sleeping_;
        work_.wait(lock, called);
        --sleeping_;
      }
      std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
      if ((ticket & stop) != 0) return;
      if ((ticket & open) == 0) continue;
      if (!ticket_.compare_exchange_strong(ticket, ticket + one_helper, std::memory_order_acq_rel)) continue;
      last_number = number_of(ticket);
      job_->run_parts();
      {
        const std::lock_guard lock(mutex_);
        left_.fetch_add(1, std::memory_order_release);
      }
      done_.notify_one();
    }
  }

  const bool spins_;    // only where every thread has a core of its own
  Job* job_ = nullptr;  // written while the ticket is closed, read by those who joined
  alignas(cache_lines) std::atomic<std::uint64_t> ticket_{0};
  alignas(cache_lines) std::atomic<std::uint64_t> left_{0};  // of those who joined, how many are done
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::int64_t sleeping_ = 0;
  std::vector<std::thread> threads_;
};

// The process's pool, which one loop at a time uses.
struct PoolState {
  std::mutex in_use;
  Pool* pool = nullptr;
  int pool_threads = 0;
  PoolState* before_fork = nullptr;  // keeps what the parent left behind reachable

  Pool& pool_for(int threads) {
    if (pool == nullptr || pool_threads != threads) {
      delete pool;
      pool = nullptr;
      pool = new Pool(threads - 1);
      pool_threads = threads;
    }
    return *pool;
  }
};

// Never destroyed: a static object's destructor may still run a loop.
std::atomic<PoolState*> the_state{nullptr};

// Ends the threads before the process does. The pool stays locked: later loops run as plain calls.
// exit() called from a loop leaves the pool as it is.
void shut_down() {
  PoolState& state = *the_state.load();
  if (inside_parts || !state.in_use.try_lock()) return;
  delete state.pool;
  state.pool = nullptr;
}

PoolState& pool_state() {
  static const bool started = [] {
    the_state = new PoolState;
    // A forked child has none of the threads, and perhaps locks that nobody will open: it starts anew.
    pthread_atfork(nullptr, nullptr, [] {
      auto* fresh = new PoolState;
      fresh->before_fork = the_state.load();
      the_state = fresh;
    });
    std::atexit(shut_down);
    return true;
  }();
  static_cast<void>(started);
  return *the_state.load(std::memory_order_acquire);
}

}  // namespace

int thread_count() { return wanted_threads().load(std::memory_order_relaxed); }

void set_thread_count(int threads) {
  if (threads <= 0) throw ValueError("set_thread_count: must be positive, not " + std::to_string(threads));
  wanted_threads().store(std::min(threads, max_threads), std::memory_order_relaxed);
}

bool in_parallel() { return inside_parts; }

void detail::parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                          void (*call)(const void* body, std::int64_t from, std::int64_t to), const void* body) {
  if (end <= begin) return;
  const std::int64_t count = end - begin;
  const int threads = inside_parts ? 1 : thread_count();
  const std::int64_t parts =
      std::min(count / std::max<std::int64_t>(grain, 1), std::int64_t{threads} * parts_per_thread);
  if (threads == 1 || parts < 2) return call(body, begin, end);

  PoolState& state = pool_state();
  std::unique_lock lock(state.in_use, std::try_to_lock);
  if (!lock.owns_lock()) return call(body, begin, end);  // another thread's loop has the pool

  Job job{begin, end, (count + parts - 1) / parts, call, body};
  state.pool_for(threads).run(job);
  lock.unlock();
  if (job.error != nullptr) std::rethrow_exception(job.error);
}

}  // namespace tinytorch::kernels
