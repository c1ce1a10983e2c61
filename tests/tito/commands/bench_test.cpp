// tito bench through the real binary, and --threads. The toy course's module count has a workload and a fast body.
#include "engine/kernels/parallel.hpp"
#include "tests/support/tito.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";

const nlohmann::json& row_named(const nlohmann::json& result, const std::string& name) {
  for (const nlohmann::json& row : result.at("rows")) {
    if (row.at("name") == name) return row;
  }
  FAIL("there is no row " << name << " in " << result.dump(2));
  return result;
}

void check_rates(const nlohmann::json& rates) {
  INFO(rates.dump());
  const double low = rates.at("min"), median = rates.at("median"), high = rates.at("max");
  CHECK(low > 0);
  CHECK(low <= median);
  CHECK(median <= high);
  CHECK(rates.at("rounds").get<int>() >= 2);
}

}  // namespace

TEST_CASE("bench times a filled module near its reference, beside the fast body and the limit", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run run = box.tito({"bench", "01", "--json", "--seconds", "1"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  const nlohmann::json result = run.json();
  CHECK_SAME(result.at("schema"), "tito/1");
  CHECK_SAME(result.at("command"), "bench");
  CHECK_SAME(result.at("ok"), true);
  CHECK_SAME(result.at("module"), "count");
  CHECK_SAME(result.at("number"), 1);
  CHECK_SAME(result.at("tested"), "unknown");
  CHECK(result.at("threads").get<int>() >= 1);
  CHECK(result.at("rounds").get<int>() >= 2);
  CHECK(result.at("seconds").get<double>() > 0);
  CHECK_SAME(result.at("rows").size(), 2U);
  for (const nlohmann::json& row : result.at("rows")) {
    for (const char* body : {"yours", "reference", "fast"}) {
      CHECK_SAME(row.at(body).at("status"), "measured");
      check_rates(row.at(body));
    }
    const double ratio = row.at("yours").at("median").get<double>() / row.at("reference").at("median").get<double>();
    INFO(row.dump(2));
    CHECK(ratio > 0.2);
    CHECK(ratio < 5);
  }
  CHECK(row_named(result, "count_to").at("limit").is_null());
  check_rates(row_named(result, "evens").at("limit"));
  CHECK_SAME(row_named(result, "evens").at("limit").at("by"), "memory");
  CHECK_SAME(row_named(result, "evens").at("unit"), "GB/s");
  const double all = result.at("versus_reference");
  CHECK(all > 0.2);
  CHECK(all < 5);
}

TEST_CASE("bench shows a row for each body, the limit and what is known of the tests", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  Run run = box.tito({"bench", "count", "--seconds", "0.1"});
  CHECK_SAME(run.status, 0);
  for (const char* part : {"01 count", "count_to", "evens", "numbers/s", "yours", "reference", "fast body", "limit",
                           "by memory", "x the reference", "not tested as it is now", "tito module test 01"}) {
    CHECK_CONTAINS(run.out, part);
  }
  CHECK_CONTAINS(run.out, "█");

  box.tito({"module", "test", "01"});
  run = box.tito({"bench", "01", "--seconds", "0.1"}, {"LC_ALL=C"});
  CHECK(!contains(run.out, "tito module test"));
  CHECK(!contains(run.out, "█"));
  CHECK_CONTAINS(run.out, "#");

  box.edit(count_file, "i <= n", "i < n");
  box.tito({"module", "test", "01"});
  run = box.tito({"bench", "01", "--seconds", "0.1"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "of its 3 cases pass");
}

TEST_CASE("bench of a skeleton says not written yet and measures the given bodies", "[bench][limit:60]") {
  Sandbox box;
  box.init();
  const Run run = box.tito({"bench", "01", "--json", "--seconds", "0.1"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("ok"), false);
  const nlohmann::json rows = run.json().at("rows");
  for (const nlohmann::json& row : rows) {
    CHECK_SAME(row.at("yours").at("status"), "not written yet");
    CHECK(!row.at("yours").contains("median"));
    check_rates(row.at("reference"));
    check_rates(row.at("fast"));
  }
  CHECK_CONTAINS(row_named(run.json(), "evens").at("yours").at("reason").get<std::string>(),
                 "evens is not written yet");
  CHECK(run.json().at("versus_reference").is_null());
  CHECK_CONTAINS(box.tito({"bench", "01", "--seconds", "0.1"}).out, "not written yet: evens");
}

TEST_CASE("bench costs a crash, an exit and an exception their rows only", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string right = "if (n < 0) throw";
  for (const auto& [wrong, status] : std::vector<std::pair<std::string, std::string>>{
           {"__builtin_trap(); if (n < 0) throw", "crashed"},
           {"if (n > 1000) __builtin_exit(0); if (n < 0) throw", "ended the program"},
           {"if (n > 1000) throw std::out_of_range(\"too far\"); if (n < 0) throw", "stopped"}}) {
    box.edit(count_file, right, wrong);
    const Run run = box.tito({"bench", "01", "--json", "--seconds", "0.1"});
    CHECK_SAME(run.status, 1);
    CHECK_SAME(row_named(run.json(), "count_to").at("yours").at("status"), status);
    check_rates(row_named(run.json(), "count_to").at("reference"));
    check_rates(row_named(run.json(), "evens").at("yours"));
    box.edit(count_file, wrong, right);
  }
}

TEST_CASE("bench stops an endless loop and says so", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "int count = 0; for (volatile int i = 0; i < 1;) {}");
  const Run run = box.tito({"bench", "01", "--json", "--seconds", "0.1"});
  CHECK_SAME(run.status, 1);
  const nlohmann::json evens = row_named(run.json(), "evens");
  CHECK_SAME(evens.at("yours").at("status"), "did not end");
  CHECK_CONTAINS(evens.at("yours").at("reason").get<std::string>(), "endless loop?");
  check_rates(evens.at("reference"));
  check_rates(row_named(run.json(), "count_to").at("yours"));
}

TEST_CASE("bench names what does not compile or is missing, as module test does", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "int count = zero;");
  Run run = box.tito({"bench", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "it does not compile");
  CHECK_CONTAINS(run.out, count_file + ":");
  CHECK_CONTAINS(run.out, "zero");
  run = box.tito({"bench", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("diagnostics").at(0).at("error"), true);

  box.edit(count_file, "int evens(", "int odds(");
  box.edit(count_file, "int count = zero;", "int count = 0;");
  run = box.tito({"bench", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "no longer defines toy::evens");
}

TEST_CASE("bench all measures what was started and names the rest", "[bench][limit:60]") {
  Sandbox box;
  box.init();
  Run run = box.tito({"bench", "all", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("modules").size(), 0U);
  CHECK_SAME(run.json().at("not_started"), nlohmann::json::array({"count"}));  // total has no workload

  box.tito({"dev", "fill", "all"});
  run = box.tito({"bench", "all", "--json", "--seconds", "0.1"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("module"), "all");
  CHECK_SAME(run.json().at("modules").at(0).at("module"), "count");
  check_rates(row_named(run.json().at("modules").at(0), "evens").at("yours"));
  run = box.tito({"bench", "all", "--seconds", "0.1"});
  CHECK_CONTAINS(run.out, "01 count");
  CHECK_CONTAINS(run.out, "count_to");
  CHECK_CONTAINS(run.out, "not tested as they are now: count");

  box.edit(count_file, "int count = 0;", "int count = zero;");
  run = box.tito({"bench", "all"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "does not compile");
}

TEST_CASE("bench refuses an unknown module, one without a workload and a wrong time", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  Run run = box.tito({"bench", "coutn"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"count\"?");
  run = box.tito({"bench", "total"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "no workload");
  CHECK_SAME(box.tito({"bench", "01", "--seconds", "-1"}).status, 2);
  CHECK_SAME(box.tito({"bench", "01", "--seconds", "soon"}).status, 2);
  fs::remove(box.path(count_file));
  run = box.tito({"bench", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.err, "count.cpp is missing");
}

TEST_CASE("--threads reaches the programs that tito starts, before or behind the command", "[bench][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run run = box.tito({"bench", "01", "--json", "--seconds", "0.1", "--threads", "3"}, {"TITO_THREADS=5"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("threads"), 3);
  CHECK_CONTAINS(box.tito({"--threads", "1", "bench", "01", "--seconds", "0.1"}).out, "1 thread,");

  const int cap = tinytorch::kernels::max_threads;
  for (const std::string& wrong :
       std::vector<std::string>{"0", "-1", "two", "1.5", std::to_string(cap + 1), "99999999999", ""}) {
    const Run refused = box.tito({"module", "test", "01", "--threads", wrong});
    INFO(wrong << ": " << refused.err);
    CHECK_SAME(refused.status, 2);
    CHECK_CONTAINS(refused.err, "expected a whole number from 1 to " + std::to_string(cap));
  }
}

TEST_CASE("Every module of the course has a workload, and bench times one of them with its limits",
          "[bench][limit:60]") {
  Sandbox box(TEST_KIT);
  box.init(true);
  const nlohmann::json kit = nlohmann::json::parse(tito::read_file(TEST_KIT));
  for (const auto& [slug, object] : kit.at("objects").at("body").items()) {
    INFO(slug);
    CHECK(kit.at("objects").at("bench").contains(slug));
  }
  const Run run = box.tito({"bench", "losses", "--json", "--seconds", "1"});
  INFO(run.err);
  CHECK_SAME(run.status, 0);
  const nlohmann::json rows = run.json().at("rows");
  for (const nlohmann::json& row : rows) {
    check_rates(row.at("yours"));
    check_rates(row.at("reference"));
    check_rates(row.at("limit"));
    CHECK(row.at("reference").at("median").get<double>() < 2 * row.at("limit").at("max").get<double>());
  }
}
