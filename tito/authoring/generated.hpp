// What tito writes into documents itself, so that no number of a module is written by hand:
//
//   <!-- generated: modules -->
//   the table
//   <!-- end -->
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tito/authoring/audit.hpp"

namespace tito {

// What can be written from course.json alone: "modules", a table of the default track.
std::map<std::string, Generator> course_generators();

// The text of a Markdown file with each known region as tito writes it; nothing where it is that already. Nothing is
// read or written. throws: Failure(Exit::damaged) for marks without their other half.
std::optional<std::string> with_fresh_regions(const Audit& audit, const std::filesystem::path& file,
                                              const std::string& text);

// Writes all stale regions anew; returns the files that were changed.
std::vector<std::filesystem::path> rewrite_stale_regions(const Audit& audit);

}  // namespace tito
