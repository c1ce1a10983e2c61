// tito course new: a module that builds from its first moment, and says what is still to be written.
#include <regex>
#include <set>

#include "json_schema.hpp"
#include "newer_course.hpp"
#include "tito.hpp"
#include "tito/authoring/todo.hpp"
#include "tito/course/course.hpp"
#include "tito/course/hints.hpp"
#include "tito/course/lesson.hpp"
#include "tito/course/skeleton.hpp"

namespace {

// A copy of the toy course, with no git around it.
class Ground {
 public:
  Ground() : course_(box_.root() / "course"), kit_(course_.plain_kit()) {}

  Run add(const std::vector<std::string>& words) const {
    std::vector<std::string> command{"course", "new", "--kit", kit_, "--json", "--force"};
    command.insert(command.end(), words.begin(), words.end());
    return box_.tito(command);
  }

  // What tito course check --quick finds, "rule file:line" each.
  std::vector<std::string> findings() const {
    const nlohmann::json result = box_.tito({"course", "check", "--quick", "--kit", kit_, "--json"}).json();
    std::vector<std::string> all;
    for (const nlohmann::json& one : result.at("findings")) {
      all.push_back(one.at("rule").get<std::string>() + " " + place_of(one));
    }
    return all;
  }

  // "modules/03_mean/README.md:5"
  static std::string place_of(const nlohmann::json& one) {
    return one.at("file").get<std::string>() + ":" + std::to_string(one.at("line").get<int>());
  }

  std::string text(const std::string& path) const { return tito::read_file(root() / path); }
  const fs::path& root() const { return course_.root(); }
  const NewerCourse& course() const { return course_; }
  const Sandbox& box() const { return box_; }
  const std::string& kit() const { return kit_; }

 private:
  Sandbox box_;
  NewerCourse course_;
  std::string kit_;
};

const std::vector<std::string> files_of_mean{
    "checkpoints/middle.cpp",   "include/toy/mean.hpp",     "modules/03_mean/README.md",   "modules/03_mean/demo.cpp",
    "modules/03_mean/hints.md", "modules/03_mean/mean.cpp", "modules/03_mean/mistakes.md", "tests/mean_test.cpp"};

}  // namespace

