// Milestones, and what demos and milestones leave behind: through the real binary with the toy course, and the parts
// by themselves.
#include <regex>
#include <set>

#include "tito.hpp"
#include "tito/course/course.hpp"
#include "tito/course/milestones.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/safetensors.hpp"
#include "tito/toolchain/recorded_run.hpp"
#include "tito/ui/curve.hpp"

namespace {

using nlohmann::json;

// A workspace whose two modules are exported.
void init_exported(Sandbox& box) {
  box.init(true);
  REQUIRE(box.tito({"export", "count"}).status == 0);
  REQUIRE(box.tito({"export", "total"}).status == 0);
}

json milestone_named(const Sandbox& box, const std::string& name) {
  const json list = box.tito({"milestone", "list", "--json"}).json();
  for (const json& one : list.at("milestones")) {
    if (one.at("milestone") == name) return one;
  }
  FAIL("no milestone " << name);
  return {};
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const tito::Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("A milestone that lacks modules names them and the command to get on", "[milestone][limit:60]") {
  Sandbox box;
  box.init(true);
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "locked");
  CHECK_SAME(milestone_named(box, "gauss").at("missing"), json::array({"count", "total"}));
  Run run = box.tito({"milestone", "run", "gauss"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.err, "2 are not exported yet: count, total");
  CHECK_CONTAINS(run.err, "tito export count");
  // The gates are told beforehand all the same.
  CHECK_CONTAINS(run.out, "gate: sum: at least 500500 units on large numbers, 5050 units on small numbers");

  REQUIRE(box.tito({"export", "count"}).status == 0);
  run = box.tito({"milestone", "run", "gauss", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("ok"), false);
  CHECK_SAME(run.json().at("missing"), json::array({"total"}));
  CHECK_SAME(milestone_named(box, "gauss").at("missing"), json::array({"total"}));
  CHECK_SAME(milestone_named(box, "stray").at("state"), "ready");
}

TEST_CASE("A milestone on the student's modules is held against its gates and kept as evidence",
          "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const Run run = box.tito({"milestone", "run", "gauss", "--json"});
  INFO(run.err);
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("command"), "milestone run");
  CHECK_SAME(run.json().at("passed"), true);
  CHECK_SAME(run.json().at("seed"), 1);
  CHECK_SAME(run.json().at("data"), json::array({"small numbers"}));
  CHECK_SAME(run.json().at("linked").size(), 2U);
  const json gates = run.json().at("gates");
  CHECK_SAME(gates.at(0).at("state"), "met");
  CHECK_SAME(gates.at(0).at("value"), 5050.0);
  CHECK_SAME(gates.at(0).at("data"), "small numbers");
  // A gate about data that the run had not is neither met nor missed, and says so.
  CHECK_SAME(gates.at(1).at("state"), "not run");
  CHECK_SAME(gates.at(1).at("reason"), "large numbers is not installed");
  CHECK_SAME(gates.at(2).at("state"), "met");

  const json listed = milestone_named(box, "gauss");
  CHECK_SAME(listed.at("state"), "passed");
  CHECK_SAME(listed.at("run").at("gates").at(0).at("value"), 5050.0);
  CHECK_SAME(listed.at("run").at("at").get<std::string>().size(), 20U);
  CHECK_SAME(box.tito({"milestone", "list", "--json"}).json().at("passed"), 1);
  CHECK_SAME(json::parse(tito::read_file(box.path(".tito/progress.json"))).at("milestones").size(), 1U);
  CHECK_SAME(box.tito({"next", "--json"}).json().at("action"), "finished");
}

TEST_CASE("A milestone says beforehand what it must reach and afterwards what it reached", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const Run run = box.tito({"milestone", "run", "gauss"});
  CHECK_SAME(run.status, 0);
  CHECK(run.out.find("gate: numbers: at least 100") < run.out.find("Adding up to 100."));
  CHECK(run.out.find("Adding up to 100.") < run.out.find("numbers: 100.0 (at least 100)"));
  CHECK_CONTAINS(run.out, "sum: 5,050 units on small numbers (at least 5050 units)");
  CHECK_CONTAINS(run.out, "sum: not run, large numbers is not installed");
  CHECK_CONTAINS(run.out, "milestone gauss passed, on 2 of your own modules, seed 1");
  CHECK_CONTAINS(run.out, "kept results/milestone-gauss/model.safetensors: 2 tensors, 8 numbers");
  CHECK_CONTAINS(run.out, "kept results/milestone-gauss/notes.txt: 15 bytes");
}

TEST_CASE("--seed reaches the milestone, and decides which gates there are", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const Run run = box.tito({"milestone", "run", "gauss", "--seed", "2", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("seed"), 2);
  CHECK_SAME(run.json().at("gates").at(0).at("value"), 500500.0);
  CHECK_SAME(run.json().at("gates").at(1).at("state"), "met");
  CHECK_SAME(milestone_named(box, "gauss").at("run").at("seed"), 2);
  CHECK_SAME(box.tito({"milestone", "run", "gauss", "--seed", "two"}).status, 2);
}

TEST_CASE("A module that is right for its tests and wrong beyond misses the gate", "[milestone][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "count"}).status == 0);
  box.edit("modules/02_total/total.cpp", "int total = 0;", "int total = 0;\n  if (n == 100) return 5049;");
  REQUIRE(box.tito({"export", "total", "--json"}).json().at("exported") == true);
  const Run run = box.tito({"milestone", "run", "gauss"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "✗ sum: 5,049 units on small numbers (at least 5050 units)");
  CHECK_CONTAINS(run.out, "milestone gauss missed");
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "missed");
  const json result = json::parse(tito::read_file(box.path("results/milestone-gauss/result.json")));
  CHECK_SAME(result.at("passed"), false);
}

TEST_CASE("A module that throws or crashes in a milestone is a run that did not come to its end",
          "[milestone][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "count"}).status == 0);
  box.edit("modules/02_total/total.cpp", "int total = 0;",
           "int total = 0;\n  if (n == 99) throw std::runtime_error(\"99 is too many\");");
  box.tito({"export", "total"});
  Run run = box.tito({"milestone", "run", "gauss", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("finished"), false);
  CHECK_SAME(run.json().at("passed"), false);
  CHECK_CONTAINS(run.json().at("reason").get<std::string>(), "99 is too many");
  CHECK_CONTAINS(run.json().at("output").get<std::string>(), "Adding up to 100.");
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "missed");
  CHECK(!fs::exists(box.path("results/milestone-gauss")));

  box.edit("modules/02_total/total.cpp", "throw std::runtime_error(\"99 is too many\")", "__builtin_trap()");
  box.tito({"export", "total"});
  run = box.tito({"milestone", "run", "gauss"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.err, "did not come to its end: crashed with SIGILL");
}

TEST_CASE("A passed milestone is stale once a module it was linked with has changed, until it is run again",
          "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  REQUIRE(box.tito({"milestone", "run", "gauss"}).status == 0);
  REQUIRE(box.tito({"milestone", "run", "stray"}).status == 0);
  box.edit("modules/02_total/total.cpp", "int total = 0;", "int total = 0;  // again");
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "stale");
  CHECK_SAME(milestone_named(box, "gauss").at("changed"), json::array({"total"}));
  CHECK_SAME(milestone_named(box, "stray").at("state"), "passed");  // it does not need total
  REQUIRE(box.tito({"export", "total"}).status == 0);
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "stale");
  CHECK_CONTAINS(box.tito({"milestone", "list"}).out, "changed since: total");
  REQUIRE(box.tito({"milestone", "run", "gauss"}).status == 0);
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "passed");
}

TEST_CASE("An unknown milestone gets a suggestion, and the word all runs what can be run", "[milestone][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run unknown = box.tito({"milestone", "run", "gaus"});
  CHECK_SAME(unknown.status, 2);
  CHECK_CONTAINS(unknown.err, "did you mean \"gauss\"?");
  REQUIRE(box.tito({"export", "count"}).status == 0);
  const Run all = box.tito({"milestone", "run", "all", "--json"});
  CHECK_SAME(all.status, 1);
  CHECK_SAME(all.json().at("milestones").at(0).at("missing"), json::array({"total"}));
  CHECK_SAME(all.json().at("milestones").at(1).at("passed"), true);
}

TEST_CASE("The sources that a demo's result states are those of the objects that it was linked from",
          "[milestone][limit:60]") {
  Sandbox box;
  box.init(true);
  const fs::path toy = fs::path(TEST_SOURCE_DIR) / "tests/fixtures/toy";
  const auto compare = [&](const std::map<std::string, std::pair<std::string, fs::path>>& expected) {
    const Run run = box.tito({"demo", "total", "--verbose"});
    INFO(run.err);
    REQUIRE(run.status == 0);
    const json linked = json::parse(tito::read_file(box.path("results/total/result.json"))).at("linked");
    CHECK_SAME(linked.size(), expected.size());
    const std::regex objects("/(count|total)(-[0-9a-f]+|\\.cpp)\\.o\\b");  // the bodies on the linker's command line
    const std::sregex_iterator first(run.err.begin(), run.err.end(), objects), end;
    CHECK_SAME(static_cast<std::size_t>(std::distance(first, end)), expected.size());
    for (const auto& [slug, body] : expected) {
      CHECK_CONTAINS(run.err, body.first);
      CHECK_SAME(linked.at(slug), tito::sha256(tito::read_file(body.second)));
    }
  };
  // The toy course has a fast body of count alone.
  compare({{"count", {"fast/count.cpp.o", toy / "fast/count.cpp"}},
           {"total", {"modules/02_total/total.cpp.o", toy / "modules/02_total/total.cpp"}}});
  box.edit("modules/01_count/count.cpp", "int count = 0;", "int count = 0;  // mine");
  REQUIRE(box.tito({"export", "count"}).status == 0);
  compare({{"count", {"package/objects/count-", box.path("package/src/count.cpp")}},
           {"total", {"modules/02_total/total.cpp.o", toy / "modules/02_total/total.cpp"}}});
}

TEST_CASE("A run leaves its curves as SVG, its files and what they come from in results", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const json run = box.tito({"milestone", "run", "gauss", "--json"}).json();
  CHECK_SAME(run.at("results").at("charts"), json::array({"sums.svg"}));
  const fs::path folder = box.path("results/milestone-gauss");
  CHECK_SAME(tito::read_file(folder / "notes.txt"), std::string("fifteen bytes.\n"));
  const json result = json::parse(tito::read_file(folder / "result.json"));
  CHECK_SAME(result.at("schema"), "tito-result/1");
  CHECK_SAME(result.at("seed"), 1);
  CHECK_SAME(result.at("passed"), true);
  CHECK_SAME(result.at("measures").at(0).at("data"), "small numbers");
  CHECK_SAME(result.at("linked").at("total"), tito::sha256(tito::read_file(box.path("package/src/total.cpp"))));
  CHECK_SAME(result.at("files").at(0).at("tensors"), 2);
  // A thousand points are thinned, from the first to the very last.
  const json points = result.at("curves").at(0).at("points");
  CHECK(points.size() <= 401U);
  CHECK(points.size() >= 150U);
  CHECK_SAME(points.front().at(0), 1.0);
  CHECK_SAME(points.back().at(0), 1000.0);
  CHECK_SAME(points.at(10).at(1).get<double>(),
             points.at(10).at(0).get<double>() * (points.at(10).at(0).get<double>() + 1) / 2);

  const std::string svg = tito::read_file(folder / "sums.svg");
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  for (const char* text : {"Gauss adds up (1786)", "sums (total)", ">numbers</text>", ">by loop</text>",
                           ">by formula</text>", "<polyline", "</svg>"}) {
    CHECK_CONTAINS(svg, text);
  }
  CHECK_SAME(svg.find("http"), svg.rfind("http"));  // only the name space
  CHECK(!contains(svg, "nan"));
}

TEST_CASE("Only plain files that the program wrote are kept", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const std::string progress = tito::read_file(box.path(".tito/progress.json"));
  const Run run = box.tito({"milestone", "run", "stray"});
  CHECK_SAME(run.status, 0);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(box.path("results/milestone-stray")))
    names.insert(entry.path().filename().string());
  const std::set<std::string> expected{"broken.safetensors", "loss.svg", "result.json"};
  CHECK_SAME(names, expected);
  CHECK_CONTAINS(run.out, "/etc/passwd is not kept: its name is no plain file name");
  CHECK_CONTAINS(run.out, "link.txt is not kept: it is a link");
  CHECK_CONTAINS(run.out, "pipe.txt is not kept: it is not a regular file");
  CHECK_CONTAINS(run.out, "absent.txt is not kept: it was not written");
  CHECK_CONTAINS(run.out, "result.json is not kept: another file has its name");
  CHECK_CONTAINS(
      run.out, "kept results/milestone-stray/broken.safetensors, but broken.safetensors is no whole safetensors file");
  CHECK(!contains(run.out, "\x1b"));
}

