#include "tito/system/measure.hpp"

namespace tito {

nlohmann::json json_of(const std::vector<Measure>& measures) {
  nlohmann::json list = nlohmann::json::array();
  for (const Measure& measure : measures) {
    list.push_back({{"name", measure.name},
                    {"value", measure.value ? nlohmann::json(*measure.value) : nlohmann::json(nullptr)},
                    {"unit", measure.unit}});
    if (!measure.data.empty()) list.back()["data"] = measure.data;
  }
  return list;
}

}  // namespace tito
