// The steps that commands are made of: check a module, export it, prove a capability, run a demo, make and fill a
// workspace. They change state and return what happened; they print nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tito/commands/results.hpp"
#include "tito/course/course.hpp"
#include "tito/course/workspace.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/judge.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// Everything an operation needs.
struct Site {
  const Kit& kit;
  const Course& course;
  const Workspace& workspace;
  const std::string& contract;
};

// How a student's file fared: it does not compile, lacks functions or has forbidden ones, does not link, or ran.
struct Check {
  std::string source_hash;
  Compilation compilation;
  SymbolProblems symbols;
  Linking linking;
  bool ran = false;
  Verdict verdict;            // planned is set in any case
  std::string failing;        // the function that the first failure is about, where that can be said (failing.hpp)
  std::string known_mistake;  // the one with which the cases fail in exactly this way (known_mistake.hpp); often empty
  double seconds = 0;         // from the start to the verdict

  bool passed() const { return ran && verdict.all_passed(); }
};

// A seed for one run.
std::uint64_t new_seed();

// Compiles the student's file as it is now, and takes down which source that was.
// throws: Failure(Exit::work_failed) when the file is missing.
void compile_source(const Site& site, const std::string& slug, Mode mode, const std::filesystem::path& object,
                    Check& check);

// Compiles only the module's file, links the reference for the others, runs its cases and writes the evidence.
// throws: Failure(Exit::work_failed) when the file is missing.
Check check_module(const Site& site, const std::string& slug, std::uint64_t seed,
                   const std::function<void(int)>& on_case = {});

// A checkpoint linked with everything that is exported, and its verdict; the evidence is written.
struct Proof {
  Linking linking;
  Verdict verdict;
  std::vector<std::string> linked;  // modules
  bool passed() const { return linking.succeeded && verdict.all_passed(); }
};

// throws: Failure(Exit::work_failed) when the checkpoint's module, or one that it needs, is not exported.
Proof prove(const Site& site, const std::string& checkpoint, std::uint64_t seed);

// All exported modules, by slug; without those whose file in the package was changed by hand.
std::map<std::string, Body> exported_bodies(const Site& site);

// The modules that `slug` needs and that are not exported (in track order).
std::vector<std::string> unexported_needs(const Site& site, const std::string& slug);

struct Export {
  Check check;
  std::optional<Compilation> compilation;  // at full optimisation, when the tests passed
  std::optional<Proof> proof;
  bool exported = false;
  bool unlocked = false;
  std::string snapshot_problem;  // why this export was not kept as a snapshot
};

// Checks the module; if all its tests pass, compiles it fully, puts it into package/ and proves its checkpoint.
// throws: Failure(Exit::work_failed) when a module that it needs is not exported.
Export export_module(const Site& site, const std::string& slug, std::uint64_t seed,
                     const std::function<void(const std::string&)>& on_step = {});

// A demo or milestone that was linked and run, and what it left in results/.
struct Demo {
  Linking linking;
  DemoResult result;
  std::map<std::string, bool> own;             // module -> whether the student's own code was linked
  std::map<std::string, std::string> sources;  // module -> SHA-256 of the source that was linked
  Results results;
  MilestoneProgress run;  // of a milestone
};

// The module's demo in the workspace's track, linked with what is exported and the given bodies of the rest;
// results/SLUG/.
Demo run_demo(const Site& site, const std::string& slug, const DemoOptions& options = {});

// The milestone, linked with the exported modules that it needs and no others; results/milestone-NAME/. What it
// measured is written into the progress, whether it passed its gates or not, unless the run was abandoned.
// throws: Failure(Exit::work_failed) when a module that it needs is not exported.
Demo run_milestone(const Site& site, const Milestone& milestone, const DemoOptions& options);

// Makes a workspace of skeletons; returns the copy that was kept of what stood there, if any.
std::filesystem::path init_workspace(const Kit& kit, const Course& course, const Track& track,
                                     const std::filesystem::path& folder, bool force);

// What tito gives and renews in a workspace at `root`, besides package/: lessons, hints and what editors read.
WorkspaceFiles given_files(const Kit& kit, const Course& course, const Track& track, const std::filesystem::path& root);

// Puts the reference body in place of the student's file, of which a snapshot is kept.
void fill_module(const Site& site, const std::string& slug);

// The reference body's file.
std::filesystem::path reference_source(const Kit& kit, const Course& course, const std::string& slug);

// What stands in for a module that the student has not exported: the fast body where there is one, else the reference.
Body given_body(const Kit& kit, const Course& course, const std::string& slug);

}  // namespace tito
