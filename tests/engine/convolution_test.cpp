// The parts of direct convolution against their definitions.
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "fast/spatial/direct_convolution.hpp"
#include "fast/spatial/layout.hpp"
#include "judge/cases/case.hpp"

namespace fast = tinytorch::fast;

namespace {

constexpr float untouched = 12345.0F;

using Floats = std::vector<float>;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::int64_t pick(std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(engine_);
  }
  Floats values(std::int64_t count) {
    std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
    Floats all(at(count));
    for (float& value : all) value = uniform(engine_);
    return all;
  }

 private:
  std::mt19937_64 engine_;
};

// A convolution of one image with random extents.
struct Shapes {
  std::int64_t C, H, W, O, K, stride, padding;
  std::int64_t OH, OW, out;
  explicit Shapes(Random& random)
      : C(random.pick(1, 20)),
        H(random.pick(5, 20)),
        W(random.pick(5, 20)),
        O(random.pick(1, 40)),
        K(random.pick(1, 5)),
        stride(random.pick(1, 3)),
        padding(random.pick(0, 2)),
        OH((H + 2 * padding - K) / stride + 1),
        OW((W + 2 * padding - K) / stride + 1),
        out(fast::padded_channels(O)) {}
  std::string describe() const {
    std::string text;
    for (const std::int64_t extent : {C, H, W, O, K, stride, padding}) text += std::to_string(extent) + " ";
    return "C H W O K stride padding: " + text;
  }
  fast::KernelStrides strides() const {
    return {.kernel_rows = K, .row_elements = K * C, .row = (W + 2 * padding) * C, .output = stride * C};
  }
  fast::WeightExtents weight_extents() const { return {.out_channels = O, .in_channels = C, .kernel = K}; }
  std::int64_t weight_at(std::int64_t o, std::int64_t c, std::int64_t ki, std::int64_t kj) const {
    return ((o * C + c) * K + ki) * K + kj;
  }
  // Pixel (c, h, w) of an image with zeros around it.
  float pixel(const Floats& image, std::int64_t c, std::int64_t h, std::int64_t w) const {
    const bool inside = h >= 0 && h < H && w >= 0 && w < W;
    return inside ? image[at((c * H + h) * W + w)] : 0.0F;
  }
  Floats channels_last(const Floats& image) const {
    Floats x(at((H + 2 * padding) * (W + 2 * padding) * C));
    fast::channels_last(image.data(), {.channels = C, .height = H, .width = W}, padding, x.data());
    return x;
  }
};

}  // namespace

TEST_CASE("transpose exchanges rows and columns of any extents and writes nothing else", "[convolution]") {
  Random random(judge::seed());
  for (int trial = 0; trial < 300; ++trial) {
    const std::int64_t rows = random.pick(1, 50);
    const std::int64_t columns = random.pick(1, 50);
    const std::int64_t from_stride = columns + random.pick(0, 5);
    const std::int64_t to_stride = rows + random.pick(0, 5);
    const Floats from = random.values(rows * from_stride);
    Floats to(at(columns * to_stride), untouched);
    fast::transpose({.from = from.data(),
                     .rows = rows,
                     .columns = columns,
                     .from_stride = from_stride,
                     .to = to.data(),
                     .to_stride = to_stride});
    std::int64_t wrong = 0;
    for (std::int64_t j = 0; j < columns; ++j) {
      for (std::int64_t i = 0; i < to_stride; ++i) {
        const float expected = i < rows ? from[at(i * from_stride + j)] : untouched;
        wrong += to[at(j * to_stride + i)] == expected ? 0 : 1;
      }
    }
    INFO(rows << " x " << columns);
    CHECK(wrong == 0);
  }
}

TEST_CASE("channels_last puts zeros around the image and its channels innermost", "[convolution]") {
  Random random(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    const Shapes s(random);
    const Floats image = random.values(s.C * s.H * s.W);
    const Floats x = s.channels_last(image);
    std::size_t i = 0;
    std::int64_t wrong = 0;
    for (std::int64_t h = -s.padding; h < s.H + s.padding; ++h) {
      for (std::int64_t w = -s.padding; w < s.W + s.padding; ++w) {
        for (std::int64_t c = 0; c < s.C; ++c) wrong += x[i++] == s.pixel(image, c, h, w) ? 0 : 1;
      }
    }
    INFO(s.describe());
    CHECK(wrong == 0);
  }
}

TEST_CASE("unpack_weights gives back what pack_weights was given", "[convolution]") {
  Random random(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    const Shapes s(random);
    const Floats weight = random.values(s.O * s.C * s.K * s.K);
    Floats packed(at(s.out * s.C * s.K * s.K), untouched);
    fast::pack_weights(weight.data(), s.weight_extents(), packed.data());
    Floats again(weight.size());
    fast::unpack_weights(packed.data(), s.weight_extents(), again.data());
    CHECK(again == weight);
  }
}

