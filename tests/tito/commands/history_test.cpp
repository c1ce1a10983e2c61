// reset, undo, history, diff, solution and progress rebuild, through the real binary.
#include "tests/support/tito.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";
const std::string index_file = ".tito/snapshots/index.json";

nlohmann::json snapshots(const Sandbox& box, const std::string& module = "01") {
  return box.tito({"history", module, "--json"}).json().at("snapshots");
}

std::string source(const Sandbox& box) { return tito::read_file(box.path(count_file)); }

}  // namespace

TEST_CASE("reset puts the skeleton back and undo the work; twice returns", "[history][limit:60]") {
  Sandbox box;
  box.init();
  const std::string skeleton = source(box);
  box.edit(count_file, "throw NotImplemented(\"count\", \"evens\");", "return 42;");
  const std::string work = source(box);
  const Run reset = box.tito({"module", "reset", "01"});
  CHECK_SAME(reset.status, 0);
  CHECK_CONTAINS(reset.out, "tito undo");
  CHECK_SAME(source(box), skeleton);
  CHECK_CONTAINS(box.tito({"module", "reset", "01"}).out, "nothing to do");

  const Run undone = box.tito({"undo"});
  CHECK_SAME(undone.status, 0);
  CHECK_SAME(source(box), work);
  CHECK_SAME(box.tito({"undo"}).status, 0);
  CHECK_SAME(source(box), skeleton);
  CHECK_SAME(box.tito({"undo", "01"}).status, 0);
  CHECK_SAME(source(box), work);
}

TEST_CASE("undo keeps what was written since the reset", "[history][limit:60]") {
  Sandbox box;
  box.init();
  box.edit(count_file, "throw NotImplemented(\"count\", \"evens\");", "return 42;");
  REQUIRE(box.tito({"module", "reset", "01"}).status == 0);
  box.edit(count_file, "throw NotImplemented(\"count\", \"evens\");", "return 7;");
  const std::string later = source(box);
  const auto undone = box.tito({"undo", "--json"}).json();
  CHECK_SAME(undone.at("module"), "count");
  CHECK_SAME(undone.at("changed"), true);
  CHECK_CONTAINS(source(box), "return 42;");
  REQUIRE(box.tito({"undo", "--to", std::to_string(undone.at("kept").at("id").get<int>())}).status == 0);
  CHECK_SAME(source(box), later);
}

TEST_CASE("One function is reset alone", "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run run = box.tito({"module", "reset", "count", "--function", "evens", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("function"), "evens");
  CHECK_CONTAINS(source(box), "throw NotImplemented(\"count\", \"evens\");");
  CHECK_CONTAINS(source(box), "numbers.push_back(i)");
  const Run unknown = box.tito({"module", "reset", "count", "--function", "odds"});
  CHECK_SAME(unknown.status, 2);
  CHECK_CONTAINS(unknown.err, "evens");
}

TEST_CASE("With nothing overwritten there is nothing to undo, and an unknown snapshot is refused",
          "[history][limit:60]") {
  Sandbox box;
  box.init();
  CHECK_SAME(box.tito({"undo"}).status, 2);
  CHECK_SAME(box.tito({"undo", "--to", "7"}).status, 2);
  CHECK_SAME(box.tito({"undo", "--to", "x"}).status, 2);
  CHECK_CONTAINS(box.tito({"history"}).out, "no snapshots yet");
  REQUIRE(box.tito({"dev", "fill", "02"}).status == 0);
  CHECK_SAME(box.tito({"undo", "01"}).status, 2);
  const Run other = box.tito({"undo", "01", "--to", "1"});
  CHECK_SAME(other.status, 2);
  CHECK_CONTAINS(other.err, "total");
}

TEST_CASE("history lists exports and whatever was overwritten, newest first, with the lines that changed",
          "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  box.edit(count_file, "int count = 0;", "int count = 0;\n  // again");
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"module", "reset", "01"}).status == 0);
  REQUIRE(box.tito({"undo"}).status == 0);
  const auto all = snapshots(box);
  REQUIRE(all.size() == 5);
  const std::vector<std::string> causes{"undo", "reset", "export", "export", "fill"};
  for (std::size_t i = 0; i < causes.size(); ++i) CHECK_SAME(all.at(i).at("cause"), causes[i]);
  CHECK_SAME(all.at(2).at("added"), 1);
  CHECK_SAME(all.at(2).at("removed"), 0);
  CHECK(all.at(4).at("added").is_null());
  CHECK_SAME(all.at(1).at("present"), true);
  CHECK_SAME(all.at(0).at("present"), false);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all.at(i - 1).at("id").get<int>() > all.at(i).at("id").get<int>());
  CHECK_CONTAINS(box.tito({"history"}).out, "total");
  CHECK_CONTAINS(box.tito({"history", "count"}).out, "what the file holds now");
}

