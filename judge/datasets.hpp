// Images to train on, for demos and milestones: real sets where they are installed, else the course's own.
//
// Installed means: all files of the set lie in the folder mnist/ or cifar-10/ of the data folder. MNIST: the
// four IDX files under their own names, plain or with ".gz". CIFAR-10: data_batch_1.bin to data_batch_5.bin
// and test_batch.bin, also in cifar-10-batches-bin/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tinytorch/tensor.hpp"

namespace judge {

// What the environment variable TITO_DATA says, else $XDG_DATA_HOME/tito, else ~/.local/share/tito; "" where
// none of the three is known. tito passes it on to the programs it starts.
std::string data_folder();

struct Images {
  std::string name;  // "MNIST", "MNIST sample", "CIFAR-10" or "synthetic colour shapes"
  std::int64_t classes = 10;
  tinytorch::Tensor train_images;  // (N, C, H, W), in [0, 1]
  tinytorch::Tensor train_labels;  // (N,), class indices
  tinytorch::Tensor test_images;   // (M, C, H, W)
  tinytorch::Tensor test_labels;   // (M,)
};

// The digits: MNIST where it is installed, else the course's sample of it; of both parts at most so many
// images (0: all there are).
// throws: IoError naming the file when one that is read is damaged.
Images digit_images(std::int64_t train_count = 0, std::int64_t test_count = 0);

// The colour images, 32 x 32: CIFAR-10 where it is installed, else synthetic colour shapes (0: 6,000 and
// 1,000 of them).
// throws: IoError naming the file when one that is read is damaged.
Images colour_images(std::int64_t train_count = 0, std::int64_t test_count = 0);

// The same as files, for data sets that read them.
struct ImageFiles {
  std::string name;
  std::vector<std::string> train;  // digits: images, labels (IDX); colour images: CIFAR-10's binary layout
  std::vector<std::string> test;
};
ImageFiles digit_files();

// Of both parts at most so many images (0: all of CIFAR-10, 6,000 and 1,000 of the shapes), the same as those
// of colour_images. Parts of CIFAR-10 and the shapes are written to files in `folder`, which may be new.
// throws: IoError naming the file.
ImageFiles colour_files(const std::string& folder, std::int64_t train_count = 0, std::int64_t test_count = 0);

}  // namespace judge
