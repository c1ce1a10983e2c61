#include "tito/course/progress.hpp"

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr const char* schema = "tito-progress";
constexpr int version = 2;

int count_of(const JsonView& view) {
  if (view.integer() < 0 || view.integer() > 1'000'000) view.fail("is not a count: " + view.value().dump());
  return static_cast<int>(view.integer());
}

std::string hash_of(const JsonView& view) {
  if (view.text().size() != 64 || view.text().find_first_not_of("0123456789abcdef") != std::string::npos) {
    view.fail("is not a SHA-256 hash");
  }
  return view.text();
}

Evidence read_evidence(const JsonView& view) {
  view.allow_only({"source", "contract", "planned", "passed", "seed", "at"});
  Evidence evidence;
  evidence.source = hash_of(view["source"]);
  evidence.contract = hash_of(view["contract"]);
  evidence.planned = count_of(view["planned"]);
  evidence.passed = count_of(view["passed"]);
  evidence.seed = static_cast<std::uint64_t>(view["seed"].integer());
  evidence.at = view["at"].text();
  if (evidence.passed > evidence.planned) view["passed"].fail("is more than \"planned\"");
  return evidence;
}

json write_evidence(const Evidence& evidence) {
  return {{"source", evidence.source}, {"contract", evidence.contract}, {"planned", evidence.planned},
          {"passed", evidence.passed}, {"seed", evidence.seed},         {"at", evidence.at}};
}

std::map<std::string, std::string> read_hashes(const JsonView& view) {
  std::map<std::string, std::string> hashes;
  for (const auto& [slug, ignored] : view.object().items()) hashes[slug] = hash_of(view[slug]);
  return hashes;
}

std::vector<Measure> read_measures(const JsonView& view) {
  std::vector<Measure> measures;
  for (std::size_t i = 0; i < view.array().size(); ++i) {
    const JsonView one = view.at(i);
    one.allow_only({"name", "value", "unit", "data"});
    Measure measure{one["name"].text(), std::nullopt, one["unit"].text()};
    if (!one["value"].value().is_null()) measure.value = one["value"].number();
    if (one.has("data")) measure.data = one["data"].text();
    measures.push_back(measure);
  }
  return measures;
}

json write_measures(const std::vector<Measure>& measures) {
  json list = json::array();
  for (const Measure& measure : measures) {
    list.push_back({{"name", measure.name},
                    {"value", measure.value ? json(*measure.value) : json(nullptr)},
                    {"unit", measure.unit}});
    if (!measure.data.empty()) list.back()["data"] = measure.data;
  }
  return list;
}

CheckpointProgress read_checkpoint(const JsonView& view) {
  view.allow_only({"evidence", "linked", "measures"});
  return {read_evidence(view["evidence"]), read_hashes(view["linked"]), read_measures(view["measures"])};
}

json write_checkpoint(const CheckpointProgress& checkpoint) {
  return {{"evidence", write_evidence(checkpoint.evidence)},
          {"linked", checkpoint.linked},
          {"measures", write_measures(checkpoint.measures)}};
}

MilestoneProgress read_milestone(const JsonView& view) {
  view.allow_only({"linked", "contract", "finished", "seed", "at", "seconds", "data", "measures"});
  MilestoneProgress milestone;
  milestone.linked = read_hashes(view["linked"]);
  milestone.contract = hash_of(view["contract"]);
  milestone.finished = view["finished"].boolean();
  milestone.seed = static_cast<std::uint64_t>(view["seed"].integer());
  milestone.at = view["at"].text();
  milestone.seconds = view["seconds"].number();
  const JsonView data = view["data"];
  for (std::size_t i = 0; i < data.array().size(); ++i) milestone.data.push_back(data.at(i).text());
  milestone.measures = read_measures(view["measures"]);
  return milestone;
}

