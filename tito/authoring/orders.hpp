// The orders that a course could have, ranked by what is used where.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tito/authoring/usage.hpp"

namespace tito {

// Module -> what must come before it.
using Needs = std::map<std::string, std::vector<std::string>>;

struct RankedOrder {
  std::vector<std::string> order;
  int forward = 0;  // modules used before they exist, by a body or a demo
  int gap = 0;      // total, as Flow::total_gap()
};

// The best `count` orders that respect the needs: with the fewest forward uses, then with the least total gap, then
// with the fewest pairs turned round against `usual`. Of each module the demo counts that fits best (DemoChoice{}). The
// search is exact: it leaves out only what cannot be among them. `usual`: every module once, at most 30. `stop`: asked
// now and then, and throws to end a search that takes long.
std::vector<RankedOrder> best_orders(const Usage& usage, const Needs& needs, const std::vector<std::string>& usual,
                                     std::size_t count, const std::function<void()>& stop = {});

// How many orders respect the needs; -1 for more than 20 modules.
std::int64_t count_orders(const Needs& needs, const std::vector<std::string>& modules);

}  // namespace tito
