// Looking into data sets: a given program (judge/images/image_reader.cpp) reads their files and reports what is asked
// for.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tito/toolchain/kit.hpp"

namespace tito {

// What all images of a set have in common.
struct ImageLayout {
  std::string format;          // as in data/registry.json
  std::array<int, 3> image{};  // channels, rows, columns
  int classes = 0;
};

// "train" or "test", and its files: images before labels where these are two.
struct ImagePart {
  std::string name;
  std::vector<std::filesystem::path> files;
};

struct LabelledImage {
  std::int64_t index = 0;  // in its part
  int label = 0;
  std::vector<std::uint8_t> pixels;  // (C, H, W)
};

struct ImageChoice {
  std::int64_t first = 0;  // where to begin
  std::int64_t count = 1;
  int label = -1;  // of which class; -1: of any
};

struct ChosenImages {
  std::int64_t in_part = 0;  // how many images the part has
  std::vector<LabelledImage> images;
};

// The next `count` images of a class, from image `first` on, or as many as there are.
// throws: Failure(Exit::damaged) with what is wrong in which file; Failure(Exit::environment); Interrupted.
ChosenImages read_images(const Kit& kit, const ImageLayout& layout, const ImagePart& part, const ImageChoice& choice);

struct PartStatistics {
  std::string name;
  std::int64_t images = 0;
  std::vector<int> first_labels;     // at most ten
  std::vector<std::int64_t> counts;  // images of each class
  std::vector<double> mean;          // of each channel's pixels, in [0, 1]; empty without images
  std::vector<double> deviation;     // of all of these pixels
};

// throws: as read_images.
std::vector<PartStatistics> image_statistics(const Kit& kit, const ImageLayout& layout,
                                             const std::vector<ImagePart>& parts);

}  // namespace tito
