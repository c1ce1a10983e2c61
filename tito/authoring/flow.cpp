#include "tito/authoring/flow.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace tito {
namespace {

std::string joined(const Entities& entities) {
  constexpr std::size_t shown = 4;
  std::string text;
  std::size_t count = 0;
  for (const std::string& entity : entities) {
    if (count++ == shown) return text + " and " + std::to_string(entities.size() - shown) + " more";
    text += (text.empty() ? "" : ", ") + entity;
  }
  return text;
}

std::string modules_in_words(int count) { return count == 1 ? "one module" : std::to_string(count) + " modules"; }

// A module's place in an order.
using Places = std::map<std::string, std::size_t>;

Places places_of(const std::vector<std::string>& order) {
  Places places;
  for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = i;
  return places;
}

class Analysis {
 public:
  Analysis(const Usage& usage, const std::vector<std::string>& order, const DemoChoice& choice)
      : usage_(usage), order_(order), places_(places_of(order)) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      demos_.push_back(
          demo_in(usage, order[i], {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(i)}, choice));
    }
  }

  Flow run() const {
    Flow flow;
    flow.order = order_;
    for (std::size_t i = 0; i < order_.size(); ++i) flow.modules.push_back(module_at(i));
    for (std::size_t i = 0; i + 1 < order_.size(); ++i) {
      flow.connections.push_back(connection(flow.modules[i], flow.modules[i + 1]));
    }
    return flow;
  }

 private:
  // The body of a module and its demo, if one counts.
  std::vector<const User*> users_at(std::size_t place) const {
    std::vector<const User*> users{&usage_.body(order_[place])};
    if (demos_[place] != nullptr) users.push_back(demos_[place]);
    return users;
  }

  ModuleFlow module_at(std::size_t place) const {
    ModuleFlow flow;
    flow.slug = order_[place];
    flow.number = static_cast<int>(place) + 1;
    find_first_user(place, flow);
    describe_demo(place, flow);
    find_forward_uses(place, flow);
    for (const auto& [entity, symbols] : usage_.provided.at(flow.slug)) {
      flow.provides.push_back(entity_at(place, entity, symbols.size()));
    }
    return flow;
  }

  void find_first_user(std::size_t place, ModuleFlow& flow) const {
    flow.gap = static_cast<int>(order_.size() - place) - 1;  // until one is found
    for (std::size_t later = place + 1; later < order_.size(); ++later) {
      for (const User* user : users_at(later)) {
        const auto used = user->uses.find(flow.slug);
        if (used == user->uses.end()) continue;
        flow.first_user = order_[later];
        flow.first_use = user->name();
        flow.first_entities = used->second;
        flow.gap = static_cast<int>(later - place) - 1;
        return;
      }
    }
  }

  void describe_demo(std::size_t place, ModuleFlow& flow) const {
    const User* const demo = demos_[place];
    if (demo == nullptr) return;
    flow.demo = demo->demo;
    flow.demo_uses_itself = demo->uses.contains(flow.slug);
    for (std::size_t i = 0; i < place; ++i) {
      if (demo->uses.contains(order_[i])) flow.demo_uses.push_back(order_[i]);
    }
  }

  void find_forward_uses(std::size_t place, ModuleFlow& flow) const {
    for (const User* user : users_at(place)) {
      for (const auto& [module, entities] : user->uses) {
        if (places_.at(module) > place) flow.forward.push_back({user->name(), module, entities});
      }
    }
  }

  // All that a user needs of a module, also through what it uses.
  Entities reached(const User& user, const std::string& module) const {
    const auto used = user.uses.find(module);
    if (used == user.uses.end()) return {};
    Entities all = used->second;
    const auto inside = usage_.inside.find(module);
    if (inside == usage_.inside.end()) return all;
    std::vector<std::string> open(all.begin(), all.end());
    open.push_back("");  // helpers that no other file sees serve whatever is used
    while (!open.empty()) {
      const auto further = inside->second.find(open.back());
      open.pop_back();
      if (further == inside->second.end()) continue;
      for (const std::string& next : further->second) {
        if (all.insert(next).second) open.push_back(next);
      }
    }
    return all;
  }

  EntityFlow entity_at(std::size_t place, const std::string& entity, std::size_t symbols) const {
    EntityFlow flow{entity, static_cast<int>(symbols), "", -1, false};
    for (std::size_t later = place + 1; later < order_.size(); ++later) {
      for (const User* user : users_at(later)) {
        if (!reached(*user, order_[place]).contains(entity)) continue;
        flow.first_used = user->name();
        flow.gap = static_cast<int>(later - place) - 1;
        return flow;
      }
    }
    const User* const own = demos_[place];
    if (own != nullptr && reached(*own, order_[place]).contains(entity)) {
      flow.first_used = own->name();
    } else {
      flow.wasted = true;
    }
    return flow;
  }

  Connection connection(const ModuleFlow& from, const ModuleFlow& to) const {
    Connection result{from.slug, to.slug, Quality::perfect, "", from.gap};
    if (!to.forward.empty()) {
      const ForwardUse& use = to.forward.front();
      result.quality = Quality::broken;
      result.reason = use.user + " needs " + joined(use.entities) + " of " + use.module + ", which comes later";
    } else if (!from.is_used()) {
      result.quality = Quality::broken;
      result.reason = "nothing that comes later uses " + from.slug;
    } else if (from.gap > 0) {
      result.quality = Quality::problematic;
      result.reason = from.slug + " lies unused for " + modules_in_words(from.gap) + ", until " + from.first_use +
                      " uses " + joined(from.first_entities);
    } else {
      result.reason = from.first_use + " uses " + joined(from.first_entities);
    }
    return result;
  }

  const Usage& usage_;
  const std::vector<std::string>& order_;
  Places places_;
  std::vector<const User*> demos_;  // by place
};

}  // namespace

