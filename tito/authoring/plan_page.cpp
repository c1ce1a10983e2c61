#include "tito/authoring/plan_page.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "tito/authoring/census.hpp"
#include "tito/authoring/measurement.hpp"
#include "tito/course/milestones.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/system/text.hpp"
#include "tito/ui/screen.hpp"

namespace tito {
namespace {

using nlohmann::json;

// One figure of a demo, over seeds.
struct Measured {
  std::string track;  // empty: the default one, and those that show the same demo
  std::string name;
  std::string unit;
  std::string data;
  std::vector<double> values;

  double mean() const {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
  double least() const { return *std::min_element(values.begin(), values.end()); }
  double most() const { return *std::max_element(values.begin(), values.end()); }

  // "91.2 (90.8 to 91.6) %"
  std::string text() const {
    if (least() == most()) return figure(least(), unit);
    return fmt::format("{} ({} to {})", figure(mean(), unit), figure(least(), ""), figure(most(), ""));
  }
};

// The figures of a module's demos in proof.json; none where they were not measured.
std::vector<Measured> demo_figures(const json& proof, const std::string& module) {
  std::vector<Measured> figures;
  if (!proof.contains("demos")) return figures;
  for (const json& demo : proof.at("demos").at("figures")) {
    if (demo.at("module") != module) continue;
    for (const json& one : demo.at("measures")) {
      Measured measured{demo.value("track", ""), one.at("name"), one.at("unit"), one.at("data"), {}};
      for (const json& value : one.at("values")) measured.values.push_back(value.get<double>());
      if (!measured.values.empty()) figures.push_back(std::move(measured));
    }
  }
  return figures;
}

RequirementResult hold_figure(const Requirement& requirement, const json& proof) {
  const std::vector<Measured> figures = demo_figures(proof, requirement.module);
  const Gate& gate = *requirement.figure;
  RequirementResult result{requirement, false, "", "tito demo " + requirement.module};
  result.found = figures.empty() ? "the demo was not measured" : "the demo measures no \"" + gate.measure + "\"";
  std::string found;
  bool all_met = true;
  for (const Measured& one : figures) {
    if (one.name != gate.measure ||
        (!requirement.track.empty() && !one.track.empty() && one.track != requirement.track))
      continue;
    Measure worst;
    worst.name = one.name;
    worst.value = gate.at_least ? one.least() : one.most();
    worst.unit = one.unit;
    worst.data = one.data;
    all_met = all_met && hold(gate, {worst}, {one.data}).state == GateState::met;
    found += (found.empty() ? "" : "; ") + (one.track.empty() ? "" : one.track + ": ") + one.text();
  }
  if (found.empty()) return result;
  result.is_met = all_met;
  result.found = found;
  return result;
}

// The tracks that a requirement is about.
std::vector<const Track*> tracks_of(const Course& course, const Requirement& requirement) {
  std::vector<const Track*> tracks;
  for (const auto& [name, track] : course.tracks()) {
    if (requirement.track.empty() || requirement.track == name) tracks.push_back(&track);
  }
  return tracks;
}

RequirementResult hold_use(const Course& course, const Requirement& requirement, const Usage& usage) {
  RequirementResult result{requirement, true, "", "tito course analyze"};
  for (const Track* track : tracks_of(course, requirement)) {
    const User* const demo = demo_in(usage, requirement.module, {}, {false, track->name});
    const bool uses = demo != nullptr && demo->uses.contains(requirement.uses);
    result.is_met = result.is_met && uses;
    std::vector<std::string> entities;
    if (uses) entities.assign(demo->uses.at(requirement.uses).begin(), demo->uses.at(requirement.uses).end());
    result.found += (result.found.empty() ? "" : "; ") + track->name + ": " +
                    (uses ? "the demo uses " + listed(entities) : "the demo uses nothing of " + requirement.uses);
  }
  return result;
}

RequirementResult hold_need(const Course& course, const Requirement& requirement) {
  RequirementResult result{requirement, true, "", "tito demo " + requirement.module};
  for (const Track* track : tracks_of(course, requirement)) {
    const auto leaves = track->leaves.find(requirement.module);
    const std::string text = leaves == track->leaves.end() ? "" : leaves->second;
    result.is_met = result.is_met && text == requirement.leaves;
    result.found += (result.found.empty() ? "" : "; ") + track->name + ": \"" + text + "\"";
  }
  return result;
}

// A module's folder as it stands now: an order that is only planned gives it another number.
fs::path present_folder(const Kit& kit, const Track& track, const std::string& slug) {
  const fs::path folder = kit.modules_folder() / folder_name(track, slug);
  if (fs::exists(folder)) return folder;
  for (const auto& entry : fs::directory_iterator(kit.modules_folder())) {
    const std::string name = entry.path().filename().string();
    if (name.size() == slug.size() + 3 && name.ends_with("_" + slug)) return entry.path();
  }
  return folder;
}

class Page {
 public:
  // `modules` is the way from the page to the modules' folder.
  Page(const Kit& kit, const Course& course, const Usage& usage, const json& proof, const fs::path& modules)
      : kit_(kit),
        course_(course),
        usage_(usage),
        proof_(proof),
        modules_(modules.generic_string()),
        track_(course.track(course.default_track())) {}

