// Every command through the real binary, in a workspace of the toy course.
#include "tito/commands/commands.hpp"

#include <iterator>
#include <set>
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

TEST_CASE("init makes a workspace of skeletons without any answer", "[commands][limit:60]") {
  Sandbox box;
  const Run made = box.tito({"init", "w"});
  CHECK_SAME(made.status, 0);
  const std::string source = tito::read_file(box.path("modules/01_count/count.cpp"));
  CHECK_CONTAINS(source, "throw NotImplemented(\"count\", \"count_to\");");
  CHECK(!contains(source, "SOLUTION"));
  CHECK(!contains(source, "push_back"));
  CHECK(fs::exists(box.path("modules/02_total/README.md")));
  CHECK(fs::exists(box.path("compile_commands.json")));
  CHECK(!fs::exists(box.path(".tito-init")));
  for (const auto& entry : fs::recursive_directory_iterator(box.workspace())) {
    if (entry.is_regular_file()) CHECK(!contains(tito::read_file(entry.path()), "BEGIN SOLUTION"));
  }
}

TEST_CASE("init refuses to touch work that is there and keeps a copy with --force", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  box.edit("modules/01_count/count.cpp", "throw NotImplemented(\"count\", \"evens\");", "return 42;");
  const Run refused = box.tito({"init", "."});
  CHECK_SAME(refused.status, 2);
  CHECK_CONTAINS(refused.err, "--force");
  CHECK_CONTAINS(tito::read_file(box.path("modules/01_count/count.cpp")), "return 42;");

  const Run forced = box.tito({"init", ".", "--force", "--json"});
  CHECK_SAME(forced.status, 0);
  const fs::path kept = forced.json().at("kept").get<std::string>();
  CHECK_CONTAINS(tito::read_file(kept / "modules/01_count/count.cpp"), "return 42;");
  CHECK(!contains(tito::read_file(box.path("modules/01_count/count.cpp")), "return 42;"));
  CHECK_SAME(box.tito({"next"}).status, 0);
}

TEST_CASE("init leaves other files of a folder alone", "[commands][limit:60]") {
  Sandbox box;
  fs::create_directories(box.workspace());
  tito::write_atomically(box.path("notes.txt"), "mine");
  CHECK_SAME(box.tito({"init", "w"}).status, 0);
  CHECK_SAME(tito::read_file(box.path("notes.txt")), std::string("mine"));
}

