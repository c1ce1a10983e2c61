#include "tito/authoring/built_rules.hpp"

#include <fmt/core.h>

#include <optional>

#include "tito/authoring/json_place.hpp"
#include "tito/authoring/measurement.hpp"
#include "tito/authoring/plan_page.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// The document with the region "plan", if there is one.
std::optional<fs::path> page_of_plan(const Audit& audit) {
  for (const fs::path& file : markdown_files(audit.tree)) {
    if (read_file(file).find("<!-- generated: plan -->") != std::string::npos) return file;
  }
  return std::nullopt;
}

// The line of course.json where a track has its module number i, from 0.
int line_in_track(const std::string& manifest, const std::string& track, std::size_t i) {
  return line_of_place(manifest, "tracks." + track + ".order[" + std::to_string(i) + "]");
}

// Modules that no later body or demo uses; the last one of a track is none.
Findings unused_modules(const Kit& kit, const Audit& audit) {
  Findings findings;
  const Usage usage = measure_usage(kit, audit.course);
  const fs::path manifest = audit.tree.manifest();
  const std::string text = read_file(manifest);
  for (const auto& [name, track] : audit.course.tracks()) {
    const Flow flow = analyze(usage, track.order, {false, name});
    for (std::size_t i = 0; i + 1 < track.order.size(); ++i) {
      if (flow.modules[i].is_used()) continue;
      const int line = line_in_track(text, name, i);
      findings.push_back({manifest, line, "unused",
                          "nothing that comes after module " + track.order[i] + " in track " + name +
                              " uses it, neither a body nor a demo",
                          "tito course analyze --track " + name + " shows who uses what; let the next demo use it"});
    }
  }
  return findings;
}

// In every track: modules that lie unused for a while or are used before they exist, and what of them nobody uses.
Findings flawed_orders(const Kit& kit, const Audit& audit) {
  Findings findings;
  const Usage usage = measure_usage(kit, audit.course);
  const fs::path manifest = audit.tree.manifest();
  const std::string text = read_file(manifest);
  for (const auto& [name, track] : audit.course.tracks()) {
    const Flow flow = analyze(usage, track.order, {false, name});
    const std::string way_out =
        "tito course analyze --track " + name + " shows who uses what; tito course suggest finds orders";
    for (std::size_t i = 0; i < flow.modules.size(); ++i) {
      const ModuleFlow& module = flow.modules[i];
      const int line = line_in_track(text, name, i);
      for (const ForwardUse& use : module.forward) {
        findings.push_back({manifest, line, "order",
                            fmt::format("track {}: {} uses {}, which comes later", name, use.user, use.module),
                            way_out});
      }
      if (module.is_used() && module.gap > 0) {  // rule "unused" names those that nobody uses
        findings.push_back(
            {manifest, line, "order", fmt::format("track {}: {}", name, flow.connections[i].reason), way_out});
      }
    }
    for (const ModuleFlow& module : flow.modules) {
      if (module.wasted().empty() || name != audit.course.default_track()) continue;
      findings.push_back({audit.body(module.slug), 1, "wasted",
                          fmt::format("no later body and no demo uses {}", listed(module.wasted())),
                          "let a demo use it, or take it out"});
    }
  }
  return findings;
}

// Requirements of course.json that the course does not meet.
Findings missed_requirements(const Kit& kit, const Audit& audit) {
  Findings findings;
  const std::optional<fs::path> page = page_of_plan(audit);
  if (!page || audit.course.requirements().empty()) return findings;
  const std::string text = read_file(audit.tree.manifest());
  const auto results = hold_requirements(audit.course, measure_usage(kit, audit.course), proof_in(page->parent_path()));
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].is_met) continue;
    findings.push_back({audit.tree.manifest(), line_of_place(text, "requirements[" + std::to_string(i) + "]"),
                        "required",
                        fmt::format("{}: \"{}\" is not met: {}", results[i].requirement.module,
                                    results[i].requirement.claim, results[i].found),
                        results[i].command + " shows it"});
  }
  return findings;
}

Findings stale_pictures(const Kit& kit, const Audit& audit) {
  Findings findings;
  for (const auto& [file, content] : fresh_pictures(kit, audit)) {
    findings.push_back({file, 1, "picture",
                        fs::exists(file) ? "the picture is not what is measured" : "the picture is missing",
                        "tito course check --fix"});
  }
  return findings;
}

}  // namespace

std::map<fs::path, std::string> fresh_pictures(const Kit& kit, const Audit& audit) {
  const std::optional<fs::path> page = page_of_plan(audit);
  if (!page) return {};
  std::map<fs::path, std::string> pictures = plan_pictures(kit, audit.course, *page);
  std::erase_if(pictures, [](const auto& one) { return read_if_present(one.first) == one.second; });
  return pictures;
}

const std::vector<BuiltRule>& built_rules() {
  static const std::vector<BuiltRule> rules{
      {"unused", "modules that nothing later uses, as measured on the built course", unused_modules},
      {"order", "modules of a track that are not used at once, and what of them is wasted", flawed_orders},
      {"required", "requirements of course.json that are not met", missed_requirements},
      {"picture", "pictures of the tracks that are not what is measured", stale_pictures}};
  return rules;
}

}  // namespace tito
