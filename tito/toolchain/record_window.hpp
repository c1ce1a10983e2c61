// The window of a failed comparison, as the record gives it. The record may be forged: a window whose parts do not fit
// is none.
#pragma once

#include "tito/system/json.hpp"
#include "tito/toolchain/recorded_run.hpp"

namespace tito {

// The "window" of a "failure" event (judge/record.hpp).
TensorWindow window_of(const json& failure);

}  // namespace tito
