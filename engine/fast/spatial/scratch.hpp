// What the parts of the fast body of spatial share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "kernels/memory.hpp"

namespace tinytorch::fast {

// The number of elements from which on a second thread is worth waking for work of `cost` operations each.
inline std::int64_t grain(std::int64_t cost) { return 16000 / std::max<std::int64_t>(cost, 1) + 1; }

// Memory for a thread's use, from the pool that tensors come from.
class Scratch {
 public:
  explicit Scratch(std::int64_t count) : memory_(kernels::allocate(count)) {}
  static Scratch zeros(std::int64_t count) {
    Scratch scratch(count);
    std::fill_n(scratch.data(), count, 0.0F);
    return scratch;
  }
  float* data() { return memory_.get(); }
  const float* data() const { return memory_.get(); }

 private:
  std::shared_ptr<float[]> memory_;
};

}  // namespace tinytorch::fast
