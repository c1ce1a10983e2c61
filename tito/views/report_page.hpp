// The report as a page: what gather_figures() found, in HTML.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tito {

// Every text and number in `figures` may come from a file that anybody changed: what has another type than expected is
// left out, and text is escaped.
std::string report_page(const nlohmann::json& figures);

}  // namespace tito
