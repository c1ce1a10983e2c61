// The checkpoints of a track with what is known of them, in JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "tito/actions/session.hpp"

namespace tito {

// track, done, total, checkpoints
nlohmann::json json_of_checkpoints(const Session& session, const Standing& standing, const Progress& progress);

}  // namespace tito
