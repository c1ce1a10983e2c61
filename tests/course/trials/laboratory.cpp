#include "laboratory.hpp"

#include <algorithm>
#include <vector>

#include "tito/system/json.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/process.hpp"

namespace trials {

using tito::json;

Laboratory::Laboratory(const tito::Kit& kit, const tito::Course& course, const std::filesystem::path& folder,
                       std::uint64_t seed)
    : kit_(kit), course_(course), folder_(folder), seed_(seed) {}

bool Laboratory::prepare(const std::string& slug, const std::string& body) {
  slug_ = slug;
  const std::filesystem::path source = folder_.path() / (slug + ".cpp");
  tito::write_atomically(source, body);
  return tito::compile(kit_, tito::Mode::check, source, folder_.path() / "body.o").succeeded;
}

// Links the program, and measures how long the cases take with the reference if that is not known yet.
bool Laboratory::make_program(const std::string& kind, const std::string& name) {
  const auto linked = [&](const std::filesystem::path& body) {
    std::vector<std::filesystem::path> objects{kit_.object("runner", "cases"), kit_.object(kind, name), body};
    for (const std::string& other : course_.track(course_.default_track()).order) {
      if (other != slug_) objects.push_back(kit_.object("body", other));
    }
    return tito::link(kit_, objects, program()).succeeded;
  };
  if (!usual_seconds_.contains(kind + "/" + name) && linked(kit_.object("body", slug_))) {
    std::map<std::string, double>& usual = usual_seconds_[kind + "/" + name];
    for (const auto& one : tito::run_cases(kit_, program(), kit_.plan(kind, name), folder_.path(), seed_).cases)
      usual[one.name] = one.seconds;
  }
  return linked(folder_.path() / "body.o");
}

Outcome Laboratory::run(const std::string& kind, const std::string& name) {
  if (!make_program(kind, name)) return {Fate::does_not_compile, "", "does not link", ""};
  return judge(kind, name);
}

tito::Verdict Laboratory::judge_all(const std::string& kind, const std::string& name, std::uint64_t seed,
                                    int processes) {
  if (!make_program(kind, name)) return {};
  std::vector<tito::PlannedCase> plan = kit_.plan(kind, name);
  for (tito::PlannedCase& one : plan) {
    one.limit_seconds = std::min(one.limit_seconds, 3.0 + 10 * usual_seconds_[kind + "/" + name][one.name]);
  }
  return tito::run_cases(kit_, program(), plan, folder_.path(), seed, {}, processes);
}

Outcome Laboratory::judge(const std::string& kind, const std::string& name) {
  const std::vector<tito::PlannedCase> plan = kit_.plan(kind, name);
  std::map<std::string, double>& usual = usual_seconds_[kind + "/" + name];
  Outcome outcome{Fate::caught, "", "", ""};
  std::string current = "(before the first case)";
  std::size_t ended = 0;
  bool failed = false;
  double elapsed = 0, deadline = 10;
  tito::ProcessOptions options;
  options.folder = folder_.path();
  options.student_code = true;
  options.limit_memory = !kit_.is_sanitized();
  options.limit_seconds = 24 * 3600;
  options.output_limit = 0;
  options.on_record = [&](const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    const std::string what = event.is_object() ? event.value("event", "") : "";
    if (failed) return;
    if (what == "begin") {
      current = event.value("case", "");
      const double limit = ended < plan.size() ? plan[ended].limit_seconds : 0;
      deadline = elapsed + std::min(limit, 3.0 + 10 * usual[current]);
    } else if (what == "failure") {
      failed = true;
      outcome.how = event.value("expression", "");
      if (outcome.how.empty()) outcome.how = event.value("message", "");
      outcome.cause = event.value("cause", "");
    } else if (what == "end") {
      failed = event.value("checks", 0) == 0;
      if (!failed) ++ended;
    }
  };
  options.is_over = [&](double seconds) {
    elapsed = seconds;
    return failed || seconds > deadline;
  };
  const tito::ProcessResult result =
      tito::run_process({program().string(), "--seed", std::to_string(seed_), "--from", "0"}, options);
  outcome.by = current;
  if (failed) return outcome;
  if (result.timed_out) {
    outcome.how = "does not end";
  } else if (result.signal != 0) {
    outcome.how = "crashes with " + tito::signal_name(result.signal);
  } else if (ended < plan.size() || result.exit_status != 0) {
    outcome.how = "ends early";
  } else {
    outcome.fate = Fate::survived;
    outcome.by.clear();
  }
  return outcome;
}

}  // namespace trials