  std::string text() {
    add("Written by `tito course check --fix` from course.json, the compiled course and [proof.json](proof.json); "
        "a page that is not what they say is a finding of `tito course check`.\n\n");
    order();
    transitions(track_);
    for (const auto& [name, track] : course_.tracks()) {
      if (name != track_.name) transitions(track);
    }
    requirements();
    audit();
    demos();
    return std::move(page_);
  }

 private:
  void add(const std::string& text) { page_ += text; }
  void row(const std::vector<std::string>& cells) {
    page_ += "|";
    for (const std::string& cell : cells) page_ += " " + cell + " |";
    page_ += "\n";
  }
  void head(const std::vector<std::string>& cells) {
    row(cells);
    row(std::vector<std::string>(cells.size(), "---"));
  }

  std::string link(const std::string& slug) const {
    return fmt::format("[{}]({}/{}/README.md)", slug, modules_, folder_name(track_, slug));
  }

  void order() {
    add("## The order, and why\n\nThe default track is **" + track_.name + "**: " + track_.title + ".\n\n");
    head({"", "Module", "What is built", "What it proves", "What is missing then"});
    for (const std::string& slug : track_.order) {
      const Module& module = course_.module(slug);
      const auto leaves = track_.leaves.find(slug);
      row({two_digits(number_in(track_, slug)), link(slug), module.purpose,
           fmt::format("`{}`: {}", module.checkpoint, module.capability),
           leaves == track_.leaves.end() ? "" : leaves->second});
    }
    add("\n");
  }

  void transitions(const Track& track) {
    const Flow flow = analyze(usage_, track.order, {false, track.name});
    add("## Every transition of track " + track.name + "\n\n" + track.title + ".\n\n");
    add(fmt::format("![Which module uses which, in track {0}](order-{0}.svg)\n\n", track.name));
    head({"From", "To", "The need between them", "Verdict", "Gap", "Evidence"});
    for (const Connection& one : flow.connections) {
      row({one.from, one.to, track.leaves.at(one.from), name_of(one.quality), std::to_string(one.gap), one.reason});
    }
    add("\nIn all: " + summary_of(flow) + " (`tito course analyze --track " + track.name + "`).\n\n");
  }

