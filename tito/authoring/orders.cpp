#include "tito/authoring/orders.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace tito {
namespace {

using Set = std::uint32_t;  // of modules, by their place in the usual order

constexpr Set only(std::size_t place) { return Set{1} << place; }

Set set_of(const std::vector<std::string>& names, const std::map<std::string, std::size_t>& places) {
  Set set = 0;
  for (const std::string& name : names) set |= only(places.at(name));
  return set;
}

// One module, as the search sees it.
struct Node {
  Set needs = 0;
  Set body = 0;            // modules that its body uses
  std::vector<Set> demos;  // modules that each of its demos uses, without itself

  // What body and demo use behind this path: of the demos, the one that fits and uses the newest, else the first.
  Set uses(const std::vector<std::size_t>& path, Set placed, Set self) const {
    const Set* best = nullptr;
    const auto uses_newer = [&](Set one, Set other) {
      for (auto at = path.rbegin(); at != path.rend(); ++at) {
        if (((one ^ other) & only(*at)) != 0) return (one & only(*at)) != 0;
      }
      return false;
    };
    for (const Set& one : demos) {
      if ((one & ~placed & ~self) == 0 && (best == nullptr || uses_newer(one, *best))) best = &one;
    }
    const Set demo = best != nullptr ? *best : demos.empty() ? 0 : demos.front();
    return (body | demo) & ~self;
  }
};

class Search {
 public:
  Search(const Usage& usage, const Needs& needs, const std::vector<std::string>& usual, std::size_t count,
         const std::function<void()>& stop)
      : usual_(usual), count_(count), stop_(stop) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < usual.size(); ++i) places[usual[i]] = i;
    const auto used = [&](const User& user) {
      Set set = 0;
      for (const auto& [module, entities] : user.uses) set |= only(places.at(module));
      return set;
    };
    for (const std::string& slug : usual) {
      Node node;
      node.needs = set_of(needs.at(slug), places);
      node.body = used(usage.body(slug));
      for (const User* demo : usage.demos(slug)) node.demos.push_back(used(*demo));
      nodes_.push_back(std::move(node));
    }
  }

  std::vector<RankedOrder> run() {
    extend(0, 0, {});
    std::vector<RankedOrder> orders;
    for (const Found& found : best_) {
      RankedOrder ranked{{}, found.cost.forward, found.cost.gap};
      for (const std::size_t place : found.path) ranked.order.push_back(usual_[place]);
      orders.push_back(std::move(ranked));
    }
    return orders;
  }

 private:
  struct Cost {
    int forward = 0;
    int gap = 0;
    int turned = 0;  // pairs of modules that stand the other way round than usual
    auto operator<=>(const Cost&) const = default;
  };
  struct Found {
    Cost cost;
    std::vector<std::size_t> path;
  };

  // `waiting`: modules that nobody has used yet. All three costs only grow along the way.
  void extend(Set placed, Set waiting, Cost cost) {
    if (stop_ && ++steps_ % 100'000 == 0) stop_();
    if (best_.size() == count_ && cost >= best_.back().cost) return;
    if (path_.size() == nodes_.size()) return keep(cost);
    for (std::size_t next = 0; next < nodes_.size(); ++next) {
      const Set self = only(next);
      if ((placed & self) != 0 || (nodes_[next].needs & ~placed) != 0) continue;
      const Set uses = nodes_[next].uses(path_, placed, self);
      const Set still = waiting & ~uses;
      const Cost more{cost.forward + std::popcount(uses & ~placed), cost.gap + std::popcount(still),
                      cost.turned + std::popcount(placed & ~(self - 1) & ~self)};
      path_.push_back(next);
      extend(placed | self, still | self, more);
      path_.pop_back();
    }
  }

  void keep(const Cost& cost) {
    const auto place = std::upper_bound(best_.begin(), best_.end(), cost,
                                        [](const Cost& one, const Found& other) { return one < other.cost; });
    best_.insert(place, {cost, path_});
    if (best_.size() > count_) best_.pop_back();
  }

  const std::vector<std::string>& usual_;
  std::size_t count_;
  const std::function<void()>& stop_;
  std::int64_t steps_ = 0;
  std::vector<Node> nodes_;
  std::vector<std::size_t> path_;
  std::vector<Found> best_;
};

}  // namespace

std::vector<RankedOrder> best_orders(const Usage& usage, const Needs& needs, const std::vector<std::string>& usual,
                                     std::size_t count, const std::function<void()>& stop) {
  return Search(usage, needs, usual, count, stop).run();
}

std::int64_t count_orders(const Needs& needs, const std::vector<std::string>& modules) {
  constexpr std::size_t most = 20;
  if (modules.size() > most) return -1;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < modules.size(); ++i) places[modules[i]] = i;
  std::vector<std::int64_t> ways(std::size_t{1} << modules.size(), 0);  // to place a set of modules
  ways[0] = 1;
  for (Set placed = 0; placed < ways.size(); ++placed) {
    if (ways[placed] == 0) continue;
    for (std::size_t next = 0; next < modules.size(); ++next) {
      if ((placed & only(next)) == 0 && (set_of(needs.at(modules[next]), places) & ~placed) == 0) {
        ways[placed | only(next)] += ways[placed];
      }
    }
  }
  return ways.back();
}

}  // namespace tito
