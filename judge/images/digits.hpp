// The course's own real digits: the first 6,000 training and 1,000 test images of MNIST, for demos and
// checkpoints that come before module dataloader.
#pragma once

#include <string>

#include "tinytorch/tensor.hpp"

namespace judge {

// The folder that holds train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz
// and t10k-labels-idx1-ubyte.gz: what the environment variable TITO_DIGITS says, else data/samples/mnist of
// the course.
std::string digits_folder();

struct Digits {
  tinytorch::Tensor images;  // (N, 784), in [0, 1]
  tinytorch::Tensor labels;  // (N,), class indices
};

// The first `count` training digits (all 6,000 when count is 0).
// throws: IoError when a file is missing or damaged.
Digits training_digits(std::int64_t count = 0);

// The first `count` held-out digits (all 1,000 when count is 0).
Digits test_digits(std::int64_t count = 0);

}  // namespace judge
