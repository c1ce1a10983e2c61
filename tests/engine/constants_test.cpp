// The flags of the engine must not let the compiler get constants wrong: GCC 12.2 does for AVX-512.
#include "../fixtures/constants.hpp"

#include <cstdint>
#include <vector>

#include "judge/cases/case.hpp"

TEST_CASE("Constants with equal beginnings and a tail of zeros stay what they are", "[constants]") {
  double values[4];
  constants::write_doubles(values);
  CHECK_SAME(std::vector<double>(values, values + 4), (std::vector<double>{1, 1, 0, 0}));
  CHECK_SAME(constants::integers(), (std::vector<std::int64_t>{2, 2, 0, 0}));
}
