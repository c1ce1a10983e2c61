// What was measured last, kept for the report: one file each in .tito/measured/.
//
//   bench-SLUG.json   what "tito bench SLUG --json" printed, with the source that it was about
//   share.json        what "tito report --measure" found
//   {"schema": "tito-measured/1", "at": "2026-11-22T09:30:00Z", ...}
// Written to a temporary name, synced and renamed. A file that cannot be read counts as damaged: it is named, and the
// next measurement takes its place, since nothing in it is a student's work.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tito/course/workspace.hpp"

namespace tito {

// `what`: "bench-tensor", "share".
// throws: Failure(Exit::environment) when it cannot be written.
void keep_measurement(const Workspace& workspace, const std::string& what, nlohmann::json figures);

// A file of the workspace as JSON, which anybody may have changed; only regular files of moderate size are read.
struct ForeignJson {
  std::optional<nlohmann::json> value;  // an object with the schema
  std::string problem;                  // why there is none, unless there is no file
};
ForeignJson read_foreign_json(const std::filesystem::path& file, const std::string& schema);

ForeignJson read_measurement(const Workspace& workspace, const std::string& what);

}  // namespace tito
