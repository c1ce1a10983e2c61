// Comparing tensors, and checking gradient rules against central differences.
//
// Reads tensors only through their given accessors (shape, size, data), so that a broken operation cannot
// hide its own mistakes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "judge/cases/case.hpp"
#include "tinytorch/function.hpp"

namespace judge {

// Equal shapes, and every |actual - expected| <= absolute + relative * |expected|; NaN equals nothing.
bool close(const tinytorch::Tensor& actual, const tinytorch::Tensor& expected, double relative = 1e-5,
           double absolute = 1e-6);

// The same against values in double precision, in row-major order: an oracle's answer.
bool close(const tinytorch::Tensor& actual, const std::vector<double>& expected, double relative = 1e-5,
           double absolute = 1e-6);

bool has_shape(const tinytorch::Tensor& tensor, const tinytorch::Shape& shape);

// Whether backward() of the function that `make` makes agrees with central differences for the inputs
// named in `differentiable` (all when empty): |analytic - numeric| <= tolerance * max(1, |analytic|,
// |numeric|), h = step. The result's elements are weighted unequally, so no error cancels. Checks each
// gradient's shape, too.
struct GradientOptions {
  std::vector<std::size_t> differentiable;
  double step = 1e-2;
  double tolerance = 2e-3;
};
bool gradients_agree(const std::function<std::unique_ptr<tinytorch::Function>()>& make,
                     const std::vector<tinytorch::Tensor>& inputs, const GradientOptions& options = {});

}  // namespace judge

#define CHECK_SHAPE(tensor, ...)                                    \
  do {                                                              \
    CHECK(judge::has_shape(tensor, tinytorch::Shape(__VA_ARGS__))); \
    judge::clear_detail();                                          \
  } while (false)

#define CHECK_GRADIENTS(...)                    \
  do {                                          \
    CHECK(judge::gradients_agree(__VA_ARGS__)); \
    judge::clear_detail();                      \
  } while (false)
