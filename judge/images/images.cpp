#include "judge/images/images.hpp"

#include <utility>

#include "io/cifar.hpp"
#include "io/idx.hpp"
#include "io/npy.hpp"
#include "tinytorch/errors.hpp"

namespace judge {
namespace {

using tinytorch::IoError;
using Files = std::vector<std::string>;
using Extents = std::vector<std::int64_t>;

std::string listed(const Extents& extents) {
  std::string text;
  for (const std::int64_t extent : extents) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

[[noreturn]] void fail(const std::string& file, const std::string& field, const std::string& expected,
                       const std::string& found) {
  throw IoError(file + ": " + field + ": expected " + expected + ", found " + found);
}

Extents shape_of(const ImageLayout& layout) { return {layout.image.begin(), layout.image.end()}; }

// `extents` are those of the whole file, the number of images first; without an extent for a single channel, too.
void check_shape(const ImageLayout& layout, const std::string& file, const Extents& extents) {
  Extents found(extents.begin() + 1, extents.end());
  if (found.size() == 2) found.insert(found.begin(), 1);
  if (found != shape_of(layout)) fail(file, "images", listed(shape_of(layout)), listed(found));
}

void check_labels(const ImageLayout& layout, const std::string& file, const std::vector<std::uint8_t>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= layout.classes) {
      fail(file, "label " + std::to_string(i), "0 to " + std::to_string(layout.classes - 1), std::to_string(labels[i]));
    }
  }
}

// A file of images and one of labels, once both are read.
LabelledImages joined(const ImageLayout& layout, const Files& files, const Extents& extents,
                      std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels) {
  check_shape(layout, files[0], extents);
  if (extents[0] != static_cast<std::int64_t>(labels.size())) {
    fail(files[1], "labels", std::to_string(extents[0]) + ", one an image", std::to_string(labels.size()));
  }
  check_labels(layout, files[1], labels);
  return {std::move(labels), std::move(pixels)};
}

LabelledImages read_idx_pair(const ImageLayout& layout, const Files& files) {
  tinytorch::io::IdxArray images = tinytorch::io::read_idx(files[0], 3);
  tinytorch::io::IdxArray labels = tinytorch::io::read_idx(files[1], 1);
  return joined(layout, files, images.extents, std::move(images.values), std::move(labels.values));
}

LabelledImages read_cifar_files(const ImageLayout& layout, const Files& files, std::int64_t count) {
  LabelledImages all;
  for (const std::string& file : files) {
    if (count > 0 && all.size() >= count) break;
    const tinytorch::io::CifarImages images = tinytorch::io::read_cifar(file);
    check_shape(layout, file, {0, 3, 32, 32});
    check_labels(layout, file, images.labels);
    all.labels.insert(all.labels.end(), images.labels.begin(), images.labels.end());
    all.pixels.insert(all.pixels.end(), images.pixels.begin(), images.pixels.end());
  }
  return all;
}

LabelledImages read_npy_pair(const ImageLayout& layout, const Files& files) {
  tinytorch::io::NpyArray images = tinytorch::io::read_npy(files[0]);
  if (images.dtype != "u1") fail(files[0], "descr", "unsigned bytes", images.dtype);
  if (images.shape.size() != 3 && images.shape.size() != 4)
    fail(files[0], "shape", "3 or 4 extents", std::to_string(images.shape.size()));
  const tinytorch::io::NpyArray labels = tinytorch::io::read_npy(files[1]);
  if (labels.dtype[0] != 'u' && labels.dtype[0] != 'i') fail(files[1], "descr", "whole numbers", labels.dtype);
  if (labels.shape.size() != 1) fail(files[1], "shape", "1 extent", std::to_string(labels.shape.size()));
  return joined(layout, files, images.shape, std::move(images.bytes), tinytorch::io::to_uint8(labels, files[1]));
}

}  // namespace

LabelledImages read_images(const ImageLayout& layout, const Files& files, std::int64_t count) {
  const bool pair = layout.format != "cifar10";
  if (files.empty() || (pair && files.size() != 2)) {
    fail(files.empty() ? layout.format : files[0], "files", pair ? "one of images and one of labels" : "some",
         std::to_string(files.size()));
  }
  LabelledImages images;
  if (layout.format == "idx") {
    images = read_idx_pair(layout, files);
  } else if (layout.format == "cifar10") {
    images = read_cifar_files(layout, files, count);
  } else if (layout.format == "npy") {
    images = read_npy_pair(layout, files);
  } else {
    throw IoError(files[0] + ": format: expected idx, cifar10 or npy, found " + layout.format);
  }
  if (count > 0 && images.size() > count) {
    images.labels.resize(static_cast<std::size_t>(count));
    images.pixels.resize(static_cast<std::size_t>(count * layout.pixels()));
  }
  return images;
}

}  // namespace judge
