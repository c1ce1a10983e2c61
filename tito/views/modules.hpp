// The modules of a track as they are listed.
#pragma once

#include "tito/actions/session.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

// How far each module of the track is, a line each.
void print_modules(Screen& screen, const Session& session);

}  // namespace tito
