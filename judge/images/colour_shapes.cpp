#include "judge/images/colour_shapes.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "tinytorch/errors.hpp"

// Integers alone, so that no compiler and no processor rounds differently.
namespace judge {
namespace {

constexpr int side = 32;
constexpr int plane = side * side;
constexpr int classes = 10;
constexpr int fine = 8;     // subpixels per pixel, along each axis
constexpr int unit = 1024;  // a figure's radius in its own coordinates

// SplitMix64, as in the contract's Rng, but not the student's.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }

  // An integer in [low, high]. The ranges are small, so that the remainder's bias is nothing.
  int between(int low, int high) { return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low + 1)); }

 private:
  std::uint64_t state_;
};

struct Colour {
  std::array<int, 3> channel;
};

Colour any_colour(Draw& draw) { return {{draw.between(0, 255), draw.between(0, 255), draw.between(0, 255)}}; }

int brightness(const Colour& c) { return (2 * c.channel[0] + 5 * c.channel[1] + c.channel[2]) / 8; }

// How a figure is moved, rotated and scaled.
class Transform {
 public:
  explicit Transform(Draw& draw) {
    radius_ = draw.between(8 * fine, 13 * fine);
    const int margin = std::max(21 * fine / 2, radius_ - fine);  // at most one pixel of it is cut off
    x_ = draw.between(margin, side * fine - margin);
    y_ = draw.between(margin, side * fine - margin);
    // A point of the unit circle with rational coordinates, between 0 and 90 degrees, then quarter turns.
    const int t = draw.between(0, 64);
    const int length = 64 * 64 + t * t;
    cosine_ = unit * (64 * 64 - t * t) / length;
    sine_ = unit * 2 * 64 * t / length;
    for (int turns = draw.between(0, 3); turns > 0; --turns) {
      cosine_ = std::exchange(sine_, cosine_);
      cosine_ = -cosine_;
    }
  }

  // The figure's own coordinates of a point in the image: its centre is (0, 0), its radius is `unit`.
  std::pair<int, int> from_image(int x, int y) const {
    const int dx = x - x_;
    const int dy = y - y_;
    return {(cosine_ * dx + sine_ * dy) / radius_, (cosine_ * dy - sine_ * dx) / radius_};
  }

  // So many pixels in the figure's own coordinates.
  int pixels(int tenths) const { return tenths * unit * fine / (10 * radius_); }

 private:
  int radius_;
  int x_;
  int y_;
  int cosine_;
  int sine_;
};

int square(int a) { return a * a; }

// The figures of the ten classes, in the order of colour_shape_names.
class Figure {
 public:
  Figure(int label, Draw& draw) : label_(label), transform_(draw) {
    period_ = std::max(1, transform_.pixels(draw.between(40, 56)));
    shift_u_ = draw.between(0, 4 * unit);
    shift_v_ = draw.between(0, 4 * unit);
    width_ = draw.between(300, 380);
    round_ = draw.between(0, 1) == 1;
  }

  // Whether the figure covers this point of the image.
  bool covers(int x, int y) const {
    const auto [u, v] = transform_.from_image(x, y);
    const int distance = square(u) + square(v);
    const bool disc = distance < square(unit);
    const bool box = std::max(std::abs(u), std::abs(v)) < 850;
    const bool patch = round_ ? disc : box;
    switch (label_) {
      case 0:
        return disc;
      case 1:
        return disc && distance > square(2 * width_);
      case 2:
        return box;
      case 3:
        return v < 550 && 887 * std::abs(u) - 512 * v < 550 * unit;
      case 4:
        return std::min(std::abs(u), std::abs(v)) < width_ && std::max(std::abs(u), std::abs(v)) < unit;
      case 5:
        return disc && square(u - width_ - 100) + square(v) > square(800);
      case 6:
        return patch && odd(u + shift_u_);
      case 7:
        return patch && odd(u + shift_u_) != odd(v + shift_v_);
      case 8:
        return patch && square(off_centre(u + shift_u_)) + square(off_centre(v + shift_v_)) < square(period_ / 3);
      default:
        return disc && (distance > square(760) || (distance < square(520) && distance > square(260)));
    }
  }

 private:
  // Of stripes half a period wide: whether this point lies in an odd one.
  bool odd(int a) const { return ((2 * (a + 64 * period_)) / period_) % 2 != 0; }
  // How far from the middle of its period a point lies.
  int off_centre(int a) const { return (a + 64 * period_) % period_ - period_ / 2; }

  int label_;
  Transform transform_;
  int period_;
  int shift_u_;
  int shift_v_;
  int width_;
  bool round_;
};

void draw_image(int label, Draw& draw, std::uint8_t* pixels) {
  const Figure figure(label, draw);
  const Colour left = any_colour(draw);
  Colour right = left;
  for (int& channel : right.channel) channel += draw.between(-48, 48);
  Colour front = any_colour(draw);
  while (std::abs(brightness(front) - brightness(left)) < 64) front = any_colour(draw);
  const int noise = draw.between(8, 40);

  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      // Four samples a pixel, so that edges are smooth.
      int covered = 0;
      for (int part = 0; part < 4; ++part) {
        covered += figure.covers(x * fine + 2 + 4 * (part % 2), y * fine + 2 + 4 * (part / 2)) ? 1 : 0;
      }
      for (std::size_t c = 0; c < 3; ++c) {
        const int back = (left.channel[c] * (side - 1 - x) + right.channel[c] * x) / (side - 1);
        const int value = (front.channel[c] * covered + back * (4 - covered)) / 4 + draw.between(-noise, noise);
        pixels[static_cast<int>(c) * plane + y * side + x] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
      }
    }
  }
}

}  // namespace

ColourShapes colour_shapes(std::int64_t count, std::uint64_t seed) {
  ColourShapes images;
  images.labels.resize(static_cast<std::size_t>(count));
  images.pixels.resize(static_cast<std::size_t>(count) * 3 * plane);
  const std::uint64_t series = Draw(seed).bits();
  std::array<std::uint8_t, classes> order{};
  for (std::int64_t i = 0; i < count; ++i) {
    Draw draw(series + static_cast<std::uint64_t>(i) * 0xD1B54A32D192ED03ULL);
    if (i % classes == 0) {
      for (std::size_t k = 0; k < classes; ++k) order[k] = static_cast<std::uint8_t>(k);
      for (int k = classes - 1; k > 0; --k) {
        std::swap(order[static_cast<std::size_t>(k)], order[static_cast<std::size_t>(draw.between(0, k))]);
      }
    }
    const std::uint8_t label = order[static_cast<std::size_t>(i % classes)];
    images.labels[static_cast<std::size_t>(i)] = label;
    draw_image(label, draw, images.pixels.data() + i * 3 * plane);
  }
  return images;
}

void write_cifar(const std::string& path, const ColourShapes& images) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (std::size_t i = 0; i < images.labels.size(); ++i) {
    file.put(static_cast<char>(images.labels[i]));
    file.write(reinterpret_cast<const char*>(images.pixels.data()) + i * 3 * plane, 3 * plane);
  }
  file.close();
  if (!file) throw tinytorch::IoError(path + ": cannot be written");
}

}  // namespace judge
