// Hints as they are shown.
#pragma once

#include "tito/actions/take_hint.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

void print_hint(Screen& screen, const Workspace& workspace, const Hint& hint);

}  // namespace tito
