// tito watch in a real terminal: saves, keys, cancelled and runaway checks, and the terminal as it is left.
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/tmux.hpp"

namespace {

constexpr const char* source = "modules/01_count/count.cpp";

// Wrong in evens alone: two of three cases pass.
constexpr const char* nearly_right =
    "#include \"toy/count.hpp\"\n\nnamespace toy {\n\nstd::vector<int> count_to(int n) {\n"
    "  if (n < 0) throw std::invalid_argument(\"n\");\n  std::vector<int> all;\n"
    "  for (int i = 1; i <= n; ++i) all.push_back(i);\n  return all;\n}\n\n"
    "int evens(const std::vector<int>& numbers) {\n  return static_cast<int>(numbers.size());\n}\n\n}  // namespace "
    "toy\n";

// The text, which holds `from`, with `to` in its place.
std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

const std::string right = with(nearly_right, "return static_cast<int>(numbers.size());",
                               "int n = 0;\n  for (int one : numbers) n += one % 2 == 0 ? 1 : 0;\n  return n;");
const std::string endless_in_count =
    with(nearly_right, "std::vector<int> all;", "std::vector<int> all;\n  for (volatile bool on = true; on;) {}");
const std::string endless_in_evens =
    with(nearly_right, "return static_cast", "for (volatile bool on = true; on;) {}\n  return static_cast");

// As some editors do: the file that is there is emptied and written.
void save(const Sandbox& box, const std::string& text) { std::ofstream(box.path(source), std::ios::trunc) << text; }

// As other editors do.
void save_by_rename(const Sandbox& box, const std::string& text) {
  std::ofstream(box.path("modules/01_count/.count.cpp.swp")) << text;
  if (fs::exists(box.path(source))) fs::rename(box.path(source), box.path(std::string(source) + "~"));
  fs::rename(box.path("modules/01_count/.count.cpp.swp"), box.path(source));
}

void check_shows(const Tmux& terminal, const std::string& part, double seconds = 20) {
  const bool shown = terminal.shows(part, seconds);
  INFO("waited for: " << part << "\n" << terminal.text());
  CHECK(shown);
}

}  // namespace

TEST_CASE("watch shows the verdict of each save at the top, and the first failure in full", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  const Tmux terminal(box, 80, 24);
  terminal.type("tito watch");
  check_shows(terminal, "0 of 3 cases pass");
  CHECK_CONTAINS(terminal.rows().at(0), "0 of 3 cases pass");
  CHECK_CONTAINS(terminal.rows().at(1), "01 count");
  CHECK_CONTAINS(terminal.rows().at(1), "0/2");
  CHECK_CONTAINS(terminal.text(), "count_to gives the numbers in order");
  CHECK_CONTAINS(terminal.text(), "count_to is not written yet");
  CHECK(!contains(terminal.text(), "tito watch"));  // the screen is cleared

  save(box, nearly_right);
  check_shows(terminal, "2 of 3 cases pass");
  CHECK_CONTAINS(terminal.rows().at(0), "2 of 3 cases pass");
  CHECK_CONTAINS(terminal.text(), "evens counts even numbers");
  CHECK_CONTAINS(terminal.text(), "expected   3");
  CHECK_CONTAINS(terminal.text(), "actual     6");

  save(box, with(right, "return n;\n}", "return n +"));  // half typed
  check_shows(terminal, "it does not compile");
  CHECK_CONTAINS(terminal.text(), "count.cpp:");

  save_by_rename(box, with(right, "int evens(", "int odds("));
  check_shows(terminal, "no longer defines toy::evens(std::vector<int>");

  fs::remove(box.path(source));
  check_shows(terminal, "is missing");

  save_by_rename(box, right);
  check_shows(terminal, "3 of 3 cases pass");
  CHECK_CONTAINS(terminal.text(), "tito export 01");
}

TEST_CASE("The keys give hints, lists, all failures, another run, the way on and the end", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  const Tmux terminal(box, 80, 24);
  terminal.type("tito watch");
  check_shows(terminal, "0 of 3 cases pass");

  terminal.press("h");
  check_shows(terminal, "count_to · hint 1 of 3");
  CHECK_CONTAINS(terminal.text(), "Which numbers are asked for");
  CHECK_CONTAINS(terminal.text(), "count_to is not written yet");  // what it is about stays in sight
  terminal.press("h");
  check_shows(terminal, "hint 2 of 3");
  CHECK_CONTAINS(tito::read_file(box.path(".tito/hints.json")), "\"count_to\": 2");

  terminal.press("a");
  check_shows(terminal, "count_to refuses a negative number");
  terminal.resize(80, 16);
  check_shows(terminal, "lines 1 to 11 of");
  terminal.press("Down");
  check_shows(terminal, "lines 2 to 12 of");
  CHECK_CONTAINS(terminal.rows().at(0), "0 of 3 cases pass");
  for (int i = 0; i < 5; ++i) terminal.press("Space");
  check_shows(terminal, "repeat it: tito module test");
  terminal.press("l");
  check_shows(terminal, "Adds up");
  terminal.press("n");
  check_shows(terminal, "tito module test 01");

  save(box, right);
  check_shows(terminal, "3 of 3 cases pass");
  terminal.press("r");
  check_shows(terminal, "compiling");
  check_shows(terminal, "3 of 3 cases pass");
  terminal.press("n");
  check_shows(terminal, "tito export 01");

  REQUIRE(box.tito({"export", "01"}).status == 0);
  terminal.press("n");
  check_shows(terminal, "0 of 1 cases pass");
  CHECK_CONTAINS(terminal.rows().at(1), "02 total");
  CHECK_CONTAINS(terminal.rows().at(1), "1/2");

  terminal.press("q");
  check_shows(terminal, "ready>");
  terminal.type("echo status $?");
  check_shows(terminal, "status 0");
}

