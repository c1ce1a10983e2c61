#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "mutants.hpp"
#include "tito/actions/known_mistake.hpp"
#include "trials.hpp"

namespace trials {

using std::string;

namespace {

fs::path survivors_file(const tito::Kit& kit, const string& slug) {
  return kit.modules_folder().parent_path() / "tests" / "course" / "survivors" / (slug + ".txt");
}

struct Tally {
  int mutants = 0, tried = 0, killed = 0, uncompiled = 0, survived = 0, explained = 0;
  double score() const { return killed + survived == 0 ? 100.0 : 100.0 * killed / (killed + survived); }
};

// What a student with this change in their body would be told.
void print_names(const string& slug, const string& identity, const json& answer) {
  const string known = answer.value("known", ""), cause = answer.value("cause", "");
  if (known.empty() && cause.empty()) return;
  fmt::print("{}: {}\n", slug, identity);
  if (!known.empty()) fmt::print("  known: {}\n", known);
  if (!cause.empty()) fmt::print("  likely: {}\n", cause);
}

}  // namespace

int try_mutants(const Options& options, const tito::Kit& kit, const tito::Course& course) {
  struct Trial {
    string slug;
    Mutant mutant;
  };
  std::vector<Trial> trials;
  std::map<string, Tally> tallies;
  std::map<string, std::map<string, string>> reasons;
  bool good = true;
  for (const string& slug : options.modules) {
    const fs::path source = folder_of(kit, course, slug) / (slug + ".cpp");
    std::vector<Mutant> mutants = mutants_of(tito::read_file(source), source.string());
    const fs::path file = survivors_file(kit, slug);
    if (const auto text = tito::read_if_present(file)) reasons[slug] = read_survivors(*text, file.string());
    for (const auto& [identity, reason] : reasons[slug]) {
      const string& wanted = identity;
      if (std::none_of(mutants.begin(), mutants.end(),
                       [&](const Mutant& mutant) { return mutant.identity == wanted; })) {
        fmt::print("{}: no such mutant any more: {}\n", file.string(), identity);
        good = false;
      }
    }
    tallies[slug].mutants = static_cast<int>(mutants.size());
    for (Mutant& mutant : mutants) trials.push_back({slug, std::move(mutant)});
  }
  const bool whole = options.sample == 0 && options.budget <= 0;
  if (!whole) {
    std::mt19937_64 random(options.seed);
    for (std::size_t i = trials.size(); i > 1; --i) std::swap(trials[i - 1], trials[random() % i]);
    if (options.sample > 0) trials.resize(std::min(trials.size(), static_cast<std::size_t>(options.sample)));
  }
  const std::vector<json> answers =
      in_processes(options, kit, course, trials.size(), [&](Laboratory& laboratory, std::size_t i) {
        if (!laboratory.prepare(trials[i].slug, trials[i].mutant.body))
          return json_of({Fate::does_not_compile, "", "", ""});
        json answer = json_of(laboratory.run("test", trials[i].slug));
        if (options.names && is_caught(answer)) {
          const tito::Verdict verdict = laboratory.judge_all("test", trials[i].slug, options.seed, 1);
          answer["known"] = tito::known_mistake_of(kit, course, trials[i].slug, verdict);
        }
        return answer;
      });
  json report = json::object();
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (answers[i].is_null()) continue;
    Tally& tally = tallies[trials[i].slug];
    const string& identity = trials[i].mutant.identity;
    const auto& known = reasons[trials[i].slug];
    const auto reason = known.find(identity);
    ++tally.tried;
    if (options.names) print_names(trials[i].slug, identity, answers[i]);
    if (answers[i]["fate"] == "does not compile") ++tally.uncompiled;
    else if (is_caught(answers[i])) {
      ++tally.killed;
      if (reason != known.end()) {
        fmt::print("{}: listed as a survivor, but \"{}\" catches it:\n{}\n", trials[i].slug,
                   answers[i]["by"].get<string>(), identity);
        good = false;
      }
    } else {
      ++tally.survived;
      if (reason != known.end()) {
        ++tally.explained;
      } else {
        fmt::print("{}: survived, and no reason is given:\n{}\n", trials[i].slug, identity);
        good = false;
      }
      report["survivors"].push_back(
          {{"module", trials[i].slug}, {"mutant", identity}, {"reason", reason == known.end() ? "" : reason->second}});
    }
  }
  fmt::print("seed {}\n{:<14}{:>8}{:>8}{:>8}{:>14}{:>10}{:>11}{:>8}\n", options.seed, "module", "mutants", "tried",
             "killed", "not compiling", "survived", "explained", "score");
  for (const string& slug : options.modules) {
    const Tally& tally = tallies[slug];
    fmt::print("{:<14}{:>8}{:>8}{:>8}{:>14}{:>10}{:>11}{:>6.1f} %\n", slug, tally.mutants, tally.tried, tally.killed,
               tally.uncompiled, tally.survived, tally.explained, tally.score());
    report["modules"][slug] = {{"mutants", tally.mutants},   {"tried", tally.tried},
                               {"killed", tally.killed},     {"uncompiled", tally.uncompiled},
                               {"survived", tally.survived}, {"explained", tally.explained},
                               {"score", tally.score()}};
    if (whole && tally.score() < 90) good = false;
  }
  report["seed"] = options.seed;
  report["whole"] = whole;
  write_json(options, report);
  return good ? 0 : 1;
}

}  // namespace trials
