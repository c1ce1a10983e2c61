// A real terminal for tests: a shell in tmux, typed into and read as a person would.
#pragma once

#include <string>
#include <vector>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

class Tmux {
 public:
  // A shell in the sandbox's workspace, with TITO_KIT set and tito's folder in front of PATH.
  Tmux(const Sandbox& box, int columns, int rows);
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;
  ~Tmux();

  // Keys as tmux names them: "h", "Enter", "C-c", "Down".
  void press(const std::string& key) const;
  // A line for the shell.
  void type(const std::string& line) const;
  void resize(int columns, int rows) const;

  // The screen, line by line, without the blanks at their ends; and as one text.
  std::vector<std::string> rows() const;
  std::string text() const;

  // Waits until the screen holds the text, and returns whether it came to that.
  bool shows(const std::string& part, double seconds = 20) const;
  bool shows_no(const std::string& part, double seconds = 20) const;

  // One of tmux's variables of the pane, such as alternate_on or cursor_flag.
  std::string variable(const std::string& name) const;

 private:
  Run tmux(std::vector<std::string> command) const;

  const Sandbox& box_;
  std::string name_;
};