TEST_CASE("A new save gives up a running check, whose programs end", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  save(box, endless_in_count);
  const Tmux terminal(box, 80, 24);
  terminal.type("tito watch");
  REQUIRE(comes_true([&] { return count_programs_below(box.root()) > 0; }, 20));
  terminal.press("l");  // a key is answered meanwhile
  check_shows(terminal, "Adds up", 5);
  save(box, right);
  CHECK(comes_true([&] { return count_programs_below(box.root()) == 0; }, 5));  // a case may take ten seconds
  check_shows(terminal, "3 of 3 cases pass");
  CHECK_SAME(count_programs_below(box.root()), 0);

  // A check that was given up leaves no evidence and no folder.
  CHECK_SAME(box.tito({"next", "--json"}).json().at("action"), "export");
  save(box, endless_in_count);
  REQUIRE(comes_true([&] { return count_programs_below(box.root()) > 0; }, 20));
  terminal.press("q");
  check_shows(terminal, "ready>", 5);
  CHECK(comes_true([&] { return count_programs_below(box.root()) == 0 && fs::is_empty(box.path(".tito/tmp")); }, 5));
}

TEST_CASE("A runaway program is stopped at its case's limit", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  save(box, endless_in_evens);
  const Tmux terminal(box, 80, 24);
  terminal.type("tito watch");
  check_shows(terminal, "stopped at its limit of 2 s");
  CHECK_CONTAINS(terminal.rows().at(0), "2 of 3 cases pass");
  CHECK_SAME(count_programs_below(box.root()), 0);
}

TEST_CASE("The terminal is as it was, however tito ends", "[watch][limit:180]") {
  Sandbox box;
  box.init();
  const Tmux terminal(box, 80, 24);
  terminal.type("stty -a > before.txt; echo noted");
  REQUIRE(terminal.shows("noted"));
  const std::string program = TEST_TITO;
  struct Ending {
    std::string key;     // pressed, or
    std::string signal;  // sent
    std::string status;
  };
  const std::vector<Ending> endings{{"q", "", "0"},      {"C-c", "", "130"},  {"", "TERM", "130"}, {"", "HUP", "130"},
                                    {"", "SEGV", "139"}, {"", "ABRT", "134"}, {"C-\\", "", "131"}};
  for (const Ending& ending : endings) {
    terminal.type("clear; sh -c 'echo $$ > pid.txt; exec tito watch'; echo status $?; stty -a > after.txt; echo end");
    REQUIRE(terminal.shows("cases pass"));
    CHECK_SAME(terminal.variable("alternate_on"), std::string("1"));
    CHECK_SAME(terminal.variable("cursor_flag"), std::string("0"));
    if (!ending.key.empty()) terminal.press(ending.key);
    else box.run({"sh", "-c", "kill -" + ending.signal + " $(cat pid.txt)"}, box.workspace());
    INFO(ending.key << ending.signal);
    REQUIRE(terminal.shows("\nend"));
#ifndef __SANITIZE_ADDRESS__  // a sanitizer ends a crashed program in its own way
    check_shows(terminal, "status " + ending.status);
#endif
    CHECK(contains(terminal.text(), "ready>"));
    CHECK_SAME(terminal.variable("alternate_on"), std::string("0"));
    CHECK_SAME(terminal.variable("cursor_flag"), std::string("1"));
    CHECK_SAME(terminal.variable("wrap_flag"), std::string("1"));
    CHECK_SAME(tito::read_file(box.path("after.txt")), tito::read_file(box.path("before.txt")));
  }
}

TEST_CASE("Ctrl-Z gives the terminal to the shell, and fg takes up the watch", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  const Tmux terminal(box, 80, 24);
  terminal.type("stty -a > before.txt; echo noted");
  REQUIRE(terminal.shows("noted"));
  terminal.type("tito watch");
  REQUIRE(terminal.shows("cases pass"));
  terminal.press("C-z");
  REQUIRE(terminal.shows_no("cases pass"));
  terminal.type("stty -a > after.txt; echo stopped");
  REQUIRE(terminal.shows("\nstopped"));
  CHECK_SAME(tito::read_file(box.path("after.txt")), tito::read_file(box.path("before.txt")));
  CHECK_SAME(terminal.variable("cursor_flag"), std::string("1"));
  save(box, nearly_right);
  terminal.type("fg");
  check_shows(terminal, "2 of 3 cases pass");
  CHECK_SAME(terminal.variable("alternate_on"), std::string("1"));
  terminal.press("q");
  check_shows(terminal, "ready>");
}

