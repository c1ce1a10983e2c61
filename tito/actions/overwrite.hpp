// Overwriting a student's file, with what it held kept first; and bringing that back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tito/actions/session.hpp"
#include "tito/course/snapshots.hpp"
#include "tito/system/files.hpp"

namespace tito {

SnapshotStore snapshots_of(const Workspace& workspace);

// Held by whoever overwrites students' files, from reading one to writing it.
FileLock lock_work(const Workspace& workspace);

// What became of a student's file.
struct Overwriting {
  std::optional<Snapshot> kept;  // none where there was no file
  bool changed = false;          // false: it held this text already, and nothing was kept
};

// Keeps what the student's file holds and puts `text` in its place. A link to a file elsewhere stays one.
// The caller holds lock_work().
// throws: as SnapshotStore::keep(); the file is as it was then.
Overwriting overwrite(const Session& session, const std::string& slug, const std::string& text, Cause cause);

// Puts the skeleton back: of the whole file, or of one function, "Tensor::reshape" or "reshape".
// throws: Failure(Exit::usage) for a function that does not stand exactly once in the skeleton and in the file.
Overwriting reset_module(const Session& session, const std::string& slug, const std::string& function = "");

// Puts the reference body in place of the student's file, of which a snapshot is kept.
void fill_module(const Session& session, const std::string& slug);

struct Undo {
  std::string module;
  Snapshot restored;
  Overwriting overwriting;
};

// Brings back what the newest overwriting of a file, of that module's if one is given, replaced.
// throws: Failure(Exit::usage) when there has been none.
Undo undo_last(const Session& session, const std::string& slug);

// Brings back any snapshot. `slug` may be empty where the snapshot knows its module.
// throws: Failure(Exit::usage) when there is none with this number, or it is of another module.
Undo undo_to(const Session& session, const std::string& slug, std::int64_t id);

}  // namespace tito