TEST_CASE("convolve_row agrees with the definition in double precision", "[convolution]") {
  Random random(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    const Shapes s(random);
    INFO(s.describe());
    const Floats image = random.values(s.C * s.H * s.W);
    const Floats weight = random.values(s.O * s.C * s.K * s.K);
    const bool with_bias = random.pick(0, 1) == 1;
    Floats bias = random.values(s.O);
    bias.resize(at(s.out));
    const Floats x = s.channels_last(image);
    Floats packed(at(s.out * s.C * s.K * s.K));
    fast::pack_weights(weight.data(), s.weight_extents(), packed.data());
    double worst = 0.0;
    for (std::int64_t i = 0; i < s.OH; ++i) {
      Floats y(at(s.OW * s.out), untouched);
      fast::convolve_row({.x = x.data() + i * s.stride * s.strides().row,
                          .strides = s.strides(),
                          .weights = packed.data(),
                          .bias = with_bias ? bias.data() : nullptr,
                          .channels = s.out,
                          .width = s.OW,
                          .y = y.data()});
      for (std::int64_t j = 0; j < s.OW; ++j) {
        for (std::int64_t o = 0; o < s.out; ++o) {
          double expected = with_bias ? static_cast<double>(bias[at(o)]) : 0.0;
          for (std::int64_t c = 0; o < s.O && c < s.C; ++c) {
            for (std::int64_t element = 0; element < s.K * s.K; ++element) {
              const std::int64_t h = i * s.stride + element / s.K - s.padding;
              const std::int64_t w = j * s.stride + element % s.K - s.padding;
              expected += static_cast<double>(weight[at(s.weight_at(o, c, element / s.K, element % s.K))]) *
                          static_cast<double>(s.pixel(image, c, h, w));
            }
          }
          worst = std::max(worst, std::abs(static_cast<double>(y[at(j * s.out + o)]) - expected));
        }
      }
    }
    CHECK(worst < 1e-4);
  }
}

TEST_CASE("add_weight_gradient agrees with the definition in double precision and adds to what was there",
          "[convolution]") {
  Random random(judge::seed());
  for (int trial = 0; trial < 40; ++trial) {
    const Shapes s(random);
    INFO(s.describe());
    const Floats image = random.values(s.C * s.H * s.W);
    const Floats x = s.channels_last(image);
    const std::int64_t step = s.out * random.pick(1, 2);
    const std::int64_t row = s.OW * step + random.pick(0, 7);
    const Floats dy = random.values(s.OH * row + s.out);
    Floats packed(at(s.out * s.C * s.K * s.K), 0.5F);
    for (std::int64_t ki = 0; ki < s.K; ++ki) {
      fast::add_weight_gradient({.x = x.data(),
                                 .strides = s.strides(),
                                 .x_row = s.stride * s.strides().row,
                                 .kernel_row = ki,
                                 .dy = dy.data(),
                                 .dy_row = row,
                                 .dy_output = step,
                                 .channels = s.out,
                                 .height = s.OH,
                                 .width = s.OW,
                                 .gradient = packed.data()});
    }
    Floats gradient(at(s.O * s.C * s.K * s.K));
    fast::unpack_weights(packed.data(), s.weight_extents(), gradient.data());
    double worst = 0.0;
    for (std::int64_t o = 0; o < s.O; ++o) {
      for (std::int64_t c = 0; c < s.C; ++c) {
        for (std::int64_t element = 0; element < s.K * s.K; ++element) {
          double expected = 0.5;
          for (std::int64_t output = 0; output < s.OH * s.OW; ++output) {
            const std::int64_t i = output / s.OW;
            const std::int64_t j = output % s.OW;
            expected += static_cast<double>(dy[at(i * row + j * step + o)]) *
                        static_cast<double>(s.pixel(image, c, i * s.stride + element / s.K - s.padding,
                                                    j * s.stride + element % s.K - s.padding));
          }
          worst = std::max(
              worst,
              std::abs(static_cast<double>(gradient[at(s.weight_at(o, c, element / s.K, element % s.K))]) - expected));
        }
      }
    }
    CHECK(worst < 1e-3);
  }
}