TEST_CASE("Looking at the file notices every way to save that being told of it does", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  const Tmux terminal(box, 80, 24);
  terminal.type("tito watch --poll");
  check_shows(terminal, "0 of 3 cases pass");
  save(box, nearly_right);
  check_shows(terminal, "2 of 3 cases pass");
  save_by_rename(box, right);
  check_shows(terminal, "3 of 3 cases pass");
  fs::remove(box.path(source));
  check_shows(terminal, "is missing");
  save(box, nearly_right);
  check_shows(terminal, "2 of 3 cases pass");
}

TEST_CASE("A narrow or small terminal keeps the verdict and fits every line", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  save(box, nearly_right);
  const Tmux terminal(box, 40, 24);
  terminal.type("tito watch");
  check_shows(terminal, "2 of 3 cases pass");
  CHECK_CONTAINS(terminal.rows().at(0), "2 of 3 cases pass");
  CHECK_CONTAINS(terminal.text(), "evens counts even numbers");
  CHECK_CONTAINS(terminal.rows().at(23), "h hint n next a all r run l list q quit");
  terminal.press("a");
  terminal.press("l");
  check_shows(terminal, "track forward");
  CHECK_CONTAINS(terminal.rows().at(0), "2 of 3 cases pass");

  terminal.resize(30, 8);
  check_shows(terminal, "h n a r l q");
  CHECK_CONTAINS(terminal.rows().at(0), "2 of 3 cases pass");
  CHECK_SAME(terminal.rows().size(), 8U);
  save(box, right);
  check_shows(terminal, "3 of 3 cases pass");
  CHECK_CONTAINS(terminal.rows().at(0), "3 of 3 cases pass");

  terminal.resize(80, 24);
  check_shows(terminal, "r run again");
  check_shows(terminal, "tito export 01");
  CHECK_CONTAINS(terminal.rows().at(0), "3 of 3 cases pass");
  terminal.resize(12, 2);
  check_shows(terminal, "✓ 3 of 3\n  cases pass");
}

TEST_CASE("Ten saves in a row are one verdict, and --json prints each on a line", "[watch][limit:120]") {
  Sandbox box;
  box.init();
  const std::string log = (box.root() / "log.txt").string();
  const auto verdicts = [&] {
    std::vector<nlohmann::json> objects;
    std::istringstream lines(tito::read_if_present(log).value_or(""));
    for (std::string line; std::getline(lines, line) && !lines.eof();) objects.push_back(nlohmann::json::parse(line));
    return objects;
  };
  const Run started =
      box.run({"sh", "-c", TEST_TITO " watch --json > '" + log + "' 2> '" + log + ".err' & echo $! > pid.txt"},
              box.workspace(), {"TITO_KIT=" TEST_TOY_KIT});
  REQUIRE(started.status == 0);
  struct Stop {  // whatever fails below
    const Sandbox& box;
    ~Stop() { box.run({"sh", "-c", "kill -TERM $(cat pid.txt)"}, box.workspace()); }
  } const stop{box};
  REQUIRE(comes_true([&] { return verdicts().size() == 1; }, 20));
  CHECK_SAME(verdicts().at(0).at("passed"), 0);
  CHECK_SAME(verdicts().at(0).at("command"), "watch");

  for (int i = 0; i < 10; ++i) {
    save(box, i < 9 ? endless_in_count : right);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  REQUIRE(comes_true([&] { return verdicts().size() == 2; }, 20));
  CHECK_SAME(verdicts().at(1).at("passed"), 3);
  CHECK_SAME(verdicts().at(1).at("ok"), true);

  save_by_rename(box, nearly_right);
  REQUIRE(comes_true([&] { return verdicts().size() == 3; }, 20));
  CHECK_SAME(verdicts().at(2).at("passed"), 2);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  CHECK_SAME(verdicts().size(), 3U);  // nothing was saved, nothing is checked

  box.run({"sh", "-c", "kill -TERM $(cat pid.txt)"}, box.workspace());
  REQUIRE(comes_true([&] { return verdicts().size() == 4; }, 10));
  CHECK_CONTAINS(verdicts().at(3).at("error").at("message").get<std::string>(), "stopped");
}

TEST_CASE("Without a terminal the verdicts are printed one after another, until nobody reads them",
          "[watch][limit:60]") {
  Sandbox box;
  box.init();
  const Run run =
      box.run({"sh", "-c", TEST_TITO " watch 02 | head -n 1; echo over"}, box.workspace(), {"TITO_KIT=" TEST_TOY_KIT});
  CHECK_CONTAINS(run.out, "02 total");
  CHECK_CONTAINS(run.out, "over");
  CHECK(!contains(run.out, "\x1b"));
  const Run none = box.tito({"watch", "03"});
  CHECK_SAME(none.status, 2);
}
