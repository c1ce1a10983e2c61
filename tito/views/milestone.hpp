// Milestones and the gates that a run is held against, as they are shown.
#pragma once

#include <string>

#include "tito/course/milestones.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

std::string mark_of(const Screen& screen, MilestoneState state);

// A line that may be longer than the terminal is wide: it begins with `first`, what does not fit with `further`, which
// takes as many columns.
void print_wrapped(Screen& screen, const std::string& first, const std::string& further, const std::string& text);

// A gate of a milestone, before any run.
void print_gate(Screen& screen, const std::string& indent, const Gate& gate);

// A gate with what a run measured.
void print_gate(Screen& screen, const std::string& indent, const GateResult& result);

}  // namespace tito
