// How a command ends when it does not end well.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace tito {

// The exit statuses of tito, the same for every command.
enum class Exit {
  done = 0,
  work_failed = 1,   // the student's work does not pass yet
  usage = 2,         // the command was called wrongly
  environment = 3,   // something on this machine is missing
  damaged = 4,       // damaged state, or a bug of our own
  interrupted = 130  // Ctrl-C
};

// A failure that is shown to the user: what happened, where, and the way out.
class Failure : public std::runtime_error {
 public:
  Failure(Exit exit, const std::string& message, std::string way_out = "")
      : std::runtime_error(message), exit_(exit), way_out_(std::move(way_out)) {}

  Exit exit() const { return exit_; }
  const std::string& way_out() const { return way_out_; }

 private:
  Exit exit_;
  std::string way_out_;
};

}  // namespace tito
