#include <fmt/core.h>

#include "tito/actions/known_mistake.hpp"
#include "tito/actions/reference.hpp"
#include "tito/course/mistakes.hpp"
#include "tito/course/signatures.hpp"
#include "trials.hpp"

namespace trials {

using std::string;

namespace {

constexpr int runs = 6;  // each with a seed of its own, and every other one in two processes, as a student's may be

struct Trial {
  string slug;
  tito::Mistake mistake;
  string body;
};

}  // namespace

int write_signatures(const Options& options, const tito::Kit& kit, const tito::Course& course) {
  std::vector<Trial> trials;
  for (const string& slug : options.modules) {
    const fs::path source = tito::reference_source(kit, course, slug);
    const fs::path file = source.parent_path() / "mistakes.md";
    const string body = tito::read_file(source);
    for (const tito::Mistake& mistake : tito::read_mistakes(tito::read_file(file), file.string()))
      trials.push_back({slug, mistake, tito::with_mistake(body, mistake, file.string())});
  }
  const std::vector<json> answers =
      in_processes(options, kit, course, trials.size(), [&](Laboratory& laboratory, std::size_t i) {
        const Trial& trial = trials[i];
        if (!laboratory.prepare(trial.slug, trial.body)) return json::object();
        std::vector<tito::Traces> seen;
        for (int run = 0; run < runs; ++run) {
          const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(run);
          seen.push_back(tito::traces_of(laboratory.judge_all("test", trial.slug, seed, 1 + run % 2)));
        }
        json fails = json::object();  // by the number of the case: names are long
        int number = 0;
        const tito::Signature signature = tito::signature_of(trial.mistake.name, seen);
        for (const auto& [name, trace] : seen.front()) {
          if (signature.fails.contains(name)) fails[std::to_string(number)] = signature.fails.at(name);
          ++number;
        }
        return fails;
      });
  for (const string& slug : options.modules) {
    tito::SignatureFile file{tito::sources_of_signatures(kit, course, slug), {}};
    std::map<string, tito::Trace> cases;  // as in traces
    for (const tito::PlannedCase& one : kit.plan("test", slug)) cases[one.name] = {};
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (trials[i].slug != slug) continue;
      tito::Signature signature{trials[i].mistake.name, {}};
      int number = 0;
      for (const auto& [name, trace] : cases) {
        const string key = std::to_string(number++);
        if (answers[i].contains(key)) signature.fails[name] = answers[i][key];
      }
      file.mistakes.push_back(signature);
    }
    tito::write_atomically(tito::signature_file(kit, course, slug), file.print());
    fmt::print("{}: {} signatures\n", slug, file.mistakes.size());
  }
  return 0;
}

}  // namespace trials