TEST_CASE("A new module has its entry, its place, its checkpoint and every file, and all else stays",
          "[course_new][limit:60]") {
  const Ground ground;
  const std::string manifest = ground.text("modules/course.json");
  const Run run =
      ground.add({"mean", "--title", "The \"mean\"", "--purpose", "Finds the middle", "--checkpoint", "middle"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK_SAME(object_problems(run.json()), std::vector<std::string>{});
  CHECK_SAME(run.json().at("created"), nlohmann::json(files_of_mean));
  CHECK(run.json().at("folders").empty());
  for (const std::string& file : files_of_mean) CHECK(fs::exists(ground.root() / file));
  const tito::Course course(ground.root() / "modules/course.json");
  CHECK_SAME(course.module("mean").title, std::string("The \"mean\""));
  CHECK_SAME(course.module("mean").purpose, std::string("Finds the middle"));
  CHECK_SAME(course.module("mean").needs, std::vector<std::string>{"total"});
  CHECK_SAME(course.module("mean").checkpoint, std::string("middle"));
  CHECK_SAME(course.track("forward").order, (std::vector<std::string>{"count", "total", "mean"}));
  CHECK(course.track("forward").leaves.at("total").starts_with("TODO"));
  // Line by line the rest is what it was.
  std::string now = ground.text("modules/course.json");
  now = std::regex_replace(now, std::regex(",\n    \"mean\": [^\n]*"), "");
  now = std::regex_replace(now, std::regex(", \"mean\": \"middle\""), "");
  now = std::regex_replace(now, std::regex(", \"leaves\": \"TODO[^}]*\\}, \\{\"module\": \"mean\"\\}"), "}");
  CHECK_SAME(now, manifest);
}

TEST_CASE("A module in the middle gives those behind it other numbers, and takes over what the one before it left",
          "[course_new][limit:60]") {
  const Ground ground;
  tito::write_atomically(ground.root() / "notes.md", "See modules/02_total.\n");
  const Run run = ground.add({"first", "--after", "01"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK_SAME(run.json().at("folders").at(0).at("to"), "modules/03_total");
  CHECK(fs::exists(ground.root() / "modules/02_first/first.cpp"));
  CHECK(fs::exists(ground.root() / "modules/03_total/total.cpp"));
  CHECK_SAME(ground.text("notes.md"), std::string("See modules/03_total.\n"));
  const tito::Course course(ground.root() / "modules/course.json");
  CHECK_SAME(course.track("forward").leaves.at("first"), std::string("Need a sum"));
  CHECK_SAME(course.module("first").needs, std::vector<std::string>{"count"});
}

TEST_CASE("A name that cannot be a module's is refused, and nothing is written", "[course_new][limit:60]") {
  const Ground ground;
  tito::write_atomically(ground.root() / "include/toy/shape.hpp", "#pragma once\n");
  const std::string before = tito::sha256_of_folder(ground.root());
  const std::vector<std::pair<std::vector<std::string>, std::string>> calls{
      {{"count"}, "has a module \"count\" already"},
      {{"union"}, "word of C++"},
      {{"Mean"}, "expected lower-case letters"},
      {{"two-words"}, "expected lower-case letters"},
      {{"2nd"}, "expected lower-case letters"},
      {{"all"}, "means all modules"},
      {{"sums"}, "is the checkpoint of module total"},
      {{"shape"}, "include/toy/shape.hpp is there already"},
      {{"mean", "--checkpoint", "sums"}, "is that of module total"},
      {{"mean", "--checkpoint", "count"}, "\"count\" is a module"},
      {{"mean", "--checkpoint", "../x"}, "is not a slug"},
      {{"mean", "--after", "totl"}, "did you mean \"total\"?"},
      {{"mean", "--title", "two\nlines"}, "--title: expected one line"},
      {{"mean", "--purpose", "\xff"}, "--purpose: expected one line of UTF-8"}};
  for (const auto& [words, complaint] : calls) {
    const Run run = ground.add(words);
    CHECK_SAME(run.status, 2);
    CHECK_CONTAINS(run.err, complaint);
    CHECK_SAME(tito::sha256_of_folder(ground.root()), before);
  }
}

TEST_CASE("Every TODO is named with file and line, and without them tito course check finds nothing",
          "[course_new][limit:60]") {
  const Ground ground;
  CHECK_SAME(ground.findings(), std::vector<std::string>{});
  const auto result = ground.add({"mean", "--checkpoint", "middle"}).json();
  std::set<std::string> files, places;
  for (const nlohmann::json& todo : result.at("todos")) {
    const std::string file = todo.at("file");
    files.insert(file);
    places.insert("todo " + Ground::place_of(todo));
    std::istringstream lines(ground.text(file));
    std::string line;
    for (int i = 0; i < todo.at("line"); ++i) std::getline(lines, line);
    CHECK_CONTAINS(line, "TODO");
  }
  std::set<std::string> expected(files_of_mean.begin(), files_of_mean.end());
  expected.insert("modules/course.json");
  CHECK((files == expected));
  const std::vector<std::string> found = ground.findings();
  const std::set<std::string> found_places(found.begin(), found.end());
  CHECK_SAME(std::vector<std::string>(found_places.begin(), found_places.end()),
             std::vector<std::string>(places.begin(), places.end()));
  const std::string body = ground.text("modules/03_mean/mean.cpp"), lesson = ground.text("modules/03_mean/README.md");
  CHECK_SAME(tito::solution_names(body, "mean.cpp"), std::vector<std::string>{"mean_of"});
  CHECK_SAME(tito::parse_hints(ground.text("modules/03_mean/hints.md"), "hints.md").at(0).steps.size(), std::size_t{3});
  CHECK_SAME(tito::snippets_of(lesson, "README.md").size(), std::size_t{2});
  CHECK_SAME(tito::commands_of(lesson, "README.md").size(), std::size_t{2});
  for (const std::string& file : expected) {
    const std::string filled = std::regex_replace(ground.text(file), std::regex("TODO:? ?"), "");
    CHECK(tito::todos_in(file, filled).empty());
    tito::write_atomically(ground.root() / file, filled);
  }
  // The purpose stands in the table of modules, too.
  CHECK_SAME(ground.box().tito({"course", "check", "--quick", "--fix", "--kit", ground.kit()}).status, 0);
  CHECK_SAME(ground.findings(), std::vector<std::string>{});
}

TEST_CASE("A TODO is a word by itself", "[course_new]") {
  const auto found = tito::todos_in("file", "TODOS\n \"TODO: this\", \"TODO that\"\nno TODO_LIST\nTODO");
  REQUIRE(found.size() == 3);
  CHECK_SAME(found[0].line, 2);
  CHECK_SAME(found[0].text, std::string("this"));
  CHECK_SAME(found[1].text, std::string("that"));
  CHECK_SAME(found[2].line, 4);
  CHECK_SAME(found[2].text, std::string("TODO"));
}

#ifndef __SANITIZE_ADDRESS__  // a course that is built with sanitizers needs a project that is
TEST_CASE("A new module is built with no other edit; its skeleton fails every case, its reference body passes all",
          "[course_new][limit:300]") {
  const Ground ground;
  REQUIRE(ground.add({"mean", "--checkpoint", "middle", "--after", "count"}).status == 0);
  const fs::path build = ground.box().root() / "build";
  const fs::path source = fs::path(TEST_SOURCE_DIR) / "tests/fixtures/course";
  const Run configured = ground.box().run(
      {TEST_CMAKE, "-S", source.string(), "-B", build.string(), "-G", "Ninja", std::string("-DTITO=") + TEST_SOURCE_DIR,
       std::string("-DKIT=") + TEST_TOY_KIT, "-DCOURSE=" + ground.root().string(), "-DTITO_WERROR=ON"},
      ground.box().root());
  INFO(configured.out << configured.err);
  REQUIRE(configured.status == 0);
  const Run built =
      ground.box().run({TEST_CMAKE, "--build", build.string(), "--target", "toy_kit"}, ground.box().root());
  INFO(built.out << built.err);
  REQUIRE(built.status == 0);
  Sandbox student((build / "kits/toy/kit.json").string());
  // The whole check: what is still to be written, and that no module uses another as one in this place should.
  const std::set<std::string> expected{"todo", "unused", "order"};
  const nlohmann::json checked = student.tito({"course", "check", "--json"}).json();
  for (const nlohmann::json& one : checked.at("findings")) {
    INFO(one.dump());
    CHECK(expected.contains(one.at("rule").get<std::string>()));
  }
  student.init();
  const auto skeleton = student.tito({"module", "test", "02", "--all", "--json"});
  CHECK_SAME(skeleton.status, 1);
  CHECK_SAME(skeleton.json().at("passed"), 0);
  REQUIRE(student.tito({"dev", "fill", "all"}).status == 0);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"module", "test", "mean"},
                                                                                     {"export", "count"},
                                                                                     {"export", "mean"},
                                                                                     {"checkpoint", "test", "middle"},
                                                                                     {"demo", "mean"},
                                                                                     {"try", "mean"},
                                                                                     {"hint", "mean", "mean_of"},
                                                                                     {"export", "total"}}) {
    const Run run = student.tito(words);
    INFO(words[0] << "\n" << run.out << run.err);
    CHECK_SAME(run.status, 0);
  }
}
#endif