json write_milestone(const MilestoneProgress& milestone) {
  return {{"linked", milestone.linked},
          {"contract", milestone.contract},
          {"finished", milestone.finished},
          {"seed", milestone.seed},
          {"at", milestone.at},
          {"seconds", milestone.seconds},
          {"data", milestone.data},
          {"measures", write_measures(milestone.measures)}};
}

// From the form of an older tito to the present one, a version at a time.
void migrate(json& root, int from) {
  if (from < 2 && !root.contains("milestones"))
    root["milestones"] = json::object();  // version 1 left it out while empty
}

Progress parse(const std::string& text, const std::string& origin) {
  json root = parse_json(text, origin);
  migrate(root, check_schema(JsonView(root, origin), schema, version));
  const JsonView view(root, origin);
  view.allow_only({"schema", "modules", "checkpoints", "milestones"});
  Progress progress;
  for (const auto& [slug, ignored] : view["modules"].object().items()) {
    const JsonView module = view["modules"][slug];
    module.allow_only({"tested", "failing", "exported"});
    ModuleProgress& entry = progress.modules[slug];
    if (module.has("tested")) entry.tested = read_evidence(module["tested"]);
    if (module.has("failing")) entry.failing = module["failing"].text();
    if (module.has("exported")) entry.exported = read_evidence(module["exported"]);
  }
  for (const auto& [slug, ignored] : view["checkpoints"].object().items()) {
    progress.checkpoints[slug] = read_checkpoint(view["checkpoints"][slug]);
  }
  for (const auto& [name, ignored] : view["milestones"].object().items()) {
    progress.milestones[name] = read_milestone(view["milestones"][name]);
  }
  return progress;
}

std::string print(const Progress& progress) {
  json modules = json::object(), checkpoints = json::object(), milestones = json::object();
  for (const auto& [slug, module] : progress.modules) {
    json entry = json::object();
    if (module.tested) entry["tested"] = write_evidence(*module.tested);
    if (!module.failing.empty()) entry["failing"] = module.failing;
    if (module.exported) entry["exported"] = write_evidence(*module.exported);
    modules[slug] = entry;
  }
  for (const auto& [slug, checkpoint] : progress.checkpoints) checkpoints[slug] = write_checkpoint(checkpoint);
  for (const auto& [name, milestone] : progress.milestones) milestones[name] = write_milestone(milestone);
  const json root = {{"schema", schema_name(schema, version)},
                     {"modules", modules},
                     {"checkpoints", checkpoints},
                     {"milestones", milestones}};
  return root.dump(2) + "\n";
}

}  // namespace

Progress ProgressFile::load() const {
  const std::optional<std::string> text = read_if_present(file());
  const std::string way_out =
      "the file is left as it is; \"tito progress rebuild\" keeps it under another name and runs again what is needed";
  if (!text) throw Failure(Exit::damaged, file().string() + ": the record of your progress is missing", way_out);
  try {
    return parse(*text, file().string());
  } catch (const Failure& failure) {
    throw Failure(failure.exit(), failure.what(), way_out);
  }
}

void ProgressFile::update(const std::function<void(Progress&)>& change) const {
  const FileLock lock(folder_ / "lock");
  Progress progress = load();
  change(progress);
  write_keeping_previous(file(), previous(), print(progress));
}

void ProgressFile::create() const { write_atomically(file(), print({})); }

ProgressFile::Recovery ProgressFile::recover() const {
  const FileLock lock(folder_ / "lock");
  Recovery recovery;
  try {
    load();
    return recovery;
  } catch (const Failure& failure) {
    recovery.was_damaged = true;
    recovery.problem = failure.what();
  }
  Progress progress;
  if (const auto text = read_if_present(previous())) {
    try {
      progress = parse(*text, previous().string());
      recovery.from_previous = true;
    } catch (const Failure&) {
      // Not readable either: an empty record, to be filled by running the tests again.
    }
  }
  if (fs::exists(file())) recovery.kept_as = copy_under_free_name(file(), "damaged");
  write_atomically(file(), print(progress));
  return recovery;
}

}  // namespace tito
