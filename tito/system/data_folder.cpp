#include "tito/system/data_folder.hpp"

#include <cstdlib>
#include <string>

namespace tito {
namespace {

// The environment variable's value; "" when it is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::optional<std::filesystem::path> data_folder() {
  if (const std::string said = variable("TITO_DATA"); !said.empty()) return said;
  // A relative XDG_DATA_HOME is to be ignored, says the XDG base directory specification.
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/')) return data + "/tito";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.local/share/tito";
  return std::nullopt;
}

}  // namespace tito
