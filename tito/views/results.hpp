// What a demo or milestone left behind, as it is shown.
#pragma once

#include "tito/actions/results.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// Runs a program that may rewrite a line of the terminal; when it is interrupted, that line is left standing.
template <class Program>
auto run_interruptible(Screen& screen, const Program& program) {
  try {
    return program();
  } catch (const Interrupted&) {
    if (screen.is_terminal()) screen.line();
    throw;
  }
}

// The curves, drawn for the terminal.
void print_charts(Screen& screen, const Results& results);

// Where everything lies. A problem with keeping it goes to standard error, and false comes back.
bool print_results(Screen& screen, const Results& results);

}  // namespace tito