TEST_CASE("Results that cannot be written are told, and the verdict stands", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  tito::write_atomically(box.path("results"), "a file in the way");
  const Run run = box.tito({"milestone", "run", "gauss"});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.out, "milestone gauss passed");
  CHECK_CONTAINS(run.err, "the results are not kept");
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "passed");
}

TEST_CASE("Ctrl-C stops a milestone at once and leaves no evidence", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const Run run =
      box.run({"timeout", "--preserve-status", "-s", "INT", "2", TEST_TITO, "milestone", "run", "gauss", "--seed", "3"},
              box.workspace(), {"TITO_KIT=" TEST_TOY_KIT});
  CHECK_SAME(run.status, 130);
  CHECK_CONTAINS(run.err, "stopped; nothing was lost");
  CHECK_SAME(milestone_named(box, "gauss").at("state"), "ready");
}

TEST_CASE("A demo has a seed too, and leaves results of its own", "[milestone][limit:60]") {
  Sandbox box;
  box.init();
  CHECK_SAME(box.tito({"demo", "count", "--json"}).json().at("seed"), 1);
  const Run run = box.tito({"demo", "count", "--seed", "7", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("seed"), 7);
  const json result = json::parse(tito::read_file(box.path("results/count/result.json")));
  CHECK_SAME(result.at("kind"), "demo");
  CHECK_SAME(result.at("seed"), 7);
  CHECK_SAME(result.at("own").at("count"), false);
}

TEST_CASE("Progress is a line that is rewritten on a terminal, within its width, and nothing elsewhere",
          "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  CHECK(!contains(box.tito({"milestone", "run", "gauss"}).out, "adding"));
  const std::string terminal =
      box.run({"script", "-qec", "stty cols 40; " TEST_TITO " milestone run gauss", "/dev/null"}, box.workspace(),
              {"TITO_KIT=" TEST_TOY_KIT, "LC_ALL=C", "NO_COLOR=1"})
          .out;
  INFO(terminal);
  const std::size_t begin = terminal.find("\r\x1b[K  adding"), end = terminal.find('\r', begin + 1);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::string line = terminal.substr(begin + 4, end - begin - 4);
  CHECK_CONTAINS(line, "  0%");
  CHECK_CONTAINS(line, "loss 0.250");
  CHECK(line.size() < 40U);
  CHECK_CONTAINS(terminal, "milestone gauss passed");
}

TEST_CASE("Curves are drawn with Braille dots, or in ASCII where the locale has no more", "[milestone][limit:60]") {
  Sandbox box;
  init_exported(box);
  const std::string dots = box.tito({"milestone", "run", "gauss"}).out;
  CHECK_CONTAINS(dots, "sums (total)");
  CHECK_CONTAINS(dots, "┤");
  CHECK_CONTAINS(dots, "⣀");
  const std::string plain = box.tito({"milestone", "run", "gauss"}, {"LC_ALL=C"}).out;
  for (const char c : plain) CHECK(static_cast<unsigned char>(c) < 128);
  CHECK_CONTAINS(plain, "oo");
  for (const std::string& text : {dots, plain}) {
    CHECK_CONTAINS(text, "by loop");
    CHECK_CONTAINS(text, "by formula");
  }
}

TEST_CASE("The milestone commands and demo explain themselves with an example", "[milestone][limit:60]") {
  Sandbox box;
  for (std::vector<std::string> command :
       std::vector<std::vector<std::string>>{{"milestone"}, {"milestone", "list"}, {"milestone", "run"}, {"demo"}}) {
    command.emplace_back("--help");
    const Run run = box.tito(command);
    CHECK_SAME(run.status, 0);
    CHECK_CONTAINS(run.out, "Example");
  }
}

TEST_CASE("Marks of an axis are round, cover it, and are written shortly", "[milestone]") {
  CHECK_SAME(tito::round_marks(0, 2.3, 4), (std::vector<double>{0, 1, 2, 3}));
  CHECK_SAME(tito::round_marks(0, 1, 4).size(), 3U);
  CHECK_SAME(tito::round_marks(0, 300000, 5), (std::vector<double>{0, 100000, 200000, 300000}));
  const std::vector<double> around = tito::round_marks(-3, 12, 4);
  CHECK(around.front() <= -3);
  CHECK(around.back() >= 12);
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{0, 1e-9}, {5, 5.0001}, {-1e29, 1e29}, {0.1, 0.7}}) {
    const std::vector<double> marks = tito::round_marks(low, high, 4);
    INFO(low << " .. " << high << ": " << marks.size());
    CHECK(marks.size() >= 2U);
    CHECK(marks.size() <= 8U);
    CHECK(marks.front() <= low + 1e-9 * (high - low));
    CHECK(marks.back() >= high - 1e-9 * (high - low));
  }
  CHECK_SAME(tito::mark_text(0, 0.5), std::string("0"));
  CHECK_SAME(tito::mark_text(0.5, 0.5), std::string("0.5"));
  CHECK_SAME(tito::mark_text(2, 0.5), std::string("2.0"));
  CHECK_SAME(tito::mark_text(0.25, 0.05), std::string("0.25"));
  CHECK_SAME(tito::mark_text(20000, 10000), std::string("20k"));
  CHECK_SAME(tito::mark_text(1500000, 500000), std::string("1.5M"));
  CHECK_SAME(tito::mark_text(750, 250), std::string("750"));
}

