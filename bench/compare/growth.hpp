// How cost grows with the batch: the picture.
#pragma once

#include <string>
#include <vector>

#include "bench/compare/runner.hpp"

namespace bench {

inline constexpr int growth_batches[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
inline constexpr const char* growth_networks[] = {"mlp", "mnist", "cifar"};

// Three panels, one for each network, with both axes logarithmic: samples per second over the batch, ours and
// libtorch's, on each count of threads. Legible on light and dark backgrounds, no outside resources. `points` are those
// of measure_growth(); `peer` says which libtorch, `machine` where.
std::string growth_svg(const json& points, const std::string& peer, const std::string& machine);

}  // namespace bench
