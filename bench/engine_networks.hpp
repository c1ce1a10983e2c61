// The networks that are measured, as a user of the engine writes them.
#pragma once

#include <string>

#include "tinytorch/activations.hpp"
#include "tinytorch/spatial.hpp"

namespace bench {

// `network`: mlp, mnist or cifar.
inline void build(const std::string& network, tinytorch::Sequential& net, tinytorch::Rng& rng) {
  using namespace tinytorch;
  if (network == "mlp") {
    net.add<Linear>(784, 64, rng);
    net.add<Activation<ReLU>>();
    net.add<Linear>(64, 10, rng);
  } else if (network == "mnist") {
    net.add<Conv2d>(1, 16, Window{}, rng);  // (N, 1, 28, 28) -> (N, 16, 26, 26)
    net.add<Activation<ReLU>>();
    net.add<MaxPool2d>(2);  // -> (N, 16, 13, 13)
    net.add<Flatten>();
    net.add<Linear>(2704, 10, rng);
  } else {
    net.add<Conv2d>(3, 32, Window{}, rng);  // (N, 3, 32, 32) -> (N, 32, 30, 30)
    net.add<Activation<ReLU>>();
    net.add<MaxPool2d>(2);                   // -> (N, 32, 15, 15)
    net.add<Conv2d>(32, 64, Window{}, rng);  // -> (N, 64, 13, 13)
    net.add<Activation<ReLU>>();
    net.add<MaxPool2d>(2);  // -> (N, 64, 6, 6)
    net.add<Flatten>();
    net.add<Linear>(2304, 256, rng);
    net.add<Activation<ReLU>>();
    net.add<Linear>(256, 10, rng);
  }
}

}  // namespace bench