TEST_CASE("Charts gather the curves of one name, and flat, single or absurd points do not break them", "[milestone]") {
  const std::vector<tito::Curve> curves{{"loss: a", {{0, 1}, {1, 1}}},
                                        {"loss: b", {{0, 1}, {1, 2}}},
                                        {"rate", {{0, 0}, {5, 0}}},
                                        {"alone", {{1, 1}}},
                                        {"far", {{0, 1}, {1, 1e300}, {2, 3}}}};
  const std::vector<tito::Chart> charts = tito::charts_of(curves, {{"loss", "steps", "nats"}});
  REQUIRE(charts.size() == 3U);
  CHECK_SAME(charts[0].curves.size(), 2U);
  CHECK_SAME(charts[0].x, std::string("steps"));
  CHECK_SAME(charts[2].curves[0].points.size(), 2U);
  const tito::Screen screen;
  for (const tito::Chart& chart : charts) {
    INFO(chart.name);
    CHECK(tito::draw(chart, screen).size() == 14U);
    const std::string svg = tito::svg_of(chart, "<a & b>");
    CHECK_CONTAINS(svg, "&lt;a &amp; b&gt;");
    CHECK(!contains(svg, "nan"));
    CHECK(!contains(svg, "inf"));
  }
}

TEST_CASE("A long curve keeps a few hundred evenly spaced points and its end", "[milestone]") {
  for (const int count : {1, 2, 399, 400, 401, 12345}) {
    tito::ThinnedCurve curve("c");
    for (int i = 0; i < count; ++i) curve.add(i, 2 * i);
    const auto points = curve.result().points;
    INFO(count);
    CHECK(points.size() <= 400U);
    CHECK(points.size() >= static_cast<std::size_t>(std::min(count, 200)));
    CHECK_SAME(points.front().first, 0.0);
    CHECK_SAME(points.back().first, count - 1.0);
    CHECK_SAME(points.back().second, 2 * (count - 1.0));
    for (std::size_t i = 2; i + 1 < points.size(); ++i)
      CHECK_SAME(points[i].first - points[i - 1].first, points[1].first - points[0].first);
  }
}

