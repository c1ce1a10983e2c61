// Snapshots of students' files as they are shown.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "tito/course/snapshots.hpp"

namespace tito {

nlohmann::json json_of(const Snapshot& snapshot);

// "2026-11-22 09:30 UTC"
std::string readable_time(const std::string& at);

// The number of a snapshot as a user writes it, a whole number from 1; 0 for anything else.
std::int64_t snapshot_number(const std::string& text);

}  // namespace tito
