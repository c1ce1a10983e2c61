// The signatures of the course's mistakes: fresh, and told to a student whose file fails in the same way.
#include <algorithm>

#include "tests/tito/tito.hpp"
#include "tito/actions/known_mistake.hpp"
#include "tito/actions/reference.hpp"
#include "tito/course/mistakes.hpp"

namespace {

const std::string known = "a known mistake fails in exactly this way: ";

struct Change {
  std::string name, function, right, wrong;
};
const std::vector<Change> changes{{"The last number is left out", "count_to", "i <= n", "i < n"},
                                  {"It counts from zero", "count_to", "int i = 1", "int i = 0"},
                                  {"Even numbers count twice", "evens", "== 0 ? 1", "== 0 ? 2"}};

std::string mistakes_file() {
  std::string text = "# Mistakes: Count\n";
  for (const Change& one : changes) {
    text += "\n## " + one.name + "\n\nIn " + one.function + ".\n\n```cpp\n" + one.right + "\n```\n\n```cpp\n" +
            one.wrong + "\n```\n";
  }
  return text;
}

// The toy course with these mistakes and their signatures; empty where programs are sanitized.
std::string measured_kit(const Sandbox& box) {
  const fs::path course = box.root() / "course", file = box.root() / "kit.json";
  tito::copy_folder(fs::path(TEST_SOURCE_DIR) / "tests/fixtures/toy", course);
  tito::write_atomically(course / "modules/01_count/mistakes.md", mistakes_file());
  nlohmann::json kit = nlohmann::json::parse(tito::read_file(TEST_TOY_KIT));
  kit["course"] = (course / "modules/course.json").string();
  tito::write_atomically(file, kit.dump());
  const Run run = box.run({TEST_TRIALS, "signatures", "count"}, box.root(), {"TITO_KIT=" + file.string()});
  INFO(run.out << run.err);
  CHECK((run.status == 0 || run.status == 77));
  return run.status == 0 ? file.string() : "";
}

}  // namespace

TEST_CASE("The signatures of every module are those of its body, its cases and its mistakes as they are",
          "[signatures]") {
  const tito::Kit kit(TEST_KIT);
  const tito::Course course(kit.course_file());
  for (const std::string& slug : course.track(course.default_track()).order) {
    const fs::path file = tito::signature_file(kit, course, slug);
    INFO(file.string() << " is old: build/bin/trials signatures " << slug << " measures it anew");
    const tito::SignatureFile signatures = tito::read_signatures(tito::read_file(file), file.string());
    CHECK(signatures.sources == tito::sources_of_signatures(kit, course, slug));
    const fs::path list = file.parent_path() / "mistakes.md";
    std::vector<std::string> named, measured;
    for (const auto& one : tito::read_mistakes(tito::read_file(list), list.string())) named.push_back(one.name);
    for (const tito::Signature& one : signatures.mistakes) measured.push_back(one.name);
    CHECK_SAME(measured, named);
    CHECK(std::none_of(signatures.mistakes.begin(), signatures.mistakes.end(),
                       [](const auto& one) { return one.fails.empty(); }));
  }
}

TEST_CASE("A file that fails as a known mistake does is told its name, any other is not", "[signatures][limit:120]") {
  const Sandbox home;
  const std::string kit = measured_kit(home);
  if (kit.empty()) return;
  Sandbox box(kit);
  box.init(true);
  for (const Change& one : changes) {
    box.edit("modules/01_count/count.cpp", one.right, one.wrong);
    CHECK_CONTAINS(box.tito({"module", "test", "01"}).out, known + one.name);
    CHECK_SAME(box.tito({"module", "test", "01", "--json"}).json().value("known_mistake", ""), one.name);
    box.edit("modules/01_count/count.cpp", one.wrong, one.right);
  }
  box.edit("modules/01_count/count.cpp", "push_back(i)", "push_back(7)");
  CHECK_FALSE(contains(box.tito({"module", "test", "01"}).out, known));
  box.edit("modules/01_count/count.cpp", "push_back(7)", "push_back(i)");
  CHECK_SAME(box.tito({"module", "test", "01"}).status, 0);
}

TEST_CASE("A mistake is recognised while other functions are not written yet", "[signatures][limit:120]") {
  const Sandbox home;
  const std::string kit = measured_kit(home);
  if (kit.empty()) return;
  Sandbox box(kit);
  box.init(true);
  box.edit("modules/01_count/count.cpp", "i <= n", "i < n");
  CHECK_SAME(box.tito({"module", "reset", "01", "--function", "evens"}).status, 0);
  CHECK_CONTAINS(box.tito({"module", "test", "01"}).out, known + changes[0].name);
}

TEST_CASE("Trials find a mistake that is taken for another, and signatures that are too old",
          "[signatures][limit:240]") {
  const Sandbox home;
  const std::string kit = measured_kit(home);
  if (kit.empty()) return;
  const fs::path file = home.root() / "course/modules/01_count/signatures.json";
  const auto tried = [&](const nlohmann::json& signatures) {
    tito::write_atomically(file, signatures.dump());
    return home.run({TEST_TRIALS, "mistakes", "count"}, home.root(), {"TITO_KIT=" + kit}).out;
  };
  const nlohmann::json right = nlohmann::json::parse(tito::read_file(file));
  CHECK_CONTAINS(tried(right), "3 recognised");
  CHECK_FALSE(contains(tried(right), "TAKEN FOR"));
  nlohmann::json exchanged = right, old = right;
  std::swap(exchanged["mistakes"][0]["name"], exchanged["mistakes"][1]["name"]);
  CHECK_CONTAINS(tried(exchanged), "NOT SEEN " + changes[0].name);
  CHECK_CONTAINS(tried(exchanged), "TAKEN FOR " + changes[1].name);
  for (nlohmann::json& one : old["mistakes"]) one["fails"] = {{"evens counts even numbers", "values 000000000000"}};
  CHECK_CONTAINS(tried(old), "TOO FEW are recognised");
}

TEST_CASE("Small changes that are a known mistake are taken for it, and no others", "[signatures][limit:240]") {
  const Sandbox home;
  const std::string kit = measured_kit(home);
  if (kit.empty()) return;
  const Run run = home.run({TEST_TRIALS, "mutants", "count", "--names"}, home.root(), {"TITO_KIT=" + kit});
  CHECK_CONTAINS(run.out, "| <= -> < | 1\n  known: The last number is left out");
  std::istringstream lines(run.out);
  int taken = 0;
  for (std::string line; std::getline(lines, line);) taken += contains(line, "  known: ") ? 1 : 0;
  INFO(run.out);
  CHECK(taken >= 1);
  CHECK(taken <= 4);
}

TEST_CASE("A workspace holds neither mistakes nor their signatures", "[signatures]") {
  Sandbox box(TEST_KIT);
  box.init();
  for (const auto& entry : fs::recursive_directory_iterator(box.workspace())) {
    INFO(entry.path().string());
    CHECK_FALSE(entry.path().filename() == "signatures.json");
    CHECK_FALSE(entry.path().filename() == "mistakes.md");
  }
}
