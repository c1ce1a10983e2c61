// What this tito is.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tito {

// "tito 0.1.0", and below it how it was built, a line each.
std::string version_text();

// The same as members of an object.
nlohmann::json version_json();

}  // namespace tito
