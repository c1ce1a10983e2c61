// tito course reorder: another order of a course, in its sources and in the workspaces that were made of it.
#include <signal.h>

#include <chrono>
#include <random>

#include "tests/support/json_schema.hpp"
#include "tests/support/newer_course.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/course.hpp"

namespace {

const std::string old_order = "count,total,mean,span", new_order = "count,mean,total,span";

// A toy course of four modules, in a checkout unless asked otherwise.
class Ground {
 public:
  explicit Ground(bool checkout = true) : course_(box_.root() / "course") {
    course_.widen();
    kit_ = course_.plain_kit();
    box_.tito({"course", "check", "--quick", "--fix", "--kit", kit_});  // writes the table of docs/modules.md
    if (!checkout) return;
    git({"init", "--quiet"});
    commit();
  }

  Run reorder(const std::string& order, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command{"course", "reorder", "--kit", kit_, "--order", order};
    command.insert(command.end(), more.begin(), more.end());
    return box_.tito(command);
  }

  Run write(const std::string& order) const { return reorder(order, {"--write", "--json"}); }

  void commit() const {
    git({"add", "--all"});
    git({"-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--message", "all"});
  }

  // All files but git's: path -> content.
  std::map<std::string, std::string> tree() const {
    std::map<std::string, std::string> files;
    for (auto at = fs::recursive_directory_iterator(root()); at != fs::recursive_directory_iterator(); ++at) {
      if (at->path().filename() == ".git") at.disable_recursion_pending();
      else if (at->is_regular_file())
        files[at->path().lexically_relative(root()).string()] = tito::read_file(at->path());
    }
    return files;
  }

  std::string text(const std::string& path) const { return tito::read_file(root() / path); }
  const fs::path& root() const { return course_.root(); }
  const NewerCourse& course() const { return course_; }
  const Sandbox& box() const { return box_; }
  const std::string& kit() const { return kit_; }

 private:
  void git(std::vector<std::string> words) const {
    words.insert(words.begin(), "git");
    const Run run = box_.run(words, root());
    INFO(run.err);
    REQUIRE(run.status == 0);
  }

  Sandbox box_;
  NewerCourse course_;
  std::string kit_;
};

// What the object of --json says will change: path before -> the numbers there, "02_total -> 03_total".
std::map<std::string, std::vector<std::string>> announced(const nlohmann::json& result) {
  std::map<std::string, std::vector<std::string>> files;
  for (const nlohmann::json& file : result.at("files")) {
    for (const nlohmann::json& mention : file.at("mentions")) {
      files[file.at("path")].push_back(mention.at("from").get<std::string>() + " -> " +
                                       mention.at("to").get<std::string>());
    }
  }
  return files;
}

}  // namespace

TEST_CASE("Without --write no byte changes, and what would is shown", "[course_reorder][limit:60]") {
  const Ground ground;
  const auto before = ground.tree();
  const Run run = ground.reorder(new_order);
  CHECK_SAME(run.status, 0);
  CHECK(ground.tree() == before);
  CHECK_CONTAINS(run.out, "modules/02_total → modules/03_total");
  CHECK_CONTAINS(run.out, "modules/03_mean → modules/02_mean");
  CHECK_CONTAINS(run.out, "README.md:1  02_total → 03_total");
  CHECK_CONTAINS(run.out, "README.md:2  02 total → 03 total");
  CHECK_CONTAINS(run.out, "modules/03_mean/README.md:3  02_total → 03_total");
  CHECK_CONTAINS(run.out, "docs/modules.md: what tito writes there");
  CHECK_CONTAINS(run.out, "Count → Mean: \"Need a sum\"");
  CHECK_CONTAINS(run.out, "--write");
}

