// Module spatial: convolution, pooling and batch normalisation against their definitions in double
// precision, hand-computed values and central differences.
#include "tinytorch/spatial.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/compare.hpp"
#include "kernels/parallel.hpp"

using namespace tinytorch;

namespace {

using Doubles = std::vector<double>;
using Floats = std::vector<float>;

const Tensor none;

Tensor random_tensor(const Shape& shape, Rng& rng, float low = -1.0F, float high = 1.0F) {
  return Tensor::uniform(shape, low, high, rng);
}

// 1, 2, 3, ... in storage order.
Tensor counting(const Shape& shape) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(i + 1);
  return tensor;
}

// Different values at least 0.1 apart in random order: no two compete for a maximum within a small step.
Tensor well_apart(const Shape& shape, Rng& rng) {
  Tensor tensor(shape);
  const std::vector<std::int64_t> order = rng.permutation(tensor.size());
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor.data()[i] = 0.1F * static_cast<float>(order[static_cast<std::size_t>(i)] - tensor.size() / 2);
  }
  return tensor;
}

std::int64_t between(std::int64_t low, std::int64_t high, Rng& rng) {
  return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low + 1)));
}

// In how many positions a window fits, counted by trying.
std::int64_t count_outputs(std::int64_t extent, const Window& w) {
  std::int64_t positions = 0;
  for (std::int64_t start = -w.padding; start + w.kernel <= extent + w.padding; start += w.stride) ++positions;
  return positions;
}

// A random window and an extent that it fits.
Window random_window(Rng& rng, std::int64_t max_padding = 2) {
  return {between(1, 4, rng), between(1, 3, rng), between(0, max_padding, rng)};
}
std::int64_t random_extent(const Window& w, Rng& rng) {
  return between(std::max<std::int64_t>(1, w.kernel - 2 * w.padding), 7, rng);
}

// The element of an image with zeros around it.
double pixel(const Tensor& x, std::int64_t n, std::int64_t c, std::int64_t row, std::int64_t column) {
  const std::int64_t C = x.shape()[1], H = x.shape()[2], W = x.shape()[3];
  if (row < 0 || row >= H || column < 0 || column >= W) return 0;
  return x.data()[((n * C + c) * H + row) * W + column];
}

// Convolution by its definition, gathering each output in double precision.
Doubles convolve(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& w) {
  const std::int64_t N = x.shape()[0], C = x.shape()[1];
  const std::int64_t O = weight.shape()[0], K = w.kernel;
  const std::int64_t OH = count_outputs(x.shape()[2], w), OW = count_outputs(x.shape()[3], w);
  Doubles y;
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t o = 0; o < O; ++o) {
      for (std::int64_t at = 0; at < OH * OW; ++at) {
        double total = bias.empty() ? 0.0 : static_cast<double>(bias.data()[o]);
        for (std::int64_t k = 0; k < C * K * K; ++k) {
          const std::int64_t row = at / OW * w.stride + k / K % K - w.padding;
          const std::int64_t column = at % OW * w.stride + k % K - w.padding;
          total += pixel(x, n, k / (K * K), row, column) * weight.data()[o * C * K * K + k];
        }
        y.push_back(total);
      }
    }
  }
  return y;
}

// The windows of an image as columns, by the formula of spatial.hpp.
Doubles columns_of(const Tensor& image, const Window& w) {
  const std::int64_t C = image.shape()[0], H = image.shape()[1], W = image.shape()[2], K = w.kernel;
  const Tensor x(Shape{1, C, H, W}, Floats(image.data(), image.data() + image.size()));
  const std::int64_t OH = count_outputs(H, w), OW = count_outputs(W, w);
  Doubles columns;
  for (std::int64_t c = 0; c < C; ++c) {
    for (std::int64_t ki = 0; ki < K; ++ki) {
      for (std::int64_t kj = 0; kj < K; ++kj) {
        for (std::int64_t i = 0; i < OH; ++i) {
          for (std::int64_t j = 0; j < OW; ++j) {
            columns.push_back(pixel(x, 0, c, i * w.stride + ki - w.padding, j * w.stride + kj - w.padding));
          }
        }
      }
    }
  }
  return columns;
}

// im2col into memory that held something else before.
Tensor im2col_of(const Tensor& image, const Window& w) {
  const std::int64_t C = image.shape()[0], H = image.shape()[1], W = image.shape()[2];
  Tensor columns(Shape{C * w.kernel * w.kernel, count_outputs(H, w) * count_outputs(W, w)});
  std::fill(columns.data(), columns.data() + columns.size(), 777.0F);
  im2col(image.data(), C, H, W, w, columns.data());
  return columns;
}

// Pooling by its definition: `largest` picks the maximum without padding, else the mean with zeros.
Doubles pool(const Tensor& x, const Window& w, bool largest) {
  const std::int64_t N = x.shape()[0], C = x.shape()[1], H = x.shape()[2], W = x.shape()[3];
  Doubles y;
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t c = 0; c < C; ++c) {
      for (std::int64_t top = -w.padding; top + w.kernel <= H + w.padding; top += w.stride) {
        for (std::int64_t left = -w.padding; left + w.kernel <= W + w.padding; left += w.stride) {
          double best = -std::numeric_limits<double>::infinity();
          double total = 0;
          for (std::int64_t row = top; row < top + w.kernel; ++row) {
            for (std::int64_t column = left; column < left + w.kernel; ++column) {
              total += pixel(x, n, c, row, column);
              if (row >= 0 && row < H && column >= 0 && column < W) best = std::max(best, pixel(x, n, c, row, column));
            }
          }
          y.push_back(largest ? best : total / static_cast<double>(w.kernel * w.kernel));
        }
      }
    }
  }
  return y;
}

// The statistics of one channel over N, H and W in double precision.
struct ChannelStatistics {
  double mean = 0;
  double variance = 0;  // biased
  double count = 0;
};
ChannelStatistics statistics(const Tensor& x, std::int64_t channel) {
  const std::int64_t N = x.shape()[0], C = x.shape()[1], plane = x.shape()[2] * x.shape()[3];
  ChannelStatistics s;
  s.count = static_cast<double>(N * plane);
  for (int pass = 0; pass < 2; ++pass) {
    for (std::int64_t n = 0; n < N; ++n) {
      for (std::int64_t i = 0; i < plane; ++i) {
        const double value = x.data()[(n * C + channel) * plane + i];
        if (pass == 0) s.mean += value / s.count;
        if (pass == 1) s.variance += (value - s.mean) * (value - s.mean) / s.count;
      }
    }
  }
  return s;
}

// gamma * (x - mean) / sqrt(variance + epsilon) + beta with the given statistics for each channel.
Doubles normalise(const Tensor& x, const std::vector<ChannelStatistics>& s, const Tensor& gamma, const Tensor& beta,
                  double epsilon) {
  const std::int64_t C = x.shape()[1], plane = x.shape()[2] * x.shape()[3];
  Doubles y;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const std::int64_t c = i / plane % C;
    const ChannelStatistics& of = s[static_cast<std::size_t>(c)];
    y.push_back(gamma.data()[c] * (x.data()[i] - of.mean) / std::sqrt(of.variance + epsilon) + beta.data()[c]);
  }
  return y;
}

std::shared_ptr<BatchNormState> norm_state(const Floats& mean, const Floats& variance) {
  const auto C = static_cast<std::int64_t>(mean.size());
  return std::make_shared<BatchNormState>(BatchNormState{Tensor(Shape{C}, mean), Tensor(Shape{C}, variance)});
}

// The tensor of that name in a layer's state, or the empty tensor.
Tensor state_tensor(const Layer& layer, const std::string& name) {
  for (const NamedTensor& entry : layer.state()) {
    if (entry.name == name) return entry.tensor;
  }
  return {};
}

std::vector<std::string> state_names(const Layer& layer) {
  std::vector<std::string> names;
  for (const NamedTensor& entry : layer.state()) names.push_back(entry.name);
  return names;
}

using Names = std::vector<std::string>;

// While it lives, loops are split over so many threads, however many cores there are.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(kernels::thread_count()) { kernels::set_thread_count(threads); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { kernels::set_thread_count(before_); }

 private:
  int before_;
};

}  // namespace

// Window

