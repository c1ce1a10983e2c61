// Memory for tensors.
//
// Given: not coursework. Training allocates the same sizes at every step, so memory that is given back
// is kept for the next request of its size: that saves the page faults of fresh memory.
#pragma once

#include <cstdint>
#include <memory>

namespace tinytorch::kernels {

// `count` floats, not initialised, aligned to 64 bytes; never null, also for a count of 0.
// Any thread may allocate and release.
// throws: std::bad_alloc.
std::shared_ptr<float[]> allocate(std::int64_t count);

// What allocate() has been asked for since the program began, by all threads together. The difference of two
// readings tells what happened between them.
struct MemoryUse {
  std::int64_t requests = 0;    // calls that returned memory
  std::int64_t fresh = 0;       // those of them that no kept memory could serve
  std::int64_t bytes = 0;       // in use now: of every call, 4 * count, until its memory is released
  std::int64_t peak_bytes = 0;  // the most that was ever in use at one time
  std::int64_t overruns = 0;    // blocks found, when they were released, to have been written past their end
};

// All figures as they were at one moment. Any thread may ask.
MemoryUse memory_use();

}  // namespace tinytorch::kernels
