// How one failed case looks, and what the compiler says of a file: the parts of a report that teach.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/commands/context.hpp"
#include "tito/commands/report.hpp"
#include "tito/toolchain/judge.hpp"

namespace tito {

// A path as the user sees it from where they stand, when it lies below.
std::string nearby(const std::string& path);

// The first failed check of a case or all of them. `source` is the student's file, if it is about one.
void print_case(Context& context, const CaseResult& result, Extent extent, const std::string& source);

// The name of a known mistake that fails in the same way; nothing when there is none.
void print_known_mistake(Context& context, const std::string& name);

// Rows and columns with their indices, in at most `width` columns: those farthest from the first difference are left
// out. In the actual values what differs stands between < and >.
std::vector<std::string> grid(const TensorExcerpt& excerpt, const std::vector<std::string>& values, int width);

nlohmann::json json_of(const TensorExcerpt& excerpt);
nlohmann::json json_of(const Compilation& compilation);

}  // namespace tito
