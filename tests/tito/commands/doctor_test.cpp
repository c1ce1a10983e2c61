// tito doctor, tito info and tito --version, through the real binary.
#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

namespace {

// The line of a check.
nlohmann::json check_of(const Run& run, const std::string& name) {
  const nlohmann::json all = run.json();
  for (const nlohmann::json& check : all.at("checks")) {
    if (check.at("name") == name) return check;
  }
  FAIL("no check is called " << name << " in " << run.out);
  return {};
}

}  // namespace

TEST_CASE("The doctor finds nothing failing where everything is there, in less than two seconds",
          "[doctor][limit:120]") {
  Sandbox box;
  box.init();
  Run run;
  const double fastest = fastest_of(3, [&] { run = box.tito({"doctor", "--json"}); });
  INFO(run.out);
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("failing"), 0);
  CHECK(fastest < 2);
  for (const char* name : {"course", "compiler", "contract", "workspace", "disk", "processor"}) {
    INFO(name);
    CHECK_SAME(check_of(run, name).at("state"), "ok");
  }
  CHECK_CONTAINS(check_of(run, "workspace").at("detail").get<std::string>(), "0 of 2 checkpoints");
  const nlohmann::json all = run.json();
  for (const nlohmann::json& check : all.at("checks")) {
    INFO(check.dump());
    CHECK_SAME(check.at("mend").get<std::string>().empty(), check.at("state") == "ok");
  }
}

TEST_CASE("Without a workspace the doctor says how to make one, and that is no failure", "[doctor][limit:60]") {
  Sandbox box;
  const Run run = box.tito({"doctor", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(check_of(run, "workspace").at("state"), "warning");
  CHECK_SAME(check_of(run, "workspace").at("mend"), "tito init my-course");
}

TEST_CASE("Without a kit the doctor still examines the rest and exits with 3", "[doctor][limit:60]") {
  Sandbox box;
  const Run run = box.tito({"doctor", "--json"}, {"TITO_KIT=/nowhere/kit.json"});
  CHECK_SAME(run.status, 3);
  CHECK_SAME(check_of(run, "course").at("state"), "failing");
  CHECK_CONTAINS(check_of(run, "course").at("mend").get<std::string>(), "./bootstrap build");
  CHECK_SAME(check_of(run, "compiler").at("state"), "ok");
  CHECK(run.err.empty());
}

TEST_CASE("A compiler that does not work is a failing line with the command that mends it", "[doctor][limit:60]") {
  Sandbox box;
  for (const std::string compiler : {"/bin/false", "/nowhere/g++"}) {
    const std::string kit = changed_kit(box, [&](nlohmann::json& changed) { changed["compiler"] = compiler; });
    const Run run = box.tito({"doctor", "--json", "--kit", kit});
    CHECK_SAME(run.status, 3);
    CHECK_SAME(check_of(run, "compiler").at("state"), "failing");
    CHECK_CONTAINS(check_of(run, "compiler").at("detail").get<std::string>(), compiler);
    CHECK_CONTAINS(check_of(run, "compiler").at("mend").get<std::string>(), "apt-get install g++");
  }
}

TEST_CASE("A contract that is not precompiled for this compiler is a warning", "[doctor][limit:60]") {
  Sandbox box;
  const std::string kit = changed_kit(box, [&](nlohmann::json& changed) {
    fs::copy_file(changed["precompiled"].get<std::string>(), box.root() / "contract.hpp");  // without its .gch
    changed["precompiled"] = (box.root() / "contract.hpp").string();
  });
  const Run run = box.tito({"doctor", "--json", "--kit", kit});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(check_of(run, "contract").at("state"), "warning");
}

TEST_CASE("A damaged record of progress is a failing line, and stays as it is", "[doctor][limit:60]") {
  Sandbox box;
  box.init();
  tito::write_atomically(box.path(".tito/progress.json"), "{ broken");
  const Run run = box.tito({"doctor", "--json"});
  CHECK_SAME(run.status, 3);
  CHECK_SAME(check_of(run, "workspace").at("state"), "failing");
  CHECK(!check_of(run, "workspace").at("mend").get<std::string>().empty());
  CHECK_SAME(tito::read_file(box.path(".tito/progress.json")), std::string("{ broken"));
}

TEST_CASE("A damaged data set is a failing line", "[doctor][limit:60]") {
  Sandbox box;
  const fs::path folder = box.root() / "data";
  fs::create_directories(folder / "mnist");
  tito::write_atomically(folder / "mnist" / "train-images-idx3-ubyte", "short");
  const Run run = box.tito({"doctor", "--json"}, {"TITO_DATA=" + folder.string()});
  CHECK_SAME(run.status, 3);
  CHECK_SAME(check_of(run, "data mnist").at("state"), "failing");
  CHECK_CONTAINS(check_of(run, "data mnist").at("mend").get<std::string>(), "tito data");
}

TEST_CASE("A locale that is not UTF-8 is a warning", "[doctor][limit:60]") {
  Sandbox box;
  CHECK_SAME(check_of(box.tito({"doctor", "--json"}, {"LC_ALL=C"}), "terminal").at("state"), "warning");
  CHECK_SAME(check_of(box.tito({"doctor", "--json"}), "terminal").at("state"), "ok");
}

TEST_CASE("info says where everything lies, and of what is missing why", "[doctor][limit:60]") {
  Sandbox box;
  Run run = box.tito({"info", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("kit").at("file"), TEST_TOY_KIT);
  CHECK_SAME(run.json().at("course").at("name"), "toy");
  CHECK(run.json().at("workspace").contains("problem"));
  box.init();
  run = box.tito({"info", "--json"}, {"TITO_DATA=/my/sets"});
  CHECK_SAME(run.json().at("workspace").at("folder"), fs::canonical(box.workspace()).string());
  CHECK_SAME(run.json().at("data").at("folder"), "/my/sets");
  run = box.tito({"info"}, {"TITO_KIT=/nowhere/kit.json"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "/nowhere/kit.json does not exist");
}

TEST_CASE("--version begins with the version and says how tito was built", "[doctor]") {
  Sandbox box;
  const Run run = box.tito({"--version"});
  CHECK_SAME(run.status, 0);
  const std::string first = run.out.substr(0, run.out.find('\n'));
  CHECK(std::count(first.begin(), first.end(), '.') == 2);
  CHECK(first.starts_with("tito "));
  const nlohmann::json json = box.tito({"--version", "--json"}).json();
  CHECK_SAME("tito " + json.at("version").get<std::string>(), first);
  CHECK_CONTAINS(run.out, json.at("build").at("compiler").get<std::string>());
  CHECK_CONTAINS(run.out, json.at("build").at("flags").get<std::string>());
}
