// Checks of shapes that bodies share.
//
// Given: part of the contract, not coursework.
#pragma once

#include <string>

#include "tinytorch/errors.hpp"
#include "tinytorch/shape.hpp"

namespace tinytorch {

// throws: ShapeError naming `what` and both shapes unless they are equal.
inline void require_shape(const std::string& what, const Shape& found, const Shape& expected) {
  if (found == expected) return;
  throw ShapeError(what + " has shape " + found.to_string() + ", expected " + expected.to_string());
}

// throws: ShapeError naming the operation and the shape unless it has the four axes (N, C, H, W).
inline void require_images(const std::string& operation, const Shape& shape) {
  if (shape.rank() != 4) throw ShapeError(operation + ": needs images (N, C, H, W), not shape " + shape.to_string());
}

}  // namespace tinytorch
