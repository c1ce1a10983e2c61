// Loops over several threads.
//
// Given: not coursework. One pool of threads for the whole process, started on first use.
#pragma once

#include <cstdint>
#include <type_traits>

namespace tinytorch::kernels {

// More threads than these are never used, whatever is asked for.
inline constexpr int max_threads = 1024;

// The number of threads parallel_for uses, the calling one included: at first what the environment
// variable TITO_THREADS says, else the cores this process may run on.
int thread_count();

// Sets it for all later calls, in this process. Not to be called from inside parallel_for.
// throws: ValueError unless threads > 0.
void set_thread_count(int threads);

// Whether the calling code runs inside a parallel_for that was split.
bool in_parallel();

namespace detail {
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  void (*call)(const void* body, std::int64_t from, std::int64_t to), const void* body);
}

// Calls body(from, to) for parts that together make up [begin, end), each once, on several threads at the
// same time; returns when all are done. Parts have at least `grain` elements, but for the last. Runs as
// a plain call when there is only one part, one thread, or another parallel_for around it.
// throws: the first exception that body threw, after the other parts have ended.
template <class Body>
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain, const Body& body) {
  detail::parallel_for(
      begin, end, grain,
      [](const void* self, std::int64_t from, std::int64_t to) { (*static_cast<const Body*>(self))(from, to); }, &body);
}

}  // namespace tinytorch::kernels