TEST_CASE("Window output_size: hand-counted") {
  CHECK_SAME((Window{3, 1, 0}).output_size(5), 3);
  CHECK_SAME((Window{3, 1, 1}).output_size(5), 5);
  CHECK_SAME((Window{2, 2, 0}).output_size(6), 3);
  CHECK_SAME((Window{2, 2, 0}).output_size(7), 3);  // the last column is left out
  CHECK_SAME((Window{3, 2, 1}).output_size(28), 14);
  CHECK_SAME((Window{5, 1, 0}).output_size(5), 1);
  CHECK_SAME((Window{1, 1, 0}).output_size(1), 1);
  CHECK_SAME((Window{3, 1, 1}).output_size(1), 1);
  CHECK_SAME((Window{1, 3, 0}).output_size(5), 2);
}

TEST_CASE("Window output_size: as many as trying finds") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 200; ++trial) {
    const Window w = random_window(rng);
    const std::int64_t extent = random_extent(w, rng);
    CHECK_SAME(w.output_size(extent), count_outputs(extent, w));
  }
}

TEST_CASE("Window output_size: refuses a window that does not fit") {
  CHECK_THROWS_AS((Window{3, 1, 0}).output_size(2), ShapeError);
  CHECK_THROWS_AS((Window{5, 1, 1}).output_size(2), ShapeError);
  CHECK_THROWS_AS((Window{4, 2, 0}).output_size(3), ShapeError);
  CHECK_SAME((Window{4, 2, 0}).output_size(4), 1);
}

TEST_CASE("Window output_size: refuses members out of their range") {
  CHECK_THROWS_AS((Window{0, 1, 0}).output_size(5), ValueError);
  CHECK_THROWS_AS((Window{-1, 1, 0}).output_size(5), ValueError);
  CHECK_THROWS_AS((Window{3, 0, 0}).output_size(5), ValueError);
  CHECK_THROWS_AS((Window{3, -1, 0}).output_size(5), ValueError);
  CHECK_THROWS_AS((Window{3, 1, -1}).output_size(5), ValueError);
}

// conv2d, the definition

TEST_CASE("conv2d slides a kernel over an image: by hand") {
  const Tensor x = counting({1, 1, 3, 3});
  const Tensor weight(Shape{1, 1, 2, 2}, {1, 10, 100, 1000});
  const Tensor y = conv2d(x, weight, none, {2, 1, 0});
  CHECK_CLOSE(y, Tensor(Shape{1, 1, 2, 2}, {5421, 6532, 8754, 9865}), 0, 0);
}

TEST_CASE("conv2d does not flip the kernel") {
  const Tensor x(Shape{1, 1, 1, 3}, {1, 2, 3});
  const Tensor weight(Shape{1, 1, 1, 1}, {2});
  CHECK_CLOSE(conv2d(x, weight, none, {1, 1, 0}), Doubles{2, 4, 6}, 0, 0);
  // A kernel that looks at the pixel up and left only, on an image with one bright pixel.
  Tensor image(Shape{1, 1, 3, 3});
  image.data()[4] = 1;
  const Tensor corner(Shape{1, 1, 3, 3}, {1, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK_CLOSE(conv2d(image, corner, none, {3, 1, 1}), Doubles{0, 0, 0, 0, 0, 0, 0, 0, 1}, 0, 0);
}

TEST_CASE("conv2d adds each output channel's bias to all its outputs") {
  const Tensor x(Shape{2, 1, 1, 2}, {1, 2, 3, 4});
  const Tensor weight(Shape{2, 1, 1, 1}, {1, 10});
  const Tensor y = conv2d(x, weight, Tensor(Shape{2}, {0.5F, -0.5F}), {1, 1, 0});
  CHECK_CLOSE(y, Tensor(Shape{2, 2, 1, 2}, {1.5F, 2.5F, 9.5F, 19.5F, 3.5F, 4.5F, 29.5F, 39.5F}), 0, 0);
}

TEST_CASE("conv2d sums over all input channels") {
  const Tensor x(Shape{1, 3, 1, 1}, {1, 2, 3});
  const Tensor weight(Shape{2, 3, 1, 1}, {1, 10, 100, 4, 5, 6});
  CHECK_CLOSE(conv2d(x, weight, none, {1, 1, 0}), Tensor(Shape{1, 2, 1, 1}, {321, 32}), 0, 0);
}

TEST_CASE("conv2d moves by the stride and sees zeros in the padding") {
  const Tensor x = counting({1, 1, 3, 3});
  const Tensor weight = Tensor::full(Shape{1, 1, 2, 2}, 1);
  CHECK_CLOSE(conv2d(x, weight, none, {2, 2, 1}), Tensor(Shape{1, 1, 2, 2}, {1, 5, 11, 28}), 0, 0);
}

TEST_CASE("conv2d agrees with the definition in double precision for random windows") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 40; ++trial) {
    const Window w = random_window(rng);
    const Tensor x =
        random_tensor({between(1, 3, rng), between(1, 3, rng), random_extent(w, rng), random_extent(w, rng)}, rng);
    const Tensor weight = random_tensor({between(1, 4, rng), x.shape()[1], w.kernel, w.kernel}, rng);
    const Tensor bias = trial % 2 == 0 ? random_tensor({weight.shape()[0]}, rng) : none;
    const Tensor y = conv2d(x, weight, bias, w);
    CHECK_SHAPE(y, {x.shape()[0], weight.shape()[0], count_outputs(x.shape()[2], w), count_outputs(x.shape()[3], w)});
    CHECK_CLOSE(y, convolve(x, weight, bias, w), 1e-4, 1e-5);
  }
}

TEST_CASE("conv2d refuses shapes that do not fit") {
  const Tensor x(Shape{1, 2, 4, 4});
  const Tensor weight(Shape{3, 2, 3, 3});
  const Window w{3, 1, 0};
  CHECK_NOTHROW(conv2d(x, weight, none, w));
  CHECK_THROWS_AS(conv2d(Tensor(Shape{1, 3, 4, 4}), weight, none, w), ShapeError);  // channels
  CHECK_THROWS_AS(conv2d(Tensor(Shape{2, 4, 4}), weight, none, w), ShapeError);     // rank of x
  CHECK_THROWS_AS(conv2d(x, Tensor(Shape{3, 2, 3}), none, w), ShapeError);          // rank of weight
  CHECK_THROWS_AS(conv2d(x, weight, none, Window{2, 1, 0}), ShapeError);            // window is not K x K
  CHECK_THROWS_AS(conv2d(x, Tensor(Shape{3, 2, 3, 2}), none, w), ShapeError);       // not square
  CHECK_THROWS_AS(conv2d(x, Tensor(Shape{3, 2, 2, 3}), none, w), ShapeError);       // not square
  CHECK_THROWS_AS(conv2d(x, Tensor(Shape{3, 2, 3, 3, 1}), none, w), ShapeError);    // rank of weight
  CHECK_THROWS_AS(conv2d(Tensor(Shape{1, 2, 4, 4, 1}), weight, none, w), ShapeError);
  CHECK_THROWS_AS(conv2d(x, weight, Tensor(Shape{2}), w), ShapeError);              // bias
  CHECK_THROWS_AS(conv2d(Tensor(Shape{1, 2, 2, 4}), weight, none, w), ShapeError);  // image too small
}

// im2col and col2im

TEST_CASE("im2col lays the windows of an image out as columns: by hand") {
  const Tensor image = counting({1, 3, 3});
  CHECK_CLOSE(im2col_of(image, {2, 1, 0}), Tensor(Shape{4, 4}, {1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9}), 0, 0);
}

TEST_CASE("im2col writes zeros where the window is over the padding") {
  const Tensor image(Shape{1, 1, 1}, {5});
  CHECK_CLOSE(im2col_of(image, {3, 1, 1}), Doubles{0, 0, 0, 0, 5, 0, 0, 0, 0}, 0, 0);
}

TEST_CASE("im2col puts the rows of one channel after those of the other") {
  const Tensor image(Shape{2, 1, 2}, {1, 2, 3, 4});
  CHECK_CLOSE(im2col_of(image, {1, 1, 0}), Tensor(Shape{2, 2}, {1, 2, 3, 4}), 0, 0);
}

