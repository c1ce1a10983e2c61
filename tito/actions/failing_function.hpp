// Which function of a module the first failure is about: the one to which the next hint belongs.
#pragma once

#include <string>
#include <vector>

#include "tito/actions/check_module.hpp"

namespace tito {

// `functions` are those that a student of `slug` writes, `source` the file that was checked. Known for certain where a
// stub was reached or a function is missing; worked out from the line of the compiler's first error; else the one that
// is named most plainly by the failing case and its check. Empty when nothing fails or nothing points at one.
std::string failing_function(const std::vector<std::string>& functions, const std::string& slug,
                             const std::string& source, const Check& check);

// The function of the first stub that is left in the file; empty when there is none.
std::string first_stub(const std::string& source, const std::string& slug);

}  // namespace tito
