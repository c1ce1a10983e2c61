// From a reference body to what a student starts with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tito {

// The source with every region
//   // BEGIN SOLUTION Tensor::reshape
//   ...
//   // END SOLUTION
// replaced by one line that throws NotImplemented("<slug>", "Tensor::reshape"), and every region named (helpers),
// which holds whole functions, by a comment that leaves the place to the student.
// throws: Failure(Exit::damaged) naming `origin` and the line for a region that is not closed, not opened, inside
//         another or without a name, and when there is no region at all.
std::string make_skeleton(std::string_view source, const std::string& slug, const std::string& origin);

// The names of the regions, in order, without (helpers).
// throws: as make_skeleton.
std::vector<std::string> solution_names(std::string_view source, const std::string& origin);

}  // namespace tito
