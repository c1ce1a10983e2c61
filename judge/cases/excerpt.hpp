// The part of two tensors around their first difference, as text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "judge/cases/findings.hpp"
#include "judge/causes/causes.hpp"

namespace judge {

// "[1, 0, 2]", the index along each axis of the element at `offset`.
std::string index_text(const tinytorch::Shape& shape, std::int64_t offset);

std::string number_text(double value, int digits);

// More than absolute + relative * |expected| apart; NaN differs from everything.
bool differ(double actual, double expected, double relative, double absolute);

// At most 4 rows and 6 columns around the element `first`; nothing for a single element.
Excerpt excerpt_around(const Compared& compared, std::int64_t first, int digits);

}  // namespace judge
