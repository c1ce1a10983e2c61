// The layouts of images and weights that the fast convolution computes with; docs/layouts.md has a picture of them.
//
// An image is laid out with its channels innermost, (H, W, C). Then what one row of a kernel covers are K * C numbers
// in order. Output channels are computed a vector at a time, so everything that belongs to them is filled up with zeros
// to a multiple of the vector's lanes: the padded channels.
#pragma once

#include <cstdint>

namespace tinytorch::fast {

// The number of channels filled up to whole vectors.
std::int64_t padded_channels(std::int64_t channels);

// A matrix (rows, columns) whose rows lie `from_stride` floats apart becomes (columns, rows) with `to_stride`.
struct Transposition {
  const float* from;
  std::int64_t rows, columns, from_stride;
  float* to;
  std::int64_t to_stride;
};
void transpose(const Transposition& matrix);

struct ImageExtents {
  std::int64_t channels, height, width;
};

// The image with its channels innermost and `padding` zeros around it.
// shapes: image (C, H, W) -> out (H + 2 padding, W + 2 padding, C), written whole
void channels_last(const float* image, const ImageExtents& extents, std::int64_t padding, float* out);

struct WeightExtents {
  std::int64_t out_channels, in_channels, kernel;
};

// Weights in the order in which convolve_row() reads them.
// shapes: weight (O, C, K, K) -> packed (padded O / lanes, K, K * C, lanes)
void pack_weights(const float* weight, const WeightExtents& extents, float* packed);

// The weights with which a convolution of dy gives dx: rows and columns reversed, input and output channels exchanged.
// shapes: packed as from pack_weights() -> flipped (padded C / lanes, K, K * padded O, lanes)
void flip_weights(const float* packed, const WeightExtents& extents, float* flipped);

// The reverse of pack_weights(), for gradients.
void unpack_weights(const float* packed, const WeightExtents& extents, float* weight);

}  // namespace tinytorch::fast
