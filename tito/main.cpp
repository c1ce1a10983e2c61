#include <signal.h>

#include "tito/commands/commands.hpp"
#include "tito/system/interrupt.hpp"

int main(int argc, char** argv) {
  tito::note_interrupts();
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  ::signal(SIGPIPE, SIG_IGN);  // tito init | head must not kill a write half-way
  return tito::run_commands(argc, argv);
}
