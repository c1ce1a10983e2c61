// How this tito was built.
#pragma once

#include <string>

namespace tito {

struct Build {
  std::string version;   // "0.1.0"
  std::string type;      // CMake's build type
  std::string compiler;  // "GNU 12.2.0"
  std::string flags;     // those of the engine, which decide what the course can reach
  std::string commit;    // of the checkout, with "-dirty" where it was changed; empty outside of one
};

const Build& build();

}  // namespace tito
