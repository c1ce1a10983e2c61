// The networks, ours in turn with the peers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/compare/runner.hpp"

namespace bench {

// One line of the comparison, and what is to be reached on it.
struct NetworkRow {
  std::string network;
  int batch = 1;
  std::string mode;                // "train" or "infer"
  double floor = 0;                // times the tuned libtorch; 0: none
  double floor_channels_last = 0;  // times the tuned libtorch with channels last; 0: none
  double floor_of_reachable = 0;   // share of the prototype; 0: none
};

// Training on any number of threads, then inference.
const std::vector<NetworkRow>& network_rows();

// The share of the prototype that is aimed at in training.
inline constexpr double aim_of_reachable = 0.8;

// The arithmetic of one sample of the network cifar, convolutions and linear layers alone.
// units: floating-point operations
double cifar_flops(const std::string& mode);

// The settings in which libtorch runs on so many threads: as its package installs it, and with what makes it fast:
// OpenBLAS's OpenMP variant, if that is installed, and a malloc that keeps its memory.
Environment as_installed(const std::string& threads);
Environment tuned(const std::string& threads);

// The folder of OpenBLAS's OpenMP variant; nothing where it is not installed.
std::optional<fs::path> openmp_blas();

// Measures one row on so many threads; contestants take turns. Of those that are not there, nothing stands in it:
// {"network", "batch", "mode", "threads", "at", "series": {"ours", "reference", "installed", "tuned", "channels_last",
//  "lean", "sgemm"}, "lean_threads", "libraries": {"installed", "tuned", "sgemm"}}
json measure_network(const Programs& programs, const NetworkRow& row, int threads, const Budget& budget);

// One series for the picture of growing cost: ours, and libtorch tuned.
// {"network", "batch", "threads", "at", "series": {"ours", "tuned"}}
json measure_growth(const Programs& programs, const std::string& network, int batch, int threads, const Budget& budget);

}  // namespace bench
