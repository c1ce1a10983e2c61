#include "tito/course/course.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

const std::string& not_empty(const JsonView& view) {
  if (view.text().empty()) view.fail("is empty");
  return view.text();
}

Module read_module(const std::string& slug, const JsonView& view) {
  if (!is_slug(slug)) view.fail("is not a slug: lower-case letters, digits, _ and - only");
  view.allow_only({"title", "purpose", "needs", "capability"});
  Module module{slug, not_empty(view["title"]), not_empty(view["purpose"]), {}, not_empty(view["capability"]), ""};
  const JsonView needs = view["needs"];
  for (std::size_t i = 0; i < needs.array().size(); ++i) module.needs.push_back(needs.at(i).text());
  return module;
}

Track read_track(const std::string& name, const JsonView& view) {
  view.allow_only({"title", "order"});
  Track track{name, not_empty(view["title"]), {}, {}};
  const JsonView order = view["order"];
  const std::size_t count = order.array().size();
  for (std::size_t i = 0; i < count; ++i) {
    const JsonView step = order.at(i);
    step.allow_only({"module", "leaves"});
    const std::string slug = step["module"].text();
    if (std::find(track.order.begin(), track.order.end(), slug) != track.order.end()) {
      step["module"].fail("module \"" + slug + "\" stands twice in this track");
    }
    track.order.push_back(slug);
    if (i + 1 < count) track.leaves[slug] = not_empty(step["leaves"]);
    else if (step.has("leaves")) step["leaves"].fail("the last module hands over to none");
  }
  return track;
}

void check_needs(const std::map<std::string, Module>& modules, const JsonView& view) {
  for (const auto& [slug, module] : modules) {
    for (std::size_t i = 0; i < module.needs.size(); ++i) {
      if (!modules.contains(module.needs[i])) {
        view[slug]["needs"].at(i).fail("there is no module \"" + module.needs[i] + "\"");
      }
    }
  }
  // Depth first; a module met again on the way down closes a circle.
  std::set<std::string> done;
  std::vector<std::string> way;
  const std::function<void(const std::string&)> visit = [&](const std::string& slug) {
    if (done.contains(slug)) return;
    const auto met = std::find(way.begin(), way.end(), slug);
    if (met != way.end()) {
      std::string circle;
      for (auto at = met; at != way.end(); ++at) circle += *at + " -> ";
      view[slug]["needs"].fail("needs go in a circle: " + circle + slug);
    }
    way.push_back(slug);
    for (const std::string& need : modules.at(slug).needs) visit(need);
    way.pop_back();
    done.insert(slug);
  };
  for (const auto& [slug, ignored] : modules) visit(slug);
}

void check_track(const Track& track, const std::map<std::string, Module>& modules, const JsonView& order) {
  std::set<std::string> before;
  for (std::size_t i = 0; i < track.order.size(); ++i) {
    const std::string& slug = track.order[i];
    const JsonView place = order.at(i)["module"];
    if (!modules.contains(slug)) place.fail("there is no module \"" + slug + "\"");
    for (const std::string& need : modules.at(slug).needs) {
      if (!before.contains(need)) place.fail("\"" + slug + "\" needs \"" + need + "\", which does not come before it");
    }
    before.insert(slug);
  }
  for (const auto& [slug, ignored] : modules) {
    if (!before.contains(slug)) order.fail("module \"" + slug + "\" is missing from this track");
  }
}

void read_checkpoints(std::map<std::string, Module>& modules, const JsonView& mapping) {
  std::set<std::string> taken;
  for (const auto& [slug, ignored] : mapping.object().items()) {
    const JsonView entry = mapping[slug];
    if (!modules.contains(slug)) mapping.fail("there is no module \"" + slug + "\"");
    if (!is_slug(entry.text())) entry.fail("\"" + entry.text() + "\" is not a slug");
    if (!taken.insert(entry.text()).second)
      entry.fail("the checkpoint \"" + entry.text() + "\" is unlocked by two modules");
    modules.at(slug).checkpoint = entry.text();
  }
  for (const auto& [slug, module] : modules) {
    if (module.checkpoint.empty()) mapping.fail("module \"" + slug + "\" is missing");
  }
}

