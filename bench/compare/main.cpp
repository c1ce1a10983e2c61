// Measures all that docs/speed.md claims, each program in a process of its own and ours in turn with its peers, and
// writes the measured part of the page. What was measured is kept in docs/generated/speed.json, from which pages and
// picture are made, so that one part can be measured again alone.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "bench/compare/growth.hpp"
#include "bench/compare/networks.hpp"
#include "bench/compare/page.hpp"
#include "bench/compare/smoke.hpp"
#include "bench/machine.hpp"
#include "engine/kernels/parallel.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/toolchain/process.hpp"

namespace {

using namespace bench;
using std::string;

const std::vector<string> all_parts{"limits", "networks", "growth", "loop", "loading"};

struct Options {
  std::vector<string> parts;
  std::vector<string> networks;
  std::vector<int> batches;
  std::vector<string> modes;
  std::vector<int> threads;
  std::optional<int> rounds;
  std::optional<double> seconds;
  std::optional<int> retries;
  bool quick = false;
  bool print_json = false;
  bool only_pages = false;
  bool run_smoke = false;
  string docs;  // empty: as folder() says
  string command = "bench/run";

  bool wants(const string& part) const {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  }

  // Where the page is: figures of --quick are no figures to publish.
  string folder() const {
    if (!docs.empty()) return docs;
    return quick ? BENCH_BINARY_DIR "/speed" : BENCH_SOURCE_DIR "/docs";
  }

  // How long to measure, where nothing was said.
  Budget budget(int usual_rounds) const {
    const Budget usual = quick ? Budget{2, 0.1, 0} : Budget{usual_rounds, 0.5, 4};
    return {rounds.value_or(usual.rounds), seconds.value_or(usual.seconds), retries.value_or(usual.retries)};
  }

