// docs/speed.md and docs/generated/speed-tables.md from docs/generated/speed.json.
#pragma once

#include <string>

#include "bench/compare/runner.hpp"

namespace bench {

// What this machine and this build are: {"processor", "cores", "compiler", "flags", "at", "command"}.
json context_of(const std::string& command);

// All tables. `data` is what speed.json holds: {"schema": "tito-speed/1"} and any of
//   "limits"   {"context", "reports": [what limits and peer_gemm printed]}
//   "networks" {"context", "budget", "peers", "rows": [measure_network()]}
//   "growth"   {"context", "budget", "peers", "points": [measure_growth()]}
//   "loop", "loading"  {"context", "report"}
std::string tables_page(const json& data);

// The generated part of speed.md: the ten figures that a reader wants first.
std::string headlines(const json& data);

// The page with its generated part replaced: what stands between "<!-- measured: begin -->" and
// "<!-- measured: end -->". An empty page is made anew.
// throws: tito::Failure naming `origin` when a mark is missing or stands twice.
std::string page_with(const std::string& page, const std::string& measured, const std::string& origin);

// One row of measure_network() on a line for a person: our rate and all ratios with their floors.
std::string summary_of(const json& row);

// "libtorch 1.13.0 with oneDNN 2.6.3, tuned: ..." for the caption of a figure; "" where there is no peer.
std::string peer_caption(const json& part);

}  // namespace bench