TEST_CASE("A figure is held against its gate with its unit and its data", "[milestone]") {
  const tito::Gate plain{"accuracy", "%", true, 90.0, {}};
  const auto state = [](const tito::Gate& gate, const std::vector<tito::Measure>& measures,
                        const std::vector<std::string>& data = {}) {
    return std::string(tito::name_of(tito::hold(gate, measures, data).state));
  };
  CHECK_SAME(state(plain, {{"accuracy", 90.0, "%"}}), std::string("met"));
  CHECK_SAME(state(plain, {{"accuracy", 89.99, "%"}}), std::string("missed"));
  CHECK_SAME(state(plain, {{"accuracy", 0.95, ""}}), std::string("missed"));
  CHECK_SAME(state(plain, {{"accuracy", 95.0, ""}}), std::string("missed"));
  CHECK_SAME(state(plain, {{"accuracy", std::nullopt, "%"}}), std::string("missed"));
  CHECK_SAME(state(plain, {{"Accuracy", 95.0, "%"}}), std::string("missed"));
  CHECK_SAME(state(plain, {}), std::string("missed"));
  CHECK_SAME(state(plain, {{"accuracy", 95.0, "%"}, {"accuracy", 80.0, "%"}}),
             std::string("missed"));  // the last one counts
  CHECK_SAME(state({"loss", "", false, 0.5, {}}, {{"loss", 0.5, ""}}), std::string("met"));
  CHECK_SAME(state({"loss", "", false, 0.5, {}}, {{"loss", 0.51, ""}}), std::string("missed"));

  const tito::Gate by_data{"accuracy", "%", true, {}, {{"small", 90.0}, {"large", 95.0}}};
  CHECK_SAME(state(by_data, {{"accuracy", 92.0, "%", "small"}}, {"small"}), std::string("met"));
  CHECK_SAME(state(by_data, {{"accuracy", 92.0, "%", "large"}}, {"large"}), std::string("missed"));
  CHECK_SAME(state(by_data, {{"accuracy", 99.0, "%", "other"}}, {"other"}), std::string("not run"));
  CHECK_SAME(state(by_data, {{"accuracy", 99.0, "%"}}, {}), std::string("not run"));
  CHECK_SAME(state(by_data, {}, {"small"}), std::string("missed"));  // it had the data and did not measure

  // Gates that are all about other data are no pass.
  tito::Milestone milestone{"m", 2000, "M", "m", {"a"}, {by_data}};
  tito::MilestoneProgress run;
  run.finished = true;
  CHECK(!tito::passed(milestone, run));
  run.measures = {{"accuracy", 92.0, "%", "small"}};
  CHECK(tito::passed(milestone, run));
  run.finished = false;
  CHECK(!tito::passed(milestone, run));
}

