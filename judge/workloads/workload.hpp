// What workloads are written with: the pieces of work on which tito bench times the bodies of a module.
//
// A workload is one function; bench_runner.cpp holds main.
//   void judge::workload(Rows& rows) {
//     rows.add({.name = "matmul 256", .unit = "GFLOP/s", .flops = 2.0 * 256 * 256 * 256}, [] {
//       const Tensor a = ..., b = ...;
//       return [=] { keep(matmul(a, b)); };
//     });
//   }
// Whatever of the module is called, also to prepare, is called inside the two lambdas: what is not written there costs
// its row only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "judge/workloads/limits.hpp"

namespace judge {

// What a piece of work must at least move through memory. `working_set` is what the arrays take together.
struct Traffic {
  Stream stream = Stream::read;
  double bytes = 0;  // read and written in one call; 0: memory does not bound it
  double working_set = 0;
};

// Of arrays of `numbers` floats that are passed through once.
inline Traffic traffic(Stream stream, double numbers) {
  const double bytes = numbers * sizeof(float);
  return {stream, transfers_of(stream) * bytes, arrays_of(stream) * bytes};
}

// One row of the table.
struct Row {
  std::string name;   // unique in the workload; short, for tables on narrow terminals
  std::string unit;   // "GFLOP/s" and "GB/s", or what is counted: "samples/s"
  double amount = 0;  // what is counted of one call, in the unit; need not be said for GFLOP/s and GB/s

  // What bounds the work physically, 0 where nothing does: the limit of the row is worked out from the rates at which
  // this machine multiplies and moves memory.
  double flops = 0;
  Traffic traffic = {};
};

using Step = std::function<void()>;
using Prepare = std::function<Step()>;

class Rows {
 public:
  // `prepare` is called once and returns the step that is timed. A step takes some microseconds at least, and may be
  // called any number of times.
  void add(const Row& row, const Prepare& prepare) { entries_.push_back({row, prepare}); }

  struct Entry {
    Row row;
    Prepare prepare;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

// Defined by the workload.
void workload(Rows& rows);

// Takes a result, so that the compiler cannot do without the work.
template <class T>
void keep(const T& result) {
  asm volatile("" : : "r"(&result) : "memory");
}

}  // namespace judge
