// Our own: ncurses was looked at, and gives the terminal back at SIGINT and SIGTERM but not after a crash; Debian 12
// has neither FTXUI nor notcurses.
#include "tito/ui/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "tito/system/interrupt.hpp"
#include "tito/ui/screen.hpp"

namespace tito {
namespace {

// Alternate screen, no cursor, no wrapping; and back.
constexpr std::string_view enter_sequence = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
constexpr std::string_view leave_sequence = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

constexpr std::array<int, 7> crashes{SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT, SIGSYS};
constexpr std::array<int, 3> notices{SIGWINCH, SIGTSTP, SIGCONT};

// What signal handlers need is here, as plain data.
std::atomic<bool> entered{false};
termios original{};
std::array<struct sigaction, 65> earlier{};   // by signal
std::array<std::atomic<bool>, 65> noticed{};  // by signal
std::array<int, 2> wakeup{-1, -1};            // a pipe

// All of write() that a terminal takes; a signal handler may call it.
void send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, text.data(), text.size());
    if (wrote < 0 && errno == EAGAIN) {
      pollfd output{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&output, 1, 100);
    } else if (wrote < 0 && errno != EINTR) {
      return;
    }
    if (wrote > 0) text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void apply(const termios& settings) {
  while (::tcsetattr(STDIN_FILENO, TCSANOW, &settings) != 0 && errno == EINTR && !interrupted) {
  }
}

// Safe in a signal handler. In the background the terminal is somebody else's.
void leave() {
  if (!entered.exchange(false)) return;
  if (::tcgetpgrp(STDIN_FILENO) != ::getpgrp()) return;
  send(leave_sequence);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &original);
}

void enter() {
  termios raw = original;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // Ctrl-C and Ctrl-Z go on being signals
  raw.c_iflag |= ICRNL;
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  entered = true;
  apply(raw);
  send(enter_sequence);
}

extern "C" {
static void on_crash(int signal) {
  const int error = errno;
  leave();
  // As it was before: what stands behind this handler, a sanitizer's or the system's, has its turn.
  ::sigaction(signal, &earlier[static_cast<std::size_t>(signal)], nullptr);
  ::raise(signal);
  errno = error;
}

static void on_notice(int signal) {
  const int error = errno;
  noticed[static_cast<std::size_t>(signal)] = true;
  [[maybe_unused]] const ssize_t wrote = ::write(wakeup[1], "", 1);
  errno = error;
}
}

void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigaction(signal, &action, &earlier[static_cast<std::size_t>(signal)]);
}

void handle_as_before(int signal) { ::sigaction(signal, &earlier[static_cast<std::size_t>(signal)], nullptr); }

// A stack for the handlers of a thread whose own is full.
class HandlerStack {
 public:
  HandlerStack() : memory_(std::make_unique<char[]>(size)) {
    stack_t stack{};
    stack.ss_sp = memory_.get();
    stack.ss_size = size;
    ::sigaltstack(&stack, nullptr);
  }
  HandlerStack(const HandlerStack&) = delete;
  HandlerStack& operator=(const HandlerStack&) = delete;
  ~HandlerStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }

 private:
  static constexpr std::size_t size = 65536;
  std::unique_ptr<char[]> memory_;
};

