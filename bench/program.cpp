#include "bench/program.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <nlohmann/json.hpp>

#include "engine/kernels/parallel.hpp"

namespace bench {

using nlohmann::json;

struct Program::Parts {
  std::string name;
  CLI::App app;
  Timing timing{};
  int threads = 1;
  bool print_json = false;
  json details = json::object();
  json rows = json::array();

  json report() const {
    json report{{"schema", "tito-bench/1"},
                {"benchmark", name},
                {"machine", {{"processor", processor_name()}, {"cores", available_cores()}}},
                {"threads", threads},
                {"rounds", timing.rounds},
                {"seconds", timing.seconds},
                {"rows", rows}};
    report.update(details);
    return report;
  }
};

Program::Program(std::string name, const std::string& description, int threads)
    : parts_(new Parts{.name = std::move(name), .app = CLI::App(description), .threads = threads}) {
  CLI::App& app = parts_->app;
  Timing& timing = parts_->timing;
  app.add_option("--threads", parts_->threads, "threads to use")
      ->check(CLI::Range(1, tinytorch::kernels::max_threads))
      ->capture_default_str();
  app.add_option("--rounds", timing.rounds, "quiet rounds for each figure")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", timing.seconds, "length of each round")
      ->check(CLI::Range(0.001, 600.0))
      ->capture_default_str();
  app.add_option("--retries", timing.retries, "disturbed rounds that may be dropped for each wanted one")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_flag("--json", parts_->print_json, "one JSON object on one line");
}

Program::~Program() = default;

void Program::add_number(const std::string& option, std::int64_t& value, std::int64_t low, std::int64_t high,
                         const std::string& text) {
  parts_->app.add_option(option, value, text)->check(CLI::Range(low, high))->capture_default_str();
}

void Program::add_choice(const std::string& option, std::string& value, const std::vector<std::string>& choices,
                         const std::string& text) {
  parts_->app.add_option(option, value, text)->check(CLI::IsMember(choices))->capture_default_str();
}

void Program::add_flag(const std::string& option, bool& value, const std::string& text) {
  parts_->app.add_flag(option, value, text);
}

int Program::threads() const { return parts_->threads; }
const Timing& Program::timing() const { return parts_->timing; }

void Program::say(const std::string& pointer, const std::string& value) {
  parts_->details[json::json_pointer(pointer)] = value;
}
void Program::say(const std::string& pointer, std::int64_t value) {
  parts_->details[json::json_pointer(pointer)] = value;
}
void Program::say(const std::string& pointer, bool value) { parts_->details[json::json_pointer(pointer)] = value; }

void Program::add(const std::string& name, const Rate& rate, const std::string& unit, double scale) {
  parts_->rows.push_back({{"name", name},
                          {"median", rate.median / scale},
                          {"min", rate.min / scale},
                          {"max", rate.max / scale},
                          {"unit", unit},
                          {"kept", rate.kept},
                          {"dropped", rate.dropped},
                          {"ghz", rate.ghz}});
  if (parts_->print_json) return;
  fmt::print("{:<44} {:>11} {}  ({} to {}; {} quiet rounds, {} dropped; {:.2f} GHz)\n", name,
             figure(rate.median / scale), unit, figure(rate.min / scale), figure(rate.max / scale), rate.kept,
             rate.dropped, rate.ghz);
  std::fflush(stdout);
}

int Program::run(int argc, char** argv, const std::function<void()>& body) {
  try {
    parts_->app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parts_->app.exit(error) == 0 ? 0 : 2;
  }
  try {
    body();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", parts_->name, error.what());
    return 1;
  }
  if (parts_->print_json) fmt::print("{}\n", parts_->report().dump());
  return 0;
}

void NetworkOptions::add_to(Program& program) {
  program.add_choice("--network", network, {"mlp", "mnist", "cifar"}, "mlp, mnist or cifar");
  program.add_number("--batch", batch, 1, 1 << 16, "samples in a batch");
  program.add_choice("--mode", mode, {"train", "infer"},
                     "train: forward, loss, backward, optimizer; infer: forward alone");
}

void NetworkOptions::report(Program& program, const Rate& rate) const {
  program.say("/network", network);
  program.say("/batch", batch);
  program.say("/mode", mode);
  program.add(fmt::format("{} {}, batch {}", network, mode, batch), rate, "samples/s");
}

}  // namespace bench
