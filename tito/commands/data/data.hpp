// What the commands about data sets share.
#pragma once

#include "tito/commands/context.hpp"
#include "tito/data/registry.hpp"

namespace tito {

// The registry that --registry names, else the course's.
Registry registry_of(Context& context);

}  // namespace tito
