#include "tito/actions/prove_checkpoint.hpp"

#include "tito/actions/check_module.hpp"
#include "tito/actions/exported_objects.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {

Proof prove(const Session& session, const std::string& checkpoint, std::uint64_t seed) {
  const Module& module = *session.course.module_of_checkpoint(checkpoint);
  const auto exported = exported_bodies(session);
  std::vector<std::string> wanted = session.course.all_needs(module.slug);
  wanted.push_back(module.slug);
  for (const std::string& slug : wanted) {
    if (exported.contains(slug)) continue;
    throw Failure(Exit::work_failed, "checkpoint " + checkpoint + " is locked: module " + slug + " is not exported",
                  "tito export " + slug);
  }
  const std::vector<PlannedCase> plan = session.kit.plan("checkpoint", checkpoint);
  Proof proof;
  proof.verdict.planned = static_cast<int>(plan.size());
  const TemporaryFolder scratch(session.workspace.scratch());
  std::vector<fs::path> objects{session.kit.object("runner", "cases"), session.kit.object("checkpoint", checkpoint)};
  for (const auto& [slug, body] : exported) {
    objects.push_back(body.object);
    proof.linked.push_back(slug);
  }
  const fs::path program = scratch.path() / checkpoint;
  proof.linking = link(session.kit, objects, program);
  if (!proof.linking.succeeded) return proof;
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  proof.verdict = run_cases(session.kit, program, plan, folder, seed);
  session.workspace.progress_file().update([&](Progress& progress) {
    CheckpointProgress entry;
    for (const std::string& slug : proof.linked) entry.linked[slug] = progress.modules.at(slug).exported->source;
    entry.evidence = evidence_of(entry.linked.at(module.slug), session.contract, proof.verdict);
    entry.measures = proof.verdict.measures;
    progress.checkpoints[checkpoint] = entry;
  });
  return proof;
}

}  // namespace tito
