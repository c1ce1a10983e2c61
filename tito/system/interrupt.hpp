// Ctrl-C and its kin: noted when they come, acted upon where work can be stopped with nothing lost.
#pragma once

#include <atomic>

namespace tito {

// Set by SIGINT, SIGTERM and SIGHUP once note_interrupts() was called.
extern std::atomic<bool> interrupted;

void note_interrupts();

// Set while one piece of work is given up though tito goes on; only system/background.cpp sets it.
extern std::atomic<bool> cancelled;

// Whether the work at hand is to end, for either reason.
inline bool must_stop() { return interrupted || cancelled; }

// What long work throws when it finds that it must stop.
struct Interrupted {};

// throws: Interrupted when the work must stop.
inline void stop_if_interrupted() {
  if (must_stop()) throw Interrupted{};
}

}  // namespace tito
