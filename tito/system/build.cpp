#include "tito/system/build.hpp"

#include "tito/system/commit.hpp"  // written by cmake/commit.cmake

namespace tito {

const Build& build() {
  static const Build known{TITO_VERSION, TITO_BUILD_TYPE, TITO_COMPILER, TITO_FLAGS, TITO_COMMIT};
  return known;
}

}  // namespace tito
