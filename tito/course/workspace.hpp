// A student's folder.
//
//   README.md                      how to go on
//   modules/NN_slug/README.md      the lesson
//   modules/NN_slug/slug.cpp       what the student writes
//   package/                       grows by one module per export; builds on its own
//   compile_commands.json .clangd  for editors
//   .tito/workspace.json           {"schema": "tito-workspace/1", "course": NAME, "track": NAME}
//   .tito/progress.json            see progress.hpp
//   .tito/snapshots/               see snapshots.hpp
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tito/course/course.hpp"
#include "tito/course/progress.hpp"

namespace tito {

class Workspace {
 public:
  // Opens the workspace that holds `folder`: the folder itself or the nearest one above it.
  // throws: Failure(Exit::usage) when there is none, or it belongs to another course; Failure(Exit::damaged) for a
  //         damaged workspace.json.
  Workspace(const Course& course, const std::filesystem::path& folder);

  const std::filesystem::path& root() const { return root_; }
  const Track& track() const { return *track_; }
  const ProgressFile& progress_file() const { return progress_; }

  std::filesystem::path module_folder(const std::string& slug) const;

  // The student's file of a module.
  std::filesystem::path source(const std::string& slug) const;

  // The same as a user would write it: relative to the workspace.
  std::string source_name(const std::string& slug) const;

  // The hash of the student's file; empty when there is none.
  std::string source_hash(const std::string& slug) const;

  std::filesystem::path package() const { return root_ / "package"; }
  std::filesystem::path exported_source(const std::string& slug) const { return package() / "src" / (slug + ".cpp"); }

  // The folders in which tito writes files; a tito that was killed may have left temporary ones there.
  std::vector<std::filesystem::path> written_folders() const;

  // Where programs are built and run, and removed again.
  std::filesystem::path scratch() const { return root_ / ".tito" / "tmp"; }

 private:
  std::filesystem::path root_;
  const Track* track_;
  ProgressFile progress_;
};

// What a new workspace is made of, path below its root -> content.
using WorkspaceFiles = std::map<std::filesystem::path, std::string>;

// Writes a new workspace into `folder`, which is made if need be.
// Without `force` nothing that exists is touched: a name that is already taken is an error. With it, the whole
// folder is copied beside itself first, and the copy's path returned.
// `files` are written, `package` folders (from -> to below package/) copied. Whatever happens, a folder that did
// not become a workspace does not look like one.
// throws: Failure(Exit::usage) when work is in the way.
std::filesystem::path create_workspace(
    const std::filesystem::path& folder, const Course& course, const Track& track, const WorkspaceFiles& files,
    const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& package, bool force);

}  // namespace tito
