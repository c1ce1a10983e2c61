#include "tito/actions/run_demo.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "tito/actions/exported_objects.hpp"
#include "tito/actions/reference.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// Links the program, runs it in a folder of its own and takes up what it leaves. `describe` is asked after the run.
void link_and_run(const Session& session, Demo& demo, std::vector<fs::path> objects,
                  const std::map<std::string, Body>& bodies, const std::string& name, const std::string& title,
                  const DemoOptions& options, const std::function<nlohmann::json()>& describe) {
  for (const auto& [slug, body] : bodies) {
    objects.push_back(body.object);
    demo.sources[slug] = sha256(read_file(body.source));
  }
  const TemporaryFolder scratch(session.workspace.scratch());
  const fs::path program = scratch.path() / "program";
  demo.linking = link(session.kit, objects, program);
  if (!demo.linking.succeeded) return;
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  demo.result = run_demo_program(session.kit, program, folder, options);
  nlohmann::json description = describe();
  description["linked"] = demo.sources;
  description["contract"] = session.contract;
  demo.results = keep_results(session.workspace.root() / "results" / name, title, demo.result, folder, description);
}

}  // namespace

Demo run_demo(const Session& session, const std::string& slug, const DemoOptions& options) {
  Demo demo;
  std::map<std::string, Body> bodies = exported_bodies(session);
  const std::vector<fs::path> objects{
      session.kit.object("runner", "demo"),
      session.kit.object("demo", demo_name(session.kit, slug, session.workspace.track().name))};
  for (const std::string& other : session.workspace.track().order) {
    demo.own[other] = bodies.contains(other);
    if (!demo.own[other]) bodies[other] = given_body(session.kit, session.course, other);
  }
  link_and_run(session, demo, objects, bodies, slug, slug + ": " + session.course.module(slug).purpose, options, [&] {
    return nlohmann::json{{"kind", "demo"}, {"name", slug}, {"own", demo.own}};
  });
  return demo;
}

Demo run_milestone(const Session& session, const Milestone& milestone, const DemoOptions& options) {
  Demo demo;
  const auto exported = exported_bodies(session);
  const std::vector<fs::path> objects{session.kit.object("runner", "demo"),
                                      session.kit.object("milestone", milestone.name)};
  std::map<std::string, Body> bodies;
  std::vector<std::string> lacking;
  const std::vector<std::string> needs = session.course.all_needs(milestone);
  for (const std::string& slug : session.workspace.track().order) {
    if (std::find(needs.begin(), needs.end(), slug) == needs.end()) continue;
    if (!exported.contains(slug)) {
      lacking.push_back(slug);
      continue;
    }
    bodies[slug] = exported.at(slug);
    demo.own[slug] = true;
  }
  if (!lacking.empty()) {
    throw Failure(
        Exit::work_failed,
        fmt::format("milestone {} runs on your own modules, and {} not exported yet: {}", milestone.name,
                    lacking.size() == 1 ? "one is" : std::to_string(lacking.size()) + " are", listed(lacking)),
        "tito export " + lacking.front());
  }
  const std::string title = fmt::format("{} ({})", milestone.title, milestone.year);
  link_and_run(session, demo, objects, bodies, "milestone-" + milestone.name, title, options, [&] {
    const DemoResult& result = demo.result;
    demo.run = {demo.sources, session.contract, result.finished, result.seed,
                utc_now(),    result.seconds,   result.data,     result.measures};
    return nlohmann::json{{"kind", "milestone"},
                          {"name", milestone.name},
                          {"passed", passed(milestone, demo.run)},
                          {"gates", json_of(hold_all(milestone, demo.run))}};
  });
  if (!demo.linking.succeeded || demo.result.abandoned) return demo;
  session.workspace.progress_file().update([&](Progress& progress) { progress.milestones[milestone.name] = demo.run; });
  return demo;
}

}  // namespace tito
