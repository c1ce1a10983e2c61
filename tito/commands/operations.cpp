#include "tito/commands/operations.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tito/commands/editor_files.hpp"
#include "tito/commands/failing.hpp"
#include "tito/commands/keeping.hpp"
#include "tito/commands/known_mistake.hpp"
#include "tito/commands/renewal.hpp"
#include "tito/course/milestones.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/course/standing.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

Evidence evidence_of(const std::string& source_hash, const std::string& contract, const Verdict& verdict) {
  return {source_hash,     contract,
          verdict.planned, verdict.all_passed() ? verdict.passed : std::min(verdict.passed, verdict.planned - 1),
          verdict.seed,    utc_now()};
}

// The object of an exported module, named after everything it was made from, so that an old one is never taken for a
// new one. Compiled again from package/src when it is not there.
fs::path exported_object_path(const Site& site, const std::string& slug, const std::string& source_hash) {
  std::string key = source_hash + site.contract + site.kit.compiler();
  for (const std::string& flag : site.kit.flags(Mode::full)) key += ' ' + flag;
  return site.workspace.package() / "objects" / (slug + "-" + sha256(key).substr(0, 16) + ".o");
}

Compilation compile_exported(const Site& site, const std::string& slug, const fs::path& source,
                             const fs::path& object) {
  make_folders(object.parent_path());
  fs::path temporary = object;
  temporary += ".tmp" + std::to_string(::getpid());
  Compilation compilation = compile(site.kit, Mode::full, source, temporary);
  std::error_code ignored;
  if (!compilation.succeeded) {
    fs::remove(temporary, ignored);
    return compilation;
  }
  for (const auto& entry : fs::directory_iterator(object.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(slug + "-") && name.ends_with(".o") && entry.path() != object)
      fs::remove(entry.path(), ignored);
  }
  fs::rename(temporary, object);
  return compilation;
}

// The student's file.
std::string source_text(const Site& site, const std::string& slug) {
  const auto source = read_if_present(site.workspace.source(slug));
  if (source) return *source;
  const std::string number = two_digits(number_in(site.workspace.track(), slug));
  throw Failure(Exit::work_failed, site.workspace.source(slug).string() + " is missing",
                "if the course was renewed: tito update; a new skeleton: tito module reset " + number +
                    "; an earlier text of yours: tito history " + number);
}

// The line of the stub that a check reached, from 1; 0 when it reached none.
int stub_line(const std::string& source, const std::optional<NotWritten>& stub) {
  if (!stub) return 0;
  const std::size_t at = source.find(", \"" + stub->function + "\")");
  if (at == std::string::npos || source.rfind("NotImplemented(", at) == std::string::npos) return 0;
  return 1 + static_cast<int>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::string workspace_readme(const Course& course, const Track& track) {
  std::string text =
      "# " + course.title() + "\n\nTrack `" + track.name + "`: " + track.title + ".\n\n" +
      "    tito next                what to do now\n"
      "    tito module test         check the module you are at\n"
      "    tito watch               check it again whenever you save\n"
      "    tito hint                the next hint, when you are stuck\n"
      "    tito export              put it into your package and unlock its checkpoint\n"
      "    tito bench               how fast it is, beside the reference and this machine's limits\n"
      "    tito checkpoint status   what your framework can do\n\n"
      "Each folder in `modules/` holds a lesson, `README.md`, and the file you write. `package/` is your\n"
      "framework: it grows by one module with each export and builds on its own.\n\n";
  for (const std::string& slug : track.order) {
    const std::string folder = folder_name(track, slug);
    text += "- [" + folder + "](modules/" + folder + "/README.md): " + course.module(slug).purpose + "\n";
  }
  return text;
}

// Links the program, runs it in a folder of its own and takes up what it leaves. `describe` is asked after the run.
void link_and_run(const Site& site, Demo& demo, const std::vector<fs::path>& objects, const std::string& name,
                  const std::string& title, const DemoOptions& options,
                  const std::function<nlohmann::json()>& describe) {
  const TemporaryFolder scratch(site.workspace.scratch());
  const fs::path program = scratch.path() / "program";
  demo.linking = link(site.kit, objects, program);
  if (!demo.linking.succeeded) return;
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  demo.result = run_demo_program(site.kit, program, folder, options);
  nlohmann::json description = describe();
  description["linked"] = demo.sources;
  description["contract"] = site.contract;
  demo.results = keep_results(site.workspace.root() / "results" / name, title, demo.result, folder, description);
}

}  // namespace

