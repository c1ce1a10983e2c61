// What tests and checkpoints are written with: Catch2, and checks that say what was expected, what was found and
// where they part.
//
// A program of cases is linked from case_runner.cpp, one or more files of TEST_CASEs and the bodies they judge. Run
// by hand it is an ordinary Catch2 program; `tito` runs it with --record and believes only the record (record.hpp).
//
//   TEST_CASE("matmul multiplies a 2 by 3 with a 3 by 2 matrix") { ... }
//   TEST_CASE("The MLP learns the digits", "[limit:60]") { ... }
//
// Names use letters, digits, spaces and .,:;()/+=<>'-_ only and are unique in the program. A case has 10
// seconds unless its tag says otherwise.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <cstdint>
#include <sstream>
#include <string>

#include "judge/cases/record.hpp"

namespace judge {

// The seed of this run: what --seed said, else a new one each run. Every random number of a case comes from
// it, and a failure prints it.
std::uint64_t seed();

// The detail of a comparison that the next failed check will carry into the record.
struct Detail {
  std::string expected;
  std::string actual;
  std::string note;  // where they part: shapes, first differing index, largest error
};
void set_detail(Detail detail);
void clear_detail();

template <class A, class E>
bool same(const A& actual, const E& expected) {
  const bool equal = actual == expected;
  if (!equal) {
    set_detail({Catch::Detail::stringify(expected), Catch::Detail::stringify(actual), ""});
  }
  return equal;
}

// |actual - expected| <= absolute + relative * |expected|, and neither is NaN.
bool close(double actual, double expected, double relative = 1e-5, double absolute = 1e-6);

}  // namespace judge

// Equality, with both sides in the record.
#define CHECK_SAME(actual, expected)      \
  do {                                    \
    CHECK(judge::same(actual, expected)); \
    judge::clear_detail();                \
  } while (false)

// Numbers or tensors equal up to a tolerance: CHECK_CLOSE(actual, expected [, relative [, absolute]]).
// For tensors include judge/cases/compare.hpp.
#define CHECK_CLOSE(...)              \
  do {                                \
    CHECK(judge::close(__VA_ARGS__)); \
    judge::clear_detail();            \
  } while (false)
