// The source tree of a course, for the commands that change it.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tito/authoring/audit.hpp"
#include "tito/authoring/reorder.hpp"
#include "tito/system/files.hpp"
#include "tito/system/tree_change.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// Takes a sentence for the user beside the result.
using Note = std::function<void(const std::string&)>;

// The tree of the kit's course: the folder that holds modules/. It is locked against other tree-changing commands until
// the end of scope.
class SourceTree {
 public:
  // Ends a change that a killed command left. `note` is told that, and that another tito is waited for.
  // throws: Failure(Exit::usage) for an installed course; Failure(Exit::damaged) when such a change cannot be ended.
  SourceTree(const Kit& kit, const Note& note);

  const std::filesystem::path& root() const { return root_; }

  // "modules/course.json", below the root.
  std::filesystem::path course_file() const { return modules_ / "course.json"; }

  // "modules"
  const std::filesystem::path& modules() const { return modules_; }

  // What git knows, or everything but hidden and built folders where there is no git; without other courses inside.
  // Paths below the root, sorted.
  std::vector<std::filesystem::path> files() const;

  // The text of a file, or nothing when it holds no text in UTF-8.
  std::optional<std::string> text(const std::filesystem::path& path) const;

  // throws: Failure(Exit::usage) when there is something that is not committed in a file that the change concerns, or
  //         no git to bring it back; not with `force`. As make_change().
  void make(const TreeChange& change, bool force) const;

 private:
  std::filesystem::path modules_;
  std::filesystem::path root_;
  FileLock lock_;
};

// Ends a change that a killed command left, if there is one: for the commands that only look at the course.
// throws: as SourceTree.
void end_interrupted_change(const Kit& kit, const Note& note);

// Looks at the course as it stands on the disk after a change: it loads, and every module is where its number says.
// throws: Failure(Exit::damaged).
void check_made(const SourceTree& tree);

// A file that names numbered folders, and the lines where it does.
struct MentionsInFile {
  std::filesystem::path path;  // before the change
  std::vector<Mention> mentions;
};

// What follows from another order in the rest of the tree.
struct Consequences {
  std::vector<MentionsInFile> mentions;
  std::vector<std::filesystem::path> regions;  // documents with parts that tito writes, as far as those change
};

// Adds to `change`, for the modules whose number changes, their folders' moves, every mention of them in the tree, and
// what tito writes into documents of the course `then`. Files whose new text stands in the change already go on from
// that. throws: as with_numbers().
Consequences add_consequences(const SourceTree& tree, const Kit& kit, const std::vector<Renumbering>& renumberings,
                              const Audit& then, TreeChange& change);

// {"folders": [{"from", "to"}], "files": [{"path", "mentions": [{"line", "from", "to"}]}], "regions": [PATH]}
nlohmann::json json_of(const TreeChange& change, const Consequences& consequences);

}  // namespace tito