  void requirements() {
    add("## What a module must show\n\nFigures are means over five seeds with their range ([proof.md](proof.md)); the "
        "least good of them "
        "counts. `tito tour` holds them against its own run.\n\n");
    head({"Module", "Requirement", "Found", "", "Shown by"});
    for (const RequirementResult& one : hold_requirements(course_, usage_, proof_)) {
      const std::string where = one.requirement.track.empty() ? "" : " (track " + one.requirement.track + ")";
      row({one.requirement.module, one.requirement.claim + where, one.found, one.is_met ? "met" : "**missed**",
           "`" + one.command + "`"});
    }
    add("\n");
  }

  void audit() {
    add("## Every module's audit\n\n");
    head({"Module", "Functions", "Lines a student writes", "of the body", "Cases", "Checkpoint's cases",
          "Wrong solutions", "Hints", "Lesson, words", "Provides", "Wasted"});
    const Flow flow = analyze(usage_, track_.order, {false, track_.name});
    for (const ModuleFlow& module : flow.modules) {
      const Census census = census_of(present_folder(kit_, track_, module.slug), module.slug);
      row({link(module.slug), std::to_string(census.functions), std::to_string(census.student_lines),
           fmt::format("{:.0f} %", 100.0 * census.student_lines / census.lines),
           std::to_string(kit_.plan("test", module.slug).size()),
           std::to_string(kit_.plan("checkpoint", course_.module(module.slug).checkpoint).size()),
           std::to_string(census.mistakes), std::to_string(census.hints), std::to_string(census.lesson_words),
           std::to_string(module.provides.size()), module.wasted().empty() ? "nothing" : listed(module.wasted())});
    }
    add("\n"
        "What a module provides are classes and functions of the contract. How its wrong solutions are caught "
        "stands in [proof.md](proof.md).\n\n");
  }

  void demos() {
    add("## What the demos show\n\n");
    if (proof_.contains("demos")) {
      const json& demos = proof_.at("demos");
      add(fmt::format("{}; {}. {}\n\n", demos.at("machine").get<std::string>(), demos.at("at").get<std::string>(),
                      demos.value("data", "")));
    }
    head({"Module", "Figure", "Data", "Measured"});
    for (const std::string& slug : track_.order) {
      for (const Measured& one : demo_figures(proof_, slug)) {
        row({slug + (one.track.empty() ? "" : ", track " + one.track), one.name, one.data, one.text()});
      }
    }
  }

  const Kit& kit_;
  const Course& course_;
  const Usage& usage_;
  const json& proof_;
  const std::string modules_;
  const Track& track_;
  std::string page_;
};

}  // namespace

std::vector<RequirementResult> hold_requirements(const Course& course, const Usage& usage, const json& proof) {
  std::vector<RequirementResult> results;
  for (const Requirement& one : course.requirements()) {
    results.push_back(one.figure          ? hold_figure(one, proof)
                      : !one.uses.empty() ? hold_use(course, one, usage)
                                          : hold_need(course, one));
  }
  return results;
}

std::string plan_page(const Kit& kit, const Course& course, const std::filesystem::path& file) {
  const Usage usage = measure_usage(kit, course);
  const json proof = proof_in(file.parent_path());
  return Page(kit, course, usage, proof, kit.modules_folder().lexically_relative(file.parent_path())).text();
}

std::map<std::filesystem::path, std::string> plan_pictures(const Kit& kit, const Course& course,
                                                           const std::filesystem::path& page) {
  const Usage usage = measure_usage(kit, course);
  std::map<std::filesystem::path, std::string> pictures;
  for (const auto& [name, track] : course.tracks()) {
    const DemoChoice choice{false, name};
    const Flow flow = analyze(usage, track.order, choice);
    pictures[page.parent_path() / ("order-" + name + ".svg")] =
        svg_of(diagram_of(flow, usage, choice, "Track " + name + ": " + track.title));
  }
  return pictures;
}

json proof_in(const std::filesystem::path& folder) {
  const auto text = read_if_present(folder / "proof.json");
  return text ? parse_json(*text, (folder / "proof.json").string()) : json::object();
}

}  // namespace tito