std::map<std::string, fs::path> exported_objects(const Site& site) {
  std::map<std::string, fs::path> objects;
  const Progress progress = site.workspace.progress_file().load();
  for (const std::string& slug : site.workspace.track().order) {
    const auto module = progress.modules.find(slug);
    if (module == progress.modules.end() || !module->second.exported) continue;
    const auto source = read_if_present(site.workspace.exported_source(slug));
    if (!source || sha256(*source) != module->second.exported->source)
      continue;  // changed by hand: not what was proven
    const fs::path object = exported_object_path(site, slug, module->second.exported->source);
    if (!fs::exists(object)) {
      const Compilation compilation = compile_exported(site, slug, site.workspace.exported_source(slug), object);
      if (!compilation.succeeded) continue;  // the contract has moved on: as if it were not exported
    }
    objects[slug] = object;
  }
  return objects;
}

std::uint64_t new_seed() {
  static std::random_device device;
  return device() % 1'000'000U;
}

fs::path reference_source(const Kit& kit, const Course& course, const std::string& slug) {
  return kit.modules_folder() / folder_name(course.track(course.default_track()), slug) / (slug + ".cpp");
}

// Once more if the file was saved meanwhile: what is found out is about exactly what was compiled.
void compile_source(const Site& site, const std::string& slug, Mode mode, const fs::path& object, Check& check) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    check.source_hash = sha256(source_text(site, slug));
    check.compilation = compile(site.kit, mode, site.workspace.source(slug), object);
    if (site.workspace.source_hash(slug) == check.source_hash) break;
  }
}

Check check_module(const Site& site, const std::string& slug, std::uint64_t seed,
                   const std::function<void(int)>& on_case) {
  const auto started = std::chrono::steady_clock::now();
  const std::vector<PlannedCase> plan = site.kit.plan("test", slug);
  Check check;
  check.verdict.planned = static_cast<int>(plan.size());
  check.verdict.seed = seed;
  for (const PlannedCase& one : plan) {
    check.verdict.cases.push_back({});
    check.verdict.cases.back().name = one.name;
  }
  const auto finish = [&] {
    check.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    const fs::path reference = reference_source(site.kit, site.course, slug);
    check.failing = failing_function(solution_names(read_file(reference), reference.string()), slug,
                                     read_if_present(site.workspace.source(slug)).value_or(""), check);
    site.workspace.progress_file().update([&](Progress& progress) {
      progress.modules[slug].tested = evidence_of(check.source_hash, site.contract, check.verdict);
      progress.modules[slug].failing = check.failing;
    });
    return check;
  };
  const TemporaryFolder scratch(site.workspace.scratch());
  const fs::path object = scratch.path() / (slug + ".o");
  compile_source(site, slug, Mode::check, object, check);
  if (!check.compilation.succeeded) return finish();
  std::vector<fs::path> objects{site.kit.object("runner", "cases"), site.kit.object("test", slug), object};
  for (const std::string& other : site.workspace.track().order) {
    if (other != slug) objects.push_back(site.kit.object("body", other));
  }
  const fs::path program = scratch.path() / (slug + "_test");
  // Both take some hundredths of a second that the student waits for: side by side.
  std::future<Linking> linking = std::async(std::launch::async, [&] { return link(site.kit, objects, program); });
  check.symbols = compare_symbols(site.kit, object, site.kit.object("body", slug));
  check.linking = linking.get();
  if (!check.symbols.none()) return finish();
  if (!check.linking.succeeded) return finish();
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  const int processes = std::thread::hardware_concurrency() > 1 ? 2 : 1;  // the student waits
  check.verdict = judge_cases(site.kit, program, plan, folder, seed, on_case, processes);
  check.ran = true;
  const std::string source = source_text(site, slug);
  for (CaseResult& one : check.verdict.cases) {
    for (CheckFailure& failure : one.failures) failure.source_line = stub_line(source, failure.not_written);
  }
  if (!check.passed()) check.known_mistake = known_mistake_of(site.kit, site.course, slug, check.verdict);
  return finish();
}

