#include "tito/views/milestone.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace tito {
namespace {

// The figure of a gate that a run was held against: "98.1 % on MNIST sample".
std::string value_text(const GateResult& gate) {
  if (!gate.value) return gate.reason;
  std::string text = figure(*gate.value, gate.gate.unit);
  if (!gate.data.empty()) text += " on " + gate.data;
  return gate.reason.empty() ? text : text + "; " + gate.reason;
}

}  // namespace

std::string mark_of(const Screen& screen, MilestoneState state) {
  switch (state) {
    case MilestoneState::passed:
      return screen.paint(Style::good, screen.tick());
    case MilestoneState::missed:
      return screen.paint(Style::bad, screen.cross());
    case MilestoneState::stale:
      return screen.paint(Style::warn, "!");
    case MilestoneState::ready:
      return screen.paint(Style::accent, screen.arrow());
    case MilestoneState::locked:
      return screen.paint(Style::dim, screen.dot());
  }
  return "";
}

void print_wrapped(Screen& screen, const std::string& first, const std::string& further, const std::string& text) {
  const auto columns = static_cast<std::size_t>(std::max(screen.width(), 30));
  const std::size_t room = screen.is_terminal() ? columns - further.size() - 1 : text.size();
  std::string rest = text, start = first;
  while (rest.size() > room) {
    std::size_t space = rest.rfind(' ', room);
    if (space != std::string::npos && space > 0 && rest[space + 1] == '%') space = rest.rfind(' ', space - 1);
    const bool at_space = space != std::string::npos && space > 0;
    screen.line(start + rest.substr(0, at_space ? space : room));
    rest.erase(0, at_space ? space + 1 : room);
    start = further;
  }
  screen.line(start + rest);
}

void print_gate(Screen& screen, const std::string& indent, const Gate& gate) {
  print_wrapped(screen, indent, indent, fmt::format("gate: {}: {}", gate.measure, bound_text(gate)));
}

void print_gate(Screen& screen, const std::string& indent, const GateResult& result) {
  if (result.state == GateState::not_run) {
    return print_wrapped(screen, indent + screen.dot() + " ", indent + "  ",
                         result.gate.measure + ": not run, " + result.reason);
  }
  Gate held = result.gate;
  if (result.value) held.bound = result.bound;
  const bool met = result.state == GateState::met;
  const std::string mark = met ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross());
  print_wrapped(screen, indent + mark + " ", indent + "  ",
                fmt::format("{}: {} ({})", result.gate.measure, value_text(result), bound_text(held)));
}

}  // namespace tito
