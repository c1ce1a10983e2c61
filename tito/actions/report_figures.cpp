#include "tito/actions/report_figures.hpp"

#include <algorithm>
#include <set>

#include "tito/actions/exported_objects.hpp"
#include "tito/actions/measurements.hpp"
#include "tito/actions/reference.hpp"
#include "tito/course/milestones.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/cpu_profile.hpp"

namespace tito {
namespace {

using nlohmann::json;

// Gathers one workspace's figures.
class Gatherer {
 public:
  explicit Gatherer(const Session& session)
      : session_(&session),
        course_(&session.course),
        track_(&session.workspace.track()),
        progress_(session.workspace.progress_file().load()),
        standing_(standing_of(session)) {}

  json all() {
    json figures = {{"course", course_->title()}, {"track", track_->title}, {"at", utc_now()}};
    figures["checkpoints"] = checkpoints();
    figures["done"] = std::count_if(figures["checkpoints"].begin(), figures["checkpoints"].end(),
                                    [](const json& one) { return one["state"] == "done"; });
    figures["total"] = figures["checkpoints"].size();
    gather_runs(figures);
    figures["speed"] = speed();
    figures["engine"] = {{"functions", functions()}, {"cpu", cpu()}};
    figures["hints"] = hints();
    figures["history"] = history();
    figures["problems"] = problems_;
    return figures;
  }

 private:
  // A file as JSON, or null; one that cannot be read is taken down as a problem.
  json foreign(const fs::path& below_root, const std::string& schema) {
    const ForeignJson file = read_foreign_json(session_->workspace.root() / below_root, schema);
    if (!file.problem.empty()) problems_.push_back({{"file", below_root.string()}, {"problem", file.problem}});
    return file.value.value_or(nullptr);
  }

  // The hash of what the package holds of a module; "" when it is not exported.
  std::string exported(const std::string& slug) const {
    const auto found = progress_.modules.find(slug);
    return found == progress_.modules.end() || !found->second.exported ? "" : found->second.exported->source;
  }

  std::vector<std::string> changed(const std::map<std::string, std::string>& linked) const {
    std::vector<std::string> slugs;
    for (const auto& [slug, source] : linked) {
      if (exported(slug) != source) slugs.push_back(slug);
    }
    return slugs;
  }

  json checkpoints() {
    json list = json::array();
    for (const std::string& slug : track_->order) {
      const Module& module = course_->module(slug);
      const CheckpointState state = standing_.checkpoints.at(module.checkpoint);
      json one = {{"checkpoint", module.checkpoint},
                  {"module", slug},
                  {"number", number_in(*track_, slug)},
                  {"title", module.title},
                  {"capability", module.capability},
                  {"state", state == CheckpointState::current ? "ready" : name_of(state)}};
      const auto found = progress_.checkpoints.find(module.checkpoint);
      if (found != progress_.checkpoints.end()) {
        const CheckpointProgress& proven = found->second;
        one["proven_at"] = proven.evidence.at;
        one["planned"] = proven.evidence.planned;
        one["passed"] = proven.evidence.passed;
        one["seed"] = proven.evidence.seed;
        one["measures"] = json_of(proven.measures);
        one["linked"] = json::array();
        for (const std::string& linked : track_->order) {
          const auto source = proven.linked.find(linked);
          if (source == proven.linked.end()) continue;
          one["linked"].push_back(
              {{"module", linked}, {"source", source->second}, {"changed", exported(linked) != source->second}});
        }
      }
      list.push_back(one);
    }
    return list;
  }

  // Milestones as the evidence has them, demos as their results do; curves of both from results/.
  void gather_runs(json& figures) {
    json runs = json::array(), not_run = json::array();
    for (const Milestone& milestone : course_->milestones()) {
      const auto found = progress_.milestones.find(milestone.name);
      if (found == progress_.milestones.end()) {
        not_run.push_back(milestone.name);
        continue;
      }
      const MilestoneProgress& run = found->second;
      const std::string state =
          name_of(state_of(*course_, milestone, *track_, progress_, standing_, session_->contract));
      json one = {{"kind", "milestone"},
                  {"name", milestone.name},
                  {"title", milestone.title},
                  {"year", milestone.year},
                  {"state", state},
                  {"at", run.at},
                  {"seed", run.seed},
                  {"seconds", run.seconds},
                  {"data", run.data},
                  {"measures", json_of(run.measures)},
                  {"gates", json_of(hold_all(milestone, run))},
                  {"changed", changed(run.linked)}};
      const json result =
          foreign(fs::path("results") / ("milestone-" + milestone.name) / "result.json", "tito-result/1");
      add_curves(one, result);
      runs.push_back(one);
    }
    for (const std::string& slug : track_->order) {
      const json result = foreign(fs::path("results") / slug / "result.json", "tito-result/1");
      if (!result.is_object()) continue;
      json one = {{"kind", "demo"}, {"name", slug}, {"title", course_->module(slug).title}};
      for (const char* key : {"at", "seed", "seconds", "data", "measures"}) one[key] = result.value(key, json());
      std::map<std::string, std::string> linked;
      one["own"] = json::array();
      for (const std::string& other : track_->order) {
        const json own = result.value("own", json()), sources = result.value("linked", json());
        if (!own.is_object() || own.value(other, json()) != true) continue;
        one["own"].push_back(other);
        if (sources.is_object() && sources.value(other, json()).is_string()) linked[other] = sources[other];
      }
      one["changed"] = changed(linked);
      add_curves(one, result);
      runs.push_back(one);
    }
    figures["runs"] = runs;
    figures["not_run"] = not_run;
  }

