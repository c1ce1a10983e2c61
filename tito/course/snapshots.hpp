// What a student's files held at earlier moments: kept before tito overwrites one, and at every export.
//
// .tito/snapshots/objects/ab/cdef..   a text, named by its SHA-256; the same text is kept once
// .tito/snapshots/index.json:
//   {"schema": "tito-snapshots/1", "next": 13,
//    "snapshots": [{"id": 12, "module": "tensor", "object": SHA256, "bytes": N, "cause": "reset",
//                   "at": "2026-11-22T09:30:00Z", "added": N, "removed": N}]}
// "added" and "removed" count lines against the snapshot of the module before; they are missing for its first. A module
// whose name is lost (see repair) is "".
// The text is written and synced before the index that names it. The index is written to a temporary name, synced and
// renamed under a lock, the version before kept as index.previous.json; a damaged one is never overwritten. Texts that
// no entry names are removed by the next keep().
//
// Bound: the newest 50 snapshots of a module, and 20 MB of texts in all. Whatever the bound, each module keeps its
// newest snapshot and that of its newest export.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tito/system/diff.hpp"

namespace tito {

// Why a text was kept: it was exported, or something was about to overwrite it.
enum class Cause { exported, reset, undo, update, fill, found };

const char* name_of(Cause cause);

struct Snapshot {
  std::int64_t id = 0;
  std::string module;
  std::string object;  // SHA-256 of the text
  std::uint64_t bytes = 0;
  Cause cause = Cause::exported;
  std::string at;  // UTC
  std::optional<ChangeCount> lines;

  // Whether it holds what something overwrote.
  bool is_before_overwriting() const { return cause != Cause::exported && cause != Cause::found; }
};

struct SnapshotBound {
  std::size_t per_module = 50;
  std::uint64_t bytes = 20U << 20U;
};

// The snapshots of one workspace.
class SnapshotStore {
 public:
  explicit SnapshotStore(std::filesystem::path folder, SnapshotBound bound = {})
      : folder_(std::move(folder)), bound_(bound) {}

  // All of them, oldest first.
  // throws: Failure(Exit::damaged) for a damaged index, or one from a newer tito.
  std::vector<Snapshot> list() const;

  // Those of one module, oldest first.
  std::vector<Snapshot> list(const std::string& module) const;

  // Keeps a text and drops what is beyond the bound. Takes the lock. Where the module's newest snapshot has this text
  // and cause, that is all there is to keep.
  // throws: as list(); nothing is kept then.
  Snapshot keep(const std::string& module, std::string_view text, Cause cause) const;

  // The text that was kept.
  // throws: Failure(Exit::damaged) when it is gone or not what was kept.
  std::string text_of(const Snapshot& snapshot) const;

  // Puts a damaged or missing index right: keeps it under another name, takes up the previous version and enters the
  // texts that this does not name as found, of a module unknown.
  struct Repair {
    bool was_damaged = false;
    std::filesystem::path kept_as;  // empty when there was no file
    bool from_previous = false;
    std::size_t found = 0;
  };
  Repair repair() const;

  // Folders in which a killed tito may have left temporary files.
  std::vector<std::filesystem::path> folders() const;

 private:
  struct Index {
    std::int64_t next = 1;
    std::vector<Snapshot> snapshots;
  };

  std::filesystem::path file() const { return folder_ / "index.json"; }
  std::filesystem::path previous() const { return folder_ / "index.previous.json"; }
  std::filesystem::path object_path(const std::string& hash) const;

  static Index parse(const std::string& text, const std::string& origin);
  static std::string print(const Index& index);
  Index load() const;
  void write(const Index& index) const;
  void drop_beyond_bound(Index& index) const;
  std::set<std::string> stored_objects() const;

  std::filesystem::path folder_;
  SnapshotBound bound_;
};

}  // namespace tito