TEST_CASE("A file that tito would overwrite is left alone while its snapshots cannot be kept", "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string work = source(box);
  tito::write_atomically(box.path(index_file), "{ broken");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"module", "reset", "01"}, {"undo"}, {"history"}, {"update"}, {"undo", "--to", "1"}}) {
    const Run run = box.tito(command);
    CHECK_SAME(run.status, 4);
    CHECK_CONTAINS(run.err, "index.json");
    CHECK_CONTAINS(run.err, "tito history --repair");
    CHECK_SAME(source(box), work);
    CHECK_SAME(tito::read_file(box.path(index_file)), std::string("{ broken"));
  }
  // An export overwrites nothing of theirs: it goes on, and says that there is no snapshot of it.
  const Run exported = box.tito({"export", "01"});
  CHECK_SAME(exported.status, 0);
  CHECK_CONTAINS(exported.err, "no snapshot of this export");
  const auto repair = box.tito({"history", "--repair", "--json"}).json();
  CHECK_SAME(repair.at("was_damaged"), true);
  CHECK_SAME(tito::read_file(repair.at("kept_as").get<std::string>()), std::string("{ broken"));
  CHECK_SAME(box.tito({"module", "reset", "01"}).status, 0);
  CHECK_SAME(box.tito({"undo"}).status, 0);
  CHECK_SAME(source(box), work);
}

TEST_CASE("A link to a file elsewhere stays a link", "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  const fs::path elsewhere = box.root() / "mine.cpp";
  fs::rename(box.path(count_file), elsewhere);
  fs::create_symlink(elsewhere, box.path(count_file));
  REQUIRE(box.tito({"module", "reset", "01"}).status == 0);
  CHECK(fs::is_symlink(box.path(count_file)));
  CHECK_CONTAINS(tito::read_file(elsewhere), "NotImplemented");
}

TEST_CASE("A file that was deleted comes back from its snapshot or as a skeleton", "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string work = source(box);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  fs::remove(box.path(count_file));
  CHECK_CONTAINS(box.tito({"module", "test", "01"}).err, "tito history 01");
  REQUIRE(box.tito({"undo", "--to", std::to_string(snapshots(box).at(0).at("id").get<int>())}).status == 0);
  CHECK_SAME(source(box), work);
  fs::remove_all(box.path("modules/01_count"));
  REQUIRE(box.tito({"module", "reset", "01"}).status == 0);
  CHECK_CONTAINS(source(box), "NotImplemented");
}