// {"measure": NAME, "unit": UNIT, "at_least" or "at_most": NUMBER or {DATA SET: NUMBER, ..}}
Gate read_gate(const JsonView& view) {
  view.allow_only({"measure", "unit", "at_least", "at_most"});
  if (view.has("at_least") == view.has("at_most")) view.fail("needs either \"at_least\" or \"at_most\"");
  Gate gate{not_empty(view["measure"]), view["unit"].text(), view.has("at_least"), {}, {}};
  const JsonView bound = view[gate.at_least ? "at_least" : "at_most"];
  if (!bound.value().is_object()) {
    gate.bound = bound.number();
    return gate;
  }
  for (const auto& [data, ignored] : bound.object().items()) gate.by_data[data] = bound[data].number();
  if (gate.by_data.empty()) bound.fail("names no data set");
  return gate;
}

Milestone read_milestone(const JsonView& view, const std::map<std::string, Module>& modules) {
  view.allow_only({"name", "year", "title", "purpose", "needs", "gates"});
  Milestone milestone{not_empty(view["name"]), 0, not_empty(view["title"]), not_empty(view["purpose"]), {}, {}};
  if (!is_slug(milestone.name) || milestone.name == "all")
    view["name"].fail("is not a name for a milestone: \"" + milestone.name + "\"");
  const std::int64_t year = view["year"].integer();
  if (year < 1600 || year > 2100) view["year"].fail("is not a year: " + std::to_string(year));
  milestone.year = static_cast<int>(year);
  const JsonView needs = view["needs"], gates = view["gates"];
  for (std::size_t i = 0; i < needs.array().size(); ++i) {
    milestone.needs.push_back(needs.at(i).text());
    if (!modules.contains(milestone.needs.back()))
      needs.at(i).fail("there is no module \"" + milestone.needs.back() + "\"");
  }
  if (milestone.needs.empty()) needs.fail("a milestone runs on at least one module");
  for (std::size_t i = 0; i < gates.array().size(); ++i) milestone.gates.push_back(read_gate(gates.at(i)));
  if (milestone.gates.empty()) gates.fail("a milestone without a gate can be neither passed nor missed");
  return milestone;
}

// {"module": SLUG, "claim": TEXT, ["track": NAME,] and one of "figure": GATE, "uses": SLUG, "leaves": TEXT}
Requirement read_requirement(const JsonView& view, const std::map<std::string, Module>& modules,
                             const std::map<std::string, Track>& tracks) {
  view.allow_only({"module", "claim", "track", "figure", "uses", "leaves"});
  const auto module_in = [&](const char* key) {
    const std::string slug = view[key].text();
    if (!modules.contains(slug)) view[key].fail("there is no module \"" + slug + "\"");
    return slug;
  };
  Requirement requirement{module_in("module"), not_empty(view["claim"]), {}, "", "", ""};
  if (view.has("track")) requirement.track = view["track"].text();
  if (!requirement.track.empty() && !tracks.contains(requirement.track))
    view["track"].fail("there is no track \"" + requirement.track + "\"");
  if (view.has("figure") + view.has("uses") + view.has("leaves") != 1)
    view.fail("needs one of \"figure\", \"uses\" and \"leaves\"");
  if (view.has("figure")) requirement.figure = read_gate(view["figure"]);
  if (view.has("uses")) requirement.uses = module_in("uses");
  if (view.has("leaves")) requirement.leaves = not_empty(view["leaves"]);
  return requirement;
}

// The number in "1", "01" or "01_setup"; 0 when there is none.
int leading_number(const std::string& word) {
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = end == word.data() + word.size() || *end == '_';
  return error == std::errc{} && whole ? number : 0;
}

}  // namespace

Course::Course(const fs::path& file) : Course(read_file(file), file.string()) {}

Course::Course(std::string_view text, const std::string& origin) {
  const json root = parse_json(text, origin);
  const JsonView view(root, origin);
  view.allow_only({"schema", "name", "title", "default_track", "modules", "tracks", "MODULE_TO_CHECKPOINT",
                   "milestones", "requirements"});
  if (view["schema"].text() != "tito-course/1")
    view["schema"].fail("expected \"tito-course/1\", found \"" + view["schema"].text() + "\"");
  name_ = not_empty(view["name"]);
  if (!is_slug(name_)) view["name"].fail("is not a slug");
  title_ = not_empty(view["title"]);
  default_track_ = view["default_track"].text();
  for (const auto& [slug, ignored] : view["modules"].object().items())
    modules_[slug] = read_module(slug, view["modules"][slug]);
  if (modules_.empty()) view["modules"].fail("there are no modules");
  check_needs(modules_, view["modules"]);
  read_checkpoints(modules_, view["MODULE_TO_CHECKPOINT"]);
  for (const auto& [name, ignored] : view["tracks"].object().items()) {
    tracks_[name] = read_track(name, view["tracks"][name]);
    check_track(tracks_[name], modules_, view["tracks"][name]["order"]);
  }
  if (!tracks_.contains(default_track_)) view["default_track"].fail("there is no track \"" + default_track_ + "\"");
  if (view.has("requirements")) {
    const JsonView requirements = view["requirements"];
    for (std::size_t i = 0; i < requirements.array().size(); ++i) {
      requirements_.push_back(read_requirement(requirements.at(i), modules_, tracks_));
    }
  }
  if (!view.has("milestones")) return;
  const JsonView milestones = view["milestones"];
  std::set<std::string> taken;
  for (std::size_t i = 0; i < milestones.array().size(); ++i) {
    milestones_.push_back(read_milestone(milestones.at(i), modules_));
    if (!taken.insert(milestones_.back().name).second)
      milestones.at(i)["name"].fail("stands twice: \"" + milestones_.back().name + "\"");
  }
}

