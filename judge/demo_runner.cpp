// main() of every demo: DEMO [--seed N] [--record FD].
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fmt/core.h>

#include "judge/demo.hpp"

#include <nlohmann/json.hpp>

namespace demo {
namespace {

std::uint64_t run_seed = 1;

// Three digits after the point are enough for a ratio; a rate needs none but its thousands apart.
std::string number_text(double value) {
  const double size = value < 0 ? -value : value;
  if (size != 0 && size < 0.01) return fmt::format("{:.3g}", value);
  if (size < 10) return fmt::format("{:.3f}", value);
  if (size < 1000) return fmt::format("{:.1f}", value);
  std::string text = fmt::format("{:.0f}", value);
  for (std::size_t at = text.size(); at > 3 + (value < 0 ? 1U : 0U);) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

std::uint64_t seed() { return run_seed; }

void point(const std::string& curve, double x, double y) {
  judge::write_record(nlohmann::json{{"event", "point"}, {"curve", curve}, {"x", x}, {"y", y}}.dump());
}

void keep(const std::string& file) { judge::write_record(nlohmann::json{{"event", "file"}, {"name", file}}.dump()); }

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void measure(const std::string& name, double value, const std::string& unit) {
  say(fmt::format("  {:<48}{:>14} {}", name, number_text(value), unit));
  judge::measure(name, value, unit);
}

void progress(const std::string& what, std::int64_t done, std::int64_t total) {
  static const bool terminal = isatty(STDOUT_FILENO) != 0;
  static int shown = -1;
  if (!terminal || total <= 0) return;
  const int percent = static_cast<int>(100 * done / total);
  if (percent == shown && done != total) return;
  shown = percent;
  if (done >= total) {
    std::fputs("\r\x1b[K", stdout);
    shown = -1;
  } else {
    constexpr int width = 30;
    const int filled = percent * width / 100;
    std::fputs(fmt::format("\r  {} [{:#<{}}{:.<{}}] {:3}%", what, "", filled, "", width - filled, percent).c_str(), stdout);
  }
  std::fflush(stdout);
}

}  // namespace demo

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--record") == 0) judge::open_record(std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--seed") == 0) demo::run_seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  try {
    judge::write_record(nlohmann::json{{"event", "start"}, {"seed", demo::seed()}}.dump());
    demo::run();
    std::fflush(nullptr);
    judge::write_record(R"({"event":"finish"})");
    return 0;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fputs(fmt::format("the demo stopped: {}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
