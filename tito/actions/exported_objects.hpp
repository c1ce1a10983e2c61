// The student's exported modules, compiled at full optimisation.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tito/actions/session.hpp"
#include "tito/toolchain/compiler.hpp"

namespace tito {

// All exported modules, by slug; without those whose file in the package was changed by hand.
std::map<std::string, Body> exported_bodies(const Session& session);

// The modules that `slug` needs and that are not exported (in track order).
std::vector<std::string> unexported_needs(const Session& session, const std::string& slug);

// The object of an exported module, named after everything it was made from, so that an old one is never taken for a
// new one.
std::filesystem::path exported_object_path(const Session& session, const std::string& slug,
                                           const std::string& source_hash);

// Compiles a module's source to that object, in whose place older ones of the module go.
Compilation compile_exported(const Session& session, const std::string& slug, const std::filesystem::path& source,
                             const std::filesystem::path& object);

}  // namespace tito
