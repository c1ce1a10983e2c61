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

}  // namespace tinytorch::kernels
