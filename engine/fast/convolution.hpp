// Convolution without a matrix of columns: images with their channels innermost, weights held in registers.
//
// For the fast body of spatial. An image is laid out so that the channels of a pixel are neighbours, (H, W, C): then
// the pixels that one row of a window covers are K * C numbers in order, its taps. Output channels are computed a
// vector at a time, so everything that belongs to them is filled up with zeros to a multiple of the vector's lanes, the
// padded channels.
#pragma once

#include <cstdint>

namespace tinytorch::fast {

// The number of channels filled up to whole vectors.
std::int64_t padded_channels(std::int64_t channels);

// Exchanges rows and columns.
// shapes: from (rows, columns), `from_step` floats between its rows -> to (columns, rows), `to_step` between its rows
void transpose(const float* from, std::int64_t rows, std::int64_t columns, std::int64_t from_step, float* to,
               std::int64_t to_step);

// The image with its channels innermost and `padding` zeros around it.
// shapes: image (C, H, W) -> out (H + 2 padding, W + 2 padding, C), written whole
void channels_last(const float* image, std::int64_t channels, std::int64_t height, std::int64_t width,
                   std::int64_t padding, float* out);

// Weights in the order in which convolve_row() reads them.
// shapes: weight (O, C, K, K) -> packed (padded O / lanes, K, K * C, lanes)
void pack_weights(const float* weight, std::int64_t out_channels, std::int64_t in_channels, std::int64_t kernel,
                  float* packed);

// The weights with which a convolution of dy gives dx: turned around, input and output channels exchanged.
// shapes: packed as from pack_weights() -> flipped (padded C / lanes, K, K * padded O, lanes)
void flip_weights(const float* packed, std::int64_t out_channels, std::int64_t in_channels, std::int64_t kernel,
                  float* flipped);

// The reverse of pack_weights(), for gradients.
void unpack_weights(const float* packed, std::int64_t out_channels, std::int64_t in_channels, std::int64_t kernel,
                    float* weight);

// How a window moves over an image with its channels innermost.
struct Walk {
  std::int64_t kernel;  // K rows of the window
  std::int64_t taps;    // in each of them: K * C
  std::int64_t row;     // floats from one row of the image to the next
  std::int64_t step;    // floats from one place of the window to the next
};

// One row of places of a convolution: y[j, o] = bias[o] + sum over rows and taps of weight * x.
// shapes: x: the first window's first pixel; packed (out / lanes, K, taps, lanes); bias (out,) or null; y (places,
//         out); `out` a multiple of the lanes
void convolve_row(const float* x, const Walk& walk, const float* packed, const float* bias, std::int64_t out,
                  std::int64_t places, float* y);

// One image's share of the gradient of the weights, of one row of the window, ki: packed[.., ki, ..] += sum over all
// places of x * dy. shapes: x: as in convolve_row(), the first row of places, x_next floats from one row of places to
// the next; dy: (rows,
//         places, out), dy_row floats between its rows and dy_step between places; packed (out / lanes, K, taps, lanes)
void add_weight_gradient(const float* x, const Walk& walk, std::int64_t ki, std::int64_t x_next, const float* dy,
                         std::int64_t dy_row, std::int64_t dy_step, std::int64_t out, std::int64_t rows,
                         std::int64_t places, float* packed);

// The sum of some numbers, added up in many sums side by side.
float sum(const float* x, std::int64_t count);

// max(x, 0), in place; NaN stays.
void relu(float* x, std::int64_t count);

// max(x, 0) and then the largest of each 2 x 2 pixels, and which of the four it was (row by row, the first of equals),
// or 4 where none is above 0. shapes: top, bottom (2 places, channels) -> largest, which (places, channels); channels a
// multiple of the lanes
void relu_and_pool(const float* top, const float* bottom, std::int64_t places, std::int64_t channels, float* largest,
                   std::uint8_t* which);

// The gradient of relu_and_pool(): writes all of top and bottom, and adds each channel's sum to dbias.
// shapes: grad, which (places, channels) -> top, bottom (2 places, channels); dbias (channels,)
void relu_and_pool_gradient(const float* grad, const std::uint8_t* which, std::int64_t places, std::int64_t channels,
                            float* top, float* bottom, float* dbias);

}  // namespace tinytorch::fast
