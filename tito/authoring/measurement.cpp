#include "tito/authoring/measurement.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "tito/system/failure.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {

std::vector<MeasuredModule> measured_modules(const Kit& kit, const Course& course) {
  std::vector<MeasuredModule> modules;
  for (const std::string& slug : course.track(course.default_track()).order) {
    MeasuredModule module{slug, kit.contract_folder() / course.name() / (slug + ".hpp"), kit.object("body", slug), {}};
    for (const std::string& name : kit.names("demo")) {
      if (name == slug) module.demos["demo"] = kit.object("demo", name);
      if (name.starts_with(slug + ".")) module.demos["demo" + name.substr(slug.size())] = kit.object("demo", name);
    }
    modules.push_back(std::move(module));
  }
  return modules;
}

Usage measure_usage(const Kit& kit, const Course& course) {
  return measure_usage(course.name(), measured_modules(kit, course));
}

Needs needs_of(const Course& course) {
  Needs needs;
  for (const std::string& slug : course.track(course.default_track()).order) needs[slug] = course.module(slug).needs;
  return needs;
}

std::vector<std::string> parse_order(const Course& course, const std::string& text) {
  const std::vector<std::string>& usual = course.track(course.default_track()).order;
  std::vector<std::string> named;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string word = text.substr(begin, end - begin);
    word.erase(0, word.find_first_not_of(" \t"));
    word.erase(word.find_last_not_of(" \t") + 1);
    begin = end + 1;
    if (!course.has_module(word)) {
      const std::string near = nearest(word, usual);
      throw Failure(
          Exit::usage,
          "--order: there is no module \"" + word + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
          "give slugs with commas in between; there are " + listed(usual));
    }
    if (std::find(named.begin(), named.end(), word) != named.end()) {
      throw Failure(Exit::usage, "--order: the module \"" + word + "\" stands twice", "name each module once");
    }
    named.push_back(word);
  }
  std::vector<std::string> order;
  for (const std::string& slug : usual) {
    if (std::find(named.begin(), named.end(), slug) == named.end()) order.push_back(slug);
  }
  order.insert(order.end(), named.begin(), named.end());
  return order;
}

std::vector<BrokenNeed> broken_needs(const Course& course, const std::vector<std::string>& order) {
  std::vector<BrokenNeed> broken;
  for (auto module = order.begin(); module != order.end(); ++module) {
    for (const std::string& need : course.module(*module).needs) {
      if (std::find(order.begin(), module, need) == module) broken.push_back({*module, need});
    }
  }
  return broken;
}

ArcDiagram diagram_of(const Flow& flow, const Usage& usage, const DemoChoice& choice, const std::string& title) {
  ArcDiagram diagram;
  diagram.title = title;
  diagram.summary = summary_of(flow);
  diagram.good = "used at once";
  diagram.late = "used first, but late";
  diagram.wrong = "used before it exists";
  std::vector<std::string> before;
  for (std::size_t place = 0; place < flow.order.size(); ++place) {
    const ModuleFlow& module = flow.modules[place];
    diagram.stops.push_back({module.slug, fmt::format("{:02}", module.number)});
    std::vector<const User*> users{&usage.body(module.slug)};
    if (const User* demo = demo_in(usage, module.slug, before, choice)) users.push_back(demo);
    for (std::size_t other = 0; other < flow.order.size(); ++other) {
      const auto user = std::find_if(users.begin(), users.end(),
                                     [&](const User* one) { return one->uses.contains(flow.order[other]); });
      if (other == place || user == users.end()) continue;
      const bool is_first = flow.modules[other].first_user == module.slug;
      const ArcKind kind = other > place                             ? ArcKind::wrong
                           : is_first && flow.modules[other].gap > 0 ? ArcKind::late
                                                                     : ArcKind::good;
      diagram.arcs.push_back({other, place, kind, is_first, (*user)->name() + " uses " + flow.order[other]});
    }
    before.push_back(module.slug);
  }
  return diagram;
}

std::string summary_of(const Flow& flow) {
  return fmt::format("{} perfect, {} problematic, {} broken; total gap {}, {} used before it exists, {} wasted",
                     flow.count(Quality::perfect), flow.count(Quality::problematic), flow.count(Quality::broken),
                     flow.total_gap(), flow.forward_uses(), flow.wasted());
}

}  // namespace tito