const char* name_of(Quality quality) {
  switch (quality) {
    case Quality::perfect:
      return "perfect";
    case Quality::problematic:
      return "problematic";
    case Quality::broken:
      return "broken";
  }
  return "";
}

std::vector<std::string> ModuleFlow::wasted() const {
  std::vector<std::string> names;
  for (const EntityFlow& entity : provides) {
    if (entity.wasted) names.push_back(entity.name);
  }
  return names;
}

int Flow::total_gap() const {
  int total = 0;
  for (std::size_t i = 0; i + 1 < modules.size(); ++i) total += modules[i].gap;
  return total;
}

int Flow::forward_uses() const {
  return std::accumulate(modules.begin(), modules.end(), 0, [](int sum, const ModuleFlow& module) {
    return sum + static_cast<int>(module.forward.size());
  });
}

int Flow::wasted() const {
  return std::accumulate(modules.begin(), modules.end(), 0, [](int sum, const ModuleFlow& module) {
    return sum + static_cast<int>(module.wasted().size());
  });
}

int Flow::count(Quality quality) const {
  return static_cast<int>(std::count_if(connections.begin(), connections.end(),
                                        [&](const Connection& one) { return one.quality == quality; }));
}

Flow analyze(const Usage& usage, const std::vector<std::string>& order, const DemoChoice& choice) {
  return Analysis(usage, order, choice).run();
}

const User* demo_in(const Usage& usage, const std::string& module, const std::vector<std::string>& before,
                    const DemoChoice& choice) {
  if (choice.none) return nullptr;
  const std::vector<const User*> demos = usage.demos(module);
  if (demos.empty()) return nullptr;
  if (!choice.track.empty()) {
    const auto own = std::find_if(demos.begin(), demos.end(),
                                  [&](const User* demo) { return demo->demo == "demo." + choice.track; });
    if (own != demos.end()) return *own;
    return demos.front()->demo == "demo" ? demos.front() : nullptr;
  }
  const auto fits = [&](const User* demo) {
    return std::all_of(demo->uses.begin(), demo->uses.end(), [&](const auto& use) {
      return use.first == module || std::find(before.begin(), before.end(), use.first) != before.end();
    });
  };
  const auto uses_newer = [&](const User* one, const User* other) {
    for (auto at = before.rbegin(); at != before.rend(); ++at) {
      if (one->uses.contains(*at) != other->uses.contains(*at)) return one->uses.contains(*at);
    }
    return false;
  };
  const User* best = nullptr;
  for (const User* demo : demos) {
    if (fits(demo) && (best == nullptr || uses_newer(demo, best))) best = demo;
  }
  return best == nullptr ? demos.front() : best;
}

}  // namespace tito
