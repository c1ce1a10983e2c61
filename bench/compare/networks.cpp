#include "bench/compare/networks.hpp"

#include <algorithm>

#include "tito/system/files.hpp"

namespace bench {

namespace {

// Who takes turns on a row.
struct Contestant {
  std::string key;
  std::string program;
  std::vector<std::string> arguments;
  Environment environment;
  bool prints_text = false;
};

std::vector<std::string> operator+(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Every contestant once a round, forwards and backwards in turn, so that none always comes after the same.
json take_turns(const Programs& programs, const std::vector<Contestant>& contestants, int rounds, json& libraries) {
  std::vector<std::vector<Turn>> turns(contestants.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < contestants.size(); ++i) {
      const std::size_t who = round % 2 == 0 ? i : contestants.size() - 1 - i;
      const Contestant& contestant = contestants[who];
      if (contestant.prints_text) {
        turns[who].push_back(programs.run_text(contestant.program, contestant.arguments, contestant.environment));
        continue;
      }
      const json report = programs.run(contestant.program, contestant.arguments, contestant.environment);
      turns[who].push_back(turn_of(report));
      if (report.contains("library")) libraries[contestant.key] = report["library"];
    }
  }
  json series = json::object();
  for (std::size_t i = 0; i < contestants.size(); ++i) series[contestants[i].key] = series_of(turns[i]);
  return series;
}

std::vector<std::string> row_options(const std::string& network, int batch, const std::string& mode, int threads) {
  return {"--network", network, "--batch", std::to_string(batch), "--mode", mode, "--threads", std::to_string(threads)};
}

}  // namespace

const std::vector<NetworkRow>& network_rows() {
  static const std::vector<NetworkRow> rows = [] {
    std::vector<NetworkRow> all{{"mlp", 1, "train", 12, 0, 0},       {"mlp", 32, "train", 2.5, 0, 0},
                                {"mlp", 256, "train", 1.2, 0, 0},    {"mnist", 1, "train", 8, 0, 0},
                                {"mnist", 32, "train", 6, 0, 0},     {"cifar", 1, "train", 3, 0, 0},
                                {"cifar", 32, "train", 1.8, 1.2, 0}, {"cifar", 128, "train", 1.6, 1.2, 0}};
    for (std::size_t i = 0, count = all.size(); i < count; ++i) {
      all.push_back({all[i].network, all[i].batch, "infer", 0, 0, 0.7});
    }
    return all;
  }();
  return rows;
}

double cifar_flops(const std::string& mode) { return mode == "train" ? 25.355e6 : 8.970e6; }

std::optional<fs::path> openmp_blas() {
  const fs::path library = BENCH_OPENMP_BLAS;
  return fs::exists(library) ? std::optional(library.parent_path()) : std::nullopt;
}

Environment as_installed(const std::string& threads) {
  return {"OMP_NUM_THREADS=" + threads, "OPENBLAS_NUM_THREADS=" + threads};
}

Environment tuned(const std::string& threads) {
  Environment environment = as_installed(threads);
  if (const auto folder = openmp_blas()) environment.push_back("LD_LIBRARY_PATH=" + folder->string());
  environment.push_back("MALLOC_MMAP_THRESHOLD_=33554432");
  environment.push_back("MALLOC_TRIM_THRESHOLD_=2000000000");
  environment.push_back("MALLOC_TOP_PAD_=67108864");
  return environment;
}

json measure_network(const Programs& programs, const NetworkRow& row, int threads, const Budget& budget) {
  const std::vector<std::string> options =
      row_options(row.network, row.batch, row.mode, threads) + turn_options(budget);
  const std::string count = std::to_string(threads);
  const int lean_threads = row.batch == 1 ? 1 : threads;  // it splits nothing but the batch
  std::vector<Contestant> contestants{{"ours", "network_speed", options, {}},
                                      {"installed", "torch_speed", options, as_installed(count)},
                                      {"tuned", "torch_speed", options, tuned(count)},
                                      {"lean",
                                       "lean",
                                       {row.network, std::to_string(row.batch), std::to_string(lean_threads), row.mode,
                                        "1", std::to_string(budget.seconds)},
                                       as_installed(std::to_string(lean_threads)),
                                       true},
                                      {"reference", "network_speed_reference", options, {}}};
  if (row.network == "cifar") {
    const std::vector<std::string> threads_only{"--threads", count};
    contestants.push_back(
        {"channels_last", "torch_speed", options + std::vector<std::string>{"--channels-last"}, tuned(count)});
    contestants.push_back({"sgemm", "peer_gemm", threads_only + turn_options(budget), as_installed(count)});
  }
  std::erase_if(contestants, [&](const Contestant& contestant) { return !programs.has(contestant.program); });

  json libraries = json::object();
  json series = take_turns(programs, contestants, budget.rounds, libraries);
  json result{{"network", row.network}, {"batch", row.batch}, {"mode", row.mode},      {"threads", threads},
              {"at", tito::utc_now()},  {"series", series},   {"libraries", libraries}};
  if (series.contains("lean")) result["lean_threads"] = lean_threads;
  return result;
}

json measure_growth(const Programs& programs, const std::string& network, int batch, int threads,
                    const Budget& budget) {
  const std::vector<std::string> options = row_options(network, batch, "train", threads) + turn_options(budget);
  const std::string count = std::to_string(threads);
  std::vector<Contestant> contestants{{"ours", "network_speed", options, {}},
                                      {"tuned", "torch_speed", options, tuned(count)}};
  std::erase_if(contestants, [&](const Contestant& contestant) { return !programs.has(contestant.program); });
  json libraries = json::object();
  const json series = take_turns(programs, contestants, budget.rounds, libraries);
  return {{"network", network},    {"batch", batch},   {"threads", threads},
          {"at", tito::utc_now()}, {"series", series}, {"libraries", libraries}};
}

}  // namespace bench
