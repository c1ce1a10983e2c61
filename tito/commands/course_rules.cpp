#include "tito/commands/course_rules.hpp"

#include "tito/commands/course_measure.hpp"
#include "tito/course/json_place.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

// Modules of the default track that no later body or demo uses, but for the last one.
Findings unused_modules(const Kit& kit, const Audit& audit) {
  Findings findings;
  const std::vector<std::string>& order = audit.track().order;
  const Flow flow = analyze(measure_usage(kit, audit.course), order, {false, audit.track().name});
  const fs::path manifest = audit.tree.manifest();
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    if (flow.modules[i].is_used()) continue;
    const std::string place = "tracks." + audit.track().name + ".order[" + std::to_string(i) + "]";
    findings.push_back({manifest, line_of_place(read_file(manifest), place), "unused",
                        "nothing that comes after module " + order[i] + " uses it, neither a body nor a demo",
                        "tito course analyze shows who uses what; let the next demo use it"});
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
