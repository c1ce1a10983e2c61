#include "tito/system/interrupt.hpp"

#include <signal.h>

namespace tito {

std::atomic<bool> interrupted{false};
std::atomic<bool> cancelled{false};

extern "C" {
static void on_interrupt(int) { interrupted = true; }
}

void note_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

}  // namespace tito
