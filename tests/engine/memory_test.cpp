// kernels::allocate: aligned, never shared, reused, from any thread.
#include "kernels/memory.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include "judge/cases/case.hpp"

using tinytorch::kernels::allocate;
using tinytorch::kernels::memory_use;
using tinytorch::kernels::MemoryUse;

namespace {

bool is_aligned(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 64 == 0; }

}  // namespace

TEST_CASE("allocate returns aligned memory that can be written whole", "[memory]") {
  for (std::int64_t count = 0; count < 3000; count = count * 5 / 4 + 1) {
    const auto memory = allocate(count);
    REQUIRE(memory != nullptr);
    REQUIRE(is_aligned(memory.get()));
    for (std::int64_t i = 0; i < count; ++i) memory[i] = static_cast<float>(i);
    bool kept = true;
    for (std::int64_t i = 0; i < count; ++i) kept = kept && memory[i] == static_cast<float>(i);
    REQUIRE(kept);
  }
}

TEST_CASE("allocate of nothing is not null", "[memory]") { CHECK(allocate(0) != nullptr); }

TEST_CASE("allocate refuses sizes that cannot be", "[memory]") {
  CHECK_THROWS_AS(allocate(-1), std::bad_alloc);
  CHECK_THROWS_AS(allocate(std::numeric_limits<std::int64_t>::max()), std::bad_alloc);
  CHECK_THROWS_AS(allocate(std::int64_t{1} << 61), std::bad_alloc);
  CHECK_THROWS_AS(allocate(std::numeric_limits<std::int64_t>::min()), std::bad_alloc);
}

