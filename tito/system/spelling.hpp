// "Did you mean": the nearest of the names that exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tito {

// The candidate with the fewest single-letter edits to `word` (insert, delete, replace, swap neighbours), or
// nothing when none is near enough to be a slip.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tito
