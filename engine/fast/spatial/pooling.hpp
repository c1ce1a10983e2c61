// The largest or the mean pixel of each window, and their gradients.
#pragma once

#include <cstdint>

#include "tinytorch/spatial.hpp"

namespace tinytorch::fast {

// The number of outputs of pooling over all planes.
// throws: as MaxPool2dFunction
std::int64_t pooled_size(const Shape& images, const Window& window);

// shapes: (N, C, H, W) -> (N, C, OH, OW); argmax: for every output the largest pixel's offset in its plane
// throws: as MaxPool2dFunction
Tensor max_pool(const Tensor& images, const Window& window, std::int32_t* argmax);
// throws: ShapeError when grad_output does not fit
Tensor max_pool_gradient(const Shape& images, const Window& window, const std::int32_t* argmax,
                         const Tensor& grad_output);

// The same with the mean.
Tensor average_pool(const Tensor& images, const Window& window);
Tensor average_pool_gradient(const Shape& images, const Window& window, const Tensor& grad_output);

}  // namespace tinytorch::fast
