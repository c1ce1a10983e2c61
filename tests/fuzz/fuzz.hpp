// What the fuzz targets of the readers share: an input as a file, and the memory a reader asks for.
//
// A target is NAME_fuzz.cpp. clang++ links it with libFuzzer, which invents inputs (CTest: fuzz.NAME); the project's
// compiler links it with replay.cpp, which tries the files of corpus/NAME once (CTest: fuzz.corpus.NAME).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "tinytorch/errors.hpp"

namespace fuzz {

// A file without a name that holds an input and is read by its path.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input();

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

// The most bytes that a reader may hold at a time: so many times the size of its file, and so many more. The
// headers of the readers state the same.
struct Bound {
  std::size_t times;
  std::size_t more;
};

constexpr Bound idx_bound{1, 80 * 1024};
constexpr Bound gzipped_idx_bound{128, 256 * 1024};
constexpr Bound cifar_bound{1, 4 * 1024};
constexpr Bound safetensors_bound{16, 8 * 1024};
constexpr Bound npy_bound{3, 8 * 1024};

// Counts what operator new gave to this thread and has not got back: the most since start().
void start_counting();
std::size_t most_bytes();

// Ends the program, as a finding, unless the statement is true.
inline void require(bool statement, const char* text) {
  if (statement) return;
  std::fprintf(stderr, "does not hold: %s\n", text);
  std::abort();
}

// What a reader makes of an input: nothing when it refuses it with an IoError. Any other exception is a finding,
// and so is memory past the bound.
template <class Read>
auto read_within(Bound bound, std::size_t size, Read read) -> std::optional<decltype(read())> {
  std::optional<decltype(read())> result;
  start_counting();
  try {
    result.emplace(read());
  } catch (const tinytorch::IoError& error) {
    require(std::string(error.what()).find("/proc/self/fd/") == 0, "a message begins with the file's name");
  }
  const std::size_t most = bound.times * size + bound.more;
  if (most_bytes() > most) {
    std::fprintf(stderr, "a file of %zu bytes made the reader hold %zu; its bound is %zu\n", size, most_bytes(), most);
    std::abort();
  }
  return result;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
