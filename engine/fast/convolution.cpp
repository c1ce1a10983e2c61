// The two loops that take the time, places_tile() and taps_tile(), keep a tile of sums in registers: some pixels or
// taps, times two vectors of output channels.
#include "fast/convolution.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/simd_math.hpp"

namespace tinytorch::fast {

using kernels::broadcast;
using kernels::IntVector;
using kernels::keep_in_register;
using kernels::lanes;
using kernels::load;
using kernels::store;
using kernels::Vector;
using kernels::vector_registers;

namespace {

constexpr int most_sums = vector_registers == 32 ? 14 : 6;  // in a tile, for each of its two vectors

using Bytes = std::uint8_t __attribute__((vector_size(lanes)));

// Calls visit(at, size) for nearly equal parts of at most most_sums, that make up `extent`.
template <class Visit>
void in_tiles(std::int64_t extent, const Visit& visit) {
  const std::int64_t parts = (extent + most_sums - 1) / most_sums;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t at = extent * part / parts;
    visit(at, extent * (part + 1) / parts - at);
  }
}

// Some neighbouring places of the window, `vectors` vectors of output channels.
struct PlacesTile {
  const float* x;
  Walk walk;  // a copy: the caller's may lie on a line of the cache that another thread writes
  const float* packed;
  std::int64_t packed_next;  // from one vector's weights to the next one's
  const float* bias;         // or null
  float* y;
  std::int64_t y_step;  // from place to place
};

template <int places, int vectors>
void places_tile(const PlacesTile& tile) {
  std::array<std::array<Vector, vectors>, places> sums{};
  if (tile.bias != nullptr) {
#pragma GCC unroll 14
    for (auto& sum : sums) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) sum[v] = load(tile.bias + static_cast<std::int64_t>(v) * lanes);
    }
  }
  // From three places to the next: an address is a pointer and one or two steps.
  constexpr int groups = (places + 2) / 3;
  const std::int64_t step = tile.walk.step;
  const float* weights = tile.packed;
  for (std::int64_t ki = 0; ki < tile.walk.kernel; ++ki) {
    std::array<const float*, groups> x;
    for (int g = 0; g < groups; ++g) x[static_cast<std::size_t>(g)] = tile.x + ki * tile.walk.row + 3 * g * step;
    for (std::int64_t tap = 0; tap < tile.walk.taps; ++tap, weights += lanes) {
      std::array<Vector, vectors> weight;
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) {
        weight[v] = load(weights + static_cast<std::int64_t>(v) * tile.packed_next);
        keep_in_register(weight[v]);
      }
#pragma GCC unroll 14
      for (std::size_t i = 0; i < places; ++i) {
        const float* group = x[i / 3] + tap;
        const Vector pixel = broadcast(i % 3 == 0 ? group[0] : i % 3 == 1 ? group[step] : group[2 * step]);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < vectors; ++v) sums[i][v] += pixel * weight[v];
      }
    }
  }
#pragma GCC unroll 14
  for (std::size_t i = 0; i < places; ++i) {
    float* y = tile.y + static_cast<std::int64_t>(i) * tile.y_step;
#pragma GCC unroll 2
    for (std::size_t v = 0; v < vectors; ++v) store(y + static_cast<std::int64_t>(v) * lanes, sums[i][v]);
  }
}

// Some neighbouring taps of one row of the window, summed over all places of an image.
struct TapsTile {
  const float* x;
  std::int64_t x_row, x_step;
  const float* dy;
  std::int64_t dy_row, dy_step;
  std::int64_t rows, places;
  float* packed;
  std::int64_t packed_next;
};

