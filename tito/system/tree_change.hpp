// Many files and folders below one root changed as one: all of them, or none.
//
// A change is first written whole into a folder of its own, `staging`, which gets its name in one step; from then on
// it counts as made. Whoever finds that folder, because the process that made it was killed, ends the work:
//
//   staging/change.json   {"schema": "tito-change/1", "moves": [[FROM, TO], ..], "files": [[PATH, SHA-256 before], ..]}
//   staging/files/I       the new content of file I, renamed to PATH
//   staging/folders/I     folder I on its way: all leave their places before the first one arrives
//   staging/moved-out     all have left
//
// A file of which somebody changed the content in between is never overwritten.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tito {

struct TreeChange {
  // Folders, from -> to, both below the root. A `to` may be another's `from`.
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> moves;

  // The files that are new or change, by their path below the root after all moves -> content.
  std::map<std::filesystem::path, std::string> files;

  bool is_empty() const { return moves.empty() && files.empty(); }

  // Where a path after all moves stands before them.
  std::filesystem::path before(const std::filesystem::path& path) const;

  // Where a path before all moves stands after them.
  std::filesystem::path after(const std::filesystem::path& path) const;
};

// Makes the change. `staging` lies on the file system of `root`. Permissions of files that change are kept.
// throws: Failure(Exit::usage) when a folder's new place is taken, Failure(Exit::damaged) when a folder is not there;
//         Failure(Exit::environment) when something cannot be written: before the change counts as made, nothing is
//         changed; later, end_change() does what is left. Failure(Exit::damaged) as end_change().
void make_change(const std::filesystem::path& root, const std::filesystem::path& staging, const TreeChange& change);

// Whether a change is under way, or was killed there.
bool is_changing(const std::filesystem::path& staging);

// Ends a change that a killed process left, and removes what one left that was killed before its change counted.
// Returns whether there was a change to end. Only one process may do this at a time.
// throws: Failure(Exit::damaged) when a file was changed since, or a folder's new place is taken.
bool end_change(const std::filesystem::path& root, const std::filesystem::path& staging);

}  // namespace tito
