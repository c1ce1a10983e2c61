// The convolutional networks that several demos train, so that their figures are about the same ones.
#pragma once

#include "judge/demos/demo.hpp"
#include "tinytorch/activations.hpp"
#include "tinytorch/spatial.hpp"

namespace demo {

// For digits, (N, 1, 28, 28) -> (N, 10); every network has the same start for the same seed.
inline void add_digit_cnn(tinytorch::Sequential& network) {
  using namespace tinytorch;
  Rng rng(seed());
  network.add<Conv2d>(1, 16, Window{3}, rng);  // -> (N, 16, 26, 26)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);  // -> (N, 16, 13, 13)
  network.add<Flatten>();
  network.add<Linear>(16 * 13 * 13, 10, rng);
}

// The same with batch normalisation before the ReLU.
inline void add_normalised_digit_cnn(tinytorch::Sequential& network) {
  using namespace tinytorch;
  Rng rng(seed());
  network.add<Conv2d>(1, 16, Window{3}, rng);
  network.add<BatchNorm2d>(16);
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);
  network.add<Flatten>();
  network.add<Linear>(16 * 13 * 13, 10, rng);
}

inline constexpr const char* digit_cnn = "conv 3x3 1-16, ReLU, pool 2, linear 2704-10";

// For colour images, (N, 3, 32, 32) -> (N, 10); Convolution is Conv2d or derived from it.
template <class Convolution = tinytorch::Conv2d>
void add_colour_cnn(tinytorch::Sequential& network) {
  using namespace tinytorch;
  Rng rng(seed());
  network.add<Convolution>(3, 32, Window{3}, rng);  // -> (N, 32, 30, 30)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);                         // -> (N, 32, 15, 15)
  network.add<Convolution>(32, 64, Window{3}, rng);  // -> (N, 64, 13, 13)
  network.add<Activation<ReLU>>();
  network.add<MaxPool2d>(2);  // -> (N, 64, 6, 6)
  network.add<Flatten>();
  network.add<Linear>(64 * 6 * 6, 256, rng);
  network.add<Activation<ReLU>>();
  network.add<Linear>(256, 10, rng);
}

inline constexpr const char* colour_cnn =
    "conv 3x3 3-32, ReLU, pool 2, conv 3x3 32-64, ReLU, pool 2, linear 2304-256, ReLU, linear 256-10";

}  // namespace demo
