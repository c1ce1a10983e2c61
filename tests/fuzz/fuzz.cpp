#include "fuzz.hpp"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace {

// Sizes as the allocator rounds them up.
thread_local std::ptrdiff_t held = 0;
thread_local std::ptrdiff_t most_held = 0;

void* take(std::size_t size) {
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  held += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  if (held > most_held) most_held = held;
  return memory;
}

void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  held -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// The forms for aligned memory are left alone: no reader uses them.
void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
  return take(size);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept { return operator new(size, tag); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { give_back(memory); }

namespace fuzz {

void start_counting() { held = most_held = 0; }
std::size_t most_bytes() { return static_cast<std::size_t>(most_held); }

Input::Input(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("input", MFD_CLOEXEC)) {
  require(descriptor_ >= 0, "there is a file in memory");
  for (std::size_t done = 0; done < size;) {
    const ssize_t written = write(descriptor_, data + done, size - done);
    require(written > 0, "the input is written to it");
    done += static_cast<std::size_t>(written);
  }
}

Input::~Input() { close(descriptor_); }

}  // namespace fuzz
