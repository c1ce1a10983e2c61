// The machine that is measured, and figures as they are printed.
#pragma once

#include <fmt/core.h>
#include <sched.h>

#include <fstream>
#include <string>

namespace bench {

// The cores that this process may run on.
inline int available_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  return ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

inline std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

// "1,234,567" for large figures, three significant digits for small ones.
inline std::string figure(double value) {
  if (value < 100) return fmt::format("{:.3g}", value);
  std::string text = fmt::format("{:.0f}", value);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace bench
