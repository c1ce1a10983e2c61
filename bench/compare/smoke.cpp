#include "bench/compare/smoke.hpp"

#include <fmt/core.h>

#include "bench/compare/growth.hpp"
#include "bench/compare/networks.hpp"
#include "bench/compare/page.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace bench {

namespace {

using std::string;

class Complaints {
 public:
  void check(bool holds, const string& otherwise) {
    if (holds) return;
    fmt::print(stderr, "bench_compare --smoke: {}\n", otherwise);
    ++count_;
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

const std::vector<string> shortest{"--rounds", "1", "--seconds", "0.001", "--retries", "0", "--threads", "2", "--json"};

void check_report(const json& report, const string& command, Complaints& complaints) {
  complaints.check(report.value("schema", "") == "tito-bench/1", command + ": the schema is not tito-bench/1");
  complaints.check(report.value("threads", 0) == 2, command + ": --threads 2 was not heard");
  complaints.check(!report.at("rows").empty(), command + ": no rows");
  for (const json& row : report.at("rows")) {
    const double low = row.at("min"), middle = row.at("median"), high = row.at("max");
    complaints.check(0 < low && low <= middle && middle <= high,
                     fmt::format("{}: expected 0 < min <= median <= max, found {}", command, row.dump()));
  }
}

json run_checked(const Programs& programs, const string& program, std::vector<string> arguments,
                 Complaints& complaints) {
  string command = program;
  for (const string& word : arguments) command += " " + word;
  arguments.insert(arguments.end(), shortest.begin(), shortest.end());
  json report = programs.run(program, arguments);
  check_report(report, command, complaints);
  return report;
}

bool contains(const string& text, const string& part) { return text.find(part) != string::npos; }

// A row as measure_network() makes it, of known figures.
json row_of(const string& network, int batch, double ours, double tuned) {
  const auto series = [](double rate) { return series_of({{rate, true, 0, 2.5}, {rate * 1.1, true, 0, 2.5}}); };
  return {{"network", network},
          {"batch", batch},
          {"mode", "train"},
          {"threads", 2},
          {"at", "then"},
          {"series", {{"ours", series(ours)}, {"tuned", series(tuned)}}},
          {"libraries", json::object()}};
}

void check_page(const json& limits, Complaints& complaints) {
  const json context = context_of("bench/run --smoke");
  const json peers{{"tuned", {{"name", "libtorch"}, {"version", "0"}}}};
  const json budget{{"rounds", 2}, {"seconds", 0.1}};
  const json data{{"limits", {{"context", context}, {"reports", {limits}}}},
                  {"networks",
                   {{"context", context},
                    {"budget", budget},
                    {"peers", peers},
                    {"rows", {row_of("mlp", 32, 5000, 1000), row_of("mnist", 32, 3000, 1000)}}}},
                  {"growth",
                   {{"context", context},
                    {"budget", budget},
                    {"peers", peers},
                    {"points", {row_of("mlp", 1, 100, 10), row_of("mlp", 512, 9000, 1000)}}}}};
  const string tables = tables_page(data);
  complaints.check(contains(tables, "2.5x: met"), "the page does not say that a floor was met");
  const string measured = headlines(data);
  for (const string& page : {tables, measured}) {
    complaints.check(contains(page, "6x: 0.50 of it"), "a page does not say how far a floor was missed:\n" + page);
  }

  const string once = page_with("", measured, "page");
  const string by_hand = "above\n" + once + "below\n";
  complaints.check(page_with(by_hand, measured, "page") == by_hand,
                   "writing the same figures again changes the page, or what is written by hand");
  bool refused = false;
  try {
    page_with("a page without marks\n", measured, "page");
  } catch (const tito::Failure&) {
    refused = true;
  }
  complaints.check(refused, "a page without marks was overwritten");

  const string svg = growth_svg(data["growth"]["points"], "libtorch <0>", "a & b");
  complaints.check(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && contains(svg, "&lt;0>") &&
                       contains(svg, "a &amp; b") && !contains(svg, "nan") && !contains(svg, "inf"),
                   "the picture is no SVG of finite positions");
}

// The pages of the repository are what its speed.json says.
void check_published(Complaints& complaints) {
  const fs::path docs = BENCH_SOURCE_DIR "/docs";
  const json data = tito::parse_json(tito::read_file(docs / "generated/speed.json"), "speed.json");
  const string page = tito::read_file(docs / "speed.md");
  complaints.check(tito::read_file(docs / "generated/speed-tables.md") == tables_page(data) &&
                       page == page_with(page, headlines(data), "speed.md"),
                   "docs/speed.md and docs/generated/speed-tables.md are not what speed.json says: "
                   "build/bin/bench_compare --pages");
}

}  // namespace

int smoke() {
  const Programs programs;
  Complaints complaints;
  for (const char* program : {"network_speed", "network_speed_reference"}) {
    for (const char* network : {"mlp", "mnist", "cifar"}) {
      for (const char* mode : {"train", "infer"}) {
        run_checked(programs, program, {"--network", network, "--mode", mode, "--batch", "2"}, complaints);
      }
    }
  }
  const json limits = run_checked(programs, "limits", {"--size", "64", "--mebibytes", "1"}, complaints);
  run_checked(programs, "peer_gemm", {"--size", "64"}, complaints);
  check_page(limits, complaints);
  check_published(complaints);
  if (complaints.count() == 0) fmt::print("the measuring programs and their page work\n");
  return complaints.count() == 0 ? 0 : 1;
}

}  // namespace bench