const Track& Course::track(const std::string& name) const {
  const auto found = tracks_.find(name);
  if (found != tracks_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, ignored] : tracks_) names.push_back(known);
  const std::string near = nearest(name, names);
  throw Failure(Exit::usage,
                "there is no track \"" + name + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                "the tracks are: " + listed(names));
}

const Module* Course::module_of_checkpoint(const std::string& checkpoint) const {
  for (const auto& [slug, module] : modules_) {
    if (module.checkpoint == checkpoint) return &module;
  }
  return nullptr;
}

const Milestone& Course::milestone(const std::string& name) const {
  std::vector<std::string> names;
  for (const Milestone& one : milestones_) {
    if (one.name == name) return one;
    names.push_back(one.name);
  }
  const std::string near = nearest(name, names);
  throw Failure(Exit::usage,
                "there is no milestone \"" + name + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                names.empty() ? "this course has none" : "the milestones are: " + listed(names));
}

std::vector<std::string> Course::all_needs(const std::string& slug) const { return closure(module(slug).needs); }

std::vector<std::string> Course::all_needs(const Milestone& milestone) const { return closure(milestone.needs); }

std::vector<std::string> Course::closure(const std::vector<std::string>& needs) const {
  std::set<std::string> found;
  const std::function<void(const std::vector<std::string>&)> visit = [&](const std::vector<std::string>& some) {
    for (const std::string& need : some) {
      if (found.insert(need).second) visit(module(need).needs);
    }
  };
  visit(needs);
  std::vector<std::string> all;
  for (const std::string& one : tracks_.at(default_track_).order) {
    if (found.contains(one)) all.push_back(one);
  }
  return all;
}

bool is_slug(const std::string& text) {
  return !text.empty() && std::islower(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_' || c == '-'; });
}

int number_in(const Track& track, const std::string& slug) {
  const auto found = std::find(track.order.begin(), track.order.end(), slug);
  return static_cast<int>(found - track.order.begin()) + 1;
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string folder_name(const Track& track, const std::string& slug) {
  return two_digits(number_in(track, slug)) + "_" + slug;
}

std::string resolve_module(const Course& course, const Track& track, const std::string& word) {
  if (course.has_module(word)) return word;
  const int number = leading_number(word);
  if (number >= 1 && number <= static_cast<int>(track.order.size())) {
    const std::string& slug = track.order[static_cast<std::size_t>(number) - 1];
    const std::size_t dash = word.find('_');
    if (dash == std::string::npos || word.substr(dash + 1) == slug) return slug;
  }
  const std::string near = nearest(word, track.order);
  throw Failure(
      Exit::usage, "there is no module \"" + word + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
      "the modules are 01 to " + two_digits(static_cast<int>(track.order.size())) + ": " + listed(track.order));
}

std::string resolve_checkpoint(const Course& course, const Track& track, const std::string& word) {
  if (course.module_of_checkpoint(word) != nullptr) return word;
  std::vector<std::string> names;
  for (const std::string& slug : track.order) names.push_back(course.module(slug).checkpoint);
  try {
    return course.module(resolve_module(course, track, word)).checkpoint;
  } catch (const Failure&) {
    const std::string near = nearest(word, names);
    throw Failure(Exit::usage,
                  "there is no checkpoint \"" + word + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                  "the checkpoints are: " + listed(names));
  }
}

std::string module_label(const Track& track, const std::string& slug) {
  return two_digits(number_in(track, slug)) + " " + slug;
}

}  // namespace tito
