// What tito last gave a workspace, so that "tito update" can tell a file that a student changed from one that is only
// old.
//
// .tito/given.json:
//   {"schema": "tito-given/1", "contract": SHA256, "files": {"modules/tensor/README.md": SHA256}}
// A module's folder goes by its slug there, since its number changes. "modules/tensor/tensor.cpp" is the skeleton. The
// file is written last: without it, or with an old one, an update looks at everything again.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace tito {

struct GivenRecord {
  std::string contract;                      // SHA-256
  std::map<std::string, std::string> files;  // key -> SHA-256

  // The record's own file, below the workspace.
  static std::filesystem::path file() { return std::filesystem::path(".tito") / "given.json"; }

  // The key of a file that lies so below the workspace: "modules/02_tensor/README.md" -> "modules/tensor/README.md".
  static std::string key(const std::filesystem::path& below_root);

  // Nothing where there is none that can be read.
  static std::optional<GivenRecord> load(const std::filesystem::path& root);

  std::string print() const;
  bool operator==(const GivenRecord&) const = default;
};

}  // namespace tito
