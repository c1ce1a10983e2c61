// What a comparison of tensors found out besides its Detail: the likely cause, and the part of the two tensors around
// the first difference. The next failed check carries both into the record (record.hpp).
//
// Apart from case.hpp, which every file of cases includes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace judge {

// A part of the matrix (the last two axes) that holds the first difference; of a tensor of rank 1, of its only row.
struct Excerpt {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> at;  // the index of the first difference
  std::int64_t row = 0;          // the first row and column that are shown
  std::int64_t column = 0;
  std::int64_t columns = 0;           // how many are shown
  std::vector<std::string> expected;  // row by row
  std::vector<std::string> actual;
  std::vector<bool> wrong;  // which of them differ by more than the tolerance
};

struct Findings {
  std::string cause;  // one sentence, or empty
  Excerpt excerpt;    // without columns: none
};

// What belongs to the detail that was set last; set_detail() and clear_detail() forget it.
void set_findings(Findings findings);

}  // namespace judge
