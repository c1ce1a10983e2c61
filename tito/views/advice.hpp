// What a student does next, in a sentence.
#pragma once

#include <string>

#include "tito/actions/session.hpp"

namespace tito {

// The command a user types next, and why.
struct Advice {
  std::string reason;
  std::string command;  // empty when there is nothing left to do
};
Advice advice_for(const Session& session, const Next& next);

}  // namespace tito