// Keys from what the terminal sent; the beginning of a sequence stays in `pending`.
std::string keys_in(std::string& pending) {
  struct Sequence {
    std::string_view text;
    char key;
  };
  constexpr std::array<Sequence, 6> known{{{"\x1b[A", Terminal::up},
                                           {"\x1bOA", Terminal::up},
                                           {"\x1b[B", Terminal::down},
                                           {"\x1bOB", Terminal::down},
                                           {"\x1b[5~", Terminal::page_up},
                                           {"\x1b[6~", Terminal::page_down}}};
  std::string keys;
  while (!pending.empty()) {
    if (pending[0] != '\x1b') {
      if (static_cast<unsigned char>(pending[0]) >= 32) keys += pending[0];
      pending.erase(0, 1);
      continue;
    }
    // ESC [ parameters letter, or ESC letter
    std::size_t end = 1;
    if (end < pending.size() && (pending[end] == '[' || pending[end] == 'O')) {
      ++end;
      while (end < pending.size() && (pending[end] < '@' || pending[end] > '~')) ++end;
    }
    if (end >= pending.size()) break;
    const std::string sequence = pending.substr(0, end + 1);
    pending.erase(0, end + 1);
    for (const Sequence& candidate : known) {
      if (candidate.text == sequence) keys += candidate.key;
    }
  }
  return keys;
}

}  // namespace

bool Terminal::is_there() {
  const char* term = std::getenv("TERM");
  if (term == nullptr || *term == '\0' || std::strcmp(term, "dumb") == 0) return false;
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
}

Terminal::Terminal() {
  ::tcgetattr(STDIN_FILENO, &original);
  if (::pipe2(wakeup.data(), O_CLOEXEC | O_NONBLOCK) != 0) wakeup = {-1, -1};
  protect_thread();
  for (const int signal : crashes) handle(signal, on_crash, SA_ONSTACK);
  for (const int signal : notices) handle(signal, on_notice, 0);
  enter();
}

Terminal::~Terminal() {
  leave();
  for (const int signal : notices) handle_as_before(signal);
  for (const int signal : crashes) handle_as_before(signal);
  for (int& end : wakeup) {
    if (end >= 0) ::close(end);
    end = -1;
  }
}

void Terminal::protect_thread() { thread_local const HandlerStack stack; }

TerminalSize Terminal::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_row, size.ws_col};
}

void Terminal::draw(const std::vector<std::string>& lines) {
  const TerminalSize now = size();
  std::string picture = "\x1b[H";
  for (int row = 0; row < now.rows && row < static_cast<int>(lines.size()); ++row) {
    if (row > 0) picture += "\r\n";
    picture +=
        "\x1b[2K" + shortened(lines[static_cast<std::size_t>(row)], static_cast<std::size_t>(now.columns)) + "\x1b[0m";
  }
  // What is below is cleared from a line of its own: at the end of a full line the cursor stands on its last letter.
  if (static_cast<int>(lines.size()) < now.rows) picture += "\r\n\x1b[J";
  send(picture);
}

Terminal::Input Terminal::wait(int milliseconds, const std::vector<int>& descriptors) {
  std::vector<pollfd> watched{{STDIN_FILENO, POLLIN, 0}, {wakeup[0], POLLIN, 0}};
  for (const int descriptor : descriptors) watched.push_back({descriptor, POLLIN, 0});
  // Half an escape sequence is the key Esc unless its rest comes at once.
  ::poll(watched.data(), watched.size(), pending_.empty() ? milliseconds : 20);
  Input input;
  std::array<char, 256> block;
  if ((watched[1].revents & POLLIN) != 0) {
    while (::read(wakeup[0], block.data(), block.size()) > 0) {
    }
  }
  if (watched[0].revents != 0) {
    const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
    if (got > 0) pending_.append(block.data(), static_cast<std::size_t>(got));
    input.closed = got <= 0 && (watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    input.keys = keys_in(pending_);
  } else {
    pending_.clear();
  }
  input.suspend = noticed[SIGTSTP].exchange(false);
  const bool went_on = noticed[SIGCONT].exchange(false);
  input.redraw = noticed[SIGWINCH].exchange(false) || went_on;
  if (went_on) enter();  // it was stopped by what cannot be noticed, such as kill -STOP
  return input;
}

void Terminal::suspend() {
  leave();
  handle_as_before(SIGTSTP);
  ::raise(SIGTSTP);  // the whole process stops here
  handle(SIGTSTP, on_notice, 0);
  noticed[SIGCONT] = false;
  enter();
}

}  // namespace tito
