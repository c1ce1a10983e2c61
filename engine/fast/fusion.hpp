// Which steps a fast body may compute along with its own work.
//
// A step is left out only if what stands in for it is known to give the same: the ReLU of the fast body of activations,
// and no other body's. A student's own ReLU is always called.
#pragma once

#include "tinytorch/activations.hpp"

namespace tinytorch::fast {

// Says that this program's ReLU is the fast body's, which does so before main().
// returns: true, to initialise a constant with
bool register_fast_relu();

// Whether the step is that ReLU; no class derived from it is.
bool is_fast_relu(const Function& step);

}  // namespace tinytorch::fast
