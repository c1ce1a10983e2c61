#include "kernels/memory.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

// A sanitizer must see every block come and go, or it cannot find a use after release.
#if defined(__SANITIZE_ADDRESS__)
#define TINYTORCH_CACHE_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TINYTORCH_CACHE_MEMORY 0
#endif
#endif
#ifndef TINYTORCH_CACHE_MEMORY
#define TINYTORCH_CACHE_MEMORY 1
#endif

namespace tinytorch::kernels {

namespace {

constexpr std::size_t alignment = 64;

std::size_t bytes_of(std::int64_t count) {
  constexpr std::int64_t max_count = std::numeric_limits<std::int64_t>::max() / 8;
  if (count < 0 || count > max_count) throw std::bad_alloc();
  return static_cast<std::size_t>(count) * sizeof(float);
}

// One lock guards everything here. fork() copies it as it is; the handlers keep it free in the child. It is never
// destroyed: a static tensor may be released after every other static object is gone.
std::mutex& mutex() {
  static std::mutex* const instance = [] {
    pthread_atfork([] { mutex().lock(); }, [] { mutex().unlock(); }, [] { mutex().unlock(); });
    return new std::mutex;
  }();
  return *instance;
}

constinit MemoryUse use;  // read and written under the lock

void count_request(std::size_t bytes, bool fresh) {
  ++use.requests;
  use.fresh += fresh ? 1 : 0;
  use.bytes += static_cast<std::int64_t>(bytes);
  use.peak_bytes = std::max(use.peak_bytes, use.bytes);
}

void count_release(std::size_t bytes, bool overrun) {
  use.bytes -= static_cast<std::int64_t>(bytes);
  use.overruns += overrun ? 1 : 0;
}

// Training reads and writes a few MiB again and again. On pages of 4 KiB misses of the TLB cost time, so large blocks
// ask the system for pages of this size.
constexpr std::size_t large_page = std::size_t{2} << 20;

void* system_allocate(std::size_t bytes) {
  const bool large = bytes >= large_page;
  const std::size_t unit = large ? large_page : alignment;
  void* block = bytes > std::numeric_limits<std::size_t>::max() - unit
                    ? nullptr
                    : std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
  if (block == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (large) ::madvise(block, bytes, MADV_HUGEPAGE);  // a wish: all works without, too
#endif
  return block;
}

void system_release(void* block) { std::free(block); }

}  // namespace

#if TINYTORCH_CACHE_MEMORY

namespace {

// Blocks come in sizes 64, 80, 96, 112, 128, 160, ..: four to each power of two, so that a block is at most
// a quarter larger than what was asked for, and sizes that are nearly the same share their blocks.
struct SizeClass {
  std::size_t index;
  std::size_t bytes;
};

constexpr SizeClass size_class(std::size_t bytes) {
  if (bytes <= alignment) return {0, alignment};
  const auto octave = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1;  // 2^octave < bytes <= 2^(octave + 1)
  const std::size_t quarter = std::size_t{1} << (octave - 2);
  const std::size_t quarters = (bytes - (std::size_t{1} << octave) + quarter - 1) / quarter;  // 1 .. 4
  return {(octave - 6) * 4 + quarters, (quarters + 4) * quarter};
}

// Released blocks, a list for each size. `asked` is what the block was asked for, in bytes.
class Cache {
 public:
  void* take(const SizeClass& size, std::size_t asked) {
    {
      const std::lock_guard lock(mutex());
      if (Free* block = free_[size.index]; block != nullptr) {
        free_[size.index] = block->next;
        if (!is_cut(size)) cached_bytes_ -= size.bytes;
        count_request(asked, false);
        return block;
      }
    }
    void* block = is_cut(size) ? nullptr : system_allocate(size.bytes);
    const std::lock_guard lock(mutex());
    if (block == nullptr) block = cut(size.bytes);
    count_request(asked, true);
    return block;
  }

  // When the cache is full, everything in it goes: it holds the sizes of some earlier work, and the sizes of
  // the present work come back by themselves.
  void give_back(void* memory, const SizeClass& size, std::size_t asked, bool overrun) {
    Free* surplus = nullptr;
    {
      const std::lock_guard lock(mutex());
      count_release(asked, overrun);
      if (size.bytes > limit) {
        surplus = new (memory) Free{nullptr};
      } else {
        if (!is_cut(size) && cached_bytes_ + size.bytes > limit) surplus = take_all();
        free_[size.index] = new (memory) Free{free_[size.index]};
        if (!is_cut(size)) cached_bytes_ += size.bytes;
      }
    }
    while (surplus != nullptr) {
      Free* next = surplus->next;
      system_release(surplus);
      surplus = next;
    }
  }

