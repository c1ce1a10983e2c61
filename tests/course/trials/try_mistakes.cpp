#include <fmt/core.h>

#include "tito/actions/known_mistake.hpp"
#include "tito/course/mistakes.hpp"
#include "trials.hpp"

namespace trials {

using std::string;

int try_mistakes(const Options& options, const tito::Kit& kit, const tito::Course& course) {
  struct Trial {
    string slug;
    string checkpoint;
    tito::Mistake mistake;
    string body;
  };
  std::vector<Trial> trials;
  for (const string& slug : options.modules) {
    const fs::path folder = folder_of(kit, course, slug);
    const fs::path file = folder / "mistakes.md";
    const string body = tito::read_file(folder / (slug + ".cpp"));
    for (const tito::Mistake& mistake : tito::read_mistakes(tito::read_file(file), file.string())) {
      trials.push_back(
          {slug, course.module(slug).checkpoint, mistake, tito::with_mistake(body, mistake, file.string())});
    }
  }
  const std::vector<json> answers =
      in_processes(options, kit, course, trials.size(), [&](Laboratory& laboratory, std::size_t i) {
        const Trial& trial = trials[i];
        if (!laboratory.prepare(trial.slug, trial.body))
          return json{{"test", json_of({Fate::does_not_compile, "", "", ""})}};
        json answer{{"test", json_of(laboratory.run("test", trial.slug))}};
        const tito::Verdict verdict = laboratory.judge_all("test", trial.slug, options.seed + 1000, 2);
        answer["known"] = tito::known_mistake_of(kit, course, trial.slug, verdict);
        if (trial.mistake.fails_checkpoint)
          answer["checkpoint"] = json_of(laboratory.run("checkpoint", trial.checkpoint));
        return answer;
      });
  json report = json::object();
  int wrong = 0, all_told = 0;
  for (const string& slug : options.modules) {
    int count = 0, caught = 0, checkpoint = 0, causes = 0, known = 0, told = 0;
    json list = json::array();
    fmt::print("{}\n", slug);
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if (trials[i].slug != slug) continue;
      const tito::Mistake& mistake = trials[i].mistake;
      const json& test = answers[i]["test"];
      ++count;
      bool good = is_caught(test);
      caught += good ? 1 : 0;
      string by = good ? test["by"].get<string>() : test["fate"].get<string>();
      if (answers[i].contains("checkpoint")) {
        const json& proof = answers[i]["checkpoint"];
        good = good && is_caught(proof);
        checkpoint += is_caught(proof) ? 1 : 0;
        by += is_caught(proof) ? "; checkpoint: " + proof["by"].get<string>() : "; THE CHECKPOINT PASSES";
      }
      const string cause = test.value("cause", ""), name = answers[i].value("known", "");
      causes += cause.empty() ? 0 : 1;
      known += name == mistake.name ? 1 : 0;
      told += cause.empty() && name.empty() ? 0 : 1;
      if (!cause.empty()) by += "\n      likely: " + cause;
      if (!name.empty()) by += name == mistake.name ? "\n      recognised" : "\n      TAKEN FOR " + name;
      good = good && (name.empty() || name == mistake.name);
      wrong += good ? 0 : 1;
      fmt::print("  {} {}\n      {}\n", good ? "caught  " : "NOT SEEN", mistake.name, by);
      list.push_back({{"name", mistake.name},
                      {"function", mistake.function},
                      {"fails_checkpoint", mistake.fails_checkpoint},
                      {"outcome", answers[i]}});
    }
    fmt::print(
        "  {} of {} caught by the module's cases, {} by its checkpoint; {} recognised, {} with a likely cause, {} "
        "with either\n",
        caught, count, checkpoint, known, causes, told);
    all_told += told;
    if (fs::exists(tito::signature_file(kit, course, slug)) && 4 * known < count) {
      fmt::print("  TOO FEW are recognised: `trials signatures {}` measures them anew\n", slug);
      ++wrong;
    }
    if (count < 8) fmt::print("  TOO FEW: a module has at least 8\n"), ++wrong;
    if (checkpoint < 3) fmt::print("  TOO FEW for the checkpoint: at least 3\n"), ++wrong;
    report[slug] = {{"count", count},   {"caught", caught}, {"checkpoint", checkpoint}, {"recognised", known},
                    {"causes", causes}, {"told", told},     {"mistakes", list}};
  }
  fmt::print("{} of {} mistakes are recognised or shown with a likely cause\n", all_told, trials.size());
  write_json(options, report);
  return wrong == 0 ? 0 : 1;
}

}  // namespace trials
