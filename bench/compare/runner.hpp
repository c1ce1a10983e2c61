// Runs the measuring programs, each in a process of its own, and takes down what they say.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace fs = std::filesystem;
using nlohmann::json;

// How long each comparison takes.
struct Budget {
  int rounds = 5;        // how often each contestant has its turn
  double seconds = 0.5;  // of each turn, after a warm-up of the same length
  int retries = 4;       // how often a turn that something else disturbed is taken again
};

// What one turn gave.
struct Turn {
  double rate = 0;
  bool quiet = true;
  int dropped = 0;  // disturbed rounds before it
  double ghz = 0;
};

// "KEY=value" words: all that a program is told by its environment, but for where programs are.
using Environment = std::vector<std::string>;

// The programs beside this one.
class Programs {
 public:
  Programs();

  bool has(const std::string& program) const;

  // Runs one and returns the JSON object that it prints.
  // throws: tito::Failure with the command and what it printed, when it fails or prints none.
  json run(const std::string& program, const std::vector<std::string>& arguments, const Environment& environment = {},
           double limit_seconds = 300) const;

  // The same for a program that prints a line of text for a person, as the prototype does: "... 1.5e+05 samples/s
  // (min 1.4e+05, max 1.6e+05; 1 quiet rounds, 0 dropped; 2.60 GHz)".
  Turn run_text(const std::string& program, const std::vector<std::string>& arguments,
                const Environment& environment = {}) const;

 private:
  std::string output_of(const std::string& program, const std::vector<std::string>& arguments,
                        const Environment& environment, double limit_seconds) const;

  fs::path folder_;
};

// The turn of a program that reports in JSON: its first row.
Turn turn_of(const json& report);

// The words "--rounds 1 --seconds S --retries R --json" of one turn.
std::vector<std::string> turn_options(const Budget& budget);

// What several turns gave: {"median", "min", "max", "values", "disturbed", "dropped", "ghz"}.
json series_of(const std::vector<Turn>& turns);

// Says on standard error how far a long measurement is.
class Progress {
 public:
  explicit Progress(std::size_t steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Begins the next step.
  void next(const std::string& what);

 private:
  std::size_t steps_;
  std::size_t begun_ = 0;
  double started_;
  bool terminal_;
};

// Says one line on standard error, whatever the progress shows.
void note(const std::string& text);

}  // namespace bench