 private:
  struct Free {
    Free* next;
  };

  static constexpr std::size_t limit = std::size_t{256} << 20;

  // Blocks of a middling size are cut from pieces of memory that lie on large pages. They are kept for ever: there are
  // as many as were once in use at the same time.
  static constexpr std::size_t piece = 2 * large_page;
  static constexpr std::size_t first_cut = size_class(large_page / 128).index;  // 16 KiB
  static constexpr std::size_t last_cut = size_class(large_page / 2).index;     // 1 MiB
  static bool is_cut(const SizeClass& size) { return size.index >= first_cut && size.index <= last_cut; }

  void* cut(std::size_t bytes) {
    if (left_ < bytes) {
      rest_ = static_cast<std::byte*>(system_allocate(piece));
      left_ = piece;
    }
    left_ -= bytes;
    return std::exchange(rest_, rest_ + bytes);
  }

  Free* take_all() {
    Free* all = nullptr;
    for (std::size_t index = 0; index < free_.size(); ++index) {
      if (index >= first_cut && index <= last_cut) continue;
      Free*& list = free_[index];
      while (list != nullptr) {
        Free* block = list;
        list = block->next;
        block->next = all;
        all = block;
      }
    }
    cached_bytes_ = 0;
    return all;
  }

  std::array<Free*, 4 * 58> free_{};  // for every size a size_t can hold
  std::size_t cached_bytes_ = 0;      // of those that are not cut
  std::byte* rest_ = nullptr;         // of the piece that is being cut
  std::size_t left_ = 0;
};

Cache& cache() {
  static Cache* const instance = new Cache;  // never destroyed, as the lock
  return *instance;
}

// A block starts with room for shared_ptr's counts, so that a tensor costs one allocation and not two. The
// block is given back when the counts are.
constexpr std::size_t counts_bytes = alignment;

// A guard value behind the values: a write past their end changes it. It is neither so large that adding to it may
// leave it as it is, nor NaN, which a maximum may keep. Blocks near one another have different ones, so that a copy
// that goes too far shows, too.
float guard_of(const void* block) {
  const std::uintptr_t number = reinterpret_cast<std::uintptr_t>(block) / alignment;
  return -1000.0F - static_cast<float>(number * 40503 % 65536) / 64.0F;
}

float* guard_address(void* block, std::size_t asked) {
  return reinterpret_cast<float*>(static_cast<std::byte*>(block) + counts_bytes + asked);
}

template <class T>
struct CountsAllocator {
  using value_type = T;

  CountsAllocator(void* block, const SizeClass& size, std::size_t asked) : block_(block), size_(size), asked_(asked) {}
  template <class U>
  CountsAllocator(const CountsAllocator<U>& other) : block_(other.block_), size_(other.size_), asked_(other.asked_) {}

  T* allocate(std::size_t) {
    static_assert(sizeof(T) <= counts_bytes && alignof(T) <= alignment);
    return static_cast<T*>(block_);
  }
  void deallocate(T*, std::size_t) {
    cache().give_back(block_, size_, asked_, *guard_address(block_, asked_) != guard_of(block_));
  }

  friend bool operator==(const CountsAllocator& a, const CountsAllocator& b) { return a.block_ == b.block_; }

  void* block_;
  SizeClass size_;
  std::size_t asked_;
};

}  // namespace

std::shared_ptr<float[]> allocate(std::int64_t count) {
  const std::size_t bytes = bytes_of(count);
  const SizeClass size = size_class(counts_bytes + bytes + sizeof(float));
  void* block = cache().take(size, bytes);
  *guard_address(block, bytes) = guard_of(block);
  float* values = reinterpret_cast<float*>(static_cast<std::byte*>(block) + counts_bytes);
  return {values, [](float*) {}, CountsAllocator<float>(block, size, bytes)};
}

#else

std::shared_ptr<float[]> allocate(std::int64_t count) {
  const std::size_t bytes = bytes_of(count);
  void* block = system_allocate(std::max(bytes, std::size_t{1}));
  {
    const std::lock_guard lock(mutex());
    count_request(bytes, true);
  }
  return {static_cast<float*>(block), [bytes](float* values) {
            {
              const std::lock_guard lock(mutex());
              count_release(bytes, false);  // the sanitizer has seen it
            }
            system_release(values);
          }};
}

#endif

MemoryUse memory_use() {
  const std::lock_guard lock(mutex());
  return use;
}

}  // namespace tinytorch::kernels