TEST_CASE("im2col agrees with its formula for random windows") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    const Window w = random_window(rng, 3);
    const Tensor image = random_tensor({between(1, 3, rng), random_extent(w, rng), random_extent(w, rng)}, rng);
    CHECK_CLOSE(im2col_of(image, w), columns_of(image, w), 0, 0);
  }
}

TEST_CASE("col2im adds every entry to the pixel it came from: by hand") {
  // How many 2 x 2 windows cover each pixel of a 3 x 3 image.
  const Tensor columns = Tensor::full(Shape{4, 4}, 1);
  Tensor image(Shape{1, 3, 3});
  col2im(columns.data(), 1, 3, 3, {2, 1, 0}, image.data());
  CHECK_CLOSE(image, Doubles{1, 2, 1, 2, 4, 2, 1, 2, 1}, 0, 0);
}

TEST_CASE("col2im adds to what the image held before") {
  const Tensor columns(Shape{1, 4}, {1, 2, 3, 4});
  Tensor image = Tensor::full(Shape{1, 2, 2}, 10);
  col2im(columns.data(), 1, 2, 2, {1, 1, 0}, image.data());
  CHECK_CLOSE(image, Doubles{11, 12, 13, 14}, 0, 0);
}

TEST_CASE("col2im forgets what lies over the padding") {
  const Tensor columns(Shape{9, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  Tensor image(Shape{1, 1, 1});
  col2im(columns.data(), 1, 1, 1, {3, 1, 1}, image.data());
  CHECK_CLOSE(image, Doubles{5}, 0, 0);
}

TEST_CASE("col2im is the adjoint of im2col for random windows") {
  // sum of im2col(x) * c equals sum of x * col2im(c).
  Rng rng(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    const Window w = random_window(rng, 3);
    const Tensor x = random_tensor({between(1, 3, rng), random_extent(w, rng), random_extent(w, rng)}, rng);
    const Doubles columns = columns_of(x, w);
    const Tensor c = random_tensor({static_cast<std::int64_t>(columns.size())}, rng);
    Tensor image(x.shape());
    col2im(c.data(), x.shape()[0], x.shape()[1], x.shape()[2], w, image.data());
    double left = 0;
    double right = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) left += columns[i] * c.data()[i];
    for (std::int64_t i = 0; i < x.size(); ++i) right += static_cast<double>(x.data()[i]) * image.data()[i];
    CHECK_CLOSE(right, left, 1e-4, 1e-4);
  }
}

// Conv2dFunction

TEST_CASE("Conv2dFunction forward: by hand") {
  Conv2dFunction f({2, 1, 0});
  const Tensor y =
      f.forward({counting({1, 1, 3, 3}), Tensor(Shape{1, 1, 2, 2}, {1, 10, 100, 1000}), Tensor(Shape{1}, {0.5F})});
  CHECK_CLOSE(y, Tensor(Shape{1, 1, 2, 2}, {5421.5F, 6532.5F, 8754.5F, 9865.5F}), 0, 0);
}

TEST_CASE("Conv2dFunction forward: agrees with the definition for random windows") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 40; ++trial) {
    const Window w = random_window(rng);
    const Tensor x =
        random_tensor({between(1, 4, rng), between(1, 3, rng), random_extent(w, rng), random_extent(w, rng)}, rng);
    const Tensor weight = random_tensor({between(1, 4, rng), x.shape()[1], w.kernel, w.kernel}, rng);
    const Tensor bias = random_tensor({weight.shape()[0]}, rng);
    const bool with_bias = trial % 2 == 0;
    Conv2dFunction f(w);
    const Tensor y = with_bias ? f.forward({x, weight, bias}) : f.forward({x, weight});
    CHECK_SHAPE(y, {x.shape()[0], weight.shape()[0], count_outputs(x.shape()[2], w), count_outputs(x.shape()[3], w)});
    CHECK_CLOSE(y, convolve(x, weight, with_bias ? bias : none, w), 1e-4, 1e-5);
  }
}

TEST_CASE("Conv2dFunction forward: a batch large enough for several threads") {
  const ThreadCount several(3);
  Rng rng(judge::seed());
  const Window w{3, 1, 1};
  const Tensor x = random_tensor({66, 3, 14, 13}, rng);
  const Tensor weight = random_tensor({5, 3, 3, 3}, rng);
  const Tensor bias = random_tensor({5}, rng);
  Conv2dFunction f(w);
  CHECK_CLOSE(f.forward({x, weight, bias}), convolve(x, weight, bias, w), 1e-4, 1e-5);
}

TEST_CASE("Conv2dFunction backward: gradients by hand") {
  // One row of three pixels, a kernel of one weight and stride 2: y = (2 x0, 2 x2) + bias.
  Conv2dFunction f({1, 2, 0});
  f.forward({Tensor(Shape{1, 1, 1, 3}, {1, 5, 7}), Tensor(Shape{1, 1, 1, 1}, {2}), Tensor(Shape{1}, {0})});
  const std::vector<Tensor> grads = f.backward(Tensor(Shape{1, 1, 1, 2}, {10, 100}));
  REQUIRE(grads.size() == 3);
  CHECK_CLOSE(grads[0], Tensor(Shape{1, 1, 1, 3}, {20, 0, 200}), 0, 0);
  CHECK_CLOSE(grads[1], Tensor(Shape{1, 1, 1, 1}, {710}), 0, 0);
  CHECK_CLOSE(grads[2], Tensor(Shape{1}, {110}), 0, 0);
}

TEST_CASE("Conv2dFunction backward: the bias gets the sum over images and outputs") {
  Conv2dFunction f({1, 1, 0});
  f.forward({Tensor(Shape{2, 1, 2, 1}), Tensor(Shape{2, 1, 1, 1}), Tensor(Shape{2})});
  const std::vector<Tensor> grads = f.backward(counting({2, 2, 2, 1}));
  REQUIRE(grads.size() == 3);
  CHECK_CLOSE(grads[2], Tensor(Shape{2}, {1 + 2 + 5 + 6, 3 + 4 + 7 + 8}), 0, 0);
}

TEST_CASE("Conv2dFunction backward: agrees with central differences for many windows") {
  Rng rng(judge::seed());
  for (const Window& w :
       {Window{3, 1, 0}, Window{3, 1, 1}, Window{3, 2, 1}, Window{2, 2, 0}, Window{1, 1, 0}, Window{2, 3, 1}}) {
    const Tensor x = random_tensor({2, 2, between(4, 5, rng), between(4, 5, rng)}, rng);
    const Tensor weight = random_tensor({3, 2, w.kernel, w.kernel}, rng);
    const auto make = [&] { return std::make_unique<Conv2dFunction>(w); };
    CHECK_GRADIENTS(make, {x, weight, random_tensor({3}, rng)});
    CHECK_GRADIENTS(make, {x, weight});
  }
}

TEST_CASE("Conv2dFunction backward: sums over a batch large enough for several threads") {
  const ThreadCount several(3);
  // dweight by its definition in double precision; dx by the adjoint: sum dy conv(v) = sum dx v.
  Rng rng(judge::seed());
  const Window w{3, 1, 1};
  constexpr std::int64_t N = 66, H = 12, W = 11;
  const Tensor x = random_tensor({N, 2, H, W}, rng);
  const Tensor weight = random_tensor({4, 2, 3, 3}, rng);
  const Tensor dy = random_tensor({N, 4, H, W}, rng);
  Conv2dFunction f(w);
  f.forward({x, weight, random_tensor({4}, rng)});
  const std::vector<Tensor> grads = f.backward(dy);
  REQUIRE(grads.size() == 3);

  Doubles dweight;
  Doubles dbias;
  for (std::int64_t o = 0; o < 4; ++o) {
    for (std::int64_t k = 0; k < 2 * 9; ++k) {
      double total = 0;
      for (std::int64_t at = 0; at < N * H * W; ++at) {
        const std::int64_t n = at / (H * W), i = at / W % H, j = at % W;
        total += pixel(dy, n, o, i, j) * pixel(x, n, k / 9, i + k % 9 / 3 - 1, j + k % 3 - 1);
      }
      dweight.push_back(total);
    }
    double total = 0;
    for (std::int64_t at = 0; at < N * H * W; ++at) total += pixel(dy, at / (H * W), o, at / W % H, at % W);
    dbias.push_back(total);
  }
  CHECK_CLOSE(grads[1], dweight, 1e-4, 1e-4);
  CHECK_CLOSE(grads[2], dbias, 1e-4, 1e-4);
  f.want_gradient(2, false);
  f.forward({x, weight, Tensor(Shape{4})});
  CHECK_CLOSE(f.backward(dy).at(1), dweight, 1e-4, 1e-4);  // whether or not the bias is asked for

  CHECK_SHAPE(grads[0], {N, 2, H, W});
  REQUIRE(grads[0].size() == x.size());
  for (int trial = 0; trial < 3; ++trial) {
    const Tensor v = random_tensor(x.shape(), rng);
    const Doubles conv = convolve(v, weight, none, w);
    double left = 0;
    double right = 0;
    for (std::size_t i = 0; i < conv.size(); ++i) left += conv[i] * dy.data()[i];
    for (std::int64_t i = 0; i < v.size(); ++i) right += static_cast<double>(grads[0].data()[i]) * v.data()[i];
    CHECK_CLOSE(right, left, 1e-4, 1e-3);
  }
}

