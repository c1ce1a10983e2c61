// How one failed case looks, and what the compiler says of a file: the parts of a report that teach.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/recorded_run.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// How much is shown of what is wrong.
enum class Extent { first, all };

// A path as the user sees it from where they stand, when it lies below.
std::string nearby(const std::string& path);

// The first failed check of a case or all of them. `source` is the student's file, if it is about one.
void print_case(Screen& screen, const CaseResult& result, Extent extent, const std::string& source);

// The name of a known mistake that fails in the same way; nothing when there is none.
void print_known_mistake(Screen& screen, const std::string& name);

// Rows and columns with their indices, in at most `width` columns: those farthest from the first difference are left
// out. In the actual values what differs stands between < and >.
std::vector<std::string> grid(const TensorWindow& window, const std::vector<std::string>& values, int width);

// The compiler's first error, or all that it said.
void print_diagnostics(Screen& screen, const Compilation& compilation, Extent extent);

nlohmann::json json_of(const TensorWindow& window);
nlohmann::json json_of(const Compilation& compilation);

}  // namespace tito