TEST_CASE("With --write exactly what was shown changes", "[course_reorder][limit:60]") {
  const Ground ground;
  const auto before = ground.tree();
  const auto shown = ground.reorder(new_order, {"--json"}).json();
  const Run run = ground.write(new_order);
  INFO(run.err);
  REQUIRE(run.status == 0);
  const auto done = run.json();
  CHECK_SAME(done.at("written"), true);
  CHECK_SAME(object_problems(done), std::vector<std::string>{});
  CHECK_SAME(shown.at("written"), false);
  for (const char* key : {"folders", "files", "regions", "to_rewrite", "order"})
    CHECK_SAME(done.at(key), shown.at(key));

  const auto now = ground.tree();
  CHECK_SAME(now.size(), before.size());
  const auto files = announced(shown);
  for (const auto& [path, content] : before) {
    std::string moved = path;
    for (const nlohmann::json& folder : shown.at("folders")) {
      const std::string from = folder.at("from").get<std::string>() + "/";
      if (path.starts_with(from)) moved = folder.at("to").get<std::string>() + "/" + path.substr(from.size());
    }
    INFO(path << " -> " << moved);
    REQUIRE(now.contains(moved));
    const bool may_change = files.contains(path) || path == "modules/course.json";
    CHECK((now.at(moved) != content) == may_change);
  }
  CHECK_SAME(ground.text("README.md"),
             std::string("All of it: modules/01_count, `modules/03_total/total.cpp`, and 02_mean.\n"
                         "    03 total · modules/03_total/total.cpp\n02 total, 102_total and 02_totals are none.\n"));
  const std::string table = ground.text("docs/modules.md");
  CHECK(table.find("02 [Mean](../modules/02_mean/README.md)") <
        table.find("03 [Total](../modules/03_total/README.md)"));
  CHECK_CONTAINS(table, "03 [Total](../modules/03_total/README.md)");
  CHECK_SAME(ground.text("docs/picture.bin"), std::string("02_total\0", 9));
  CHECK_CONTAINS(
      ground.text("modules/course.json"),
      "[{\"module\": \"count\", \"leaves\": \"Need a sum\"}, {\"module\": \"mean\", \"leaves\": \"Need to measure\"}, "
      "{\"module\": \"total\", \"leaves\": \"Need the middle\"}, {\"module\": \"span\"}]");
  CHECK_SAME(ground.reorder(new_order, {"--json"}).json().at("changes"), false);
}

TEST_CASE("There and back again leaves every byte as it was", "[course_reorder][limit:60]") {
  const Ground ground;
  const auto before = ground.tree();
  REQUIRE(ground.write(new_order).status == 0);
  CHECK(ground.tree() != before);
  ground.commit();
  REQUIRE(ground.write(old_order).status == 0);
  CHECK(ground.tree() == before);
}

TEST_CASE("A module that is no longer the last one is given words, the one that is now loses them, and both are named",
          "[course_reorder][limit:60]") {
  const Ground ground;
  const auto result = ground.write("count,total,span,mean").json();
  CHECK_SAME(object_problems(result), std::vector<std::string>{});
  const auto& handovers = result.at("to_rewrite");
  REQUIRE(handovers.size() == 3);
  CHECK_SAME(handovers.at(0).at("module"), "total");
  CHECK_SAME(handovers.at(1).at("leaves"), "Need what Mean brings");
  CHECK_SAME(handovers.at(2).at("module"), "mean");
  CHECK(!handovers.at(2).contains("follower"));
  const tito::Course course(ground.root() / "modules/course.json");
  CHECK_SAME(course.track("forward").leaves.at("span"), std::string("Need what Mean brings"));
  CHECK(!course.track("forward").leaves.contains("mean"));
}

