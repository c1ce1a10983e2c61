// Batch normalisation: mean and variance of a channel in one pass.
#pragma once

#include "tinytorch/spatial.hpp"

namespace tinytorch::fast {

struct BatchNormInputs {
  const Tensor& x;
  const Tensor& gamma;
  const Tensor& beta;
  BatchNormState& state;  // while training it moves towards the batch's statistics
  bool training;
  float momentum, epsilon;
};

struct BatchNormResult {
  Tensor y;            // (N, C, H, W)
  Tensor normalized;   // (N, C, H, W)
  Tensor inverse_std;  // (C,)
};

// throws: as BatchNorm2dFunction
BatchNormResult batch_norm(const BatchNormInputs& inputs);

// What forward kept, for the way back.
struct BatchNormKept {
  const Tensor& normalized;
  const Tensor& inverse_std;
  const Tensor& gamma;
  bool training;
  bool dx_wanted;
};

struct BatchNormGradients {
  Tensor dx;             // empty where it is not wanted
  Tensor dgamma, dbeta;  // (C,)
};

// throws: ShapeError when grad_output does not fit
BatchNormGradients batch_norm_gradients(const Tensor& grad_output, const BatchNormKept& kept);

}  // namespace tinytorch::fast
