// The terminal as a full screen: keys one by one, and pictures that replace each other.
//
// While it is held, the terminal shows its alternate screen, without cursor and without wrapping lines, and keys come
// without waiting for a line's end. However tito ends, the terminal gets back what it had: at the end of scope, when
// tito crashes (SIGSEGV and its kin), and while it is stopped by Ctrl-Z. Only SIGKILL leaves no chance; then `reset`
// helps. SIGINT, SIGTERM and SIGHUP are system/interrupt.hpp's: the program notices them and leaves the scope.
#pragma once

#include <string>
#include <vector>

namespace tito {

struct TerminalSize {
  int rows = 24;
  int columns = 80;
};

class Terminal {
 public:
  // Whether there is one that can do this: standard input and output are terminals, and TERM is not "dumb".
  static bool is_there();

  // There may be one at a time.
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  // To be called by every other thread that may crash: its own overflowing stack, too, is then a crash that restores
  // the terminal.
  static void protect_thread();

  TerminalSize size() const;

  // Shows the lines from the top, each cut to the terminal's width, and nothing else.
  void draw(const std::vector<std::string>& lines);

  // What came in a while of at most so many milliseconds. It ends early when one of the descriptors (-1 is none) is
  // readable, a signal came or a key was pressed.
  struct Input {
    std::string keys;      // 'a' and so on; arrows and paging as the letters below
    bool redraw = false;   // the terminal has another size, or tito goes on after it was stopped
    bool suspend = false;  // Ctrl-Z: call suspend()
    bool closed = false;   // the terminal is gone
  };
  static constexpr char up = '\x01', down = '\x02', page_up = '\x03', page_down = '\x04';
  Input wait(int milliseconds, const std::vector<int>& descriptors);

  // Gives the terminal back and stops tito, until the shell lets it go on.
  void suspend();

 private:
  std::string pending_;  // the beginning of an escape sequence
};

}  // namespace tito
