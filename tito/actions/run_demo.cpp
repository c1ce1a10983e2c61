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
void link_and_run(const Session& session, Demo& demo, const std::vector<fs::path>& objects, const std::string& name,
                  const std::string& title, const DemoOptions& options,
                  const std::function<nlohmann::json()>& describe) {
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
  const auto exported = exported_objects(session);
  std::vector<fs::path> objects{
      session.kit.object("runner", "demo"),
      session.kit.object("demo", demo_name(session.kit, slug, session.workspace.track().name))};
  for (const std::string& other : session.workspace.track().order) {
    const auto own = exported.find(other);
    demo.own[other] = own != exported.end();
    demo.sources[other] = sha256(read_file(demo.own[other] ? session.workspace.exported_source(other)
                                                           : reference_source(session.kit, session.course, other)));
    objects.push_back(own != exported.end() ? own->second : session.kit.given_body(other));
  }
  link_and_run(session, demo, objects, slug, slug + ": " + session.course.module(slug).purpose, options, [&] {
    return nlohmann::json{{"kind", "demo"}, {"name", slug}, {"own", demo.own}};
  });
  return demo;
}

Demo run_milestone(const Session& session, const Milestone& milestone, const DemoOptions& options) {
  Demo demo;
  const auto exported = exported_objects(session);
  std::vector<fs::path> objects{session.kit.object("runner", "demo"), session.kit.object("milestone", milestone.name)};
  std::vector<std::string> lacking;
  const std::vector<std::string> needs = session.course.all_needs(milestone);
  for (const std::string& slug : session.workspace.track().order) {
    if (std::find(needs.begin(), needs.end(), slug) == needs.end()) continue;
    if (!exported.contains(slug)) {
      lacking.push_back(slug);
      continue;
    }
    objects.push_back(exported.at(slug));
    demo.own[slug] = true;
    demo.sources[slug] = sha256(read_file(session.workspace.exported_source(slug)));
  }
  if (!lacking.empty()) {
    throw Failure(
        Exit::work_failed,
        fmt::format("milestone {} runs on your own modules, and {} not exported yet: {}", milestone.name,
                    lacking.size() == 1 ? "one is" : std::to_string(lacking.size()) + " are", listed(lacking)),
        "tito export " + lacking.front());
  }
  const std::string title = fmt::format("{} ({})", milestone.title, milestone.year);
  link_and_run(session, demo, objects, "milestone-" + milestone.name, title, options, [&] {
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