std::vector<std::string> unexported_needs(const Site& site, const std::string& slug) {
  const auto objects = exported_objects(site);
  std::vector<std::string> lacking;
  for (const std::string& need : site.course.all_needs(slug)) {
    if (!objects.contains(need)) lacking.push_back(need);
  }
  return lacking;
}

Proof prove(const Site& site, const std::string& checkpoint, std::uint64_t seed) {
  const Module& module = *site.course.module_of_checkpoint(checkpoint);
  const auto exported = exported_objects(site);
  std::vector<std::string> wanted = site.course.all_needs(module.slug);
  wanted.push_back(module.slug);
  for (const std::string& slug : wanted) {
    if (exported.contains(slug)) continue;
    throw Failure(Exit::work_failed, "checkpoint " + checkpoint + " is locked: module " + slug + " is not exported",
                  "tito export " + slug);
  }
  const std::vector<PlannedCase> plan = site.kit.plan("checkpoint", checkpoint);
  Proof proof;
  proof.verdict.planned = static_cast<int>(plan.size());
  const TemporaryFolder scratch(site.workspace.scratch());
  std::vector<fs::path> objects{site.kit.object("runner", "cases"), site.kit.object("checkpoint", checkpoint)};
  for (const auto& [slug, object] : exported) {
    objects.push_back(object);
    proof.linked.push_back(slug);
  }
  const fs::path program = scratch.path() / checkpoint;
  proof.linking = link(site.kit, objects, program);
  if (!proof.linking.succeeded) return proof;
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  proof.verdict = judge_cases(site.kit, program, plan, folder, seed);
  site.workspace.progress_file().update([&](Progress& progress) {
    CheckpointProgress entry;
    for (const std::string& slug : proof.linked) entry.linked[slug] = progress.modules.at(slug).exported->source;
    entry.evidence = evidence_of(entry.linked.at(module.slug), site.contract, proof.verdict);
    entry.measures = proof.verdict.measures;
    progress.checkpoints[checkpoint] = entry;
  });
  return proof;
}

Export export_module(const Site& site, const std::string& slug, std::uint64_t seed,
                     const std::function<void(const std::string&)>& on_step) {
  const auto step = [&](const std::string& what) {
    if (on_step) on_step(what);
  };
  Export result;
  step("testing " + slug);
  const std::string source = source_text(site, slug);
  result.check = check_module(site, slug, seed);
  if (!result.check.passed()) return result;
  const std::vector<std::string> lacking = unexported_needs(site, slug);
  if (!lacking.empty()) {
    throw Failure(
        Exit::work_failed,
        "the tests of " + slug + " pass, but its checkpoint links your own " + listed(lacking) + ", not exported yet",
        "tito export " + lacking.front());
  }
  if (sha256(source) != result.check.source_hash) {
    throw Failure(Exit::work_failed, site.workspace.source_name(slug) + " was changed while it was tested",
                  "tito export " + slug);
  }
  step("compiling " + slug + " at full optimisation");
  // What is exported is what was tested, whatever happens to the student's file meanwhile.
  const TemporaryFolder scratch(site.workspace.scratch());
  const fs::path copy = scratch.path() / (slug + ".cpp");
  write_atomically(copy, source);
  const fs::path object = exported_object_path(site, slug, result.check.source_hash);
  result.compilation = compile_exported(site, slug, copy, object);
  if (!result.compilation->succeeded) return result;
  try {
    snapshots_of(site.workspace).keep(slug, source, Cause::exported);
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::damaged) throw;
    result.snapshot_problem = failure.what();  // no reason to refuse an export, which overwrites nothing of theirs
  }
  make_folders(site.workspace.exported_source(slug).parent_path());
  write_atomically(site.workspace.exported_source(slug), source);
  site.workspace.progress_file().update([&](Progress& progress) {
    progress.modules[slug].exported = evidence_of(result.check.source_hash, site.contract, result.check.verdict);
  });
  result.exported = true;
  step("proving " + site.course.module(slug).checkpoint);
  result.proof = prove(site, site.course.module(slug).checkpoint, seed);
  result.unlocked = result.proof->passed();
  return result;
}

