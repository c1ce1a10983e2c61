#include "tito/course/given.hpp"

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

constexpr const char* schema = "tito-given";
constexpr int version = 1;

}  // namespace

std::string GivenRecord::key(const fs::path& below_root) {
  const std::string path = below_root.generic_string();
  const std::string_view modules = "modules/";
  if (!path.starts_with(modules)) return path;
  const std::size_t digits = path.find_first_not_of("0123456789", modules.size());
  const bool numbered = digits != std::string::npos && digits > modules.size() && path[digits] == '_';
  return numbered ? std::string(modules) + path.substr(digits + 1) : path;
}

std::optional<GivenRecord> GivenRecord::load(const fs::path& root) {
  try {
    const auto text = read_if_present(root / file());
    if (!text) return std::nullopt;
    const json value = parse_json(*text, file().string());
    const JsonView view(value, file().string());
    check_schema(view, schema, version);
    GivenRecord record{view["contract"].text(), {}};
    const JsonView files = view["files"];
    for (const auto& [key, ignored] : files.object().items()) record.files[key] = files[key].text();
    return record;
  } catch (const Failure&) {
    return std::nullopt;  // the update sets it aside like any file that is not as it was given
  }
}

std::string GivenRecord::print() const {
  const json value = {{"schema", schema_name(schema, version)}, {"contract", contract}, {"files", files}};
  return value.dump(2) + "\n";
}

}  // namespace tito
