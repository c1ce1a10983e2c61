#include <signal.h>

#include "tito/commands/commands.hpp"
#include "tito/system/interrupt.hpp"

int main(int argc, char** argv) {
  tito::note_interrupts();
  ::signal(SIGPIPE, SIG_IGN);  // tito init | head must not kill a write half-way
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on files' sizes is an error of the write, as a full disk is
  return tito::run_commands(argc, argv);
}
