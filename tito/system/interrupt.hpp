// Ctrl-C and its kin: noted when they come, acted upon where work can be stopped with nothing lost.
#pragma once

#include <atomic>

namespace tito {

// Set by SIGINT, SIGTERM and SIGHUP once note_interrupts() was called.
extern std::atomic<bool> interrupted;

void note_interrupts();

// What long work throws when it finds `interrupted` set.
struct Interrupted {};

// throws: Interrupted when one has come.
inline void stop_if_interrupted() {
  if (interrupted) throw Interrupted{};
}

}  // namespace tito
