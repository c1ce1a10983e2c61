// tito update: a newer course meets an existing workspace.
#include "tests/support/newer_course.hpp"
#include "tests/support/tito.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";

Run update(const Sandbox& box, const std::string& kit, const std::vector<std::string>& more = {}) {
  std::vector<std::string> command{"update", "--kit", kit, "--json"};
  command.insert(command.end(), more.begin(), more.end());
  return box.tito(command);
}

// The change of a kind, and of a path that ends so.
nlohmann::json change(const nlohmann::json& result, const std::string& kind, const std::string& ending = "") {
  for (const nlohmann::json& change : result.at("changes")) {
    if (change.at("kind") == kind && change.at("path").get<std::string>().ends_with(ending)) return change;
  }
  FAIL("there is no change of kind " << kind << " in " << result.dump(2));
  return {};
}

bool has_change(const nlohmann::json& result, const std::string& kind) {
  for (const nlohmann::json& change : result.at("changes")) {
    if (change.at("kind") == kind) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A workspace that was just made is up to date", "[update][limit:60]") {
  Sandbox box;
  box.init();
  const Run run = box.tito({"update"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.out, std::string("all is up to date\n"));
}

TEST_CASE("A new function arrives as a stub at the end, the work stays, and progress shows as stale",
          "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const std::string work = tito::read_file(box.path(count_file));
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  const std::string kit = newer.build();

  CHECK_SAME(box.tito({"module", "list", "--json", "--kit", kit}).json().at("modules").at(0).at("state"), "stale");
  const std::string all = tito::sha256_of_folder(box.workspace());
  const auto planned = update(box, kit, {"--dry-run"}).json();
  CHECK_SAME(planned.at("dry_run"), true);
  CHECK_SAME(planned.at("up_to_date"), false);
  CHECK_SAME(tito::sha256_of_folder(box.workspace()), all);

  const Run run = update(box, kit);
  INFO(run.err);
  REQUIRE(run.status == 0);
  const auto appended = change(run.json(), "append");
  CHECK_SAME(appended.at("functions"), nlohmann::json::array({"odds"}));
  const std::string now = tito::read_file(box.path(count_file));
  REQUIRE(now.starts_with(work));
  CHECK_CONTAINS(now.substr(work.size()), "// ---- Added by tito update on ");
  CHECK_CONTAINS(now,
                 "namespace toy {\n\n// What is left without the even ones.\nint odds(const std::vector<int>& numbers) "
                 "{\n  throw NotImplemented(\"count\", \"odds\");\n}\n");
  CHECK(!contains(now.substr(work.size()), "SOLUTION"));
  CHECK_CONTAINS(tito::read_file(box.path("modules/01_count/README.md")), "`odds`");
  CHECK_CONTAINS(tito::read_file(box.path("package/include/toy/count.hpp")), "odds");
  CHECK_CONTAINS(tito::read_file(box.path("compile_commands.json")), "newer/include");
  CHECK_SAME(box.tito({"module", "list", "--json", "--kit", kit}).json().at("modules").at(0).at("state"), "stale");
  CHECK_SAME(box.tito({"checkpoint", "status", "--json", "--kit", kit}).json().at("checkpoints").at(0).at("state"),
             "stale");
  CHECK_SAME(box.tito({"module", "test", "01", "--kit", kit}).status, 0);  // it compiles and lacks nothing

  const Run again = box.tito({"update", "--kit", kit});
  CHECK_SAME(again.out, std::string("all is up to date\n"));
  REQUIRE(box.tito({"undo", "--kit", kit}).status == 0);
  CHECK_SAME(tito::read_file(box.path(count_file)), work);
  CHECK(has_change(update(box, kit).json(), "append"));
}

TEST_CASE("A module that has another number moves with all that is in its folder", "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  const std::string count = tito::read_file(box.path(count_file)),
                    total = tito::read_file(box.path("modules/02_total/total.cpp"));
  tito::write_atomically(box.path("modules/01_count/notes.txt"), "mine");
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  newer.reorder();
  const std::string kit = newer.build();
  const Run before = box.tito({"module", "test", "count", "--kit", kit});
  CHECK_SAME(before.status, 1);
  CHECK_CONTAINS(before.err, "tito update");
  const auto result = update(box, kit).json();
  CHECK_SAME(change(result, "renumber", "02_count").at("from"), "modules/01_count");
  CHECK(!fs::exists(box.path("modules/01_count")));
  CHECK(!fs::exists(box.path("modules/02_total")));
  CHECK(tito::read_file(box.path("modules/02_count/count.cpp")).starts_with(count));
  CHECK_SAME(tito::read_file(box.path("modules/01_total/total.cpp")), total);
  CHECK_SAME(tito::read_file(box.path("modules/02_count/notes.txt")), std::string("mine"));
  CHECK_CONTAINS(tito::read_file(box.path("modules/02_count/README.md")), "`odds`");
  CHECK_CONTAINS(tito::read_file(box.path("README.md")), "modules/02_count/README.md");
  CHECK_SAME(update(box, kit).json().at("up_to_date"), true);
  // The snapshots go by the slug.
  const auto snapshots = box.tito({"history", "02", "--json", "--kit", kit}).json().at("snapshots");
  CHECK_SAME(snapshots.at(0).at("cause"), "update");
  CHECK_SAME(snapshots.at(0).at("module"), "count");
}

TEST_CASE("Beside a file that does not compile the new skeleton is put, and the file stays", "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "int count = oops;");
  const std::string work = tito::read_file(box.path(count_file));
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  const std::string kit = newer.build();
  const auto beside = change(update(box, kit).json(), "beside", "count.new.cpp");
  CHECK_CONTAINS(beside.at("reason").get<std::string>(), "oops");
  CHECK_SAME(tito::read_file(box.path(count_file)), work);
  CHECK_CONTAINS(tito::read_file(box.path("modules/01_count/count.new.cpp")),
                 "throw NotImplemented(\"count\", \"odds\");");
  CHECK_SAME(update(box, kit).json().at("up_to_date"), true);
}

TEST_CASE("A file that compiles now, but would not with the new functions, is not touched", "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  // A macro of the student's that breaks what comes behind it.
  tito::write_atomically(box.path(count_file), tito::read_file(box.path(count_file)) + "#define odds 17\n");
  const std::string work = tito::read_file(box.path(count_file));
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  const std::string kit = newer.build();
  const auto beside = change(update(box, kit).json(), "beside", "count.new.cpp");
  CHECK_CONTAINS(beside.at("reason").get<std::string>(), "would not compile");
  CHECK_SAME(tito::read_file(box.path(count_file)), work);
}

TEST_CASE("A lesson or an editor's file that the student changed is kept when it is renewed, and left when it is not",
          "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  tito::write_atomically(box.path("modules/01_count/README.md"), "my notes\n");
  tito::write_atomically(box.path(".clangd"), "mine\n");
  CHECK_SAME(box.tito({"update"}).out, std::string("all is up to date\n"));
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  const std::string kit = newer.build();
  const auto renewed = change(update(box, kit).json(), "renew", "01_count/README.md");
  CHECK_SAME(tito::read_file(renewed.at("kept_as").get<std::string>()), std::string("my notes\n"));
  CHECK_CONTAINS(tito::read_file(box.path("modules/01_count/README.md")), "`odds`");
  CHECK_SAME(tito::read_file(box.path(".clangd")), std::string("mine\n"));
  fs::remove(box.path(".clangd"));
  update(box, kit);
  CHECK_CONTAINS(tito::read_file(box.path(".clangd")), "CompilationDatabase");
}

TEST_CASE("A given header that the course has no more leaves the package; what is the student's stays",
          "[update][limit:120]") {
  Sandbox box;
  const NewerCourse older(box.root() / "older");
  tito::write_atomically(older.root() / "include/toy/extra.hpp", "#pragma once\n");
  const std::string old_kit = older.build();
  REQUIRE(box.tito({"init", "w", "--kit", old_kit}).status == 0);
  REQUIRE(fs::exists(box.path("package/include/toy/extra.hpp")));
  tito::write_atomically(box.path("package/mine.hpp"), "mine\n");
  const Run run = box.tito({"update", "--json", "--workspace", box.workspace().string()});
  change(run.json(), "remove", "extra.hpp");
  CHECK(!fs::exists(box.path("package/include/toy/extra.hpp")));
  CHECK(fs::exists(box.path("package/mine.hpp")));
}

TEST_CASE("A workspace without a record of what was given is brought up to date as well", "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  fs::remove(box.path(".tito/given.json"));
  const std::string work = tito::read_file(box.path(count_file));
  const NewerCourse newer(box.root() / "newer");
  newer.add_function();
  const std::string kit = newer.build();
  CHECK(has_change(update(box, kit).json(), "append"));
  CHECK(tito::read_file(box.path(count_file)).starts_with(work));
  tito::write_atomically(box.path(".tito/given.json"), "{ broken");
  CHECK_SAME(update(box, kit).status, 0);
  CHECK_SAME(update(box, kit).json().at("up_to_date"), true);
}

TEST_CASE("A new module of the course comes as a skeleton, and a folder that is no module is named",
          "[update][limit:120]") {
  Sandbox box;
  box.init(true);
  fs::remove_all(box.path("modules/02_total"));
  fs::create_directory(box.path("modules/07_stray"));
  const auto result = box.tito({"update", "--json"}).json();
  change(result, "create", "total.cpp");
  CHECK_CONTAINS(tito::read_file(box.path("modules/02_total/total.cpp")), "NotImplemented");
  CHECK(fs::exists(box.path("modules/02_total/README.md")));
  CHECK_CONTAINS(result.at("notes").dump(), "07_stray");
}