TEST_CASE("A course whose milestones make no sense is refused by name", "[milestone]") {
  const json course =
      json::parse(tito::read_file(fs::path(TEST_SOURCE_DIR) / "tests/fixtures/toy/modules/course.json"));
  const auto complaint = [&](const std::function<void(json&)>& change) {
    json changed = course;
    change(changed.at("milestones"));
    const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
    tito::write_atomically(folder.path() / "course.json", changed.dump());
    return message_of([&] { tito::Course loaded(folder.path() / "course.json"); });
  };
  CHECK_SAME(complaint([](json&) {}), std::string("no failure"));
  CHECK_CONTAINS(complaint([](json& m) { m[0]["yaer"] = 1; }), "milestones[0]: unknown key \"yaer\"");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["needs"] = {"totl"}; }),
                 "milestones[0].needs[0]: there is no module \"totl\"");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["needs"] = json::array(); }), "milestones[0].needs");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["gates"] = json::array(); }), "milestones[0].gates");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["gates"][2]["at_most"] = 1; }), "milestones[0].gates[2]: needs either");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["gates"][2].erase("at_least"); }),
                 "milestones[0].gates[2]: needs either");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["gates"][2]["at_least"] = "much"; }),
                 "milestones[0].gates[2].at_least: expected a number");
  CHECK_CONTAINS(complaint([](json& m) { m[0]["gates"][0]["at_least"] = json::object(); }), "names no data set");
  CHECK_CONTAINS(complaint([](json& m) { m[1]["name"] = "gauss"; }), "stands twice");
  CHECK_CONTAINS(complaint([](json& m) { m[1]["name"] = "all"; }), "milestones[1].name");
  CHECK_CONTAINS(complaint([](json& m) { m[1]["name"] = "../x"; }), "milestones[1].name");
  CHECK_CONTAINS(complaint([](json& m) { m[1]["year"] = "then"; }), "milestones[1].year");
}