template <int taps, int vectors>
void taps_tile(const TapsTile& tile) {
  std::array<std::array<Vector, vectors>, taps> sums{};
  for (std::int64_t row = 0; row < tile.rows; ++row) {
    const float* x = tile.x + row * tile.x_row;
    const float* dy = tile.dy + row * tile.dy_row;
    for (std::int64_t place = 0; place < tile.places; ++place, x += tile.x_step, dy += tile.dy_step) {
      std::array<Vector, vectors> gradient;
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) {
        gradient[v] = load(dy + static_cast<std::int64_t>(v) * lanes);
        keep_in_register(gradient[v]);
      }
#pragma GCC unroll 14
      for (std::size_t i = 0; i < taps; ++i) {
        const Vector pixel = broadcast(x[i]);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < vectors; ++v) sums[i][v] += pixel * gradient[v];
      }
    }
  }
#pragma GCC unroll 14
  for (std::size_t i = 0; i < taps; ++i) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < vectors; ++v) {
      float* to = tile.packed + static_cast<std::int64_t>(i) * lanes + static_cast<std::int64_t>(v) * tile.packed_next;
      store(to, load(to) + sums[i][v]);
    }
  }
}

template <class Tile>
using TileFunction = void (*)(const Tile&);

// The functions for 1, 2, .. most_sums sums, with one vector and with two.
template <std::size_t... index>
constexpr auto places_tiles(std::index_sequence<index...>) {
  using Row = std::array<TileFunction<PlacesTile>, sizeof...(index)>;
  return std::array<Row, 2>{Row{&places_tile<static_cast<int>(index) + 1, 1>...},
                            Row{&places_tile<static_cast<int>(index) + 1, 2>...}};
}
template <std::size_t... index>
constexpr auto taps_tiles(std::index_sequence<index...>) {
  using Row = std::array<TileFunction<TapsTile>, sizeof...(index)>;
  return std::array<Row, 2>{Row{&taps_tile<static_cast<int>(index) + 1, 1>...},
                            Row{&taps_tile<static_cast<int>(index) + 1, 2>...}};
}
constexpr auto all_places_tiles = places_tiles(std::make_index_sequence<most_sums>());
constexpr auto all_taps_tiles = taps_tiles(std::make_index_sequence<most_sums>());

template <class Tiles>
auto tile_of(const Tiles& tiles, std::int64_t sums, std::int64_t vectors) {
  return tiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(sums - 1)];
}

// Calls visit(first channel, vectors) for pairs of vectors of channels, and a single one at the end.
template <class Visit>
void in_pairs(std::int64_t channels, const Visit& visit) {
  for (std::int64_t o = 0; o < channels; o += 2 * lanes) visit(o, channels - o >= 2 * lanes ? 2 : 1);
}

}  // namespace

std::int64_t padded_channels(std::int64_t channels) { return (channels + lanes - 1) / lanes * lanes; }

namespace {

// Calls visit(at) for the beginnings of pieces of `lanes` that cover `extent`, which is no less: the last piece may
// overlap the one before it.
template <class Visit>
void in_lanes(std::int64_t extent, const Visit& visit) {
  for (std::int64_t at = 0; at + lanes <= extent; at += lanes) visit(at);
  if (extent % lanes != 0) visit(extent - lanes);
}

}  // namespace

void transpose(const float* from, std::int64_t rows, std::int64_t columns, std::int64_t from_step, float* to,
               std::int64_t to_step) {
  if (rows == 1 && to_step == 1) {
    std::copy_n(from, columns, to);
  } else if (rows < lanes || columns < lanes) {
    for (std::int64_t j = 0; j < columns; ++j) {
      for (std::int64_t i = 0; i < rows; ++i) to[j * to_step + i] = from[i * from_step + j];
    }
  } else {
    in_lanes(rows, [&](std::int64_t i) {
      in_lanes(columns, [&](std::int64_t j) {
        std::array<Vector, lanes> square;
        for (std::int64_t r = 0; r < lanes; ++r)
          square[static_cast<std::size_t>(r)] = load(from + (i + r) * from_step + j);
        kernels::transpose(square);
        for (std::int64_t r = 0; r < lanes; ++r) store(to + (j + r) * to_step + i, square[static_cast<std::size_t>(r)]);
      });
    });
  }
}

