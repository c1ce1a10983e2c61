// tito report through the real binary: what the page shows, that it shows nothing else, and that it needs nothing else.
#include <cmath>
#include <regex>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

namespace {

// A workspace in which both modules are exported, a demo and a milestone were run and one module was timed.
void work(const Sandbox& box) {
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"export", "02"}).status == 0);
  REQUIRE(box.tito({"demo", "01"}).status == 0);
  REQUIRE(box.tito({"milestone", "run", "gauss"}).status == 0);
  REQUIRE(box.tito({"bench", "01", "--seconds", "0.3"}).status == 0);
}

std::string page_of(const Sandbox& box) {
  const Run run = box.tito({"report"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  return tito::read_file(box.path("report.html"));
}

// From the element with this id to the next one with an id.
std::string part(const std::string& page, const std::string& id) {
  const std::size_t begin = page.find("id=\"" + id + "\"");
  INFO(id);
  REQUIRE(begin != std::string::npos);
  return page.substr(begin, page.find(" id=\"", begin + 4) - begin);
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.push_back((*at)[1]);
  return found;
}

// What is wrong with the nesting of elements, if anything.
std::string nesting_problem(const std::string& page) {
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\\s+[a-zA-Z:-]+=\"[^\"<]*\")*)\\s*(/?)>");
  std::size_t from = 0;
  while ((from = page.find('<', from)) != std::string::npos) {
    std::smatch match;
    const std::string at = page.substr(from, 200'000);
    if (at.starts_with("<!DOCTYPE html>")) {
      ++from;
      continue;
    }
    if (!std::regex_search(at, match, tag, std::regex_constants::match_continuous))
      return "no tag: " + at.substr(0, 80);
    if (match[1] == "/") {
      if (open.empty() || open.back() != match[2]) return "closes what is not open: " + at.substr(0, 80);
      open.pop_back();
    } else if (match[4] != "/") {
      open.push_back(match[2]);
    }
    ++from;
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

void check_figures(const std::string& page, const nlohmann::json& progress) {
  for (const auto& [name, proven] : progress.at("checkpoints").items()) {
    const nlohmann::json& evidence = proven.at("evidence");
    const std::string shown = part(page, "checkpoint-" + name);
    const std::vector<std::string> figures = matches(shown, "<data value=\"([^\"]*)\"");
    INFO(shown);
    REQUIRE(figures.size() >= 4);
    CHECK_SAME(figures[1], evidence.at("passed").dump());
    CHECK_SAME(figures[2], evidence.at("planned").dump());
    CHECK_SAME(figures[3], evidence.at("seed").dump());
    CHECK_SAME(matches(shown, "datetime=\"([^\"]*)\"").at(0), evidence.at("at").get<std::string>());
    for (std::size_t i = 0; i < proven.at("measures").size(); ++i) {
      CHECK_SAME(figures.at(4 + i), proven.at("measures")[i].at("value").dump());
    }
  }
  for (const auto& [name, run] : progress.at("milestones").items()) {
    const std::vector<std::string> figures = matches(part(page, "milestone-" + name), "<data value=\"([^\"]*)\"");
    CHECK_SAME(figures.at(0), run.at("seed").dump());
    for (std::size_t i = 0; i < run.at("measures").size(); ++i) {
      CHECK_SAME(figures.at(1 + i), run.at("measures")[i].at("value").dump());
    }
  }
}

double luminance(const std::string& hex) {
  const auto channel = [&](std::size_t at) {
    const double value = std::stoi(hex.substr(at, 2), nullptr, 16) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

}  // namespace

TEST_CASE("report shows exactly the figures of progress.json", "[report][limit:120]") {
  Sandbox box;
  box.init(true);
  work(box);
  const std::string page = page_of(box);
  const nlohmann::json progress = nlohmann::json::parse(tito::read_file(box.path(".tito/progress.json")));
  REQUIRE(progress.at("checkpoints").size() == 2);
  REQUIRE(progress.at("milestones").size() == 1);
  check_figures(page, progress);
  CHECK_SAME(matches(part(page, "summary"), "<data value=\"([^\"]*)\""), (std::vector<std::string>{"2", "2"}));
  CHECK_CONTAINS(part(page, "checkpoint-sums"), "your own count, total");
  CHECK_CONTAINS(part(page, "milestone-gauss"), "by formula");
  CHECK_CONTAINS(part(page, "demo-count"), "numbers counted");
}

TEST_CASE("report says what was not measured and by which command it is", "[report][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string page = page_of(box);
  CHECK_CONTAINS(part(page, "cpu"), "tito report --measure");
  CHECK_CONTAINS(part(page, "speed-not-measured"), "count");
  CHECK_CONTAINS(part(page, "speed-not-measured"), "tito bench all");
  CHECK_CONTAINS(part(page, "checkpoint-numbers"), "ready");
  CHECK_CONTAINS(part(page, "checkpoint-sums"), "locked");
  CHECK_CONTAINS(page, "Milestones not run yet: gauss, stray");
  CHECK(!contains(page, "id=\"hints\""));
  CHECK(contains(page, "id=\"history\""));  // dev fill kept the skeletons
  const nlohmann::json figures = box.tito({"report", "--json"}).json();
  CHECK(figures.at("engine").at("cpu").is_null());
  CHECK_SAME(figures.at("engine").at("functions").at("own").get<int>(), 0);
  CHECK_SAME(figures.at("engine").at("functions").at("total").get<int>(), 3);  // count_to, evens, total_to
}

TEST_CASE("The report's rates are those that bench printed, and say when the file has changed", "[report][limit:60]") {
  Sandbox box;
  box.init(true);
  const nlohmann::json bench = box.tito({"bench", "01", "--json", "--seconds", "0.3"}).json();
  std::string shown = part(page_of(box), "speed-count");
  for (const nlohmann::json& row : bench.at("rows")) {
    CHECK_CONTAINS(shown, "<data value=\"" + row.at("yours").at("median").dump() + "\"");
    CHECK_CONTAINS(shown, "<data value=\"" + row.at("reference").at("median").dump() + "\"");
  }
  CHECK(!contains(shown, "has changed since"));
  box.edit("modules/01_count/count.cpp", "int count = 0;", "int count = 0;  // counts");
  CHECK_CONTAINS(part(page_of(box), "speed-count"), "has changed since");
}

TEST_CASE("The report is well-formed, asks for nothing from outside, and describes every picture",
          "[report][limit:120]") {
  Sandbox box;
  box.init(true);
  work(box);
  const std::string page = page_of(box);
  CHECK_SAME(nesting_problem(page), std::string());
  for (const char* outside : {"http:", "https:", "src=", "url(", "@import", "<script", "onload"}) {
    INFO(outside);
    CHECK(!contains(page, outside));
  }
  const std::vector<std::string> pictures = matches(page, "(<svg [^>]*>)");
  CHECK(!pictures.empty());
  for (const std::string& picture : pictures) {
    INFO(picture);
    CHECK((contains(picture, "aria-hidden=\"true\"") ||
           std::regex_search(picture, std::regex("role=\"img\" aria-label=\"[^\"]+\""))));
  }
  int level = 0;
  for (const std::string& heading : matches(page, "<h([1-6])")) {
    CHECK(std::stoi(heading) <= level + 1);
    level = std::stoi(heading);
  }
  for (const std::string& target : matches(page, "href=\"#([^\"]*)\"")) CHECK_CONTAINS(page, "id=\"" + target + "\"");
}

TEST_CASE("Every colour of the report's text stands out from its paper, light, dark and printed",
          "[report][limit:60]") {
  Sandbox box;
  box.init();
  const std::string page = page_of(box);
  const std::vector<std::string> schemes = matches(page, ":root \\{([^}]*)\\}");
  CHECK_SAME(schemes.size(), 3U);
  for (const std::string& scheme : schemes) {
    const double paper = luminance(matches(scheme, "--paper: (#[0-9a-f]{6})").at(0));
    for (const std::string name : {"ink", "quiet", "link", "good", "bad", "warn", "c0", "c1", "c2", "c3", "c4"}) {
      const double ink = luminance(matches(scheme, "--" + name + ": (#[0-9a-f]{6})").at(0));
      INFO(name << " in" << scheme);
      CHECK((std::max(paper, ink) + 0.05) / (std::min(paper, ink) + 0.05) >= 4.5);
    }
  }
}

TEST_CASE("What stands in the workspace's files is text to the report, never markup, and damage is named",
          "[report][limit:60]") {
  Sandbox box;
  box.init();
  fs::create_directories(box.path("results/count"));
  fs::create_directories(box.path("results/total"));
  tito::write_atomically(
      box.path("results/count/result.json"),
      R"({"schema":"tito-result/1","at":"<b>","seed":"x","data":["<i>"],"measures":[{"name":"<script>alert(1)</script>",
 "value":1,"unit":"\"><img src=x>"}, 7],"curves":[{"name":"<u>\u0001: a&b","points":[[0,1],[1,2],"x",[1]]}],)"
      R"("axes":[3],"own":[]})");
  tito::write_atomically(box.path("results/total/result.json"), "{\"schema\": ");
  fs::create_directories(box.path(".tito/measured"));
  tito::write_atomically(box.path(".tito/measured/share.json"),
                         R"({"schema":"tito-measured/1","modules":[],"samples":"many"})");
  tito::write_atomically(box.path(".tito/hints.json"),
                         R"({"schema":"tito-hints/1","taken":{"count":{"evens":2},"total":"<b>"}})");
  const std::string page = page_of(box);
  CHECK_SAME(nesting_problem(page), std::string());
  for (const char* markup : {"<script", "<b>", "<i>", "<u>", "<img"}) {
    INFO(markup);
    CHECK(!contains(page, markup));
  }
  CHECK_CONTAINS(page, "&lt;script&gt;");
  CHECK_CONTAINS(page, "<li>results/total/result.json: it is not JSON");
  CHECK_CONTAINS(page, "<data value=\"2\">2</data> steps of hints taken");
}

TEST_CASE("report replaces an earlier report and no other file", "[report][bad_input][limit:60]") {
  Sandbox box;
  box.init();
  const std::string before = tito::read_file(box.path("modules/01_count/count.cpp"));
  const Run refused = box.tito({"report", "-o", "modules/01_count/count.cpp"});
  CHECK_SAME(refused.status, 2);
  CHECK_CONTAINS(refused.err, "is no report");
  CHECK_SAME(tito::read_file(box.path("modules/01_count/count.cpp")), before);
  CHECK_SAME(box.tito({"report", "-o", "mine.html"}).status, 0);
  CHECK_SAME(box.tito({"report", "-o", "mine.html"}).status, 0);
}

TEST_CASE("report --measure finds whose code takes the time of the work", "[report][limit:120]") {
  Sandbox box;
  box.init(true);
  // Slow on purpose, and in a function of its own: nearly all the time is this module's.
  box.edit("modules/01_count/count.cpp", "if (n < 0)",
           "volatile int slow = 0;\n  for (int i = 0; i < 50 * n; ++i) slow = slow + 1;\n  if (n < 0)");
  REQUIRE(box.tito({"report", "--measure", "--seconds", "1", "--json"}).status == 0);
  nlohmann::json cpu = box.tito({"report", "--json"}).json().at("engine").at("cpu");
  INFO(cpu.dump(2));
  CHECK_SAME(cpu.at("own").get<int>(), 0);  // nothing is exported yet
  REQUIRE(box.tito({"export", "01"}).status == 0);
  CHECK_SAME(box.tito({"report", "--json"}).json().at("engine").at("cpu").at("changed"), true);
  const Run run = box.tito({"report", "--measure", "--seconds", "1", "--json"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  cpu = run.json().at("engine").at("cpu");
  INFO(cpu.dump(2));
  const double samples = cpu.at("samples");
  CHECK(samples >= 20);
  // Of the bodies' samples: under sanitizers their libraries take a share.
  CHECK(cpu.at("modules").at("count").get<double>() > 0.8 * cpu.at("bodies").get<double>());
  CHECK_SAME(cpu.at("own"), cpu.at("modules").at("count"));
  CHECK_SAME(cpu.at("bodies").get<int>() + cpu.at("given").get<int>() + cpu.at("libraries").get<int>(),
             cpu.at("samples").get<int>());
  CHECK_SAME(cpu.at("changed"), false);
  CHECK_SAME(cpu.at("linked").size(), 1U);
  CHECK_CONTAINS(tito::read_file(box.path("report.html")), cpu.at("at").get<std::string>());
}

TEST_CASE("A browser opens the report without a complaint and shows the same figures", "[report][limit:180]") {
  Sandbox box;
  if (!has_program("chromium")) return;
  box.init(true);
  work(box);
  page_of(box);
  const Run run =
      box.run({"timeout", "90", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
               "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
               "--user-data-dir=" + (box.root() / "browser").string(), "--enable-logging=stderr",
               "--virtual-time-budget=2000", "--dump-dom", "file://" + box.path("report.html").string()},
              box.root());
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK(!contains(run.err, "CONSOLE"));
  check_figures(run.out, nlohmann::json::parse(tito::read_file(box.path(".tito/progress.json"))));
}
