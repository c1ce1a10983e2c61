// What the programs here have in common: their options, and what they print.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/machine.hpp"
#include "bench/timing.hpp"

namespace bench {

// One measuring program. It reads --threads, --rounds, --seconds, --retries and --json and the options that were added,
// then measures; every figure is one row of
//
//   {"schema": "tito-bench/1", "benchmark": NAME, "machine": {"processor", "cores"}, "threads", "rounds", "seconds",
//    "rows": [{"name", "median", "min", "max", "unit", "kept", "dropped", "ghz"}]}
//
// on one line with --json, or one line of text for a person.
class Program {
 public:
  // `threads`: how many are used unless --threads says otherwise.
  Program(std::string name, const std::string& description, int threads);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // Further options, each with its value at first in `value`.
  // lifetime: `value` must live until run() has returned.
  void add_number(const std::string& option, std::int64_t& value, std::int64_t low, std::int64_t high,
                  const std::string& text);
  void add_choice(const std::string& option, std::string& value, const std::vector<std::string>& choices,
                  const std::string& text);
  void add_flag(const std::string& option, bool& value, const std::string& text);

  int threads() const;
  const Timing& timing() const;

  // Puts a further value into the JSON object, by its JSON pointer: "/batch", "/library/version".
  void say(const std::string& pointer, const std::string& value);
  void say(const std::string& pointer, const char* value) { say(pointer, std::string(value)); }
  void say(const std::string& pointer, std::int64_t value);
  void say(const std::string& pointer, bool value);

  // Takes a figure down: `rate` in units of `scale` a second.
  void add(const std::string& name, const Rate& rate, const std::string& unit, double scale = 1);

  // Reads the options, calls `body`, which measures, and prints. Returns the exit status: 0, 1 when measuring failed,
  // 2 for wrong usage.
  int run(int argc, char** argv, const std::function<void()>& body);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The options of the programs that train or run one of the three networks.
struct NetworkOptions {
  std::string network = "mlp";
  std::int64_t batch = 32;
  std::string mode = "train";

  void add_to(Program& program);

  // How many samples lie in memory, to be handed out in batches.
  std::int64_t samples() const { return batch * 8 > 1024 ? batch * 8 : 1024; }

  // Says what was asked for, and takes the rate down.
  void report(Program& program, const Rate& rate) const;
};

}  // namespace bench
