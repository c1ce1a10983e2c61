// The order of the course, measured: what its tracks promise, and what docs/order.md says of four orders.
#include <algorithm>
#include <random>
#include <regex>
#include <sstream>

#include "judge/case.hpp"
#include "tests/tito/tito.hpp"
#include "tito/authoring/measurement.hpp"

namespace {

struct Measured {
  tito::Kit kit{TEST_KIT};
  tito::Course course{kit.course_file()};
  tito::Usage usage = tito::measure_usage(kit, course);
};

const Measured& measured() {
  static const Measured once;
  return once;
}

// The cells of a row of a table in Markdown.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t begin = line.find('|'); begin != std::string::npos;) {
    const std::size_t end = line.find('|', begin + 1);
    if (end == std::string::npos) break;
    std::string cell = line.substr(begin + 1, end - begin - 1);
    cell.erase(0, cell.find_first_not_of(' '));
    cell.erase(cell.find_last_not_of(' ') + 1);
    cells.push_back(cell);
    begin = end;
  }
  return cells;
}

std::string verdict_in(const tito::Flow& flow, const std::string& from, const std::string& to) {
  for (const tito::Connection& one : flow.connections) {
    if (one.from == from && one.to == to) return name_of(one.quality);
  }
  return "no such connection";
}

}  // namespace

TEST_CASE("In every track each module is used at once, nothing lies unused, and nothing is used before it exists",
          "[order]") {
  for (const auto& [name, track] : measured().course.tracks()) {
    const tito::Flow flow = tito::analyze(measured().usage, track.order, {false, name});
    INFO("tito course analyze --track " << name << ": " << tito::summary_of(flow));
    for (const tito::Connection& one : flow.connections) {
      INFO(one.from << " -> " << one.to << ": " << one.reason);
      CHECK_SAME(name_of(one.quality), std::string("perfect"));
      CHECK_SAME(one.gap, 0);
    }
    for (const tito::ModuleFlow& module : flow.modules) {
      INFO(module.slug);
      CHECK_SAME(module.wasted(), std::vector<std::string>{});
      CHECK(module.forward.empty());
      CHECK(module.demo_uses_itself);
    }
    CHECK(flow.is_perfect());
  }
}

TEST_CASE("The default track is among the best orders that the needs allow", "[order]") {
  const tito::Track& track = measured().course.track(measured().course.default_track());
  const auto best = tito::best_orders(measured().usage, tito::needs_of(measured().course), track.order, 4);
  REQUIRE(!best.empty());
  CHECK_SAME(best[0].order, track.order);
  CHECK_SAME(best[0].gap, 0);
  CHECK_SAME(best[0].forward, 0);
}

TEST_CASE("An order that is a track's finds that track's demos by itself", "[order]") {
  for (const auto& [name, track] : measured().course.tracks()) {
    const tito::Flow by_name = tito::analyze(measured().usage, track.order, {false, name});
    const tito::Flow by_order = tito::analyze(measured().usage, track.order);
    for (std::size_t i = 0; i < track.order.size(); ++i) {
      INFO(name << ", " << track.order[i]);
      CHECK_SAME(by_order.modules[i].demo, by_name.modules[i].demo);
    }
  }
}

TEST_CASE("Any shuffle with spatial before layers is rejected", "[order]") {
  std::vector<std::string> order = measured().course.track("discovery").order;
  INFO("seed " << judge::seed());
  std::mt19937_64 random(judge::seed());
  for (int round = 0; round < 50; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    const auto spatial = std::find(order.begin(), order.end(), "spatial"),
               layers = std::find(order.begin(), order.end(), "layers");
    if (layers < spatial) std::iter_swap(spatial, layers);
    for (const bool bodies : {false, true}) {
      const tito::Flow flow = tito::analyze(measured().usage, order, {bodies, ""});
      const auto& forward = flow.modules[static_cast<std::size_t>(std::min(spatial, layers) - order.begin())].forward;
      CHECK(std::any_of(forward.begin(), forward.end(),
                        [](const tito::ForwardUse& use) { return use.module == "layers"; }));
    }
  }
  Sandbox box(TEST_KIT);
  const Run run = box.tito({"course", "analyze", "--order", "spatial,layers"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "rejected");
}

TEST_CASE("docs/order.md says of four orders what is measured", "[order]") {
  std::istringstream page(tito::read_file(fs::path(TEST_SOURCE_DIR) / "docs/order.md"));
  const std::regex command("^`tito course analyze(?: --order ([a-z,]+))?`$");
  std::vector<std::string> order;
  int orders = 0, rows = 0;
  for (std::string line; std::getline(page, line);) {
    std::smatch match;
    if (std::regex_match(line, match, command)) {
      order = match[1].matched ? tito::parse_order(measured().course, match[1])
                               : measured().course.track("discovery").order;
      ++orders;
    }
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() != 6 || !measured().course.has_module(cells[0])) continue;
    INFO(line);
    ++rows;
    CHECK_SAME(cells[3], verdict_in(tito::analyze(measured().usage, order, {true, ""}), cells[0], cells[1]));
    CHECK_SAME(cells[4], verdict_in(tito::analyze(measured().usage, order), cells[0], cells[1]));
  }
  CHECK_SAME(orders, 3);
  CHECK(rows >= 22);
}
