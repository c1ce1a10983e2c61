// Synthetic colour shapes: images of 32 x 32 pixels in ten classes, drawn by this program. They stand in
// where CIFAR-10 is not installed.
//
// Place, size, turn and colours of the figure vary from image to image, over a background that changes from
// side to side, under noise: what tells the classes apart is the local structure alone.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace judge {

inline constexpr std::array<const char*, 10> colour_shape_names{"disc",     "ring",    "square", "triangle", "cross",
                                                                "crescent", "stripes", "checks", "dots",     "target"};

// As in CIFAR-10: classes 0 .. 9; pixels channel by channel (red, green, blue), each in rows.
struct ColourShapes {
  std::vector<std::uint8_t> labels;
  std::vector<std::uint8_t> pixels;  // labels.size() x 3 x 32 x 32
};

// The first `count` images of the series that `seed` begins: the same on every machine, and whatever the
// count. Of ten successive images, beginning with image 0, 10, 20, .., each class has one.
ColourShapes colour_shapes(std::int64_t count, std::uint64_t seed);

// Writes images in CIFAR-10's binary layout.
// throws: IoError naming the file.
void write_cifar(const std::string& path, const ColourShapes& images);

}  // namespace judge