void channels_last(const float* image, std::int64_t channels, std::int64_t height, std::int64_t width,
                   std::int64_t padding, float* out) {
  if (padding == 0) return transpose(image, channels, height * width, height * width, out, channels);
  const std::int64_t row = (width + 2 * padding) * channels;
  float* inside = std::fill_n(out, padding * row, 0.0F);
  for (std::int64_t h = 0; h < height; ++h) {
    inside = std::fill_n(inside, padding * channels, 0.0F);
    transpose(image + h * width, channels, width, height * width, inside, channels);
    inside = std::fill_n(inside + width * channels, padding * channels, 0.0F);
  }
  std::fill_n(inside, padding * row, 0.0F);
}

// Weights (O, C, K, K) are a matrix of O rows. A row of the packed ones belongs to one tap, c innermost: so that matrix
// is transposed, and its rows change places.
void pack_weights(const float* weight, std::int64_t out_channels, std::int64_t in_channels, std::int64_t kernel,
                  float* packed) {
  const std::int64_t window = kernel * kernel;
  const std::int64_t size = in_channels * window;  // of one output channel's weights
  for (std::int64_t o = 0; o < out_channels; o += lanes, packed += size * lanes) {
    const std::int64_t channels = std::min(lanes, out_channels - o);
    std::int64_t from = 0;
    for (; channels == lanes && from + lanes <= size; from += lanes) {
      std::array<Vector, lanes> square;
      for (std::int64_t r = 0; r < lanes; ++r)
        square[static_cast<std::size_t>(r)] = load(weight + (o + r) * size + from);
      kernels::transpose(square);
      for (std::int64_t r = 0; r < lanes; ++r) {
        const std::int64_t c = (from + r) / window;
        const std::int64_t tap = (from + r) % window;
        store(packed + (tap * in_channels + c) * lanes, square[static_cast<std::size_t>(r)]);
      }
    }
    for (; from < size; ++from) {
      float* to = packed + (from % window * in_channels + from / window) * lanes;
      for (std::int64_t r = 0; r < lanes; ++r) to[r] = r < channels ? weight[(o + r) * size + from] : 0.0F;
    }
  }
}

void unpack_weights(const float* packed, std::int64_t out_channels, std::int64_t in_channels, std::int64_t kernel,
                    float* weight) {
  const std::int64_t window = kernel * kernel;
  const std::int64_t size = in_channels * window;
  for (std::int64_t o = 0; o < out_channels; ++o) {
    const float* block = packed + o / lanes * size * lanes + o % lanes;
    for (std::int64_t c = 0; c < in_channels; ++c) {
      for (std::int64_t tap = 0; tap < window; ++tap) *weight++ = block[(tap * in_channels + c) * lanes];
    }
  }
}

void flip_weights(const float* packed, std::int64_t out_channels, std::int64_t in_channels, std::int64_t kernel,
                  float* flipped) {
  const std::int64_t window = kernel * kernel;
  const std::int64_t padded_out = padded_channels(out_channels);
  const std::int64_t padded_in = padded_channels(in_channels);
  for (std::int64_t c = 0; c < padded_in; c += lanes) {
    const std::int64_t channels = std::min(lanes, in_channels - c);
    for (std::int64_t tap = 0; tap < window; ++tap) {
      for (std::int64_t o = 0; o < padded_out; o += lanes) {
        // (channels, lanes) of the packed weights become (lanes, channels).
        const float* from = packed + ((o * window + tap * lanes) * in_channels) + c * lanes;
        float* to = flipped + ((c / lanes * window + window - 1 - tap) * padded_out + o) * lanes;
        if (channels < lanes) std::fill_n(to, lanes * lanes, 0.0F);
        transpose(from, channels, lanes, lanes, to, lanes);
      }
    }
  }
}

