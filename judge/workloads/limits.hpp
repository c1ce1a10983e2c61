// What this machine can do, measured here and now: the limits beside which tito bench shows students' code.
//
// All figures are those of as many threads as kernels::thread_count() says, but no more than there are cores; each
// thread works on data of its own.
#pragma once

namespace judge {

// The rate of float32 multiply-adds in registers, in 1e9 operations a second; a multiply-add counts as two.
double peak_gflops(double seconds);

// How memory is passed through.
enum class Stream {
  read,    // x is read
  copy,    // x is read, y is written
  update,  // x is read, y is read and written
  triad    // x and y are read, z is written
};

// How many arrays a pass goes through, and how often it reads or writes one of them.
inline int arrays_of(Stream stream) { return stream == Stream::read ? 1 : stream == Stream::triad ? 3 : 2; }
inline int transfers_of(Stream stream) { return stream == Stream::read ? 1 : stream == Stream::copy ? 2 : 3; }

// The rate at which arrays that together take `working_set` bytes are passed through again and again, in 1e9 bytes a
// second. Reads and writes are counted: an update of two arrays of a gigabyte counts three.
double stream_gbs(Stream stream, double working_set, double seconds);

}  // namespace judge
