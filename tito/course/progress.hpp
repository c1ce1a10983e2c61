// What a student has shown, as evidence: which source passed which cases, and when.
//
// .tito/progress.json:
//   {"schema": "tito-progress/2",
//    "modules": {"tensor": {"tested": EVIDENCE, "failing": "Tensor::at", "exported": EVIDENCE}},
//    "checkpoints": {"foundation": {"linked": {"setup": SHA256, "tensor": SHA256}, "evidence": EVIDENCE,
//                                   "measures": [{"name": .., "value": .., "unit": ..}]}},
//    "milestones": {"mlp": {"linked": .., "contract": SHA256, "finished": true, "seed": N, "at": .., "seconds": S,
//                           "data": ["MNIST sample"], "measures": [{.., "data": "MNIST sample"}]}}}
//   EVIDENCE: {"source": SHA256, "contract": SHA256, "planned": N, "passed": N, "seed": N,
//              "at": "2026-11-22T09:30:00Z"}
// It is written to a temporary name, synced and renamed under .tito/lock; the version before stays as
// .tito/progress.previous.json. A damaged file, or one of a newer tito, is never overwritten. Older versions are read
// and take the present form with the next change: 1 had no "milestones" while it was empty. Everything in it can be
// had again by running the tests again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tito/system/measure.hpp"

namespace tito {

struct Evidence {
  std::string source;    // SHA-256 of the student's file; for a checkpoint, of the one that unlocks it
  std::string contract;  // SHA-256 of the contract it was compiled against
  int planned = 0;
  int passed = 0;
  std::uint64_t seed = 0;
  std::string at;  // UTC

  bool all_passed() const { return planned > 0 && passed == planned; }
};

struct ModuleProgress {
  std::optional<Evidence> tested;    // the last run of its tests
  std::string failing;               // the function that its first failure was about; empty where there is none to say
  std::optional<Evidence> exported;  // the run that allowed its export
};

struct CheckpointProgress {
  Evidence evidence;
  std::map<std::string, std::string> linked;  // module -> SHA-256 of the source it was linked from
  std::vector<Measure> measures;
};

// The last run of a milestone, whatever came of it: its figures are held against the gates when somebody asks.
struct MilestoneProgress {
  std::map<std::string, std::string> linked;  // module -> SHA-256 of the source it was linked from
  std::string contract;
  bool finished = false;
  std::uint64_t seed = 0;
  std::string at;  // UTC
  double seconds = 0;
  std::vector<std::string> data;  // the data sets it used
  std::vector<Measure> measures;
};

struct Progress {
  std::map<std::string, ModuleProgress> modules;
  std::map<std::string, CheckpointProgress> checkpoints;
  std::map<std::string, MilestoneProgress> milestones;
};

// The file of one workspace.
class ProgressFile {
 public:
  // `folder` is the workspace's .tito.
  explicit ProgressFile(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // throws: Failure(Exit::damaged) with the place of the damage and the way out; also when the file is missing.
  Progress load() const;

  // Reads, changes and writes under the lock. Nothing is written when load() or `change` throws.
  void update(const std::function<void(Progress&)>& change) const;

  // Writes an empty record into a new workspace.
  void create() const;

  // Puts a damaged or missing file right: keeps it under another name and takes up the previous version, or an
  // empty record when there is none that can be read.
  struct Recovery {
    bool was_damaged = false;
    std::string problem;            // what load() said
    std::filesystem::path kept_as;  // empty when there was no file
    bool from_previous = false;
  };
  Recovery recover() const;

 private:
  std::filesystem::path file() const { return folder_ / "progress.json"; }
  std::filesystem::path previous() const { return folder_ / "progress.previous.json"; }

  std::filesystem::path folder_;
};

}  // namespace tito
