#include "tito/views/snapshot.hpp"

namespace tito {

nlohmann::json json_of(const Snapshot& snapshot) {
  nlohmann::json entry = {{"id", snapshot.id}, {"module", snapshot.module}, {"cause", name_of(snapshot.cause)},
                          {"at", snapshot.at}, {"sha256", snapshot.object}, {"bytes", snapshot.bytes},
                          {"added", nullptr},  {"removed", nullptr}};
  if (snapshot.lines) entry["added"] = snapshot.lines->added, entry["removed"] = snapshot.lines->removed;
  return entry;
}

std::string readable_time(const std::string& at) {
  return at.size() < 16 ? at : at.substr(0, 10) + " " + at.substr(11, 5) + " UTC";
}

std::int64_t snapshot_number(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 15 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : 0;
}

}  // namespace tito