TEST_CASE("A safetensors header is read without the engine, and every broken rule is named", "[milestone]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path file = folder.path() / "m.safetensors";
  const auto write = [&](const std::string& header, std::size_t data, std::uint64_t length) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFFU);
    tito::write_atomically(file, bytes + header + std::string(data, 'x'));
  };
  const auto complaint = [&](const std::string& header, std::size_t data) {
    write(header, data, header.size());
    return message_of([&] { tito::read_safetensors_header(file); });
  };
  const std::string good = R"({"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},)"
                           R"("b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})";
  write(good, 28, good.size());
  const auto entries = tito::read_safetensors_header(file);
  REQUIRE(entries.size() == 2U);
  CHECK_SAME(entries[0].name, std::string("b"));
  CHECK_SAME(entries[0].numbers, 1);
  CHECK_SAME(entries[1].shape, (std::vector<std::int64_t>{2, 3}));
  CHECK_SAME(entries[1].numbers, 6);

  CHECK_CONTAINS(complaint(good, 27), "27 follow the header");
  CHECK_CONTAINS(complaint(good, 29), "29 follow the header");
  const auto one = [](const std::string& entry) { return "{\"w\":" + entry + "}"; };
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"), 4),
                 "do not fill the bytes 0 to 4");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F99","shape":[1],"data_offsets":[0,4]})"), 4), "unknown type");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), 4), "negative");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), 8), "begins at byte 4");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})"), 8), "do not fill");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]})"), 4),
                 "too large");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":1,"data_offsets":[0,4]})"), 4), "shape");
  CHECK_CONTAINS(complaint(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0]})"), 4), "two offsets");
  CHECK_CONTAINS(complaint(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                           R"("v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                           4),
                 "begins at byte 0");
  CHECK_CONTAINS(complaint("{\"w\":", 0), "not JSON");
  CHECK_CONTAINS(complaint("[]", 0), "expected an object");
  write(good, 28, ~std::uint64_t{0});
  CHECK_CONTAINS(message_of([&] { tito::read_safetensors_header(file); }), "its header is said to have");
  tito::write_atomically(file, "short");
  CHECK_CONTAINS(message_of([&] { tito::read_safetensors_header(file); }), "shorter than 8 bytes");
}