TEST_CASE("allocate never hands out memory that is in use", "[memory]") {
  std::mt19937_64 random(judge::seed());
  struct Block {
    std::shared_ptr<float[]> memory;
    std::int64_t count;
    float mark;
  };
  std::vector<Block> blocks;
  const auto intact = [](const Block& block) {
    for (std::int64_t i = 0; i < block.count; ++i) {
      if (block.memory[i] != block.mark) return false;
    }
    return true;
  };
  for (int step = 0; step < 3000; ++step) {
    if (blocks.size() < 40 || random() % 2 == 0) {
      const auto count = static_cast<std::int64_t>(random() % 700);
      Block block{allocate(count), count, static_cast<float>(step)};
      for (std::int64_t i = 0; i < count; ++i) block.memory[i] = block.mark;
      blocks.push_back(std::move(block));
    } else {
      const std::size_t at = random() % blocks.size();
      REQUIRE(intact(blocks[at]));
      blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  for (const Block& block : blocks) REQUIRE(intact(block));
}

TEST_CASE("Memory outlives all but its last owner", "[memory]") {
  auto first = allocate(10);
  first[3] = 5.0F;
  const auto second = first;
  first.reset();
  const auto other = allocate(10);
  other[3] = 6.0F;
  CHECK(second[3] == 5.0F);
}

TEST_CASE("A weak pointer to released memory is expired", "[memory]") {
  auto memory = allocate(10);
  const std::weak_ptr<float[]> weak = memory;
  memory.reset();
  CHECK(weak.expired());
  const auto other = allocate(10);
  CHECK(weak.expired());
}

TEST_CASE("Memory may be released by another thread than the one that allocated it", "[memory]") {
  std::mutex mutex;
  std::vector<std::shared_ptr<float[]>> shelf;
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  const std::uint64_t seed = judge::seed();
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(seed + t);
      for (int i = 0; i < 3000; ++i) {
        const auto count = static_cast<std::int64_t>(random() % 300 + 1);
        auto memory = allocate(count);
        memory[0] = static_cast<float>(i);
        memory[count - 1] = static_cast<float>(t);
        if (!is_aligned(memory.get()) || memory[count - 1] != static_cast<float>(t)) ++wrong[t];
        const std::lock_guard lock(mutex);
        shelf.push_back(std::move(memory));
        if (shelf.size() > 50) shelf.erase(shelf.begin(), shelf.begin() + 25);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("Memory of a size that was just released is handed out again", "[memory]") {
  for (const std::int64_t count : {1, 100, 5000, 1 << 20}) {
    const float* released = allocate(count).get();
    const auto again = allocate(count);
    CHECK(again.get() == released);
    const auto another = allocate(count);
    CHECK(another.get() != released);
  }
}
#endif

TEST_CASE("memory_use counts the requests and the bytes in use", "[memory]") {
  const MemoryUse before = memory_use();
  auto first = allocate(100);
  auto second = allocate(0);
  auto third = allocate(7);
  const auto shared = first;
  const MemoryUse held = memory_use();
  CHECK(held.requests - before.requests == 3);
  CHECK(held.bytes - before.bytes == 4 * 107);
  first.reset();
  CHECK(memory_use().bytes == held.bytes);  // `shared` still owns it
  third.reset();
  CHECK(memory_use().bytes - before.bytes == 400);
  CHECK(memory_use().requests == held.requests);
}

TEST_CASE("memory_use keeps the most bytes that were ever in use", "[memory]") {
  const MemoryUse before = memory_use();
  const std::int64_t count = before.peak_bytes / 4 + 1000;  // more than ever before
  {
    const auto large = allocate(count);
    CHECK(memory_use().peak_bytes == before.bytes + 4 * count);
  }
  const auto small = allocate(10);
  CHECK(memory_use().peak_bytes == before.bytes + 4 * count);
  CHECK(memory_use().bytes == before.bytes + 40);
}

TEST_CASE("memory_use does not count what was refused", "[memory]") {
  const MemoryUse before = memory_use();
  CHECK_THROWS_AS(allocate(-1), std::bad_alloc);
  CHECK_THROWS_AS(allocate(std::int64_t{1} << 61), std::bad_alloc);
  const MemoryUse after = memory_use();
  CHECK(after.requests == before.requests);
  CHECK(after.fresh == before.fresh);
  CHECK(after.bytes == before.bytes);
  CHECK(after.peak_bytes == before.peak_bytes);
}

TEST_CASE("memory_use loses no count when threads allocate and release at the same time", "[memory]") {
  const MemoryUse before = memory_use();
  std::vector<std::thread> threads;
  std::vector<std::vector<std::shared_ptr<float[]>>> kept(4);
  for (std::size_t t = 0; t < kept.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const auto released = allocate(50 + i % 40);
        if (i % 20 == 0) kept[t].push_back(allocate(25));
        const MemoryUse now = memory_use();
        if (now.peak_bytes < now.bytes || now.requests < now.fresh) kept[t].push_back(allocate(1));  // counted below
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const MemoryUse after = memory_use();
  CHECK(after.requests - before.requests == 4 * (2000 + 100));
  CHECK(after.bytes - before.bytes == std::int64_t{4} * 100 * 100);
  kept.clear();
  CHECK(memory_use().bytes == before.bytes);
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("memory_use tells which requests needed fresh memory", "[memory]") {
  constexpr std::int64_t count = 123'457;  // a size that no other case asks for
  const MemoryUse before = memory_use();
  for (int i = 0; i < 5; ++i) allocate(count);  // released at once, and handed out again
  CHECK(memory_use().requests - before.requests == 5);
  CHECK(memory_use().fresh - before.fresh == 1);
  const auto first = allocate(count);
  const auto second = allocate(count);
  CHECK(memory_use().fresh - before.fresh == 2);
}

TEST_CASE("memory_use counts the blocks that were written past their end", "[memory]") {
  for (const std::int64_t count : {0, 1, 4, 16, 100, 1 << 16}) {
    const MemoryUse before = memory_use();
    auto whole = allocate(count);
    std::fill_n(whole.get(), count, 1.0F);
    whole.reset();
    CHECK(memory_use().overruns == before.overruns);
    auto overrun = allocate(count);
    std::fill_n(overrun.get(), count + 1, 1.0F);  // there is room for this one number
    overrun.reset();
    CHECK(memory_use().overruns == before.overruns + 1);
    const auto from = allocate(count);
    auto to = allocate(count);
    std::copy_n(from.get(), count + 1, to.get());
    to.reset();
    CHECK(memory_use().overruns == before.overruns + 2);
    allocate(count);  // the same block again
    CHECK(memory_use().overruns == before.overruns + 2);
  }
}

TEST_CASE("Blocks too large to be kept are fresh at every request", "[memory]") {
  constexpr std::int64_t count = std::int64_t{70} << 20;  // 280 MiB, of which no page is touched
  const MemoryUse before = memory_use();
  for (int i = 0; i < 3; ++i) allocate(count);
  CHECK(memory_use().fresh - before.fresh == 3);
  CHECK(memory_use().bytes == before.bytes);
}
#else
TEST_CASE("Under a sanitizer every request is fresh", "[memory]") {
  const MemoryUse before = memory_use();
  for (int i = 0; i < 5; ++i) allocate(100);
  CHECK(memory_use().fresh - before.fresh == 5);
}
#endif

namespace {

// Released when the static objects of the program are destroyed, after those made later.
struct Late {
  std::shared_ptr<float[]> memory;
  ~Late() {
    memory = allocate(77);
    memory[0] = 1.0F;
  }
};
Late late;

}  // namespace

TEST_CASE("Static objects may hold memory when the program ends", "[memory]") {
  late.memory = allocate(100);
  late.memory[99] = 1.0F;
  CHECK(late.memory[99] == 1.0F);  // the end of this program is the test: a crash would show in its exit status
}
