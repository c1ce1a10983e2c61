#include "bench/compare/page.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "bench/compare/cells.hpp"
#include "bench/compare/growth.hpp"
#include "bench/compare/networks.hpp"
#include "bench/machine.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace bench {

namespace {

using std::string;

constexpr const char* begin_mark = "<!-- measured: begin -->";
constexpr const char* end_mark = "<!-- measured: end -->";

// Where, with what and when a part was measured.
string context_text(const json& part) {
  const json& context = part.at("context");
  string text = fmt::format("{}, {}; g++ {}, `{}`; {}.", context.at("processor").get<string>(),
                            plural(context.at("cores"), "core"), context.at("compiler").get<string>(),
                            context.at("flags").get<string>(), context.at("at").get<string>());
  if (part.contains("budget")) {
    const json& budget = part["budget"];
    text += fmt::format(" {} of {:g} s for each figure.", plural(budget.at("rounds"), "round"),
                        budget.at("seconds").get<double>());
  }
  return text + fmt::format(" To repeat it: `{}`.\n", context.at("command").get<string>());
}

// When the single rows were measured, where that was not all at one time.
string times_text(const json& rows) {
  string first, last;
  for (const json& row : rows) {
    const string at = row.at("at");
    if (first.empty() || at < first) first = at;
    if (at > last) last = at;
  }
  return first == last ? "" : fmt::format("\nThe rows were measured from {} to {}.\n", first, last);
}

// ---- networks

string reachable_text(const json& row, double floor) {
  const auto value = ratio(row, "ours", "lean");
  if (!value) return "";
  return fmt::format("{:.0f} % ({:.0f} %: {})", 100 * value->median, 100 * floor, verdict(value->median, floor));
}

string lean_text(const json& row) {
  string text = median_text(row, "lean");
  if (!text.empty() && row.at("lean_threads") != row.at("threads")) text += ", 1 thread";
  return text;
}

string peak_text(const json& row) {
  const json* peak = series_in(row, "sgemm");
  if (peak == nullptr) return "";
  const double gflops = series_in(row, "ours")->at("median").get<double>() * cifar_flops(row.at("mode")) / 1e9;
  return fmt::format("{:.0f} % of {} GFLOP/s", 100 * gflops / peak->at("median").get<double>(),
                     figure(peak->at("median")));
}

string rates_table(const std::vector<json>& rows) {
  string text = table_head({"Network", "Batch", "Ours", "Reference bodies", "libtorch, as installed", "tuned",
                            "tuned, channels last", "Reachable"});
  for (const json& row : rows) {
    text += table_row({row.at("network"), std::to_string(row.at("batch").get<int>()), median_text(row, "ours"),
                       median_text(row, "reference"), median_text(row, "installed"), median_text(row, "tuned"),
                       median_text(row, "channels_last"), lean_text(row)});
  }
  return text;
}

string ratios_table(const std::vector<json>& rows, bool train) {
  std::vector<string> head{"Network", "Batch", "Ours to as installed", "to tuned"};
  if (train) head.emplace_back("floor");
  head.emplace_back("to tuned, channels last");
  if (train) head.emplace_back("floor");
  head.emplace_back(train ? "of reachable (aim)" : "of reachable (floor)");
  head.emplace_back("of the sgemm peak");
  string text = table_head(head);
  for (const json& row : rows) {
    const NetworkRow* rule = rule_of(row);
    if (rule == nullptr) continue;
    std::vector<string> cells{rule->network, std::to_string(rule->batch), ratio_text(row, "ours", "installed"),
                              ratio_text(row, "ours", "tuned")};
    if (train) cells.push_back(floor_text(row, "tuned", rule->floor));
    cells.push_back(ratio_text(row, "ours", "channels_last"));
    if (train) cells.push_back(floor_text(row, "channels_last", rule->floor_channels_last));
    cells.push_back(reachable_text(row, train ? aim_of_reachable : rule->floor_of_reachable));
    cells.push_back(peak_text(row));
    text += table_row(cells);
  }
  return text;
}

string spread_table(const json& rows) {
  static const std::vector<std::pair<string, string>> names{{"ours", "ours"},
                                                            {"reference", "reference bodies"},
                                                            {"installed", "libtorch, as installed"},
                                                            {"tuned", "libtorch, tuned"},
                                                            {"channels_last", "libtorch, tuned, channels last"},
                                                            {"lean", "reachable"},
                                                            {"sgemm", "sgemm 2048^3, GFLOP/s"}};
  string text = table_head({"Network", "Batch", "Mode", "Threads", "What", "Median", "Lowest", "Highest", "Rounds",
                            "of them disturbed", "GHz"});
  for (const json& row : rows) {
    for (const auto& [key, name] : names) {
      const json* series = series_in(row, key);
      if (series == nullptr) continue;
      text += table_row(
          {row.at("network"), std::to_string(row.at("batch").get<int>()), row.at("mode"),
           std::to_string(row.at("threads").get<int>()), name, figure(series->at("median")), figure(series->at("min")),
           figure(series->at("max")), std::to_string(series->at("values").size()),
           std::to_string(series->at("disturbed").get<int>()), fmt::format("{:.2f}", series->at("ghz").get<double>())});
    }
  }
  return text;
}

string library_text(const json& library) {
  string text = library.value("name", "") + " " + library.value("version", "");
  if (!library.value("package", "").empty()) text += " (Debian's " + library["package"].get<string>() + ")";
  if (!library.value("onednn", "").empty()) text += ", " + library["onednn"].get<string>();
  if (!library.value("blas", "").empty()) text += ", BLAS from " + library["blas"].get<string>();
  if (!library.value("variant", "").empty()) text += ", " + library["variant"].get<string>();
  return text;
}

// Who was compared with, in which settings.
string peers_text(const json& part) {
  static const std::vector<std::pair<string, string>> names{{"installed", "libtorch, as installed"},
                                                            {"tuned", "libtorch, tuned"},
                                                            {"channels_last", "libtorch, tuned, channels last"},
                                                            {"sgemm", "sgemm peak"}};
  string text;
  const json& peers = part.at("peers");
  for (const auto& [key, name] : names) {
    if (!peers.contains(key)) continue;
    text += "- " + name + ": " + library_text(peers[key]) + ".";
    if (!peers[key].value("environment", "").empty()) {
      text += " Environment: `" + peers[key]["environment"].get<string>() + "`.";
    }
    text += "\n";
  }
  if (!peers.contains("tuned")) text += "- libtorch was not there: its columns are empty.\n";
  if (!part.at("rows").empty() && !part["rows"][0].at("series").contains("lean")) {
    text += "- The prototype that shows what is reachable was not there: its columns are empty.\n";
  }
  return text;
}

string networks_part(const json& part) {
  string text = "## Networks: ours and libtorch in turn, samples/s\n\n" + context_text(part) +
                times_text(part.at("rows")) + "\n" + peers_text(part);
  text +=
      "- Reachable: a prototype written by hand for these shapes alone, no engine; at batch 1 it knows one thread. "
      "It is written for vectors of 32 bytes: where the processor has wider ones, more can be reached.\n"
      "- Figures are medians; in brackets stand the lowest and the highest ratio of a single round. Contestants "
      "took turns.\n"
      "- †: something else kept the processor busy in more than half of the turns, also when they were taken "
      "again.\n"
      "- Of the sgemm peak: the arithmetic of convolutions and linear layers (25.4 MFLOP a sample in training, 8.97 "
      "in inference) by the rate of OpenBLAS on 2048^3 in the same rounds.\n\n";
  for (const char* mode : {"train", "infer"}) {
    std::map<int, std::vector<json>, std::greater<>> by_threads;
    for (const json& row : part.at("rows")) {
      if (row.at("mode") == mode) by_threads[row.at("threads")].push_back(row);
    }
    for (const auto& [threads, rows] : by_threads) {
      const bool train = string(mode) == "train";
      text += fmt::format("### {}, {}\n\n", train ? "Training" : "Inference", plural(threads, "thread"));
      text += rates_table(rows) + "\n" + ratios_table(rows, train) + "\n";
    }
  }
  return text + "<details><summary>Every figure with its spread</summary>\n\n" + spread_table(part.at("rows")) +
         "\n</details>\n\n";
}

// ---- the other parts

string limits_part(const json& part) {
  string text = "## What the machine can do\n\n" + context_text(part) + "\n" +
                table_head({"Limit", "Threads", "Median", "Lowest", "Highest", "Unit"});
  string libraries;
  for (const json& report : part.at("reports")) {
    for (const json& row : report.at("rows")) {
      text += table_row({row.at("name"), std::to_string(report.at("threads").get<int>()), figure(row.at("median")),
                         figure(row.at("min")), figure(row.at("max")), row.at("unit")});
    }
    if (report.contains("library") && libraries.empty()) libraries = library_text(report["library"]);
  }
  return text + (libraries.empty() ? "" : "\nOpenBLAS here: " + libraries + ".\n") + "\n";
}

string growth_part(const json& part) {
  string text = "## How cost grows with the batch\n\n" + context_text(part) + times_text(part.at("points")) +
                "\n![Samples per second over the size of the batch](speed-growth.svg)\n\n";
  const string peer = peer_caption(part);
  if (peer.empty()) return text;
  text += "Ours to " + peer + ":\n\n";
  std::vector<string> head{"Network", "Threads"};
  for (const int batch : growth_batches) head.push_back(fmt::format("batch {}", batch));
  text += table_head(head);
  for (const char* network : growth_networks) {
    std::map<int, std::map<int, string>, std::greater<>> ratios;
    for (const json& point : part.at("points")) {
      if (point.at("network") != network) continue;
      const auto value = ratio(point, "ours", "tuned");
      if (value) ratios[point.at("threads")][point.at("batch")] = fmt::format("{:.2f}", value->median);
    }
    for (auto& [threads, by_batch] : ratios) {
      std::vector<string> cells{network, std::to_string(threads)};
      for (const int batch : growth_batches) cells.push_back(by_batch[batch]);
      text += table_row(cells);
    }
  }
  return text + "\n";
}

// A cell that may be missing, a number or text.
string cell(const json& row, const string& key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<string>();
  if (found->is_boolean()) return found->get<bool>() ? "yes" : "no";
  return found->is_number() ? figure(found->get<double>()) : found->dump();
}

string program_part(const string& heading, const json& part) {
  string text = "## " + heading + "\n\n" + context_text(part) + "\n" +
                table_head({"What", "Median", "Lowest", "Highest", "Unit", "Target", "Met"});
  for (const json& row : part.at("report").at("rows")) {
    text += table_row({cell(row, "name"), cell(row, "median"), cell(row, "min"), cell(row, "max"), cell(row, "unit"),
                       cell(row, "target"), cell(row, "met")});
  }
  return text + "\n";
}

constexpr const char* empty_page =
    "# Speed\n\n"
    "What stands between the two marks is written by `bench/run`, never by hand; the rest of this page is.\n\n"
    "<!-- measured: begin -->\n"
    "<!-- measured: end -->\n";

}  // namespace

