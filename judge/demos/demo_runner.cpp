// main() of every demo and milestone: DEMO [--seed N] [--record FD].
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <vector>

#include "judge/cases/events.hpp"
#include "judge/demos/demo.hpp"

namespace demo {
namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t run_seed = 1;

std::string with_thousands(double value) {
  std::string text = fmt::format("{:.0f}", value);
  for (std::size_t at = text.size(); at > 3 + (value < 0 ? 1U : 0U);) text.insert(at -= 3, ",");
  return text;
}

// Three digits after the point are enough for a ratio; a rate needs none but its thousands apart.
std::string number_text(double value, const std::string& unit) {
  const double size = value < 0 ? -value : value;
  if (unit.empty() && size < 1000 && value == std::floor(value)) return fmt::format("{:.0f}", value);  // a count
  if (size != 0 && size < 0.01) return fmt::format("{:.3g}", value);
  if (size < 10) return fmt::format("{:.3f}", value);
  if (size < 1000) return fmt::format("{:.1f}", value);
  return with_thousands(value);
}

std::string time_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s left", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s left", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min left", whole / 3600, whole / 60 % 60);
}

// The line that progress() rewrites.
class ProgressLine {
 public:
  void show(const Progress& now) {
    if (!terminal_ || now.total <= 0) return;
    if (now.total != total_ || now.done < done_) begin(now);
    done_ = now.done;
    if (now.done >= now.total) return end();
    const Clock::time_point time = Clock::now();
    if (drawn_ && time - last_drawn_ < std::chrono::milliseconds(100)) return;
    last_drawn_ = time;
    drawn_ = true;
    std::fputs(("\r\x1b[K" + line(now, std::chrono::duration<double>(time - began_).count())).c_str(), stdout);
    std::fflush(stdout);
  }

  // Takes the line away, until the next show().
  void clear() {
    if (drawn_) std::fputs("\r\x1b[K", stdout), std::fflush(stdout);
    drawn_ = false;
  }

  void end() {
    clear();
    total_ = 0;
  }

 private:
  void begin(const Progress& now) {
    total_ = now.total;
    done_at_first_ = now.done;
    began_ = Clock::now();
  }

  // As much of "pass 2 of 5 [###...]  34%  20,113 samples/s  loss 0.213  12 s left" as fits into the terminal.
  std::string line(const Progress& now, double seconds) const {
    const double fraction = static_cast<double>(now.done) / static_cast<double>(now.total);
    const auto done = static_cast<double>(now.done - done_at_first_);
    const bool has_rate = !now.unit.empty() && done > 0 && seconds > 0.2;
    std::vector<std::string> parts(4);
    parts[0] = fmt::format("{:3.0f}%", 100 * fraction);
    if (has_rate) parts[1] = with_thousands(done / seconds) + " " + now.unit + "/s";
    if (now.loss) parts[2] = fmt::format("loss {:.3f}", *now.loss);
    if (has_rate) parts[3] = time_text(static_cast<double>(now.total - now.done) * seconds / done);

    const std::size_t room = columns() - 1;
    std::string text = "  " + now.what;
    std::size_t used = text.size();
    std::vector<bool> fits(parts.size());
    for (const std::size_t part : {0, 3, 2, 1}) {  // in order of importance
      fits[part] = !parts[part].empty() && used + 2 + parts[part].size() <= room;
      if (fits[part]) used += 2 + parts[part].size();
    }
    constexpr std::size_t narrowest = 10, widest = 24;
    if (used + narrowest + 3 <= room) {
      const std::size_t cells = std::min(widest, room - used - 3);
      const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(cells));
      text += " [" + std::string(filled, '#') + std::string(cells - filled, '.') + "]";
    }
    for (std::size_t part = 0; part < parts.size(); ++part) {
      if (fits[part]) text += "  " + parts[part];
    }
    return text.substr(0, room);
  }

  static std::size_t columns() {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? std::max<std::size_t>(size.ws_col, 10) : 80;
  }

  bool terminal_ = ::isatty(STDOUT_FILENO) != 0;
  bool drawn_ = false;
  std::int64_t total_ = 0;  // of the work under way, else 0
  std::int64_t done_ = 0;
  std::int64_t done_at_first_ = 0;
  Clock::time_point began_;
  Clock::time_point last_drawn_;
};

ProgressLine& progress_line() {
  static ProgressLine line;
  return line;
}

}  // namespace

std::uint64_t seed() { return run_seed; }

void data(const std::string& name) { judge::write_event({{"event", "data"}, {"name", name}}); }

void point(const std::string& curve, double x, double y) {
  judge::write_event({{"event", "point"}, {"curve", curve}, {"x", x}, {"y", y}});
}

void axes(const std::string& chart, const std::string& x, const std::string& y) {
  judge::write_event({{"event", "axes"}, {"chart", chart}, {"x", x}, {"y", y}});
}

void keep(const std::string& file) { judge::write_event({{"event", "file"}, {"name", file}}); }

void say(const std::string& line) {
  progress_line().clear();
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void measure(const std::string& name, double value, const std::string& unit) {
  say(fmt::format("  {:<48}{:>14} {}", name, number_text(value, unit), unit));
  judge::measure(name, value, unit);
}

void progress(const Progress& progress) { progress_line().show(progress); }

void progress(const std::string& what, std::int64_t done, std::int64_t total) {
  progress_line().show({what, done, total, std::nullopt, ""});
}

}  // namespace demo

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--record") == 0) judge::open_record(std::atoi(argv[i + 1]));
    if (std::strcmp(argv[i], "--seed") == 0) demo::run_seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  try {
    judge::write_event({{"event", "start"}, {"seed", demo::seed()}});
    demo::run();
    demo::progress_line().end();
    std::fflush(nullptr);
    judge::write_event({{"event", "finish"}});
    return 0;
  } catch (const std::exception& error) {
    demo::progress_line().end();
    std::fflush(stdout);
    judge::write_stopped(error);
    std::fputs(fmt::format("  it stopped: {}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
