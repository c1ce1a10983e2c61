#include "tito/commands/course_rules.hpp"

#include "tito/commands/course_measure.hpp"
#include "tito/course/json_place.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

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
      const int line = line_of_place(text, "tracks." + name + ".order[" + std::to_string(i) + "]");
      findings.push_back({manifest, line, "unused",
                          "nothing that comes after module " + track.order[i] + " in track " + name +
                              " uses it, neither a body nor a demo",
                          "tito course analyze --track " + name + " shows who uses what; let the next demo use it"});
    }
  }
  return findings;
}

}  // namespace

const std::vector<BuiltRule>& built_rules() {
  static const std::vector<BuiltRule> rules{
      {"unused", "modules that nothing later uses, as measured on the built course", unused_modules}};
  return rules;
}

}  // namespace tito