TEST_CASE("flip_weights reverses the rows and columns of the kernel and exchanges the channels", "[convolution]") {
  Random random(judge::seed());
  for (int trial = 0; trial < 40; ++trial) {
    const Shapes s(random);
    INFO(s.describe());
    const Floats weight = random.values(s.O * s.C * s.K * s.K);
    Floats packed(at(s.out * s.C * s.K * s.K));
    fast::pack_weights(weight.data(), s.weight_extents(), packed.data());
    const std::int64_t in = fast::padded_channels(s.C);
    Floats flipped(at(in * s.out * s.K * s.K), untouched);
    fast::flip_weights(packed.data(), s.weight_extents(), flipped.data());
    Floats exchanged(at(in * s.out * s.K * s.K));  // (C, O, K, K), both filled up with zeros
    fast::unpack_weights(flipped.data(), {.out_channels = in, .in_channels = s.out, .kernel = s.K}, exchanged.data());
    std::int64_t wrong = 0;
    for (std::int64_t c = 0; c < in; ++c) {
      for (std::int64_t o = 0; o < s.out; ++o) {
        for (std::int64_t element = 0; element < s.K * s.K; ++element) {
          const std::int64_t reversed = s.K * s.K - 1 - element;
          const float expected =
              c < s.C && o < s.O ? weight[at(s.weight_at(o, c, reversed / s.K, reversed % s.K))] : 0.0F;
          wrong += exchanged[at((c * s.out + o) * s.K * s.K + element)] == expected ? 0 : 1;
        }
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("relu_and_pool names the first of the largest and 4 where nothing is above 0", "[convolution]") {
  const std::int64_t channels = fast::padded_channels(1);
  const auto result = [&](float a, float b, float c, float d) {
    Floats top(at(2 * channels)), bottom(at(2 * channels)), largest(at(channels));
    std::vector<std::uint8_t> argmax(at(channels));
    top[1] = a;
    top[at(channels + 1)] = b;
    bottom[1] = c;
    bottom[at(channels + 1)] = d;
    fast::relu_and_pool({.top = top.data(),
                         .bottom = bottom.data(),
                         .width = 1,
                         .channels = channels,
                         .largest = largest.data(),
                         .argmax = argmax.data()});
    return std::make_pair(largest[1], static_cast<int>(argmax[1]));
  };
  CHECK_SAME(result(1, 2, 3, 4), std::make_pair(4.0F, 3));
  CHECK_SAME(result(5, 5, 5, 5), std::make_pair(5.0F, 0));
  CHECK_SAME(result(-1, 2, 2, -3), std::make_pair(2.0F, 1));
  CHECK_SAME(result(-1, -2, 1, 0.5), std::make_pair(1.0F, 2));
  CHECK_SAME(result(-1, -2, -3, -4), std::make_pair(0.0F, 4));
  CHECK_SAME(result(0, 0, 0, 0), std::make_pair(0.0F, 4));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(result(nan, 1, 2, 3).first));  // as a comparison of one pixel after the other has it
}

TEST_CASE("relu_and_pool_gradient gives each gradient to the largest pixel and sums the bias", "[convolution]") {
  Random random(judge::seed());
  const std::int64_t channels = 2 * fast::padded_channels(1);
  const std::int64_t width = 7;
  const Floats grad = random.values(width * channels);
  std::vector<std::uint8_t> all_argmax(at(width * channels));
  for (auto& argmax : all_argmax) argmax = static_cast<std::uint8_t>(random.pick(0, 4));
  Floats top(at(2 * width * channels), untouched), bottom(top), dbias(at(channels), 1.0F);
  fast::relu_and_pool_gradient({.grad = grad.data(),
                                .argmax = all_argmax.data(),
                                .width = width,
                                .channels = channels,
                                .top = top.data(),
                                .bottom = bottom.data(),
                                .dbias = dbias.data()});
  std::int64_t wrong = 0;
  Floats expected_bias(at(channels), 1.0F);
  for (std::int64_t j = 0; j < width; ++j) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const float dy = grad[at(j * channels + c)];
      const int argmax = all_argmax[at(j * channels + c)];
      for (int corner = 0; corner < 4; ++corner) {
        const Floats& rows = corner < 2 ? top : bottom;
        wrong += rows[at((2 * j + corner % 2) * channels + c)] == (corner == argmax ? dy : 0.0F) ? 0 : 1;
      }
      if (argmax < 4) expected_bias[at(c)] += dy;
    }
  }
  CHECK(wrong == 0);
  CHECK(dbias == expected_bias);
}

TEST_CASE("sum adds all numbers of any count, and relu keeps what is not below 0", "[convolution]") {
  Random random(judge::seed());
  for (const std::int64_t count : {0, 1, 7, 63, 64, 65, 900, 1001}) {
    Floats values = random.values(count);
    double expected = 0.0;
    for (const float value : values) expected += static_cast<double>(value);
    CHECK_CLOSE(static_cast<double>(fast::sum(values.data(), count)), expected, 1e-5, 1e-4);
    const Floats before = values;
    fast::relu(values.data(), count);
    std::int64_t wrong = 0;
    for (std::size_t i = 0; i < values.size(); ++i) wrong += values[i] == std::max(before[i], 0.0F) ? 0 : 1;
    CHECK(wrong == 0);
  }
  float nan = std::numeric_limits<float>::quiet_NaN();
  fast::relu(&nan, 1);
  CHECK(std::isnan(nan));
}
