// The ten figures that a reader wants first.
#include <fmt/core.h>

#include <algorithm>

#include "bench/compare/cells.hpp"
#include "bench/compare/page.hpp"
#include "bench/machine.hpp"

namespace bench {

namespace {

using std::string;

// One of the networks on the most threads that it was measured on: ours, and beside libtorch at its best.
string network_line(const json& rows, const string& name, const string& network, int batch, const string& mode) {
  const json* row = nullptr;
  for (const json& one : rows) {
    if (one.at("network") != network || one.at("batch") != batch || one.at("mode") != mode) continue;
    if (row == nullptr || one.at("threads") > row->at("threads")) row = &one;
  }
  if (row == nullptr) return "";
  const string peer = series_in(*row, "channels_last") == nullptr ? "tuned" : "channels_last";
  const string times = ratio_text(*row, "ours", peer);
  const NetworkRow* rule = rule_of(*row);
  const double floor = rule == nullptr ? 0 : peer == "tuned" ? rule->floor : rule->floor_channels_last;
  return table_row({fmt::format("{}, batch {}: {}, {}", name, batch, mode == "train" ? "training" : "inference",
                                plural(row->at("threads"), "thread")),
                    median_text(*row, "ours") + " samples/s",
                    times.empty() ? "" : times + (peer == "tuned" ? " x libtorch" : " x libtorch, channels last"),
                    floor_text(*row, peer, floor)});
}

// The engine's matrix product on the most threads, beside OpenBLAS's.
string gemm_line(const json& part) {
  double ours = 0, peer = 0;
  int threads = 0;
  for (const json& report : part.at("reports")) {
    if (report.at("threads") < threads) continue;
    threads = report.at("threads");
    for (const json& row : report.at("rows")) {
      const string name = row.at("name");
      if (name.starts_with("kernels::gemm")) ours = row.at("median");
      if (name.starts_with("sgemm")) peer = row.at("median");
    }
  }
  if (ours == 0) return "";
  return table_row({fmt::format("matrix product of 2048 x 2048, {}", plural(threads, "thread")),
                    figure(ours) + " GFLOP/s", peer == 0 ? "" : fmt::format("{:.2f} x OpenBLAS", ours / peer), ""});
}

string aim_text(const json& row) {
  const auto target = row.find("target");
  if (target == row.end() || target->is_null()) return "";
  return fmt::format("{} {}: {}", figure(target->get<double>()), row.at("unit").get<string>(),
                     row.at("met").get<bool>() ? "met" : "missed");
}

// The row of that name of a program's report.
string report_line(const json& part, const string& name, const string& shown) {
  for (const json& row : part.at("report").at("rows")) {
    if (row.at("name") != name) continue;
    return table_row({shown, figure(row.at("median")) + " " + row.at("unit").get<string>(), "", aim_text(row)});
  }
  return "";
}

// From an edit to a verdict: the module in the middle, and the slowest.
string verdict_lines(const json& part) {
  std::vector<json> rows;
  for (const json& row : part.at("report").at("rows")) {
    if (row.at("name").get<string>().starts_with("tito module test ")) rows.push_back(row);
  }
  if (rows.empty()) return "";
  std::sort(rows.begin(), rows.end(), [](const json& a, const json& b) { return a.at("median") < b.at("median"); });
  const auto line = [](const json& row, const string& which) {
    return table_row({"from an edit to a verdict, " + which + " (`" + row.at("name").get<string>() + "`)",
                      figure(row.at("median")) + " s", "", aim_text(row)});
  };
  return line(rows[rows.size() / 2], "the module in the middle") + line(rows.back(), "the slowest module");
}

}  // namespace

string headlines(const json& data) {
  string rows;
  if (data.contains("networks")) {
    const json& networks = data["networks"].at("rows");
    rows += network_line(networks, "MLP", "mlp", 1, "train") + network_line(networks, "MLP", "mlp", 256, "train") +
            network_line(networks, "CNN on MNIST", "mnist", 32, "train") +
            network_line(networks, "CNN on CIFAR-10", "cifar", 128, "train") +
            network_line(networks, "CNN on CIFAR-10", "cifar", 1, "infer");
  }
  if (data.contains("limits")) rows += gemm_line(data["limits"]);
  if (data.contains("loop")) {
    rows +=
        verdict_lines(data["loop"]) + report_line(data["loop"], "full build from nothing", "full build from nothing");
  }
  if (data.contains("loading")) {
    rows +=
        report_line(data["loading"], "read 50,000 images as float tensors", "reading the 50,000 images of CIFAR-10");
  }
  if (rows.empty()) return "Nothing has been measured yet: `bench/run`.\n";
  return table_head({"What", "Measured", "Beside", "Aim"}) + rows;
}

}  // namespace bench