Demo run_demo(const Site& site, const std::string& slug, const DemoOptions& options) {
  Demo demo;
  const auto exported = exported_objects(site);
  std::vector<fs::path> objects{site.kit.object("runner", "demo"),
                                site.kit.object("demo", demo_name(site.kit, slug, site.workspace.track().name))};
  for (const std::string& other : site.workspace.track().order) {
    const auto own = exported.find(other);
    demo.own[other] = own != exported.end();
    demo.sources[other] = sha256(read_file(demo.own[other] ? site.workspace.exported_source(other)
                                                           : reference_source(site.kit, site.course, other)));
    objects.push_back(own != exported.end() ? own->second : site.kit.given_body(other));
  }
  link_and_run(site, demo, objects, slug, slug + ": " + site.course.module(slug).purpose, options, [&] {
    return nlohmann::json{{"kind", "demo"}, {"name", slug}, {"own", demo.own}};
  });
  return demo;
}

Demo run_milestone(const Site& site, const Milestone& milestone, const DemoOptions& options) {
  Demo demo;
  const auto exported = exported_objects(site);
  std::vector<fs::path> objects{site.kit.object("runner", "demo"), site.kit.object("milestone", milestone.name)};
  std::vector<std::string> lacking;
  const std::vector<std::string> needs = site.course.all_needs(milestone);
  for (const std::string& slug : site.workspace.track().order) {
    if (std::find(needs.begin(), needs.end(), slug) == needs.end()) continue;
    if (!exported.contains(slug)) {
      lacking.push_back(slug);
      continue;
    }
    objects.push_back(exported.at(slug));
    demo.own[slug] = true;
    demo.sources[slug] = sha256(read_file(site.workspace.exported_source(slug)));
  }
  if (!lacking.empty()) {
    throw Failure(
        Exit::work_failed,
        fmt::format("milestone {} runs on your own modules, and {} not exported yet: {}", milestone.name,
                    lacking.size() == 1 ? "one is" : std::to_string(lacking.size()) + " are", listed(lacking)),
        "tito export " + lacking.front());
  }
  const std::string title = fmt::format("{} ({})", milestone.title, milestone.year);
  link_and_run(site, demo, objects, "milestone-" + milestone.name, title, options, [&] {
    const DemoResult& result = demo.result;
    demo.run = {demo.sources, site.contract,  result.finished, result.seed,
                utc_now(),    result.seconds, result.data,     result.measures};
    return nlohmann::json{{"kind", "milestone"},
                          {"name", milestone.name},
                          {"passed", passed(milestone, demo.run)},
                          {"gates", json_of(hold_all(milestone, demo.run))}};
  });
  if (!demo.linking.succeeded || demo.result.abandoned) return demo;
  site.workspace.progress_file().update([&](Progress& progress) { progress.milestones[milestone.name] = demo.run; });
  return demo;
}

WorkspaceFiles given_files(const Kit& kit, const Course& course, const Track& track, const fs::path& root) {
  WorkspaceFiles files;
  for (const std::string& slug : track.order) {
    const fs::path reference = reference_source(kit, course, slug);
    const fs::path home = fs::path("modules") / folder_name(track, slug);
    files[home / "README.md"] = read_file(reference.parent_path() / "README.md");
    if (const auto hints = read_if_present(reference.parent_path() / "hints.md")) files[home / "hints.md"] = *hints;
  }
  files["README.md"] = workspace_readme(course, track);
  files.merge(editor_files(kit, track, root));
  files[".gitignore"] =
      ".tito/tmp/\n.tito/lock\n.tito/snapshots/*lock\n.tito-init/\npackage/objects/\npackage/build/\n.cache/\n";
  return files;
}

fs::path init_workspace(const Kit& kit, const Course& course, const Track& track, const fs::path& folder, bool force) {
  const fs::path root = fs::weakly_canonical(fs::absolute(folder));
  WorkspaceFiles files = given_files(kit, course, track, root);
  const GivenRecord record = record_of(kit, course, track, files);
  for (const std::string& slug : track.order) {
    files[fs::path("modules") / folder_name(track, slug) / (slug + ".cpp")] = skeleton_of(kit, course, slug);
  }
  files[GivenRecord::file()] = record.print();
  return create_workspace(root, course, track, files, kit.package(), force);
}

void fill_module(const Site& site, const std::string& slug) {
  const FileLock lock = lock_work(site.workspace);
  overwrite(site, slug, read_file(reference_source(site.kit, site.course, slug)), Cause::fill);
}

}  // namespace tito
