// Images to train on, for demos and milestones: real sets where they are installed (judge/images/installed.hpp), else
// the course's own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "judge/images/installed.hpp"
#include "tinytorch/tensor.hpp"

namespace judge {

struct Images {
  std::string name;  // "MNIST", "MNIST sample", "CIFAR-10 (JPEG copy)", .. or "synthetic colour shapes"
  std::int64_t classes = 10;
  tinytorch::Tensor train_images;  // (N, C, H, W), in [0, 1]
  tinytorch::Tensor train_labels;  // (N,), class indices
  tinytorch::Tensor test_images;   // (M, C, H, W)
  tinytorch::Tensor test_labels;   // (M,)
};

// The digits: MNIST where it is installed, else the course's sample of it; of both parts at most so many images (0:
// all there are).
// throws: IoError naming the file when one that is read is damaged; also those below.
Images digit_images(std::int64_t train_count = 0, std::int64_t test_count = 0);

// The colour images, 32 x 32: CIFAR-10 where it is installed, else synthetic colour shapes (0: 6,000 and
// 1,000 of them).
Images colour_images(std::int64_t train_count = 0, std::int64_t test_count = 0);

// Whether the colour images are those of CIFAR-10, of any edition.
bool colours_are_real();

// The same as files, for data sets that read them.
struct ImageFiles {
  std::string name;
  std::vector<std::string> train;  // digits: images, labels (IDX); colour images: CIFAR-10's binary layout
  std::vector<std::string> test;
};
ImageFiles digit_files();

// Of both parts at most so many images (0: all of CIFAR-10, 6,000 and 1,000 of the shapes), the same as those
// of colour_images. Parts of CIFAR-10 and the shapes are written to files in `folder`, which may be new.
ImageFiles colour_files(const std::string& folder, std::int64_t train_count = 0, std::int64_t test_count = 0);

}  // namespace judge
