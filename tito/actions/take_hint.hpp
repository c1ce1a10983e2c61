// Taking hints, and which function needs one.
#pragma once

#include <string>
#include <vector>

#include "tito/actions/session.hpp"
#include "tito/course/hints.hpp"

namespace tito {

// What was taken, and shown.
struct Hint {
  std::string module;
  std::string function;
  std::string why;                 // the function was chosen; empty when it was named
  int first = 0;                   // number of the first step that is shown
  std::vector<std::string> shown;  // the steps
  int taken = 0;                   // how many of them all are taken now
  int steps = 0;
  bool repeated = false;  // all were taken before

  bool is_last() const { return taken == steps; }
};

// Takes the next step for a function of a module, or with `all` every one that there is, and counts it. Without
// `word` the function that the first failure of the last run was about, or else that of the first stub in the file.
// throws: Failure(Exit::usage) when there is no such function, or none was named and nothing points at one;
//         Failure(Exit::damaged) for a damaged count of hints.
Hint take_hint(const Session& session, const std::string& module, const std::string& word, bool all);

// The hints of a module, as the course gives them.
// throws: Failure(Exit::usage) when it has none.
std::vector<FunctionHints> hints_of(const Session& session, const std::string& slug);

}  // namespace tito
