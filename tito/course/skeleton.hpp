// From a reference body to what a student starts with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

// A part of a reference body that a student writes:
//   // BEGIN SOLUTION Tensor::reshape
//   ...
//   // END SOLUTION
// Its name is the function whose inside it is, or (helpers) for whole functions that only solutions use.
struct SolutionRegion {
  std::string name;
  std::size_t begin = 0;  // of the line with BEGIN
  std::size_t text = 0;   // of the first line inside
  std::size_t end = 0;    // of the line with END
  std::size_t after = 0;  // behind that line
  int line = 0;           // of the first line inside, from 1

  bool is_helpers() const { return name == "(helpers)"; }
};

// The regions in order.
// throws: Failure(Exit::damaged) naming `origin` and the line for a region that is not closed, not opened, inside
//         another or without a name, and when there is no region at all.
std::vector<SolutionRegion> solution_regions(std::string_view source, const std::string& origin);

// The source with each region replaced by one line: one that throws NotImplemented("<slug>", "Tensor::reshape"), or
// for helpers a comment that leaves the place to the student.
// throws: as solution_regions.
std::string make_skeleton(std::string_view source, const std::string& slug, const std::string& origin);

// The functions that have regions, in order, each once.
// throws: as solution_regions.
std::vector<std::string> solution_names(std::string_view source, const std::string& origin);

}  // namespace tito