TEST_CASE("A track that is not there yet is made, and no number changes", "[course_reorder][limit:60]") {
  const Ground ground;
  const auto before = ground.tree();
  const Run run = ground.reorder(new_order, {"--track", "middle-first", "--write", "--json"});
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK_SAME(run.json().at("new_track"), true);
  auto now = ground.tree();
  now["modules/course.json"] = before.at("modules/course.json");
  CHECK(now == before);
  const tito::Course course(ground.root() / "modules/course.json");
  CHECK_SAME(course.track("middle-first").order, (std::vector<std::string>{"count", "mean", "total", "span"}));
  CHECK_SAME(course.track("middle-first").title, std::string("Middle first"));
  CHECK_SAME(course.track("forward").order, (std::vector<std::string>{"count", "total", "mean", "span"}));
  // An order of its own again, and another title; the default track stays as it is.
  ground.commit();
  CHECK_SAME(ground.reorder(old_order, {"--track", "middle-first", "--title", "As it was", "--write"}).status, 0);
  CHECK_SAME(tito::Course(ground.root() / "modules/course.json").track("middle-first").title, std::string("As it was"));
}

TEST_CASE("An order that breaks the needs, and one that is not of each module once, is refused by name",
          "[course_reorder][limit:60]") {
  const Ground ground;
  const auto before = ground.tree();
  const std::vector<std::pair<std::string, std::string>> orders{
      {"count,mean,span,total", "\"span\" needs \"total\", which does not come before it"},
      {"count,total,mean", "\"span\" is missing"},
      {"count,total,mean,span,total", "\"total\" stands there twice"},
      {"count,totl,mean,span", "there is no module \"totl\"; did you mean \"total\"?"},
      {"", "\"count\" is missing"}};
  for (const auto& [order, complaint] : orders) {
    const Run run = ground.write(order);
    CHECK_SAME(run.status, 2);
    CHECK_CONTAINS(run.err, complaint);
  }
  CHECK_CONTAINS(ground.reorder(new_order, {"--track", "Not A Slug", "--write"}).err, "\"Not A Slug\" is not a slug");
  CHECK(ground.tree() == before);
}

TEST_CASE("What is not committed is never mixed with a new order", "[course_reorder][limit:60]") {
  const Ground ground;
  tito::write_atomically(ground.root() / "docs/other.md", "no number here\n");
  tito::write_atomically(ground.root() / "modules/02_total/README.md", "changed\n");
  const auto before = ground.tree();
  const Run run = ground.write(new_order);
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "not committed: modules/02_total/README.md");
  CHECK(ground.tree() == before);
  CHECK_SAME(ground.reorder(new_order, {"--write", "--force"}).status, 0);
  CHECK_SAME(ground.text("modules/03_total/README.md"), std::string("changed\n"));
}

TEST_CASE("Without git nothing is written unless it is forced", "[course_reorder][limit:60]") {
  const Ground ground(false);
  CHECK_SAME(ground.reorder(new_order).status, 0);
  const Run refused = ground.reorder(new_order, {"--write"});
  CHECK_SAME(refused.status, 2);
  CHECK_CONTAINS(refused.err, "--force");
  CHECK_SAME(ground.reorder(new_order, {"--write", "--force"}).status, 0);
  CHECK_CONTAINS(ground.text("README.md"), "03_total");
}

TEST_CASE("A folder in the way, and a text that has the coming number already, are named before anything changes",
          "[course_reorder][limit:60]") {
  const Ground ground;
  tito::make_folders(ground.root() / "modules/02_mean");
  const auto before = ground.tree();
  const Run taken = ground.write(new_order);
  CHECK_SAME(taken.status, 2);
  CHECK_CONTAINS(taken.err, "modules/02_mean is in the way");
  fs::remove(ground.root() / "modules/02_mean");
  CHECK(ground.tree() == before);
  ground.course().edit("README.md", "102_total", "03_total");
  ground.commit();
  const Run ambiguous = ground.write(new_order);
  CHECK_SAME(ambiguous.status, 2);
  CHECK_CONTAINS(ambiguous.err, "README.md:3: \"03_total\" stands there already");
}