json context_of(const string& command) {
  return {{"processor", processor_name()}, {"cores", available_cores()}, {"compiler", __VERSION__},
          {"flags", BENCH_FLAGS},          {"at", tito::utc_now()},      {"command", command}};
}

string summary_of(const json& row) {
  string text =
      fmt::format("{} {}, batch {}, {}: {} samples/s", row.at("network").get<string>(), row.at("mode").get<string>(),
                  row.at("batch").get<int>(), plural(row.at("threads"), "thread"), median_text(row, "ours"));
  const NetworkRow* rule = rule_of(row);
  const auto add = [&](const string& name, const string& what, const string& floor) {
    if (!what.empty()) text += "; " + name + " " + what + (floor.empty() ? "" : ", floor " + floor);
  };
  if (rule == nullptr) return text;
  add("to libtorch tuned", ratio_text(row, "ours", "tuned"), floor_text(row, "tuned", rule->floor));
  add("channels last", ratio_text(row, "ours", "channels_last"),
      floor_text(row, "channels_last", rule->floor_channels_last));
  add("of reachable", reachable_text(row, rule->floor_of_reachable != 0 ? rule->floor_of_reachable : aim_of_reachable),
      "");
  add("of the sgemm peak", peak_text(row), "");
  return text;
}

string peer_caption(const json& part) {
  const json& peers = part.at("peers");
  if (!peers.contains("tuned")) return "";
  const json& tuned = peers["tuned"];
  string text = fmt::format("{} {}", tuned.value("name", ""), tuned.value("version", ""));
  if (!tuned.value("package", "").empty()) text += " (Debian's " + tuned["package"].get<string>() + ")";
  const string blas = tuned.value("blas", "");
  return text + ", tuned: BLAS from " + blas.substr(0, blas.find('/')) + ", malloc keeps its memory";
}

