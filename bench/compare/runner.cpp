#include "bench/compare/runner.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <regex>

#include "bench/timing.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/toolchain/process.hpp"

namespace bench {

namespace {

constexpr const char* clear_line = "\r\033[2K";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

Programs::Programs() : folder_(tito::own_program().parent_path()) {}

bool Programs::has(const std::string& program) const { return fs::exists(folder_ / program); }

std::string Programs::output_of(const std::string& program, const std::vector<std::string>& arguments,
                                const Environment& environment, double limit_seconds) const {
  // Nothing of the caller's environment, which might set thread counts or another malloc, but these.
  std::vector<std::string> command{"env", "-i"};
  for (const char* name : {"PATH", "HOME", "TMPDIR", "LANG", "TITO_DATA", "XDG_DATA_HOME", "ASAN_OPTIONS",
                           "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) command.push_back(std::string(name) + "=" + value);
  }
  command.insert(command.end(), environment.begin(), environment.end());
  command.push_back((folder_ / program).string());
  command.insert(command.end(), arguments.begin(), arguments.end());

  tito::ProcessOptions options;
  options.limit_seconds = limit_seconds;
  const tito::ProcessResult result = tito::run_process(command, options);
  if (!result.succeeded()) {
    const std::string how = result.timed_out     ? fmt::format("took longer than {:g} s", limit_seconds)
                            : result.signal != 0 ? "was ended by " + tito::signal_name(result.signal)
                                                 : fmt::format("ended with status {}", result.exit_status);
    throw tito::Failure(tito::Exit::environment,
                        fmt::format("{} {} {}:\n{}", program, joined(arguments), how, result.output),
                        "run it by hand: " + joined(command));
  }
  return result.output;
}

json Programs::run(const std::string& program, const std::vector<std::string>& arguments,
                   const Environment& environment, double limit_seconds) const {
  const std::string output = output_of(program, arguments, environment, limit_seconds);
  // Libraries may print warnings of their own before and after.
  for (std::size_t at = output.find('{'); at != std::string::npos; at = output.find("\n{", at + 1)) {
    if (output[at] == '\n') ++at;
    const std::size_t line_end = output.find('\n', at), last = output.rfind('}');
    for (const std::size_t end : {line_end, last + 1}) {
      json report = json::parse(output.substr(at, end - at), nullptr, false);
      if (report.is_object() && report.contains("rows")) return report;
    }
  }
  throw tito::Failure(tito::Exit::damaged, fmt::format("{} {} printed no JSON object with \"rows\" but:\n{}", program,
                                                       joined(arguments), output));
}

Turn Programs::run_text(const std::string& program, const std::vector<std::string>& arguments,
                        const Environment& environment) const {
  const std::string output = output_of(program, arguments, environment, 300);
  static const std::regex line(
      "([0-9.e+]+) samples/s +\\(min [0-9.e+]+, max [0-9.e+]+; ([0-9]+) quiet rounds, ([0-9]+) dropped; ([0-9.]+) GHz");
  std::smatch match;
  if (!std::regex_search(output, match, line)) {
    throw tito::Failure(tito::Exit::damaged,
                        fmt::format("{} {} printed no rate but:\n{}", program, joined(arguments), output));
  }
  return {std::stod(match[1]), std::stoi(match[2]) > 0, std::stoi(match[3]), std::stod(match[4])};
}

Turn turn_of(const json& report) {
  const json& row = report.at("rows").at(0);
  return {row.at("median"), row.value("kept", 1) > 0, row.value("dropped", 0), row.value("ghz", 0.0)};
}

std::vector<std::string> turn_options(const Budget& budget) {
  return {
      "--rounds", "1", "--seconds", fmt::format("{:g}", budget.seconds), "--retries", std::to_string(budget.retries),
      "--json"};
}

json series_of(const std::vector<Turn>& turns) {
  std::vector<double> values, clocks;
  int disturbed = 0, dropped = 0;
  for (const Turn& turn : turns) {
    values.push_back(turn.rate);
    clocks.push_back(turn.ghz);
    disturbed += turn.quiet ? 0 : 1;
    dropped += turn.dropped;
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {{"median", median(values)}, {"min", *low},        {"max", *high},         {"values", values},
          {"disturbed", disturbed},   {"dropped", dropped}, {"ghz", median(clocks)}};
}

Progress::Progress(std::size_t steps) : steps_(steps), started_(now()), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_) fmt::print(stderr, "{}", clear_line);
}

void Progress::next(const std::string& what) {
  std::string left;
  if (begun_ > 0) {
    const double seconds =
        (now() - started_) / static_cast<double>(begun_) * static_cast<double>(steps_ - std::min(begun_, steps_));
    left = seconds < 90 ? fmt::format(", about {:.0f} s left", seconds)
                        : fmt::format(", about {:.0f} min left", seconds / 60);
  }
  ++begun_;
  fmt::print(stderr, "{}[{}/{}{}] {}{}", terminal_ ? clear_line : "", begun_, steps_, left, what,
             terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void note(const std::string& text) {
  fmt::print(stderr, "{}{}\n", ::isatty(STDERR_FILENO) == 1 ? clear_line : "", text);
}

}  // namespace bench
