#include "tito/authoring/course_audit.hpp"

#include <algorithm>

#include "tito/authoring/generated.hpp"
#include "tito/authoring/plan_page.hpp"
#include "tito/system/failure.hpp"

namespace tito {

CourseTree tree_of(const Kit& kit) {
  if (!kit.is_source_tree()) {
    throw Failure(
        Exit::usage, "this course is an installed one, and has no sources to check: " + kit.file().string(),
        "run the tito that was built in the course's source tree: ./bootstrap build, then build/bin/tito course check");
  }
  const std::filesystem::path root = kit.source_folder("root");
  if (root.empty()) {
    throw Failure(
        Exit::environment,
        kit.file().string() + " does not say where the course's sources lie: it was written by an older build",
        "./bootstrap build");
  }
  return {root,
          kit.modules_folder(),
          kit.contract_folder(),
          kit.source_folder("tests"),
          root / "checkpoints",
          root / "milestones",
          kit.source_folder("fast"),
          kit.source_folder("benches"),
          kit.documents()};
}

Audit audit_of(const Kit& kit, const Course& course, const std::vector<CommandWords>& commands) {
  Audit audit{course, tree_of(kit), commands, course_generators()};
  audit.generators["plan"] = [&kit](const Audit& all, const std::filesystem::path& file) {
    return plan_page(kit, all.course, file);
  };
  return audit;
}

void add_findings(Findings& findings, const std::filesystem::path& manifest, const std::function<Findings()>& rule) {
  try {
    const Findings found = rule();
    findings.insert(findings.end(), found.begin(), found.end());
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::environment) throw;
    const bool known =
        std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.rule == unbuilt; });
    if (!known)
      findings.push_back(
          {manifest, 1, unbuilt, failure.what(), failure.way_out().empty() ? "./bootstrap build" : failure.way_out()});
  }
}

Findings quick_findings(const Kit& kit, const std::vector<CommandWords>& commands) {
  Findings findings = manifest_findings(tree_of(kit).manifest());
  if (!findings.empty()) return findings;
  const Course course(kit.course_file());
  const Audit audit = audit_of(kit, course, commands);
  for (const Rule& rule : text_rules()) add_findings(findings, audit.tree.manifest(), [&] { return rule.find(audit); });
  return findings;
}

}  // namespace tito