TEST_CASE("Conv2dFunction backward: spares what is not wanted") {
  Rng rng(judge::seed());
  const Tensor x = random_tensor({2, 1, 4, 4}, rng);
  const Tensor weight = random_tensor({2, 1, 3, 3}, rng);
  const Tensor bias = random_tensor({2}, rng);
  const Tensor dy = random_tensor({2, 2, 2, 2}, rng);
  Conv2dFunction all({3, 1, 0});
  all.forward({x, weight, bias});
  const std::vector<Tensor> complete = all.backward(dy);
  REQUIRE(complete.size() == 3);
  for (std::size_t unwanted = 0; unwanted < 3; ++unwanted) {
    Conv2dFunction f({3, 1, 0});
    f.want_gradient(unwanted, false);
    f.forward({x, weight, bias});
    const std::vector<Tensor> grads = f.backward(dy);
    REQUIRE(grads.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == unwanted) CHECK(grads[i].empty());
      if (i != unwanted) CHECK_CLOSE(grads[i], complete[i]);
    }
  }
}

TEST_CASE("Conv2dFunction refuses shapes that do not fit") {
  const Tensor x(Shape{1, 2, 4, 4});
  const Tensor weight(Shape{3, 2, 3, 3});
  const Window w{3, 1, 0};
  CHECK_THROWS_AS(Conv2dFunction(w).forward({Tensor(Shape{1, 3, 4, 4}), weight}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({Tensor(Shape{2, 4, 4}), weight}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({Tensor(Shape{1, 2, 4, 4, 1}), weight}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({x, Tensor(Shape{3, 2, 3, 3, 1})}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({x, Tensor(Shape{3, 2, 2, 3})}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({x, Tensor(Shape{3, 2, 3, 2})}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(Window{2, 1, 0}).forward({x, weight}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({x, weight, Tensor(Shape{2})}), ShapeError);
  CHECK_THROWS_AS(Conv2dFunction(w).forward({Tensor(Shape{1, 2, 2, 4}), weight}), ShapeError);
  Conv2dFunction f(w);
  f.forward({x, weight});
  CHECK_THROWS_AS(f.backward(Tensor(Shape{1, 3, 3, 2})), ShapeError);
  CHECK_THROWS_AS(f.backward(Tensor(Shape{3, 1, 2, 2})), ShapeError);
}

// Conv2d

TEST_CASE("Conv2d holds weights drawn as He says and a bias of zero") {
  Rng rng(judge::seed());
  Rng same(judge::seed());
  const Conv2d layer(3, 8, {5, 1, 0}, rng);
  const float deviation = std::sqrt(2.0F / (3 * 5 * 5));
  CHECK_CLOSE(layer.weight().value(), Tensor::normal(Shape{8, 3, 5, 5}, 0, deviation, same), 1e-5, 1e-7);
  CHECK_CLOSE(layer.bias().value(), Tensor(Shape{8}), 0, 0);
}

TEST_CASE("Conv2d convolves with its own window and parameters") {
  Rng rng(judge::seed());
  for (const Window& w : {Window{3, 1, 0}, Window{3, 2, 1}, Window{2, 2, 0}}) {
    Conv2d layer(2, 3, w, rng);
    layer.bias().value().data()[1] = 0.5F;
    const Tensor x = random_tensor({2, 2, 6, 5}, rng);
    CHECK_CLOSE(layer.forward(x), convolve(x, layer.weight().value(), layer.bias().value(), w), 1e-4, 1e-5);
  }
}

TEST_CASE("Conv2d names its parameters and its sizes") {
  Rng rng(1);
  const Conv2d plain(3, 32, {3, 1, 0}, rng);
  CHECK_SAME(plain.name(), std::string("Conv2d(3, 32, 3)"));
  CHECK_SAME(Conv2d(1, 8, {5, 2, 0}, rng).name(), std::string("Conv2d(1, 8, 5, stride=2)"));
  CHECK_SAME(Conv2d(1, 8, {3, 1, 1}, rng).name(), std::string("Conv2d(1, 8, 3, padding=1)"));
  CHECK_SAME(Conv2d(1, 8, {3, 2, 1}, rng).name(), std::string("Conv2d(1, 8, 3, stride=2, padding=1)"));
  CHECK_SAME(state_names(plain), Names({"weight", "bias"}));
  CHECK(state_tensor(plain, "weight").shares_storage_with(plain.weight().value()));
  REQUIRE(plain.parameters().size() == 2);
  CHECK(plain.parameters()[0].is_same_as(plain.weight()));
  CHECK(plain.parameters()[1].is_same_as(plain.bias()));
}

TEST_CASE("Conv2d without bias has one parameter and no bias to ask for") {
  Rng rng(judge::seed());
  const Window w{3, 1, 1};
  Conv2d layer(2, 4, w, rng, false);
  CHECK_SAME(layer.parameters().size(), std::size_t{1});
  CHECK_SAME(state_names(layer), Names({"weight"}));
  CHECK_THROWS_AS(layer.bias(), ValueError);
  const Tensor x = random_tensor({1, 2, 4, 4}, rng);
  CHECK_CLOSE(layer.forward(x), convolve(x, layer.weight().value(), none, w), 1e-4, 1e-5);
}

TEST_CASE("Conv2d refuses sizes and windows out of their range") {
  Rng rng(1);
  CHECK_THROWS_AS(Conv2d(0, 1, {3, 1, 0}, rng), ValueError);
  CHECK_THROWS_AS(Conv2d(1, 0, {3, 1, 0}, rng), ValueError);
  CHECK_THROWS_AS(Conv2d(-1, 1, {3, 1, 0}, rng), ValueError);
  CHECK_THROWS_AS(Conv2d(1, -1, {3, 1, 0}, rng), ValueError);
  CHECK_THROWS_AS(Conv2d(1, 1, {0, 1, 0}, rng), ValueError);
  CHECK_THROWS_AS(Conv2d(1, 1, {3, 0, 0}, rng), ValueError);
  CHECK_THROWS_AS(Conv2d(1, 1, {3, 1, -1}, rng), ValueError);
}

TEST_CASE("Conv2d learns through the tape: its parameters get their gradients") {
  Rng rng(judge::seed());
  Conv2d layer(1, 2, {3, 1, 0}, rng);
  const Tensor x = random_tensor({2, 1, 4, 4}, rng);
  const Tensor dy = random_tensor({2, 2, 2, 2}, rng);
  Variable y = forward(layer, Variable(x));
  y.backward(dy);
  Conv2dFunction f({3, 1, 0});
  f.forward({x, layer.weight().value(), layer.bias().value()});
  const std::vector<Tensor> grads = f.backward(dy);
  REQUIRE(grads.size() == 3);
  CHECK_CLOSE(layer.weight().grad(), grads[1]);
  CHECK_CLOSE(layer.bias().grad(), grads[2]);
}

// MaxPool2dFunction

TEST_CASE("MaxPool2dFunction forward: the largest pixel of each window") {
  MaxPool2dFunction f({2, 2, 0});
  const Tensor x(Shape{1, 2, 2, 4}, {1, 2, 5, 3, 4, 3, -1, 0, -5, -6, -1, -2, -7, -8, -4, -3});
  CHECK_CLOSE(f.forward({x}), Tensor(Shape{1, 2, 1, 2}, {4, 5, -5, -1}), 0, 0);
}

TEST_CASE("MaxPool2dFunction forward: padding never wins even among negative pixels") {
  MaxPool2dFunction f({2, 2, 1});
  const Tensor x(Shape{1, 1, 2, 2}, {-1, -2, -3, -4});
  CHECK_CLOSE(f.forward({x}), Tensor(Shape{1, 1, 2, 2}, {-1, -2, -3, -4}), 0, 0);
}

TEST_CASE("MaxPool2dFunction forward: leaves out what is too narrow for a window") {
  MaxPool2dFunction f({2, 2, 0});
  CHECK_CLOSE(f.forward({counting({1, 1, 3, 3})}), Tensor(Shape{1, 1, 1, 1}, {5}), 0, 0);
}

TEST_CASE("MaxPool2dFunction forward: a single pixel is the largest of its window") {
  const Tensor x(Shape{1, 1, 1, 1}, {-5});
  CHECK_CLOSE(MaxPool2dFunction({1, 1, 0}).forward({x}), x, 0, 0);
  CHECK_CLOSE(MaxPool2dFunction({3, 1, 1}).forward({x}), x, 0, 0);
}

TEST_CASE("MaxPool2dFunction forward: agrees with the definition for random windows") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    Window w = random_window(rng, 0);
    w.padding = between(0, w.kernel / 2, rng);
    const Tensor x =
        random_tensor({between(1, 4, rng), between(1, 3, rng), random_extent(w, rng), random_extent(w, rng)}, rng);
    MaxPool2dFunction f(w);
    const Tensor y = f.forward({x});
    CHECK_SHAPE(y, {x.shape()[0], x.shape()[1], count_outputs(x.shape()[2], w), count_outputs(x.shape()[3], w)});
    CHECK_CLOSE(y, pool(x, w, true), 0, 0);
  }
}

TEST_CASE("MaxPool2dFunction backward: the gradient goes to the largest pixel alone") {
  MaxPool2dFunction f({2, 2, 0});
  f.forward({Tensor(Shape{1, 1, 2, 4}, {1, 2, 5, 3, 4, 3, -1, 0})});
  const std::vector<Tensor> grads = f.backward(Tensor(Shape{1, 1, 1, 2}, {10, 20}));
  REQUIRE(grads.size() == 1);
  CHECK_CLOSE(grads[0], Tensor(Shape{1, 1, 2, 4}, {0, 0, 20, 0, 10, 0, 0, 0}), 0, 0);
}

TEST_CASE("MaxPool2dFunction backward: the first of equals wins") {
  const auto gradient_of_ties = [](const Floats& pixels) {
    MaxPool2dFunction f({2, 2, 0});
    f.forward({Tensor(Shape{1, 1, 2, 2}, pixels)});
    return f.backward(Tensor(Shape{1, 1, 1, 1}, {3})).at(0);
  };
  CHECK_CLOSE(gradient_of_ties({7, 7, 7, 7}), Doubles{3, 0, 0, 0}, 0, 0);
  CHECK_CLOSE(gradient_of_ties({7, 7, 1, 7}), Doubles{3, 0, 0, 0}, 0, 0);
  CHECK_CLOSE(gradient_of_ties({1, 7, 7, 7}), Doubles{0, 3, 0, 0}, 0, 0);
  CHECK_CLOSE(gradient_of_ties({1, 2, 7, 7}), Doubles{0, 0, 3, 0}, 0, 0);
  CHECK_CLOSE(gradient_of_ties({7, 1, 7, 1}), Doubles{3, 0, 0, 0}, 0, 0);

  // What a ReLU leaves behind: nothing but zeros, under windows that overlap.
  MaxPool2dFunction f({2, 1, 0});
  f.forward({Tensor(Shape{1, 1, 3, 3})});
  const std::vector<Tensor> grads = f.backward(Tensor(Shape{1, 1, 2, 2}, {1, 2, 3, 4}));
  REQUIRE(grads.size() == 1);
  CHECK_CLOSE(grads[0], Doubles{1, 2, 0, 3, 4, 0, 0, 0, 0}, 0, 0);
}

TEST_CASE("MaxPool2dFunction backward: a pixel that wins in several windows gets all their gradients") {
  MaxPool2dFunction f({2, 1, 0});
  f.forward({Tensor(Shape{1, 1, 3, 3}, {0, 1, 2, 3, 9, 4, 5, 6, 7})});
  const std::vector<Tensor> grads = f.backward(Tensor(Shape{1, 1, 2, 2}, {1, 10, 100, 1000}));
  REQUIRE(grads.size() == 1);
  CHECK_CLOSE(grads[0], Doubles{0, 0, 0, 0, 1111, 0, 0, 0, 0}, 0, 0);
}

TEST_CASE("MaxPool2dFunction backward: agrees with central differences") {
  Rng rng(judge::seed());
  for (const Window& w : {Window{2, 2, 0}, Window{3, 1, 1}, Window{3, 2, 1}, Window{2, 1, 0}, Window{1, 2, 0}}) {
    CHECK_GRADIENTS([&] { return std::make_unique<MaxPool2dFunction>(w); }, {well_apart({2, 3, 5, 4}, rng)});
  }
}

TEST_CASE("MaxPool2dFunction serves a batch large enough for several threads") {
  const ThreadCount several(3);
  Rng rng(judge::seed());
  const Tensor x = random_tensor({40, 8, 16, 17}, rng);
  MaxPool2dFunction f({2, 2, 0});
  const Tensor y = f.forward({x});
  CHECK_CLOSE(y, pool(x, {2, 2, 0}, true), 0, 0);
  REQUIRE(y.size() == 40 * 8 * 8 * 8);

  const Tensor dy = random_tensor(y.shape(), rng);
  Doubles expected(static_cast<std::size_t>(x.size()), 0.0);
  for (std::int64_t i = 0; i < y.size(); ++i) {
    const std::int64_t corner = (i / 64 * 16 + i / 8 % 8 * 2) * 17 + i % 8 * 2;
    for (const std::int64_t at : {corner, corner + 1, corner + 17, corner + 18}) {
      if (x.data()[at] == y.data()[i]) {
        expected[static_cast<std::size_t>(at)] = dy.data()[i];
        break;
      }
    }
  }
  const std::vector<Tensor> grads = f.backward(dy);
  REQUIRE(grads.size() == 1);
  CHECK_CLOSE(grads[0], expected, 0, 0);
}

TEST_CASE("MaxPool2dFunction refuses what does not fit") {
  CHECK_THROWS_AS(MaxPool2dFunction({2, 2, 0}).forward({Tensor(Shape{1, 4, 4})}), ShapeError);
  CHECK_THROWS_AS(MaxPool2dFunction({5, 1, 0}).forward({Tensor(Shape{1, 1, 4, 4})}), ShapeError);
  const auto too_much_padding = [] { MaxPool2dFunction({2, 2, 2}).forward({Tensor(Shape{1, 1, 4, 4})}); };
  CHECK_THROWS_AS(too_much_padding(), ValueError);
  const auto no_stride = [] { MaxPool2dFunction({2, 0, 0}).forward({Tensor(Shape{1, 1, 4, 4})}); };
  CHECK_THROWS_AS(no_stride(), ValueError);
  MaxPool2dFunction f({2, 2, 0});
  f.forward({Tensor(Shape{1, 1, 4, 4})});
  CHECK_THROWS_AS(f.backward(Tensor(Shape{1, 1, 4, 4})), ShapeError);
}

// AvgPool2dFunction

TEST_CASE("AvgPool2dFunction forward: the mean of each window") {
  AvgPool2dFunction f({2, 2, 0});
  const Tensor x(Shape{1, 1, 2, 4}, {1, 2, 5, 3, 4, 3, -1, 1});
  CHECK_CLOSE(f.forward({x}), Tensor(Shape{1, 1, 1, 2}, {2.5F, 2}));
}

TEST_CASE("AvgPool2dFunction forward: zeros of the padding are counted") {
  AvgPool2dFunction f({2, 2, 1});
  const Tensor x(Shape{1, 1, 2, 2}, {4, 8, 12, 16});
  CHECK_CLOSE(f.forward({x}), Tensor(Shape{1, 1, 2, 2}, {1, 2, 3, 4}));
}

TEST_CASE("AvgPool2dFunction forward: agrees with the definition for random windows") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 60; ++trial) {
    Window w = random_window(rng, 0);
    w.padding = between(0, w.kernel / 2, rng);
    const Tensor x =
        random_tensor({between(1, 4, rng), between(1, 3, rng), random_extent(w, rng), random_extent(w, rng)}, rng);
    AvgPool2dFunction f(w);
    const Tensor y = f.forward({x});
    CHECK_SHAPE(y, {x.shape()[0], x.shape()[1], count_outputs(x.shape()[2], w), count_outputs(x.shape()[3], w)});
    CHECK_CLOSE(y, pool(x, w, false), 1e-4, 1e-5);
  }
}

TEST_CASE("AvgPool2dFunction backward: each gradient is shared by its window") {
  AvgPool2dFunction f({2, 1, 0});
  f.forward({Tensor(Shape{1, 1, 2, 3})});
  const std::vector<Tensor> grads = f.backward(Tensor(Shape{1, 1, 1, 2}, {4, 8}));
  REQUIRE(grads.size() == 1);
  CHECK_CLOSE(grads[0], Tensor(Shape{1, 1, 2, 3}, {1, 3, 2, 1, 3, 2}));
}

TEST_CASE("AvgPool2dFunction backward: agrees with central differences") {
  Rng rng(judge::seed());
  for (const Window& w : {Window{2, 2, 0}, Window{3, 1, 1}, Window{3, 2, 1}, Window{2, 1, 0}, Window{1, 2, 0}}) {
    CHECK_GRADIENTS([&] { return std::make_unique<AvgPool2dFunction>(w); }, {random_tensor({2, 3, 5, 4}, rng)});
  }
}

TEST_CASE("AvgPool2dFunction serves a batch large enough for several threads") {
  const ThreadCount several(3);
  Rng rng(judge::seed());
  const Tensor x = random_tensor({40, 8, 16, 17}, rng);
  AvgPool2dFunction f({2, 2, 0});
  const Tensor y = f.forward({x});
  CHECK_CLOSE(y, pool(x, {2, 2, 0}, false), 1e-4, 1e-5);
  REQUIRE(y.size() == 40 * 8 * 8 * 8);
  const Tensor dy = random_tensor(y.shape(), rng);
  Doubles expected(static_cast<std::size_t>(x.size()), 0.0);
  for (std::int64_t i = 0; i < y.size(); ++i) {
    const std::int64_t corner = (i / 64 * 16 + i / 8 % 8 * 2) * 17 + i % 8 * 2;
    for (const std::int64_t at : {corner, corner + 1, corner + 17, corner + 18}) {
      expected[static_cast<std::size_t>(at)] = dy.data()[i] / 4.0;
    }
  }
  const std::vector<Tensor> grads = f.backward(dy);
  REQUIRE(grads.size() == 1);
  CHECK_CLOSE(grads[0], expected, 1e-5, 1e-6);
}

TEST_CASE("AvgPool2dFunction refuses what does not fit") {
  CHECK_THROWS_AS(AvgPool2dFunction({2, 2, 0}).forward({Tensor(Shape{1, 4, 4})}), ShapeError);
  CHECK_THROWS_AS(AvgPool2dFunction({5, 1, 0}).forward({Tensor(Shape{1, 1, 4, 4})}), ShapeError);
  const auto too_much_padding = [] { AvgPool2dFunction({2, 2, 2}).forward({Tensor(Shape{1, 1, 4, 4})}); };
  CHECK_THROWS_AS(too_much_padding(), ValueError);
  AvgPool2dFunction f({2, 2, 0});
  f.forward({Tensor(Shape{1, 1, 4, 4})});
  CHECK_THROWS_AS(f.backward(Tensor(Shape{1, 1, 4, 4})), ShapeError);
}

// The pooling layers

TEST_CASE("MaxPool2d moves by its own size unless told otherwise") {
  Rng rng(judge::seed());
  const Tensor x = random_tensor({2, 2, 7, 6}, rng);
  CHECK_CLOSE(MaxPool2d(2).forward(x), pool(x, {2, 2, 0}, true), 0, 0);
  CHECK_CLOSE(MaxPool2d(3).forward(x), pool(x, {3, 3, 0}, true), 0, 0);
  CHECK_CLOSE(MaxPool2d(Window{3, 2, 1}).forward(x), pool(x, {3, 2, 1}, true), 0, 0);
}

TEST_CASE("AvgPool2d moves by its own size unless told otherwise") {
  Rng rng(judge::seed());
  const Tensor x = random_tensor({2, 2, 7, 6}, rng);
  CHECK_CLOSE(AvgPool2d(2).forward(x), pool(x, {2, 2, 0}, false), 1e-4, 1e-5);
  CHECK_CLOSE(AvgPool2d(3).forward(x), pool(x, {3, 3, 0}, false), 1e-4, 1e-5);
  CHECK_CLOSE(AvgPool2d(Window{3, 2, 1}).forward(x), pool(x, {3, 2, 1}, false), 1e-4, 1e-5);
}

TEST_CASE("MaxPool2d and AvgPool2d name their windows") {
  CHECK_SAME(MaxPool2d(2).name(), std::string("MaxPool2d(2)"));
  CHECK_SAME(MaxPool2d(Window{3, 2, 0}).name(), std::string("MaxPool2d(3, stride=2)"));
  CHECK_SAME(MaxPool2d(Window{3, 3, 1}).name(), std::string("MaxPool2d(3, padding=1)"));
  CHECK_SAME(AvgPool2d(4).name(), std::string("AvgPool2d(4)"));
  CHECK_SAME(AvgPool2d(Window{3, 2, 1}).name(), std::string("AvgPool2d(3, stride=2, padding=1)"));
}

// BatchNorm2dFunction

TEST_CASE("BatchNorm2dFunction forward: training gives every channel mean 0 and variance 1") {
  Rng rng(judge::seed());
  const Tensor x = random_tensor({4, 3, 5, 2}, rng, 3, 9);
  BatchNorm2dFunction f(norm_state({0, 0, 0}, {1, 1, 1}), true, 0.1F, 1e-5F);
  const Tensor y = f.forward({x, Tensor::full(Shape{3}, 1), Tensor(Shape{3})});
  REQUIRE(y.shape() == x.shape());
  for (std::int64_t c = 0; c < 3; ++c) {
    CHECK_CLOSE(statistics(y, c).mean, 0.0, 0, 1e-4);
    CHECK_CLOSE(statistics(y, c).variance, 1.0, 1e-3);
  }
}

TEST_CASE("BatchNorm2dFunction forward: by hand with gamma and beta and epsilon") {
  // Channel 0 holds 1 and 3 (mean 2, variance 1), channel 1 holds 0 and 4 (mean 2, variance 4).
  const Tensor x(Shape{2, 2, 1, 1}, {1, 0, 3, 4});
  BatchNorm2dFunction f(norm_state({0, 0}, {1, 1}), true, 0.1F, 3.0F);
  const Tensor y = f.forward({x, Tensor(Shape{2}, {10, 1}), Tensor(Shape{2}, {5, -1})});
  const double root7 = std::sqrt(7.0);
  CHECK_CLOSE(y, Doubles{5 - 10 / 2.0, -1 - 2 / root7, 5 + 10 / 2.0, -1 + 2 / root7}, 1e-5, 1e-5);
}

TEST_CASE("BatchNorm2dFunction forward: training agrees with double precision") {
  Rng rng(judge::seed());
  for (int trial = 0; trial < 10; ++trial) {
    const std::int64_t C = between(1, 4, rng);
    const Tensor x = random_tensor({between(2, 5, rng), C, between(1, 4, rng), between(1, 4, rng)}, rng, -2, 5);
    const Tensor gamma = random_tensor({C}, rng, -2, 2);
    const Tensor beta = random_tensor({C}, rng);
    std::vector<ChannelStatistics> s;
    for (std::int64_t c = 0; c < C; ++c) s.push_back(statistics(x, c));
    BatchNorm2dFunction f(norm_state(Floats(static_cast<std::size_t>(C), 9), Floats(static_cast<std::size_t>(C), 9)),
                          true, 0.1F, 0.01F);
    CHECK_CLOSE(f.forward({x, gamma, beta}), normalise(x, s, gamma, beta, 0.01), 1e-3, 1e-3);
  }
}

TEST_CASE("BatchNorm2dFunction forward: images large enough for several threads") {
  const ThreadCount several(3);
  Rng rng(judge::seed());
  const Tensor x = random_tensor({8, 8, 40, 30}, rng, -2, 5);
  const Tensor gamma = random_tensor({8}, rng, -2, 2);
  const Tensor beta = random_tensor({8}, rng);
  std::vector<ChannelStatistics> s;
  for (std::int64_t c = 0; c < 8; ++c) s.push_back(statistics(x, c));
  BatchNorm2dFunction f(norm_state(Floats(8, 0), Floats(8, 1)), true, 0.1F, 0.01F);
  CHECK_CLOSE(f.forward({x, gamma, beta}), normalise(x, s, gamma, beta, 0.01), 1e-3, 1e-3);
}

TEST_CASE("BatchNorm2dFunction forward: a large mean does not spoil a small variance") {
  Rng rng(judge::seed());
  const Tensor x = random_tensor({8, 1, 8, 8}, rng, 1000, 1001);
  BatchNorm2dFunction f(norm_state({0}, {1}), true, 0.1F, 1e-5F);
  const Tensor y = f.forward({x, Tensor::full(Shape{1}, 1), Tensor(Shape{1})});
  CHECK_CLOSE(y, normalise(x, {statistics(x, 0)}, Tensor::full(Shape{1}, 1), Tensor(Shape{1}), 1e-5), 1e-2, 1e-2);
}

TEST_CASE("BatchNorm2dFunction forward: training moves the running statistics with the unbiased variance") {
  // Values 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14/3.
  const auto state = norm_state({10}, {4});
  BatchNorm2dFunction f(state, true, 0.25F, 1e-5F);
  f.forward({Tensor(Shape{2, 1, 1, 2}, {1, 2, 3, 6}), Tensor::full(Shape{1}, 1), Tensor(Shape{1})});
  CHECK_CLOSE(state->running_mean, Doubles{0.75 * 10 + 0.25 * 3});
  CHECK_CLOSE(state->running_var, Doubles{0.75 * 4 + 0.25 * 14 / 3});
}

TEST_CASE("BatchNorm2dFunction forward: running statistics of random channels") {
  Rng rng(judge::seed());
  const Tensor x = random_tensor({3, 4, 3, 2}, rng, -2, 5);
  const auto state = norm_state({1, 2, 3, 4}, {5, 6, 7, 8});
  BatchNorm2dFunction f(state, true, 0.1F, 1e-5F);
  f.forward({x, Tensor::full(Shape{4}, 1), Tensor(Shape{4})});
  Doubles mean;
  Doubles variance;
  for (std::int64_t c = 0; c < 4; ++c) {
    const ChannelStatistics s = statistics(x, c);
    const auto start = static_cast<double>(c);
    mean.push_back(0.9 * (1 + start) + 0.1 * s.mean);
    variance.push_back(0.9 * (5 + start) + 0.1 * s.variance * s.count / (s.count - 1));
  }
  CHECK_CLOSE(state->running_mean, mean, 1e-4, 1e-5);
  CHECK_CLOSE(state->running_var, variance, 1e-4, 1e-5);
}

TEST_CASE("BatchNorm2dFunction forward: evaluation uses the running statistics and leaves them alone") {
  const auto state = norm_state({1, -1}, {4, 0.25F});
  BatchNorm2dFunction f(state, false, 0.1F, 1e-7F);
  const Tensor y =
      f.forward({Tensor(Shape{1, 2, 1, 2}, {3, 1, 0, -1}), Tensor(Shape{2}, {1, 2}), Tensor(Shape{2}, {0, 5})});
  CHECK_CLOSE(y, Doubles{1, 0, 9, 5}, 1e-4, 1e-5);
  CHECK_CLOSE(state->running_mean, Doubles{1, -1}, 0, 0);
  CHECK_CLOSE(state->running_var, Doubles{4, 0.25}, 0, 0);
}

TEST_CASE("BatchNorm2dFunction forward: leaves its input as it is") {
  const Tensor x(Shape{2, 1, 1, 2}, {1, 2, 3, 6});
  BatchNorm2dFunction f(norm_state({0}, {1}), true, 0.1F, 1e-5F);
  const Tensor y = f.forward({x, Tensor::full(Shape{1}, 1), Tensor(Shape{1})});
  CHECK_CLOSE(x, Doubles{1, 2, 3, 6}, 0, 0);
  CHECK_FALSE(y.shares_storage_with(x));
}

TEST_CASE("BatchNorm2dFunction backward: training agrees with central differences") {
  Rng rng(judge::seed());
  for (const Shape& shape : {Shape{3, 2, 2, 3}, Shape{4, 1, 1, 1}, Shape{1, 3, 3, 2}}) {
    const std::int64_t C = shape[1];
    const auto make = [&] {
      return std::make_unique<BatchNorm2dFunction>(
          norm_state(Floats(static_cast<std::size_t>(C), 0), Floats(static_cast<std::size_t>(C), 1)), true, 0.1F, 0.1F);
    };
    CHECK_GRADIENTS(make, {well_apart(shape, rng), random_tensor({C}, rng, 0.5F, 1.5F), random_tensor({C}, rng)});
  }
}

TEST_CASE("BatchNorm2dFunction backward: evaluation agrees with central differences") {
  Rng rng(judge::seed());
  const auto make = [] {
    return std::make_unique<BatchNorm2dFunction>(norm_state({1, -1}, {4, 0.5F}), false, 0.1F, 0.1F);
  };
  CHECK_GRADIENTS(make,
                  {random_tensor({2, 2, 2, 3}, rng), random_tensor({2}, rng, 0.5F, 1.5F), random_tensor({2}, rng)});
}

TEST_CASE("BatchNorm2dFunction backward: a constant gradient does not reach the input while training") {
  // The mean is taken away in forward, so shifting all of x changes nothing.
  Rng rng(judge::seed());
  const Tensor x = random_tensor({3, 2, 2, 2}, rng);
  BatchNorm2dFunction f(norm_state({0, 0}, {1, 1}), true, 0.1F, 1e-5F);
  f.forward({x, Tensor(Shape{2}, {3, -2}), Tensor(Shape{2})});
  const std::vector<Tensor> grads = f.backward(Tensor::full(x.shape(), 1));
  REQUIRE(grads.size() == 3);
  CHECK_CLOSE(grads[0], Doubles(24, 0.0), 0, 1e-4);
  CHECK_CLOSE(grads[1], Doubles{0, 0}, 0, 1e-4);
  CHECK_CLOSE(grads[2], Doubles{12, 12}, 1e-5);
}

TEST_CASE("BatchNorm2dFunction backward: spares what is not wanted") {
  Rng rng(judge::seed());
  const std::vector<Tensor> inputs{random_tensor({3, 2, 2, 2}, rng), random_tensor({2}, rng), random_tensor({2}, rng)};
  const Tensor dy = random_tensor({3, 2, 2, 2}, rng);
  BatchNorm2dFunction all(norm_state({0, 0}, {1, 1}), true, 0.1F, 1e-5F);
  all.forward(inputs);
  const std::vector<Tensor> complete = all.backward(dy);
  REQUIRE(complete.size() == 3);
  for (std::size_t unwanted = 0; unwanted < 3; ++unwanted) {
    BatchNorm2dFunction f(norm_state({0, 0}, {1, 1}), true, 0.1F, 1e-5F);
    f.want_gradient(unwanted, false);
    f.forward(inputs);
    const std::vector<Tensor> grads = f.backward(dy);
    REQUIRE(grads.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == unwanted) CHECK(grads[i].empty());
      if (i != unwanted) CHECK_CLOSE(grads[i], complete[i]);
    }
  }
}

TEST_CASE("BatchNorm2dFunction refuses what does not fit") {
  const auto make = [] { return BatchNorm2dFunction(norm_state({0, 0}, {1, 1}), true, 0.1F, 1e-5F); };
  const Tensor ones = Tensor::full(Shape{2}, 1);
  const Tensor x(Shape{2, 2, 2, 2});
  CHECK_THROWS_AS(make().forward({Tensor(Shape{2, 2, 2}), ones, ones}), ShapeError);
  CHECK_THROWS_AS(make().forward({Tensor(Shape{2, 3, 2, 2}), ones, ones}), ShapeError);
  CHECK_THROWS_AS(make().forward({x, Tensor(Shape{3}), ones}), ShapeError);
  CHECK_THROWS_AS(make().forward({x, ones, Tensor(Shape{3})}), ShapeError);
  BatchNorm2dFunction f(norm_state({0, 0}, {1, 1}), true, 0.1F, 1e-5F);
  f.forward({x, ones, ones});
  CHECK_THROWS_AS(f.backward(Tensor(Shape{2, 2, 2, 1})), ShapeError);
}

TEST_CASE("BatchNorm2dFunction refuses to train on one value a channel but evaluates it") {
  const Tensor ones = Tensor::full(Shape{2}, 1);
  const Tensor x(Shape{1, 2, 1, 1}, {3, 4});
  BatchNorm2dFunction training(norm_state({0, 0}, {1, 1}), true, 0.1F, 1e-5F);
  CHECK_THROWS_AS(training.forward({x, ones, ones}), ValueError);
  BatchNorm2dFunction evaluation(norm_state({0, 0}, {1, 1}), false, 0.1F, 1e-7F);
  CHECK_CLOSE(evaluation.forward({x, ones, ones}), Doubles{4, 5}, 1e-4);
}

// BatchNorm2d

TEST_CASE("BatchNorm2d starts with gamma 1 and beta 0 and running statistics 0 and 1") {
  const BatchNorm2d layer(3);
  CHECK_SAME(layer.name(), std::string("BatchNorm2d(3)"));
  CHECK_SAME(state_names(layer), Names({"weight", "bias", "running_mean", "running_var"}));
  CHECK_CLOSE(state_tensor(layer, "weight"), Doubles{1, 1, 1}, 0, 0);
  CHECK_CLOSE(state_tensor(layer, "bias"), Doubles{0, 0, 0}, 0, 0);
  CHECK_CLOSE(state_tensor(layer, "running_mean"), Doubles{0, 0, 0}, 0, 0);
  CHECK_CLOSE(state_tensor(layer, "running_var"), Doubles{1, 1, 1}, 0, 0);
  REQUIRE(layer.parameters().size() == 2);  // running statistics are no parameters
  CHECK(layer.parameters()[0].value().shares_storage_with(state_tensor(layer, "weight")));
  CHECK(layer.parameters()[1].value().shares_storage_with(state_tensor(layer, "bias")));
}

TEST_CASE("BatchNorm2d learns running statistics while training and uses them afterwards") {
  Rng rng(judge::seed());
  BatchNorm2d layer(2);
  // Channel 0 around 5 with deviation 2, channel 1 around -3 with deviation 0.5.
  const auto images = [&] {
    Tensor x(Shape{16, 2, 4, 4});
    for (std::int64_t i = 0; i < x.size(); ++i) {
      x.data()[i] = i / 16 % 2 == 0 ? rng.normal(5, 2) : rng.normal(-3, 0.5F);
    }
    return x;
  };
  for (int step = 0; step < 60; ++step) layer.forward(images());
  const Tensor mean = state_tensor(layer, "running_mean");
  const Tensor variance = state_tensor(layer, "running_var");
  CHECK_CLOSE(mean, Doubles{5, -3}, 0.05, 0.1);
  CHECK_CLOSE(variance, Doubles{4, 0.25}, 0.25, 0.01);

  layer.set_training(false);
  const Tensor x(Shape{1, 2, 1, 1}, {7, -3});
  const std::vector<ChannelStatistics> s = {{mean.data()[0], variance.data()[0], 1},
                                            {mean.data()[1], variance.data()[1], 1}};
  CHECK_CLOSE(layer.forward(x), normalise(x, s, Tensor::full(Shape{2}, 1), Tensor(Shape{2}), 1e-5), 1e-3, 1e-3);
}

TEST_CASE("BatchNorm2d: momentum 1 keeps the last batch's statistics only") {
  BatchNorm2d layer(1, 1.0F);
  layer.forward(Tensor(Shape{2, 1, 1, 1}, {10, 30}));
  layer.forward(Tensor(Shape{2, 1, 1, 2}, {1, 2, 3, 6}));
  CHECK_CLOSE(state_tensor(layer, "running_mean"), Doubles{3});
  CHECK_CLOSE(state_tensor(layer, "running_var"), Doubles{14.0 / 3}, 1e-4);
}

TEST_CASE("BatchNorm2d: values written into its state take effect as when a model is loaded") {
  BatchNorm2d layer(1);
  state_tensor(layer, "running_mean").data()[0] = 10;
  state_tensor(layer, "running_var").data()[0] = 4;
  state_tensor(layer, "weight").data()[0] = 3;
  state_tensor(layer, "bias").data()[0] = 1;
  layer.set_training(false);
  CHECK_CLOSE(layer.forward(Tensor(Shape{1, 1, 1, 2}, {12, 10})), Doubles{4, 1}, 1e-4);
}

TEST_CASE("BatchNorm2d: the mode of the moment decides even inside a sequence") {
  Sequential net;
  auto& layer = net.add<BatchNorm2d>(1);
  const Tensor x(Shape{2, 1, 1, 1}, {4, 6});
  net.set_training(false);
  CHECK_CLOSE(net.forward(x), Doubles{4, 6}, 1e-4);
  CHECK_CLOSE(state_tensor(layer, "running_mean"), Doubles{0}, 0, 0);
  net.set_training(true);
  CHECK_CLOSE(net.forward(x), Doubles{-1, 1}, 1e-4);
  CHECK_CLOSE(state_tensor(layer, "running_mean"), Doubles{0.5});
}

TEST_CASE("BatchNorm2d: epsilon is the one it was given") {
  BatchNorm2d layer(1, 0.1F, 3.0F);
  CHECK_CLOSE(layer.forward(Tensor(Shape{2, 1, 1, 1}, {1, 3})), Doubles{-0.5, 0.5}, 1e-4);
}

TEST_CASE("BatchNorm2d refuses options out of their range") {
  CHECK_THROWS_AS(BatchNorm2d(0), ValueError);
  CHECK_THROWS_AS(BatchNorm2d(-1), ValueError);
  CHECK_THROWS_AS(BatchNorm2d(1, 0.0F), ValueError);
  CHECK_THROWS_AS(BatchNorm2d(1, 1.5F), ValueError);
  CHECK_THROWS_AS(BatchNorm2d(1, 0.1F, 0.0F), ValueError);
}

// All together

TEST_CASE("A small network of all spatial layers agrees with central differences") {
  Rng rng(judge::seed());
  Sequential net;
  auto& first = net.add<Conv2d>(1, 2, Window{3, 1, 1}, rng);
  net.add<BatchNorm2d>(2, 0.1F, 0.1F);
  net.add<AvgPool2d>(2);
  auto& second = net.add<Conv2d>(2, 1, Window{2, 1, 0}, rng, false);
  const Tensor x = random_tensor({2, 1, 6, 4}, rng);
  const auto weighted = [&] {
    const Tensor y = net.forward(x);
    double total = 0;
    for (std::int64_t i = 0; i < y.size(); ++i) total += (1.0 + 0.3 * static_cast<double>(i % 3)) * y.data()[i];
    return total;
  };
  Variable y = forward(net, Variable(x));
  CHECK_SHAPE(y.value(), {2, 1, 2, 1});
  Tensor dy(y.value().shape());
  for (std::int64_t i = 0; i < dy.size(); ++i) dy.data()[i] = 1.0F + 0.3F * static_cast<float>(i % 3);
  y.backward(dy);
  for (const Parameter& parameter : {first.weight(), second.weight()}) {
    REQUIRE(parameter.grad().shape() == parameter.value().shape());
    for (std::int64_t i = 0; i < parameter.value().size(); ++i) {
      float& element = parameter.value().data()[i];
      const float before = element;
      element = before + 1e-2F;
      const double above = weighted();
      element = before - 1e-2F;
      const double below = weighted();
      element = before;
      CHECK_CLOSE(parameter.grad().data()[i], (above - below) / 2e-2, 1e-2, 1e-2);
    }
  }
}
