// Writes docs/generated/proof.md: what the course claims, measured on this machine. What was measured is kept in
// proof.json beside it, from which the page is made, so that a part can be measured again alone.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <sstream>

#include "bench/machine.hpp"
#include "tito/authoring/census.hpp"
#include "tito/course/course.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/toolchain/kit.hpp"

namespace {

namespace fs = std::filesystem;
using std::string;
using tito::json;

const fs::path docs = fs::path(PROOF_SOURCE_DIR) / "docs/generated";

string shell_quoted(const string& text) {
  string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? string("'\\''") : string(1, c);
  return quoted + "'";
}

// Runs a command and returns its exit status; its standard output goes to a file.
int shell(const string& command, const fs::path& output) {
  const int status = std::system((command + " >" + shell_quoted(output.string()) + " </dev/null").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// ---- the machine

string machine() {
  return fmt::format("{}, {} cores, g++ {}", bench::processor_name(), bench::available_cores(), __VERSION__);
}

json measured(json value) { return {{"machine", machine()}, {"at", tito::utc_now()}, {"figures", std::move(value)}}; }

// ---- what each module asks for

json count_modules(const tito::Kit& kit, const tito::Course& course) {
  json modules = json::array();
  const tito::Track& track = course.track(course.default_track());
  for (const string& slug : track.order) {
    const tito::Census census = tito::census_of(kit.modules_folder() / tito::folder_name(track, slug), slug);
    modules.push_back({{"module", slug},
                       {"functions", census.functions},
                       {"student_lines", census.student_lines},
                       {"lines", census.lines},
                       {"cases", kit.plan("test", slug).size()},
                       {"checkpoint_cases", kit.plan("checkpoint", course.module(slug).checkpoint).size()},
                       {"lesson_words", census.lesson_words},
                       {"snippets", census.snippets},
                       {"hints", census.hints},
                       {"mistakes", census.mistakes}});
  }
  return modules;
}

// ---- what is run

class Bench {
 public:
  Bench() : folder_(fs::temp_directory_path() / "tito-proof"), bin_(tito::own_program().parent_path()) {}

  json trials(const string& what) {
    const fs::path file = folder_.path() / "trials.json";
    const int status =
        shell((bin_ / "trials").string() + " " + what + " --json " + file.string(), folder_.path() / "out.txt");
    if (status != 0)
      throw tito::Failure(tito::Exit::work_failed,
                          "trials " + what + " failed:\n" + tito::read_file(folder_.path() / "out.txt"));
    return tito::parse_json(tito::read_file(file), file.string());
  }

  // The JSON object that a tito command prints in a workspace with everything filled and exported; without a track, in
  // one of the default track.
  json tito_json(const string& arguments, const string& track = {}) {
    ensure_workspace(track);
    const fs::path out = folder_.path() / "out.json";
    const int status =
        shell("cd " + workspace(track).string() + " && " + (bin_ / "tito").string() + " " + arguments + " --json", out);
    if (status != 0)
      throw tito::Failure(tito::Exit::work_failed,
                          "tito " + arguments + " ended with " + std::to_string(status) + ":\n" + tito::read_file(out));
    return tito::parse_json(tito::read_file(out), "the output of tito " + arguments);
  }

 private:
  fs::path workspace(const string& track) const { return folder_.path() / ("w" + track); }

  void ensure_workspace(const string& track) {
    if (fs::exists(workspace(track))) return;
    const string tito = (bin_ / "tito").string();
    const fs::path out = folder_.path() / "init.txt";
    const tito::Kit kit(tito::Kit::find());
    const tito::Course course(kit.course_file());
    const string name = track.empty() ? course.default_track() : track;
    if (shell(tito + " init " + workspace(track).string() + " --track " + name, out) != 0)
      throw tito::Failure(tito::Exit::damaged, tito::read_file(out));
    for (const string& slug : course.track(name).order) {
      const string go = "cd " + workspace(track).string() + " && " + tito;
      if (shell(go + " dev fill " + slug, out) != 0 || shell(go + " export " + slug, out) != 0) {
        throw tito::Failure(tito::Exit::work_failed, "export " + slug + ":\n" + tito::read_file(out));
      }
    }
  }

  tito::TemporaryFolder folder_;
  fs::path bin_;
};

// The same figures of several runs: name -> unit and values, in the order in which they came.
class Figures {
 public:
  void add(const json& measures) {
    for (const json& measure : measures) {
      if (measure.at("value").is_null()) continue;
      const string data = measure.value("data", "");
      const auto found = std::find_if(list_.begin(), list_.end(), [&](const json& have) {
        return have["name"] == measure["name"] && have["data"] == data;
      });
      json& entry =
          found != list_.end()
              ? *found
              : list_.emplace_back(json{
                    {"name", measure["name"]}, {"data", data}, {"unit", measure["unit"]}, {"values", json::array()}});
      entry["values"].push_back(measure["value"]);
    }
  }
  json list() const { return list_; }

 private:
  std::vector<json> list_;
};

json run_demo(Bench& bench, const string& slug, const string& track, int seeds) {
  Figures figures;
  for (int seed = 1; seed <= seeds; ++seed) {
    fmt::print("demo {}{}{}, seed {}\n", slug, track.empty() ? "" : ", track ", track, seed);
    std::fflush(stdout);
    figures.add(bench.tito_json(fmt::format("demo {} --seed {}", slug, seed), track).at("measures"));
  }
  return figures.list();
}

// The demos of the default track, and those that other tracks have of their own.
json run_demos(Bench& bench, const tito::Kit& kit, const tito::Course& course, int seeds) {
  json demos = json::array();
  for (const string& slug : course.track(course.default_track()).order) {
    demos.push_back({{"module", slug}, {"measures", run_demo(bench, slug, "", seeds)}});
    const string shown = tito::demo_name(kit, slug, course.default_track());
    for (const auto& [name, track] : course.tracks()) {
      if (tito::demo_name(kit, slug, name) == shown) continue;
      demos.push_back({{"module", slug}, {"track", name}, {"measures", run_demo(bench, slug, name, seeds)}});
    }
  }
  return demos;
}

// Those of the `wanted` names, or all; of the others the figures `before` are kept.
json run_milestones(Bench& bench, int seeds, const std::vector<string>& wanted, const json& before) {
  json milestones = json::array();
  const json list = bench.tito_json("milestone list");
  for (const json& milestone : list.at("milestones")) {
    const string name = milestone.at("milestone");
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      for (const json& kept : before) {
        if (kept.at("name") == name) milestones.push_back(kept);
      }
      continue;
    }
    Figures figures;
    json last;
    for (int seed = 1; seed <= seeds; ++seed) {
      fmt::print("milestone {}, seed {}\n", name, seed);
      std::fflush(stdout);
      last = bench.tito_json(fmt::format("milestone run {} --seed {}", name, seed));
      figures.add(last.at("measures"));
    }
    milestones.push_back({{"name", name},
                          {"year", milestone.at("year")},
                          {"title", milestone.at("title")},
                          {"measures", figures.list()},
                          {"at", tito::utc_now()}});
  }
  return milestones;
}

// ---- the page

string number_text(double value) {
  const double size = std::abs(value);
  if (size != 0 && size < 0.01) return fmt::format("{:.2g}", value);
  if (size < 10) return fmt::format("{:.3f}", value);
  if (size < 1000) return fmt::format("{:.2f}", value);
  string text = fmt::format("{:.0f}", value);
  for (std::size_t at = text.size(); at > 3 + (value < 0 ? 1U : 0U);) text.insert(at -= 3, ",");
  return text;
}

// Rows of name, mean and range.
string figure_rows(const json& measures) {
  string rows;
  for (const json& measure : measures) {
    const auto values = measure.at("values").get<std::vector<double>>();
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    const string unit = measure.at("unit").get<string>();
    rows += fmt::format("| {} | {} | {} | {} to {} | {} | {} |\n", measure.at("name").get<string>(),
                        measure.at("data").get<string>(), number_text(mean), number_text(*low), number_text(*high),
                        unit, values.size());
  }
  return rows;
}

string where(const json& part) {
  return fmt::format("{}; {}.", part.at("machine").get<string>(), part.at("at").get<string>());
}

string page_of(const json& proof) {
  string page =
      "# What the course claims, measured\n\n"
      "Written by `build/bin/proof`, never by hand; what was measured is in [proof.json](proof.json). One part is "
      "measured\n"
      "again by `build/bin/proof modules`, `mistakes`, `mutants`, `demos` or `milestones`.\n";
  if (proof.contains("modules")) {
    page +=
        "\n## What each module asks for, and what checks it\n\n"
        "| Module | Functions | Lines to write | of the body | Cases | Checkpoint's cases | Lesson, words | Snippets "
        "run | Hints | Wrong solutions |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n";
    std::map<string, int> total;
    const auto number = [&](const json& module, const string& key) {
      total[key] += module.at(key).get<int>();
      return module.at(key).get<int>();
    };
    const auto share = [](int part, int whole) { return fmt::format("{:.0f} %", 100.0 * part / whole); };
    for (const json& module : proof.at("modules").at("figures")) {
      const int student = number(module, "student_lines"), lines = number(module, "lines");
      page += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", module.at("module").get<string>(),
                          number(module, "functions"), student, share(student, lines), number(module, "cases"),
                          number(module, "checkpoint_cases"), number(module, "lesson_words"),
                          number(module, "snippets"), number(module, "hints"), number(module, "mistakes"));
    }
    page += fmt::format("| **all** | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", total["functions"],
                        total["student_lines"], share(total["student_lines"], total["lines"]), total["cases"],
                        total["checkpoint_cases"], total["lesson_words"], total["snippets"], total["hints"],
                        total["mistakes"]);
    page +=
        "\n"
        "Lines are non-blank lines of the reference body; those to write stand inside SOLUTION regions, the "
        "regions' own\n"
        "marks count as given.\n";
  }
  if (proof.contains("mistakes")) {
    page +=
        "\n## Named wrong solutions\n\n"
        "Each is put into the reference body in turn (`build/bin/trials mistakes`).\n\n"
        "| Module | Wrong solutions | Caught by the module's cases | Also tried on the checkpoint | Caught by it "
        "|\n|---|---|---|---|---|\n";
    for (const auto& module : proof.at("modules").at("figures")) {
      const json& figures = proof.at("mistakes").at("figures").at(module.at("module").get<string>());
      const auto tried = std::count_if(figures.at("mistakes").begin(), figures.at("mistakes").end(),
                                       [](const json& m) { return m.at("fails_checkpoint").get<bool>(); });
      page +=
          fmt::format("| {} | {} | {} | {} | {} |\n", module.at("module").get<string>(), figures.at("count").get<int>(),
                      figures.at("caught").get<int>(), tried, figures.at("checkpoint").get<int>());
    }
    page += "\n" + where(proof.at("mistakes")) + "\n";
  }
  if (proof.contains("mutants")) {
    page +=
        "\n"
        "## Small changes to the reference bodies\n\n"
        "One operator, constant, bound or index inside a SOLUTION region at a time (`build/bin/trials mutants`, all "
        "of them).\n"
        "The score is killed / (killed + survived); the reason why each survivor is equivalent stands in\n"
        "`tests/course/survivors/`.\n\n"
        "| Module | Mutants | Killed | Not compiling | Survived | with a reason | Score |\n"
        "|---|---|---|---|---|---|---|\n";
    for (const auto& module : proof.at("modules").at("figures")) {
      const json& figures = proof.at("mutants").at("figures").at("modules").at(module.at("module").get<string>());
      page += fmt::format("| {} | {} | {} | {} | {} | {} | {:.1f} % |\n", module.at("module").get<string>(),
                          figures.at("mutants").get<int>(), figures.at("killed").get<int>(),
                          figures.at("uncompiled").get<int>(), figures.at("survived").get<int>(),
                          figures.at("explained").get<int>(), figures.at("score").get<double>());
    }
    page += "\n" + where(proof.at("mutants")) + "\n";
  }
  const string head = "| Figure | Data | Mean | Range | Unit | Runs |\n|---|---|---|---|---|---|\n";
  if (proof.contains("milestones")) {
    page += "\n## Milestones\n\n`tito milestone run NAME --seed N`, one run for each of the seeds from 1 on. " +
            proof.at("milestones").value("data", "") + "\n";
    for (const json& milestone : proof.at("milestones").at("figures")) {
      page +=
          fmt::format("\n### {} ({}): {}\n\n{}{}", milestone.at("name").get<string>(), milestone.at("year").get<int>(),
                      milestone.at("title").get<string>(), head, figure_rows(milestone.at("measures")));
      if (milestone.contains("at")) page += "\nMeasured " + milestone.at("at").get<string>() + ".\n";
    }
    page += "\n" + where(proof.at("milestones")) + "\n";
  }
  if (proof.contains("demos")) {
    page += "\n## Demos\n\n`tito demo MODULE --seed N`, one run for each of the seeds from 1 on. " +
            proof.at("demos").value("data", "") + "\n";
    for (const json& demo : proof.at("demos").at("figures")) {
      const string track = demo.value("track", "");
      page += fmt::format("\n### {}{}{}\n\n{}{}", demo.at("module").get<string>(), track.empty() ? "" : ", track ",
                          track, head, figure_rows(demo.at("measures")));
    }
    page += "\n" + where(proof.at("demos")) + "\n";
  }
  return page;
}

int run(int argc, char** argv) {
  CLI::App app("Measures what the course claims and writes docs/generated/proof.md.");
  std::vector<string> parts;
  bool check = false;
  int seeds = 5;
  string data;
  std::vector<string> only;
  app.add_option("PART", parts, "modules, mistakes, mutants, demos, milestones; without any, all")
      ->check(CLI::IsMember({"modules", "mistakes", "mutants", "demos", "milestones"}));
  app.add_flag("--check", check, "Change nothing; fail when the page is not what the sources and proof.json say");
  app.add_option("--seeds", seeds, "Runs of each demo and milestone")->check(CLI::Range(1, 1000));
  app.add_option("--milestone", only, "Measure only this milestone, and keep the figures of the others");
  app.add_option("--data", data, "A sentence for the page about the data sets that were installed");
  app.footer("Real data sets are used where TITO_DATA says that they are installed; all parts take about an hour.");
  CLI11_PARSE(app, argc, argv);

  const tito::Kit kit(tito::Kit::find());
  const tito::Course course(kit.course_file());
  const auto kept_so_far = [] {
    const auto text = tito::read_if_present(docs / "proof.json");
    return text ? tito::parse_json(*text, (docs / "proof.json").string()) : json::object();
  };
  json proof = kept_so_far();
  if (check) {
    if (proof.at("modules").at("figures") != count_modules(kit, course)) {
      fmt::print(stderr, "proof.md: its table of modules is not what the sources say; run build/bin/proof modules\n");
      return 1;
    }
    if (tito::read_if_present(docs / "proof.md") != page_of(proof)) {
      fmt::print(stderr, "proof.md is not what proof.json says: it is written by build/bin/proof, not by hand\n");
      return 1;
    }
    return 0;
  }
  const auto wanted = [&](const string& part) {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  Bench bench;
  const auto keep = [&](const string& part, const json& figures) {
    proof = kept_so_far();  // another part may have been measured meanwhile
    proof[part] = measured(figures);
    if (!data.empty()) proof[part]["data"] = data;
    tito::write_atomically(docs / "proof.json", proof.dump(1) + "\n");
    tito::write_atomically(docs / "proof.md", page_of(proof));
  };
  if (wanted("modules") || !proof.contains("modules")) {
    proof["modules"] = {{"figures", count_modules(kit, course)}};
    tito::write_atomically(docs / "proof.json", proof.dump(1) + "\n");
  }
  if (wanted("mistakes")) keep("mistakes", bench.trials("mistakes"));
  if (wanted("mutants")) keep("mutants", bench.trials("mutants"));
  if (wanted("milestones"))
    keep("milestones",
         run_milestones(bench, seeds, only, proof.value("/milestones/figures"_json_pointer, json::array())));
  if (wanted("demos")) keep("demos", run_demos(bench, kit, course, seeds));
  tito::write_atomically(docs / "proof.md", page_of(proof));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "proof: {}\n", error.what());
    return 2;
  }
}
