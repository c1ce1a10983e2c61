#include "tito/actions/measurements.hpp"

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr const char* schema = "tito-measured/1";
constexpr std::uintmax_t largest_file = 16U << 20U;

fs::path file_of(const Workspace& workspace, const std::string& what) {
  return workspace.root() / ".tito" / "measured" / (what + ".json");
}

}  // namespace

void keep_measurement(const Workspace& workspace, const std::string& what, nlohmann::json figures) {
  const fs::path file = file_of(workspace, what);
  figures["schema"] = schema;
  figures["at"] = utc_now();
  make_folders(file.parent_path());
  write_atomically(file, figures.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

ForeignJson read_foreign_json(const fs::path& file, const std::string& schema) {
  std::error_code none;
  const fs::file_status status = fs::symlink_status(file, none);
  if (!fs::exists(status)) return {};
  if (!fs::is_regular_file(status)) return {std::nullopt, "it is not a regular file"};
  if (fs::file_size(file, none) > largest_file) return {std::nullopt, "it is larger than 16 MiB"};
  try {
    const nlohmann::json value = nlohmann::json::parse(read_file(file), nullptr, false);
    if (!value.is_object()) return {std::nullopt, "it is not JSON, or no object"};
    const auto found = value.find("schema");
    if (found == value.end() || !found->is_string() || *found != schema) {
      return {std::nullopt, "its schema is not " + schema};
    }
    return {value, ""};
  } catch (const Failure& failure) {
    return {std::nullopt, printable(failure.what())};
  }
}

ForeignJson read_measurement(const Workspace& workspace, const std::string& what) {
  return read_foreign_json(file_of(workspace, what), schema);
}

}  // namespace tito