TEST_CASE("Permissions stay, other courses inside of the tree stay, and new files follow as well",
          "[course_reorder][limit:60]") {
  const Ground ground;
  tito::write_atomically(ground.root() / "script", "cat modules/02_total/total.cpp\n");
  fs::permissions(ground.root() / "script", fs::perms::owner_all);
  tito::make_folders(ground.root() / "fixtures/small/modules/02_total");
  for (const char* file : {"fixtures/small/modules/course.json", "fixtures/small/modules/02_total/README.md"}) {
    tito::write_atomically(ground.root() / file, "02_total\n");
  }
  ground.commit();
  REQUIRE(ground.write(new_order).status == 0);
  CHECK_SAME(ground.text("script"), std::string("cat modules/03_total/total.cpp\n"));
  CHECK((fs::status(ground.root() / "script").permissions() == fs::perms::owner_all));
  CHECK_SAME(ground.text("fixtures/small/modules/course.json"), std::string("02_total\n"));
  CHECK_SAME(ground.text("fixtures/small/modules/02_total/README.md"), std::string("02_total\n"));
}

TEST_CASE("An installed course is not changed", "[course_reorder][limit:60]") {
  const Ground ground;
  auto kit = nlohmann::json::parse(tito::read_file(ground.kit()));
  kit["source_tree"] = false;
  tito::write_atomically(ground.kit(), kit.dump());
  const Run run = ground.write(new_order);
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "installed");
}

TEST_CASE("A reorder killed at 50 random moments leaves the old course or, after the next command, the new one",
          "[course_reorder][limit:120]") {
  const Ground ground(false);
  const fs::path kept = ground.box().root() / "kept";
  tito::copy_folder(ground.root(), kept);
  const auto before = ground.tree();
  const auto started = std::chrono::steady_clock::now();
  REQUIRE(ground.reorder(new_order, {"--write", "--force"}).status == 0);
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const auto after = ground.tree();
  const std::uint64_t seed = judge::seed();
  std::mt19937_64 random(seed);
  int killed = 0, ended = 0;
  for (int i = 0; i < 50; ++i) {
    fs::remove_all(ground.root());
    tito::copy_folder(kept, ground.root());
    const double delay = std::uniform_real_distribution<double>(0.001, whole)(random);
    const Run run = ground.box().run({"timeout", "--signal=KILL", std::to_string(delay), TEST_TITO, "course", "reorder",
                                      "--kit", ground.kit(), "--order", new_order, "--write", "--force"},
                                     ground.root());
    INFO("seed " << seed << ", kill " << i << " after " << delay << " s");
    killed += run.status == 128 + SIGKILL ? 1 : 0;
    const bool half = fs::exists(ground.root() / "modules/.change");
    const bool other = i % 2 == 1;  // any command of tito course will do
    const Run next =
        other ? ground.box().tito({"course", "check", "--quick", "--kit", ground.kit()}) : ground.reorder(old_order);
    if (!other) CHECK_SAME(next.status, 0);
    CHECK_SAME(contains(next.err, "is ended now"), half);
    ended += half ? 1 : 0;
    const auto now = ground.tree();
    CHECK((now == before || now == after));
    if (half) CHECK(now == after);
    if (run.status == 0) CHECK(now == after);
  }
  INFO(killed << " were killed before they ended, " << ended << " in the middle of their work");
  CHECK(killed > 10);
}

