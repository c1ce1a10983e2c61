// Convolution without a matrix of columns, on images and weights as layout.hpp lays them out; and the ReLU and the
// 2 x 2 maximum behind it, on pixels that are still in the cache.
#pragma once

#include <cstdint>

namespace tinytorch::fast {

// How a kernel moves over an image with its channels innermost. Strides are in floats.
struct KernelStrides {
  std::int64_t kernel_rows;   // K
  std::int64_t row_elements;  // elements of the kernel in each of its rows: K * C
  std::int64_t row;           // from one row of the image to the next
  std::int64_t output;        // from one output to its neighbour in the row
};

// One row of a convolution's outputs: y[j, o] = bias[o] + sum over the kernel's elements of weight * x.
struct OutputRow {
  const float* x;  // what the first output's kernel covers first
  KernelStrides strides;
  const float* weights;   // packed
  const float* bias;      // (channels,), or null
  std::int64_t channels;  // of the output, padded
  std::int64_t width;     // outputs in the row
  float* y;               // (width, channels)
};
void convolve_row(const OutputRow& row);

// One image's share of the gradient of one row of the kernel: gradient[.., kernel_row, ..] += sum over all outputs of
// x * dy.
struct WeightGradient {
  const float* x;  // what the first output's kernel covers first
  KernelStrides strides;
  std::int64_t x_row;  // floats from what one row of outputs covers to what the next one does
  std::int64_t kernel_row;
  const float* dy;                 // (height, width, channels)
  std::int64_t dy_row, dy_output;  // its strides
  std::int64_t channels;           // of the output, padded
  std::int64_t height, width;      // outputs
  float* gradient;                 // packed
};
void add_weight_gradient(const WeightGradient& part);

// The sum of some numbers, added up in many sums side by side.
float sum(const float* x, std::int64_t count);

// max(x, 0), in place; NaN stays.
void relu(float* x, std::int64_t count);

// max(x, 0) and then the largest of each 2 x 2 pixels, and which of the four it was (row by row, the first of equals),
// or 4 where none is above 0.
struct PooledRow {
  const float* top;
  const float* bottom;    // both (2 width, channels)
  std::int64_t width;     // outputs
  std::int64_t channels;  // padded
  float* largest;
  std::uint8_t* argmax;  // both (width, channels)
};
void relu_and_pool(const PooledRow& row);

// Its gradient: writes all of top and bottom, and adds each channel's sum to dbias.
struct PooledRowGradient {
  const float* grad;
  const std::uint8_t* argmax;  // both (width, channels)
  std::int64_t width;
  std::int64_t channels;
  float* top;
  float* bottom;  // both (2 width, channels)
  float* dbias;   // (channels,)
};
void relu_and_pool_gradient(const PooledRowGradient& row);

}  // namespace tinytorch::fast
