// The figures of a student's report, gathered from the evidence and from what was measured and kept. The page shows
// them and --json prints them: one object for both.
//
//   course, track, at, done, total
//   checkpoints  [{checkpoint, module, number, title, capability, state: done|ready|locked|stale, proven_at, planned,
//                passed, seed, linked: [{module, source, changed}], measures}]
//   runs         [{kind: demo|milestone, name, title, year, state, at, seed, seconds, data, measures, gates, curves,
//                axes, own, changed}]; what was never run is not in it
//   not_run      names of milestones
//   speed        {modules: [what tito bench printed, and at, changed], not_measured: [slugs]}
//   engine       {functions: {own, total, modules}, cpu: null or {work, at, samples, own, bodies, given, libraries,
//                ..}}
//   hints        null or {steps, modules}
//   history      null or {snapshots, modules}
//   problems     [{file, problem}]: files of the workspace that could not be read
#pragma once

#include <nlohmann/json.hpp>

#include "tito/actions/session.hpp"

namespace tito {

// throws: Failure(Exit::damaged) for a damaged progress.json; other damaged files are named in "problems".
nlohmann::json gather_figures(const Session& session);

// Runs the CNN training step on the exported modules, with given bodies for the others, and keeps what was found.
// throws: Failure, as measure_share().
void measure_and_keep_share(const Session& session, double seconds);

}  // namespace tito