  static void add_curves(json& run, const json& result) {
    run["curves"] = result.is_object() ? result.value("curves", json::array()) : json::array();
    run["axes"] = result.is_object() ? result.value("axes", json::array()) : json::array();
  }

  json speed() {
    json modules = json::array(), missing = json::array();
    for (const std::string& slug : track_->order) {
      if (!session_->kit.has("bench", slug)) continue;
      json one = foreign(fs::path(".tito") / "measured" / ("bench-" + slug + ".json"), "tito-measured/1");
      if (!one.is_object()) {
        missing.push_back(slug);
        continue;
      }
      one.erase("schema");
      one["module"] = slug;
      one["number"] = number_in(*track_, slug);
      one["changed"] = one.value("source", json()) != session_->workspace.source_hash(slug);
      modules.push_back(one);
    }
    return {{"modules", modules}, {"not_measured", missing}};
  }

  // What a module's contract asks for is counted in its reference body.
  json functions() {
    const auto exported = exported_bodies(*session_);
    json modules = json::array();
    int own = 0, total = 0;
    for (const std::string& slug : track_->order) {
      const int count = count_functions(session_->kit, session_->kit.object("body", slug));
      const bool is_own = exported.contains(slug);
      modules.push_back({{"module", slug}, {"functions", count}, {"own", is_own}});
      total += count;
      own += is_own ? count : 0;
    }
    return {{"own", own}, {"total", total}, {"modules", modules}};
  }

  json cpu() {
    json share = foreign(fs::path(".tito") / "measured" / "share.json", "tito-measured/1");
    if (!share.is_object()) return nullptr;
    share.erase("schema");
    std::map<std::string, std::string> linked;
    for (const std::string& slug : track_->order) {
      const std::string now = exported(slug);
      if (!now.empty()) linked[slug] = now;
    }
    share["changed"] = share.value("linked", json()) != json(linked);
    return share;
  }

  json hints() {
    const json file = foreign(fs::path(".tito") / "hints.json", "tito-hints/1");
    if (!file.is_object()) return nullptr;
    const json taken = file.value("taken", json::object());
    json modules = json::array();
    std::int64_t steps = 0;
    for (const std::string& slug : track_->order) {
      const json functions = taken.is_object() ? taken.value(slug, json()) : json();
      if (!functions.is_object()) continue;
      std::int64_t count = 0;
      for (const json& one : functions) count += one.is_number_integer() ? std::clamp<std::int64_t>(one, 0, 1000) : 0;
      if (count > 0) modules.push_back({{"module", slug}, {"steps", count}, {"functions", functions.size()}});
      steps += count;
    }
    return {{"steps", steps}, {"modules", modules}};
  }

  json history() {
    const json file = foreign(fs::path(".tito") / "snapshots" / "index.json", "tito-snapshots/1");
    if (!file.is_object()) return nullptr;
    const json list = file.value("snapshots", json::array());
    std::int64_t total = 0;
    json modules = json::array();
    for (const std::string& slug : track_->order) {
      json one = {{"module", slug}, {"snapshots", 0}, {"exports", 0}};
      for (const json& snapshot : list) {
        if (!snapshot.is_object() || snapshot.value("module", json()) != slug) continue;
        one["snapshots"] = one["snapshots"].get<int>() + 1;
        if (snapshot.value("cause", json()) == "export") one["exports"] = one["exports"].get<int>() + 1;
        const json at = snapshot.value("at", json());
        if (!at.is_string()) continue;
        if (!one.contains("first")) one["first"] = at;
        one["last"] = at;
      }
      total += one["snapshots"].get<int>();
      if (one["snapshots"] != 0) modules.push_back(one);
    }
    return {{"snapshots", total}, {"modules", modules}};
  }

  const Session* session_;
  const Course* course_;
  const Track* track_;
  Progress progress_;
  Standing standing_;
  json problems_ = json::array();
};

}  // namespace

nlohmann::json gather_figures(const Session& session) { return Gatherer(session).all(); }

void measure_and_keep_share(const Session& session, double seconds) {
  const auto exported = exported_bodies(session);
  const Progress progress = session.workspace.progress_file().load();
  std::map<std::string, fs::path> bodies;
  std::map<std::string, std::string> linked;
  for (const std::string& slug : session.workspace.track().order) {
    const auto own = exported.find(slug);
    bodies[slug] = own != exported.end() ? own->second.object : given_body(session.kit, session.course, slug).object;
    if (own != exported.end()) linked[slug] = progress.modules.at(slug).exported->source;
  }
  const TemporaryFolder scratch(session.workspace.scratch());
  const CpuShare share = measure_share(session.kit, bodies, scratch.path(), seconds);
  std::int64_t own = 0, in_bodies = 0, in_libraries = 0;
  for (const auto& [slug, samples] : share.modules) {
    in_bodies += samples;
    own += linked.contains(slug) ? samples : 0;
  }
  for (const auto& [name, samples] : share.libraries) in_libraries += samples;
  keep_measurement(session.workspace, "share",
                   {{"work", share.work},
                    {"rate", share.rate},
                    {"unit", share.unit},
                    {"seconds", share.seconds},
                    {"threads", 1},
                    {"samples", share.total()},
                    {"own", own},
                    {"bodies", in_bodies},
                    {"modules", share.modules},
                    {"given", share.given},
                    {"libraries", in_libraries},
                    {"by_library", share.libraries},
                    {"linked", linked},
                    {"contract", session.contract}});
}

}  // namespace tito