TEST_CASE("The sources of the real course go into the order of another track and back, with no number left behind",
          "[course_reorder][limit:120]") {
  const Sandbox box(TEST_KIT);
  const fs::path source = TEST_SOURCE_DIR, root = box.root() / "course";
  for (const char* part : {"modules", "checkpoints", "docs", "tests", "cmake", "bench", "tito", "engine"})
    tito::copy_folder(source / part, root / part);
  for (const char* file : {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CMakeLists.txt"})
    tito::copy_file(source / file, root / file);
  auto kit = nlohmann::json::parse(tito::read_file(TEST_KIT));
  kit["course"] = (root / "modules/course.json").string();
  tito::write_atomically(box.root() / "kit.json", kit.dump());
  const auto reorder = [&](const std::vector<std::string>& order) {
    std::string words;
    for (const std::string& slug : order) words += (words.empty() ? "" : ",") + slug;
    const Run run = box.tito(
        {"course", "reorder", "--order", words, "--write", "--force", "--kit", (box.root() / "kit.json").string()});
    INFO(run.err);
    REQUIRE(run.status == 0);
  };
  const tito::Course course(root / "modules/course.json");
  const tito::Track& usual = course.track(course.default_track());
  const auto other = std::find_if(course.tracks().begin(), course.tracks().end(),
                                  [&](const auto& track) { return track.second.order != usual.order; });
  REQUIRE(other != course.tracks().end());
  std::vector<std::string> moved;  // names of folders that are no more
  std::string links;
  for (const std::string& slug : usual.order) {
    const std::string folder = tito::folder_name(usual, slug);
    if (folder != tito::folder_name(other->second, slug)) moved.push_back(folder);
    links += "- [" + slug + "](../modules/" + folder + "/README.md), in `" + folder + "`.\n";
  }
  tito::write_atomically(root / "docs/all.md", links);
  const std::string before = tito::sha256_of_folder(root);

  reorder(other->second.order);
  int looked_at = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    const std::string all = entry.path().lexically_relative(root).string() + "\n" + tito::read_file(entry.path());
    ++looked_at;
    for (const std::string& name : moved) {
      INFO(name << " in " << entry.path());
      CHECK(!contains(all, name));
    }
  }
  CHECK(looked_at > 300);
  CHECK(!moved.empty());
  for (const std::string& slug : other->second.order) {
    CHECK(fs::exists(root / "modules" / tito::folder_name(other->second, slug) / (slug + ".cpp")));
  }
  reorder(usual.order);
  CHECK_SAME(tito::sha256_of_folder(root), before);
}

TEST_CASE("A workspace follows a reordered course: folders move, progress and work stay, undo brings back",
          "[course_reorder][limit:120]") {
  Ground ground;
  const std::string old_kit = ground.course().build();
  const fs::path workspace = ground.box().root() / "w";
  const auto tito_with = [&](std::vector<std::string> words, const std::string& kit) {
    words.insert(words.end(), {"--kit", kit});
    if (words[0] != "init") words.insert(words.end(), {"--workspace", workspace.string()});
    return ground.box().tito(words);
  };
  REQUIRE(tito_with({"init", "w"}, old_kit).status == 0);
  for (const char* slug : {"count", "total"}) {
    REQUIRE(tito_with({"dev", "fill", slug}, old_kit).status == 0);
    REQUIRE(tito_with({"export", slug}, old_kit).status == 0);
  }
  const std::string work = tito::read_file(workspace / "modules/02_total/total.cpp");

  REQUIRE(ground.reorder(new_order, {"--write", "--force"}).status == 0);
  const std::string kit = ground.course().build();
  const Run run = tito_with({"update"}, kit);
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK_CONTAINS(run.out, "modules/02_total → modules/03_total");
  CHECK(!fs::exists(workspace / "modules/02_total"));
  CHECK_SAME(tito::read_file(workspace / "modules/03_total/total.cpp"), work);
  CHECK_CONTAINS(tito::read_file(workspace / "modules/02_mean/README.md"), "../03_total/README.md");
  const auto modules = tito_with({"module", "list", "--json"}, kit).json().at("modules");
  CHECK_SAME(modules.at(2).at("slug"), "total");
  CHECK_SAME(modules.at(2).at("state"), "exported");
  CHECK_SAME(tito_with({"history", "total", "--json"}, kit).json().at("snapshots").at(0).at("cause"), "update");
  tito::write_atomically(workspace / "modules/03_total/total.cpp", "lost\n");
  REQUIRE(tito_with({"undo", "total"}, kit).status == 0);
  CHECK_SAME(tito::read_file(workspace / "modules/03_total/total.cpp"), work);
}
