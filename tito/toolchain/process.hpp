// Running other programs: the compiler, and students' code in a process of its own, with limits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tito/system/interrupt.hpp"

namespace tito {

struct ProcessOptions {
  std::filesystem::path folder;       // where it runs; empty: here
  double limit_seconds = 600;         // wall clock for the whole program
  std::size_t output_limit = 262144;  // bytes of output kept; the rest is read and dropped
  bool inherit_output = false;        // output goes to tito's own, nothing is kept
  bool student_code = false;          // limits memory and file sizes, clears the environment
  bool limit_memory = true;           // with student_code: false for sanitized programs

  // Called with each whole line that the program writes to its record descriptor, which it is given as the
  // arguments "--record FD" at the end.
  std::function<void(const std::string&)> on_record;

  // Asked several times a second with the seconds since the start; true stops the program as timed out.
  std::function<bool(double)> is_over;
};

struct ProcessResult {
  int exit_status = -1;    // -1 when a signal ended it
  int signal = 0;          // 0 when it exited
  bool timed_out = false;  // stopped by us
  std::string output;      // standard output and error together
  bool output_cut = false;
  double seconds = 0;

  bool succeeded() const { return exit_status == 0 && !timed_out; }
};

// Runs a program to its end. No input; a process group of its own, all of which is ended with it, and with tito.
// Several may run at once, each in a thread of its own.
// throws: Failure(Exit::environment) when the program cannot be started; Interrupted.
ProcessResult run_process(const std::vector<std::string>& command, const ProcessOptions& options);

// From now on `note` is called with each command before it is started, as a shell reads it, and with what compilers and
// linkers say. It may be called from several threads at once.
void note_processes(std::function<void(const std::string&)> note);

// Hands what a program said to the note, if there is one.
void note_output(const std::string& output);

// "SIGSEGV (invalid memory access)"
std::string signal_name(int signal);

}  // namespace tito
