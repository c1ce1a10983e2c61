#include <signal.h>

#include "tito/commands/commands.hpp"
#include "tito/toolchain/process.hpp"

namespace {

extern "C" void on_interrupt(int) { tito::interrupted = true; }

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // tito init | head must not kill a write half-way
  return tito::run_commands(argc, argv);
}
