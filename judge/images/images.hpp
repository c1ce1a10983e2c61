// The images of one part of a data set, read from the files of any format that data/registry.json knows.
//
//   "idx"      two files: images, uint8 (N, rows, columns), and labels (N,); plain or gzipped
//   "cifar10"  any number of files, records of a label and 3 x 32 x 32 pixels, one file's behind the other's
//   "npy"      two files: images, uint8 (N, rows, columns) or (N, C, rows, columns), and labels (N,), whole numbers
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace judge {

// What the registry says about every image of a set.
struct ImageLayout {
  std::string format;
  std::array<std::int64_t, 3> image{};  // channels, rows, columns
  std::int64_t classes = 0;             // at most 256

  std::int64_t pixels() const { return image[0] * image[1] * image[2]; }
};

struct LabelledImages {
  std::vector<std::uint8_t> labels;  // (N,), each less than the number of classes
  std::vector<std::uint8_t> pixels;  // (N, C, H, W)

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
};

// The first `count` images (0: all) of a part. Of a format with many files only as many are read as that takes.
// throws: IoError naming the file, the expected and the found, for a file that its reader rejects, images of another
//         shape than the layout's, a label that is no class, and as many labels as there are no images.
LabelledImages read_images(const ImageLayout& layout, const std::vector<std::string>& files, std::int64_t count = 0);

}  // namespace judge