void convolve_row(const float* x, const Walk& walk, const float* packed, const float* bias, std::int64_t out,
                  std::int64_t places, float* y) {
  const std::int64_t weights = walk.kernel * walk.taps;  // of one output channel
  in_pairs(out, [&](std::int64_t o, std::int64_t vectors) {
    in_tiles(places, [&](std::int64_t at, std::int64_t size) {
      tile_of(all_places_tiles, size, vectors)({x + at * walk.step, walk, packed + o * weights, weights * lanes,
                                                bias == nullptr ? nullptr : bias + o, y + at * out + o, out});
    });
  });
}

void add_weight_gradient(const float* x, const Walk& walk, std::int64_t ki, std::int64_t x_next, const float* dy,
                         std::int64_t dy_row, std::int64_t dy_step, std::int64_t out, std::int64_t rows,
                         std::int64_t places, float* packed) {
  const std::int64_t weights = walk.kernel * walk.taps;
  in_pairs(out, [&](std::int64_t o, std::int64_t vectors) {
    in_tiles(walk.taps, [&](std::int64_t at, std::int64_t size) {
      tile_of(all_taps_tiles, size,
              vectors)({x + ki * walk.row + at, x_next, walk.step, dy + o, dy_row, dy_step, rows, places,
                        packed + o * weights + (ki * walk.taps + at) * lanes, weights * lanes});
    });
  });
}

float sum(const float* x, std::int64_t count) {
  std::array<Vector, 4> sums{};
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    for (std::int64_t s = 0; s < 4; ++s) sums[static_cast<std::size_t>(s)] += load(x + i + s * lanes);
  }
  Vector total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (; i < count; ++i) total[0] += x[i];
  return kernels::sum_of(total)[0];
}

void relu(float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] < 0.0F ? 0.0F : x[i];
}

void relu_and_pool(const float* top, const float* bottom, std::int64_t places, std::int64_t channels, float* largest,
                   std::uint8_t* which) {
  const Vector zero{};
  const auto positive = [zero](const float* from) {
    const Vector x = load(from);
    return x < zero ? zero : x;
  };
  for (std::int64_t place = 0; place < places; ++place) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
      const float* upper = top + 2 * place * channels + c;
      const float* lower = bottom + 2 * place * channels + c;
      Vector best = positive(upper);
      IntVector winner{};
      const std::array<Vector, 3> others{positive(upper + channels), positive(lower), positive(lower + channels)};
#pragma GCC unroll 3
      for (int i = 0; i < 3; ++i) {
        const Vector other = others[static_cast<std::size_t>(i)];
        const IntVector wins = other > best;
        best = wins ? other : best;
        winner = wins ? i + 1 - IntVector{} : winner;
      }
      winner = best > zero ? winner : 4 - IntVector{};
      store(largest + place * channels + c, best);
      const Bytes bytes = __builtin_convertvector(winner, Bytes);
      std::memcpy(which + place * channels + c, &bytes, sizeof bytes);
    }
  }
}

void relu_and_pool_gradient(const float* grad, const std::uint8_t* which, std::int64_t places, std::int64_t channels,
                            float* top, float* bottom, float* dbias) {
  const Vector zero{};
  for (std::int64_t place = 0; place < places; ++place) {
    for (std::int64_t c = 0; c < channels; c += lanes) {
      const Vector dy = load(grad + place * channels + c);
      Bytes bytes;
      std::memcpy(&bytes, which + place * channels + c, sizeof bytes);
      const IntVector winner = __builtin_convertvector(bytes, IntVector);
      float* upper = top + 2 * place * channels + c;
      float* lower = bottom + 2 * place * channels + c;
      store(upper, winner == 0 ? dy : zero);
      store(upper + channels, winner == 1 ? dy : zero);
      store(lower, winner == 2 ? dy : zero);
      store(lower + channels, winner == 3 ? dy : zero);
      store(dbias + c, load(dbias + c) + (winner < 4 ? dy : zero));
    }
  }
}

}  // namespace tinytorch::fast
