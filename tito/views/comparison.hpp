// Timed bodies as they are shown: row by row with bars, as a compact table, and in JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tito/actions/compare_bodies.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

std::string threads_text(int threads);

// Text in lines that fit the terminal, indented and dimmed.
void print_note(Screen& screen, std::string text);

// Says what a figure, a bar and a limit are.
void print_legend(Screen& screen, const Comparison& comparison);

// The bodies of one row, each with a bar, and the limit where it is known.
void print_row(Screen& screen, const ComparedRow& row);

// A line for each row.
void print_compact(Screen& screen, const Comparison& comparison);

void print_ratio(Screen& screen, const Comparison& comparison);

nlohmann::json json_of(const Comparison& comparison);

}  // namespace tito