TEST_CASE("diff is against the skeleton before the first export, and against the export after", "[history][limit:60]") {
  Sandbox box;
  box.init();
  CHECK_SAME(box.tito({"diff", "01", "--json"}).json().at("changed"), false);
  CHECK_SAME(box.tito({"diff", "01"}).out, std::string());
  CHECK_SAME(box.tito({"diff", "01", "--against", "export"}).status, 2);
  REQUIRE(box.tito({"dev", "fill", "01"}).status == 0);
  auto diff = box.tito({"diff", "01", "--json"}).json();
  CHECK_SAME(diff.at("against").at("kind"), "skeleton");
  CHECK_SAME(diff.at("removed"), 2);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  box.edit(count_file, "int count = 0;", "int count = 1;");
  const Run run = box.tito({"diff", "01"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "-  int count = 0;\n+  int count = 1;\n");
  diff = box.tito({"diff", "01", "--json"}).json();
  CHECK_SAME(diff.at("against").at("kind"), "export");
  CHECK_SAME(diff.at("hunks").size(), 1U);
  diff = box.tito({"diff", "01", "--against", "1", "--json"}).json();  // what the fill replaced
  CHECK_SAME(diff.at("against").at("kind"), "snapshot");
  CHECK_SAME(diff.at("removed"), 2);
  CHECK_SAME(box.tito({"diff", "01", "--against", "99"}).status, 2);
  CHECK_CONTAINS(box.tito({"diff", "01", "--color", "always"}).out, "\x1b[32m+  int count = 1;");
}

TEST_CASE("solution opens with the export, and closes when the file changes", "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  const Run closed = box.tito({"solution", "01"});
  CHECK_SAME(closed.status, 1);
  CHECK_CONTAINS(closed.err, "tito export 01");
  CHECK(!contains(closed.out, "push_back"));
  box.edit(count_file, "numbers.push_back(i);", "numbers.emplace_back(i);");
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const std::string before = tito::sha256_of_folder(box.path("modules"));
  const auto result = box.tito({"solution", "01", "--json"}).json();
  REQUIRE(result.at("functions").size() == 2);
  CHECK_SAME(result.at("functions").at(0).at("name"), "count_to");
  CHECK_SAME(result.at("functions").at(0).at("same"), false);
  CHECK_CONTAINS(result.at("functions").at(0).at("reference").get<std::string>(), "push_back");
  CHECK_CONTAINS(result.at("functions").at(0).at("yours").get<std::string>(), "emplace_back");
  CHECK_SAME(result.at("functions").at(1).at("same"), true);
  CHECK(!contains(result.dump(), "SOLUTION"));
  const Run one = box.tito({"solution", "01", "count_to"});
  CHECK_CONTAINS(one.out,
                 "-  for (int i = 1; i <= n; ++i) numbers.emplace_back(i);\n+  for (int i = 1; i <= n; ++i) "
                 "numbers.push_back(i);\n");
  CHECK(!contains(one.out, "evens"));
  const Run unknown = box.tito({"solution", "01", "evnes"});
  CHECK_SAME(unknown.status, 2);
  CHECK_CONTAINS(unknown.err, "did you mean \"evens\"?");
  CHECK_SAME(tito::sha256_of_folder(box.path("modules")), before);
  box.edit(count_file, "int count = 0;", "int count = 0;  // again");
  CHECK_SAME(box.tito({"solution", "01"}).status, 1);
}

TEST_CASE("rebuild finds out again what a lost record held", "[history][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"export", "02"}).status == 0);
  REQUIRE(box.tito({"module", "reset", "02"}).status == 0);
  tito::write_atomically(box.path(".tito/progress.json"), "{ broken");
  tito::write_atomically(box.path(".tito/progress.previous.json"), "broken, too");
  const auto rebuilt = box.tito({"progress", "rebuild", "--json"}).json();
  CHECK_SAME(rebuilt.at("was_damaged"), true);
  CHECK_SAME(rebuilt.at("from_previous"), false);
  CHECK_CONTAINS(rebuilt.at("problem").get<std::string>(), "progress.json");
  CHECK_SAME(rebuilt.at("modules").at(0).at("state"), "exported");
  CHECK_SAME(rebuilt.at("modules").at(0).at("checkpoint_state"), "done");
  CHECK_SAME(rebuilt.at("modules").at(0).at("passed"), 3);
  CHECK_SAME(rebuilt.at("modules").at(1).at("written"), false);
  CHECK_SAME(rebuilt.at("modules").at(1).at("state"), "open");
  CHECK_SAME(tito::read_file(rebuilt.at("kept_as").get<std::string>()), std::string("{ broken"));
}

TEST_CASE("rebuild of a record in order finds the same; what fails no more counts no more", "[history][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  box.edit(count_file, "int count = 0;", "int count = 1;");
  const auto rebuilt = box.tito({"progress", "rebuild", "--json"}).json();
  CHECK_SAME(rebuilt.at("was_damaged"), false);
  CHECK_SAME(rebuilt.at("modules").at(0).at("state"), "stale");
  CHECK_SAME(rebuilt.at("modules").at(0).at("passed"), 2);
  CHECK_SAME(rebuilt.at("modules").at(1).at("state"), "passed");
}

TEST_CASE("A record of a newer tito is announced as such, kept, and never overwritten", "[history][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const std::string newer = "{\"schema\": \"tito-progress/9\", \"modules\": {}, \"dreams\": []}";
  tito::write_atomically(box.path(".tito/progress.json"), newer);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"next"}, {"module", "test", "01"}, {"export", "01"}}) {
    const Run run = box.tito(command);
    CHECK_SAME(run.status, 4);
    CHECK_CONTAINS(run.err, "written by a newer tito");
    CHECK_SAME(tito::read_file(box.path(".tito/progress.json")), newer);
  }
  const auto rebuilt = box.tito({"progress", "rebuild", "--json"}).json();
  CHECK_CONTAINS(rebuilt.at("problem").get<std::string>(), "newer tito");
  CHECK_SAME(tito::read_file(rebuilt.at("kept_as").get<std::string>()), newer);
  CHECK_SAME(rebuilt.at("modules").at(0).at("state"), "exported");
}

TEST_CASE("A record of the first version is read, and takes the present form with the next change",
          "[history][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  auto record = nlohmann::json::parse(tito::read_file(box.path(".tito/progress.json")));
  CHECK_SAME(record.at("schema"), "tito-progress/2");
  record["schema"] = "tito-progress/1";
  record.erase("milestones");
  const std::string old = record.dump(2) + "\n";
  tito::write_atomically(box.path(".tito/progress.json"), old);
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "exported");
  CHECK_SAME(tito::read_file(box.path(".tito/progress.json")), old);  // reading changes nothing
  REQUIRE(box.tito({"module", "test", "02"}).status == 0);
  const auto migrated = nlohmann::json::parse(tito::read_file(box.path(".tito/progress.json")));
  CHECK_SAME(migrated.at("schema"), "tito-progress/2");
  CHECK(migrated.at("milestones").is_object());
  CHECK_SAME(migrated.at("modules").at("count"), record.at("modules").at("count"));
  CHECK_SAME(migrated.at("checkpoints"), record.at("checkpoints"));
  CHECK_SAME(tito::read_file(box.path(".tito/progress.previous.json")), old);
  // In the second version it belongs there.
  record["schema"] = "tito-progress/2";
  tito::write_atomically(box.path(".tito/progress.json"), record.dump());
  CHECK_CONTAINS(box.tito({"next"}).err, "milestones");
}