  // One thread, and all cores.
  std::vector<int> thread_counts() const {
    if (!threads.empty()) return threads;
    return available_cores() == 1 ? std::vector<int>{1} : std::vector<int>{available_cores(), 1};
  }
};

template <class T>
bool chosen(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

// What was measured, as speed.json holds it.
class Store {
 public:
  explicit Store(const string& folder) : folder_(folder), generated_(folder_ / "generated") {
    const fs::path file = generated_ / "speed.json";
    const auto text = tito::read_if_present(file);
    data_ = text ? tito::parse_json(*text, file.string()) : json{{"schema", "tito-speed/1"}};
    // A page that cannot be written is to be known before an hour of measuring.
    page_with(tito::read_if_present(page()).value_or(""), "", page().string());
  }

  json& data() { return data_; }
  fs::path page() const { return folder_ / "speed.md"; }

  void save() const {
    tito::make_folders(generated_);
    tito::write_atomically(generated_ / "speed.json", data_.dump(1) + "\n");
    tito::write_atomically(generated_ / "speed-tables.md", tables_page(data_));
    const string before = tito::read_if_present(page()).value_or("");
    tito::write_atomically(page(), page_with(before, headlines(data_), page().string()));
    if (!data_.contains("growth")) return;
    const json& growth = data_["growth"];
    const json& context = growth.at("context");
    const string machine = fmt::format("{}, {} cores; {}", context.at("processor").get<string>(),
                                       context.at("cores").get<int>(), context.at("at").get<string>());
    tito::write_atomically(generated_ / "speed-growth.svg",
                           growth_svg(growth.at("points"), peer_caption(growth), machine));
  }

 private:
  fs::path folder_;
  fs::path generated_;
  json data_;
};

// Puts a row in the place of the one that is about the same, or behind the others.
void put(json& rows, const json& row) {
  for (json& old : rows) {
    const bool same = old.at("network") == row.at("network") && old.at("batch") == row.at("batch") &&
                      old.at("threads") == row.at("threads") && old.value("mode", "") == row.value("mode", "");
    if (same) {
      old = row;
      return;
    }
  }
  rows.push_back(row);
}

// The version of an installed Debian package; "" where there is none.
string package_version(const string& package) {
  try {
    const tito::ProcessResult result =
        tito::run_process({"dpkg-query", "-W", "-f", "${Version}", package}, tito::ProcessOptions{});
    return result.succeeded() ? result.output : "";
  } catch (const tito::Failure&) {
    return "";
  }
}

// Describes the libraries that a row was measured with, for the page.
void describe_peers(json& peers, const json& row) {
  for (const auto& [key, library] : row.at("libraries").items()) {
    json described = library;
    const bool torch = library.value("name", "") == "libtorch";
    described["package"] = package_version(torch ? "libtorch-dev" : "libopenblas0");
    string environment;
    for (const string& word : key == "tuned" || key == "channels_last" ? tuned("THREADS") : as_installed("THREADS")) {
      environment += (environment.empty() ? "" : " ") + word;
    }
    described["environment"] = environment;
    peers[key] = described;
  }
}

json budget_json(const Budget& budget) { return {{"rounds", budget.rounds}, {"seconds", budget.seconds}}; }

// The part of that name with the present context. Its former rows are kept where they were measured on this machine
// and with this compiler.
json& begin_part(Store& store, const string& name, const string& rows, const Options& options, const Budget& budget) {
  json& part = store.data()[name];
  const json context = context_of(options.command);
  if (part.contains("context")) {
    for (const char* key : {"processor", "cores", "compiler", "flags"}) {
      const json former = part["context"].value(key, json());
      if (former == context.at(key)) continue;
      note(fmt::format("bench_compare: {} was measured with {} {}, now {}: its former rows are dropped", name, key,
                       former.dump(), context.at(key).dump()));
      part = json::object();
      break;
    }
  }
  if (!part.contains(rows)) part[rows] = json::array();
  if (!part.contains("peers")) part["peers"] = json::object();
  part["context"] = context;
  part["budget"] = budget_json(budget);
  return part;
}

void measure_limits(const Programs& programs, Store& store, const Options& options) {
  const Budget budget = options.budget(5);
  json reports = json::array();
  const std::vector<string> words{
      "--rounds",  std::to_string(budget.rounds),  "--seconds", fmt::format("{:g}", budget.seconds),
      "--retries", std::to_string(budget.retries), "--json"};
  const std::vector<int> counts = options.thread_counts();
  Progress progress(2 * counts.size());
  for (const int threads : counts) {
    for (const char* program : {"limits", "peer_gemm"}) {
      progress.next(fmt::format("{}, threads: {}", program, threads));
      std::vector<string> arguments = words;
      arguments.insert(arguments.end(), {"--threads", std::to_string(threads)});
      reports.push_back(programs.run(program, arguments, as_installed(std::to_string(threads))));
    }
  }
  for (json& report : reports) {
    if (report.contains("library")) report["library"]["package"] = package_version("libopenblas0");
  }
  store.data()["limits"] = {
      {"context", context_of(options.command)}, {"budget", budget_json(budget)}, {"reports", reports}};
  store.save();
}

void measure_networks(const Programs& programs, Store& store, const Options& options) {
  const Budget budget = options.budget(5);
  std::vector<std::pair<NetworkRow, int>> wanted;
  for (const NetworkRow& row : network_rows()) {
    const bool this_one =
        chosen(options.networks, row.network) && chosen(options.batches, row.batch) && chosen(options.modes, row.mode);
    for (const int threads : options.thread_counts()) {
      if (this_one) wanted.emplace_back(row, threads);
    }
  }
  if (wanted.empty()) return note("bench_compare: no row of the networks has all that was asked for");
  json& part = begin_part(store, "networks", "rows", options, budget);
  Progress progress(wanted.size());
  for (const auto& [row, threads] : wanted) {
    progress.next(fmt::format("{} {}, batch {}, threads: {}", row.network, row.mode, row.batch, threads));
    const json result = measure_network(programs, row, threads, budget);
    describe_peers(part["peers"], result);
    put(part["rows"], result);
    store.save();
    note(summary_of(result));
  }
}

void measure_growing(const Programs& programs, Store& store, const Options& options) {
  const Budget budget = options.budget(3);
  json& part = begin_part(store, "growth", "points", options, budget);
  std::vector<std::tuple<string, int, int>> wanted;
  for (const string network : growth_networks) {
    for (const int batch : growth_batches) {
      for (const int threads : options.thread_counts()) {
        if (chosen(options.networks, network) && chosen(options.batches, batch))
          wanted.emplace_back(network, batch, threads);
      }
    }
  }
  Progress progress(wanted.size());
  for (const auto& [network, batch, threads] : wanted) {
    progress.next(fmt::format("growth of {}, batch {}, threads: {}", network, batch, threads));
    const json point = measure_growth(programs, network, batch, threads, budget);
    describe_peers(part["peers"], point);
    put(part["points"], point);
    store.save();
  }
}

// A program that measures for itself and only prints rows.
void measure_program(const Programs& programs, Store& store, const Options& options, const string& program) {
  if (!programs.has(program)) {
    return note("bench_compare: no program " + program + " was built: its table is left as it is");
  }
  // The loop's build from nothing takes minutes.
  const bool loop = program == "loop";
  const std::vector<string> quick = loop ? std::vector<string>{"--json", "--runs", "2", "--short-runs", "3"}
                                         : std::vector<string>{"--json", "--runs", "2", "--samples", "640"};
  const std::vector<string> usual = loop ? std::vector<string>{"--json", "--build"} : std::vector<string>{"--json"};
  Progress progress(1);
  progress.next(program);
  constexpr double limit_seconds = 3600;
  const json report = programs.run(program, options.quick ? quick : usual, {}, limit_seconds);
  store.data()[program] = {{"context", context_of(options.command)}, {"report", report}};
  store.save();
}

void measure_all(const Options& options) {
  const Programs programs;
  Store store(options.folder());
  if (options.only_pages) return store.save();
  if (!programs.has("torch_speed")) note("bench_compare: torch_speed was not built: libtorch's columns are left empty");
  if (!programs.has("lean")) note("bench_compare: lean was not built: shares of what is reachable are left empty");
  if (!openmp_blas())
    note(
        "bench_compare: OpenBLAS's OpenMP variant (libopenblas0-openmp) is not installed: \"tuned\" means malloc "
        "alone");
  if (options.wants("limits")) measure_limits(programs, store, options);
  if (options.wants("networks")) measure_networks(programs, store, options);
  if (options.wants("growth")) measure_growing(programs, store, options);
  for (const char* program : {"loop", "loading"}) {
    if (options.wants(program)) measure_program(programs, store, options, program);
  }
  if (options.print_json) fmt::print("{}\n", store.data().dump());
  note("written: " + store.page().string());
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--only", options.parts, "measures these parts; of the others, what was measured before is kept")
      ->check(CLI::IsMember(all_parts));
  app.add_option("--network", options.networks, "these networks alone")
      ->check(CLI::IsMember({"mlp", "mnist", "cifar"}));
  app.add_option("--batch", options.batches, "these batches alone")->check(CLI::PositiveNumber);
  app.add_option("--mode", options.modes, "training or inference alone")->check(CLI::IsMember({"train", "infer"}));
  app.add_option("--threads", options.threads, "these counts of threads (default: all cores, and 1)")
      ->check(CLI::Range(1, tinytorch::kernels::max_threads));
  app.add_option("--rounds", options.rounds, "turns of every contestant (default: 5; 3 for growth)")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.seconds, "length of a turn (default: 0.5)")->check(CLI::Range(0.001, 600.0));
  app.add_option("--retries", options.retries, "how often a disturbed turn is taken again (default: 4)")
      ->check(CLI::Range(0, 1000));
  app.add_flag("--quick", options.quick,
               "two short turns, disturbed ones counted: to see that it works, not to publish");
  app.add_option("--docs", options.docs,
                 "the folder of speed.md and of generated/ (default: docs; with --quick build/speed)");
  app.add_flag("--json", options.print_json, "prints what speed.json holds");
  app.add_flag("--pages", options.only_pages, "writes the pages anew from speed.json, and measures nothing");
  app.add_flag("--smoke", options.run_smoke, "only checks that the programs work; writes nothing");
}

}  // namespace

int main(int argc, char** argv) {
  tito::note_interrupts();
  Options options;
  CLI::App app("Measures our programs in turn with their peers, and writes docs/speed.md.");
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (int i = 1; i < argc; ++i) options.command += string(" ") + argv[i];
  try {
    if (options.run_smoke) return smoke();
    measure_all(options);
  } catch (const tito::Interrupted&) {
    note("bench_compare: interrupted; what was measured before is kept");
    return static_cast<int>(tito::Exit::interrupted);
  } catch (const tito::Failure& failure) {
    note(string("bench_compare: ") + failure.what() + (failure.way_out().empty() ? "" : "\n" + failure.way_out()));
    return static_cast<int>(failure.exit());
  } catch (const std::exception& error) {
    note(string("bench_compare: ") + error.what());
    return static_cast<int>(tito::Exit::damaged);
  }
  return 0;
}