TEST_CASE("init names the tracks when asked for one that is not there", "[commands][limit:60]") {
  Sandbox box;
  const Run run = box.tito({"init", "w", "--track", "forwrd"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"forward\"?");
  CHECK(!fs::exists(box.workspace()));
}

TEST_CASE("A student walks from the skeleton to the finished course", "[commands][limit:120]") {
  Sandbox box;
  box.init();
  auto next = box.tito({"next", "--json"}).json();
  CHECK_SAME(next.at("module"), "count");
  CHECK_SAME(next.at("action"), "test");

  Run tested = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(tested.status, 1);
  CHECK_SAME(tested.json().at("planned"), 3);
  CHECK_SAME(tested.json().at("passed"), 0);
  CHECK_SAME(tested.json().at("failed"), 3);

  // The first failure points at the stub in the student's file.
  CHECK_SAME(tested.json().at("cases").at(0).at("failures").at(0).at("source_line"), 6);
  CHECK_CONTAINS(box.tito({"module", "test", "01"}).out, "modules/01_count/count.cpp:6");

  box.tito({"dev", "fill", "count"});
  tested = box.tito({"module", "test", "count", "--json"});
  CHECK_SAME(tested.status, 0);
  CHECK_SAME(tested.json().at("schema"), "tito/1");
  CHECK_SAME(tested.json().at("command"), "module test");
  CHECK_SAME(tested.json().at("ok"), true);
  CHECK_SAME(tested.json().at("module"), "count");
  CHECK_SAME(tested.json().at("passed"), 3);
  CHECK(tested.json().at("seconds").get<double>() > 0);
  CHECK_SAME(tested.json().at("cases").size(), 3U);
  CHECK_SAME(box.tito({"next", "--json"}).json().at("action"), "export");

  const Run exported = box.tito({"export", "1", "--json"});
  CHECK_SAME(exported.status, 0);
  CHECK_SAME(exported.json().at("checkpoint"), "numbers");
  CHECK_SAME(exported.json().at("unlocked"), true);
  CHECK_SAME(exported.json().at("leaves"), "Need a sum");
  CHECK(fs::exists(box.path("package/src/count.cpp")));
  CHECK_SAME(box.tito({"next", "--json"}).json().at("module"), "total");

  box.tito({"dev", "fill", "all"});
  CHECK_SAME(box.tito({"export", "total"}).status, 0);
  next = box.tito({"next", "--json"}).json();
  CHECK_SAME(next.at("action"), "finished");
  const auto status = box.tito({"checkpoint", "status", "--json"}).json();
  CHECK_SAME(status.at("done"), 2);
}

TEST_CASE("export refuses a module whose tests fail and leaves the package alone", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  const Run run = box.tito({"export", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("exported"), false);
  CHECK_SAME(run.json().at("unlocked"), false);
  CHECK(!fs::exists(box.path("package/src/count.cpp")));
  CHECK_CONTAINS(box.tito({"export", "01"}).out, "its own tests must pass first");
}

TEST_CASE("export names the module that its checkpoint still lacks", "[commands][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run run = box.tito({"export", "02"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.err, "count");
  CHECK_CONTAINS(run.err, "tito export count");
}

TEST_CASE("A module changed after its export shows as stale, and so does its checkpoint", "[commands][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"export", "02"}).status == 0);
  box.edit("modules/01_count/count.cpp", "int count = 0;", "int count = 0;  // again");
  auto list = box.tito({"module", "list", "--json"}).json();
  CHECK_SAME(list.at("modules").at(0).at("state"), "stale");
  auto status = box.tito({"checkpoint", "status", "--json"}).json();
  CHECK_SAME(status.at("checkpoints").at(0).at("state"), "stale");
  CHECK_SAME(status.at("checkpoints").at(1).at("state"), "stale");
  CHECK_SAME(box.tito({"next", "--json"}).json().at("action"), "export");

  REQUIRE(box.tito({"export", "01"}).status == 0);
  const auto next = box.tito({"next", "--json"}).json();
  CHECK_SAME(next.at("module"), "total");
  CHECK_SAME(next.at("action"), "checkpoint");
  CHECK_SAME(box.tito({"checkpoint", "test", "all"}).status, 0);
  CHECK_SAME(box.tito({"next", "--json"}).json().at("action"), "finished");
}

TEST_CASE("A package edited by hand is not what was proven", "[commands][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  box.edit("package/src/count.cpp", "int count = 0;", "int count = 1;");
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "stale");
  CHECK_SAME(box.tito({"checkpoint", "test", "numbers"}).status, 1);
}

TEST_CASE("A checkpoint proves the student's own code: a wrong module fails it", "[commands][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  // Right for what its tests ask, wrong for larger numbers.
  box.edit("modules/01_count/count.cpp", "int count = 0;", "if (numbers.size() > 50) return 0;\n  int count = 0;");
  const Run run = box.tito({"export", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("exported"), true);
  CHECK_SAME(run.json().at("unlocked"), false);
  CHECK_SAME(box.tito({"checkpoint", "status", "--json"}).json().at("checkpoints").at(0).at("state"), "current");
}

TEST_CASE("checkpoint test runs with what was exported, and is locked before", "[commands][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run locked = box.tito({"checkpoint", "test", "sums"});
  CHECK_SAME(locked.status, 1);
  CHECK_CONTAINS(locked.err, "locked");
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const Run run = box.tito({"checkpoint", "test", "numbers", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("linked"), nlohmann::json::array({"count"}));
  CHECK_SAME(run.json().at("measures").at(0).at("value"), 50.0);
}

TEST_CASE("checkpoint timeline shows the needs between the modules", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  const Run run = box.tito({"checkpoint", "timeline"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "Need a sum");
  CHECK_CONTAINS(run.out, "numbers");
}

TEST_CASE("demo runs before anything is exported, and says whose code it ran", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  auto demo = box.tito({"demo", "02", "--json"});
  CHECK_SAME(demo.status, 0);
  CHECK_SAME(demo.json().at("reference"), nlohmann::json::array({"count", "total"}));
  CHECK_SAME(demo.json().at("measures").at(0).at("value"), 55.0);
  box.tito({"dev", "fill", "all"});
  REQUIRE(box.tito({"export", "01"}).status == 0);
  demo = box.tito({"demo", "02", "--json"});
  CHECK_SAME(demo.json().at("own"), nlohmann::json::array({"count"}));
  CHECK_CONTAINS(box.tito({"demo", "02"}).out, "Adding up to ten.");
}

TEST_CASE("The tour walks the whole course and tells what it measured", "[commands][limit:120]") {
  Sandbox box;
  const Run run = box.tito({"tour", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("modules").size(), 2U);
  CHECK_SAME(run.json().at("modules").at(0).at("skeleton").at("passed"), 0);
  CHECK_SAME(run.json().at("modules").at(1).at("unlocked"), true);
  CHECK_SAME(run.json().at("measures").at(2).at("value"), 55.0);
  const Run text = box.tito({"tour"});
  CHECK_CONTAINS(text.out, "2 of 2 modules walked");
}

TEST_CASE("Every command, and every group of commands, explains itself with an example", "[commands][limit:60]") {
  CLI::App app;
  tito::Context context;
  tito::add_everything(app, context);
  std::set<std::string> commands{""};  // tito itself
  for (const std::string& command : tito::all_commands(app)) {
    commands.insert(command);
    commands.insert(command.substr(0, command.find(' ')));
  }
  CHECK(commands.size() > 40);
  Sandbox box;
  for (const std::string& command : commands) {
    std::istringstream text(command + " --help");
    const Run run = box.tito({std::istream_iterator<std::string>(text), {}});
    INFO("tito " << command);
    CHECK_SAME(run.status, 0);
    CHECK_CONTAINS(run.out, "Example");
    CHECK_CONTAINS(run.out, command.empty() ? "tito " : "tito " + command);
  }
}

TEST_CASE("Without a terminal the output has no escape sequences unless they are asked for", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  CHECK(!contains(box.tito({"checkpoint", "status"}).out, "\x1b"));
  CHECK_CONTAINS(box.tito({"checkpoint", "status", "--color", "always"}).out, "\x1b[");
  CHECK(!contains(box.tito({"checkpoint", "status", "--color", "never"}).out, "\x1b"));
}

TEST_CASE("A locale without UTF-8 gets plain ASCII", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  const std::string text = box.tito({"checkpoint", "timeline"}, {"LC_ALL=C"}).out;
  CHECK_CONTAINS(text, "Need a sum");
  CHECK(is_ascii(text));
}

TEST_CASE("--workspace names the workspace from anywhere, and a subfolder finds it by itself", "[commands][limit:60]") {
  Sandbox box;
  box.init();
  const Run away =
      box.run({TEST_TITO, "next", "--json", "--workspace", box.workspace().string()}, "/", {"TITO_KIT=" TEST_TOY_KIT});
  CHECK_SAME(away.status, 0);
  const Run below = box.run({TEST_TITO, "next", "--json"}, box.path("modules/01_count"), {"TITO_KIT=" TEST_TOY_KIT});
  CHECK_SAME(below.json().at("module"), "count");
}

TEST_CASE("next and checkpoint status answer within 40 ms, the shell that starts them included",
          "[commands][limit:60]") {
  Sandbox box;
  box.init(true);
  for (const std::vector<std::string>& command : {std::vector<std::string>{"next"}, {"checkpoint", "status"}}) {
    const double best = fastest_of(10, [&] { CHECK_SAME(box.tito(command).status, 0); });
#ifdef __SANITIZE_ADDRESS__
    CHECK(best < 1);
#else
    CHECK(best < 0.04);
#endif
  }
}