string tables_page(const json& data) {
  string text;
  if (data.contains("networks")) text += networks_part(data["networks"]);
  if (data.contains("limits")) text += limits_part(data["limits"]);
  if (data.contains("growth")) text += growth_part(data["growth"]);
  if (data.contains("loop")) text += program_part("From an edit to a verdict", data["loop"]);
  if (data.contains("loading")) text += program_part("Loading data", data["loading"]);
  return "# Speed: every table\n\nWritten by `bench/run` from [speed.json](speed.json), never by hand; "
         "[speed.md](../speed.md) says what it means.\n\n" +
         (text.empty() ? "Nothing has been measured yet.\n" : text.substr(0, text.size() - 1));
}

string page_with(const string& page, const string& measured, const string& origin) {
  const string before = page.empty() ? empty_page : page;
  const std::size_t begin = before.find(begin_mark), end = before.find(end_mark);
  const bool whole = begin != string::npos && end != string::npos && begin < end &&
                     before.find(begin_mark, begin + 1) == string::npos &&
                     before.find(end_mark, end + 1) == string::npos;
  if (!whole) {
    throw tito::Failure(
        tito::Exit::damaged,
        fmt::format("{}: expected the line \"{}\" once and \"{}\" once behind it", origin, begin_mark, end_mark),
        "put the two lines where the measured part is to stand");
  }
  return before.substr(0, begin) + begin_mark + "\n" + measured + before.substr(end);
}

}  // namespace bench
