// Demos: which track shows which, and that a stray one is refused. What they may use is held by "tito course check".
#include <algorithm>
#include <regex>

#include "judge/cases/case.hpp"
#include "tests/support/real_course.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/course.hpp"
#include "tito/toolchain/kit.hpp"

namespace {

// What CMake says of a course whose module has these demos.
Run configure(const Sandbox& box, const std::vector<std::string>& demos) {
  const fs::path project = box.root() / "project";
  fs::create_directories(project / "modules" / "01_setup");
  fs::copy_file(source_root / "modules" / "course.json", project / "modules" / "course.json");
  for (const std::string& demo : demos) tito::write_atomically(project / "modules" / "01_setup" / demo, "");
  tito::write_atomically(project / "CMakeLists.txt",
                         "cmake_minimum_required(VERSION 3.25)\nproject(course NONE)\ninclude(\"" +
                             (source_root / "cmake" / "course.cmake").string() +
                             "\")\ntito_track_demos(found \"${PROJECT_SOURCE_DIR}\")\n"
                             "message(STATUS \"found: ${found}\")\n");
  return box.run({TEST_CMAKE, "-S", project.string(), "-B", (box.root() / "build").string()}, box.root());
}

// A workspace "w" of a track, and what a command says there.
nlohmann::json figures(const Sandbox& box, const std::string& track, const std::string& slug) {
  const std::string folder = "w-" + track;
  if (!fs::exists(box.root() / folder)) REQUIRE(box.tito({"init", folder, "--track", track}).status == 0);
  const Run run = box.tito({"demo", slug, "--json", "--workspace", (box.root() / folder).string()});
  INFO(run.err);
  REQUIRE(run.status == 0);
  return run.json();
}

bool measures(const nlohmann::json& result, const std::string& name) {
  const auto& all = result.at("measures");
  return std::any_of(all.begin(), all.end(), [&](const auto& measure) { return measure.at("name") == name; });
}

}  // namespace

TEST_CASE("The demo of a track that does not exist is refused when the build is configured", "[demos][limit:60]") {
  const Sandbox wrong;
  const Run refused = configure(wrong, {"demo.cpp", "demo.autograd-frist.cpp"});
  CHECK(refused.status != 0);
  // CMake breaks its lines where they are long.
  const std::string said = std::regex_replace(refused.err, std::regex("\\s+"), " ");
  CHECK_CONTAINS(said, "01_setup/demo.autograd-frist.cpp: this is the demo of a track \"autograd-frist\"");
  CHECK_CONTAINS(said, "only: autograd-first, discovery");
  CHECK_CONTAINS(said, "Rename the file, delete it or add the track.");
  const Sandbox right;
  const Run accepted = configure(right, {"demo.cpp", "demo.autograd-first.cpp"});
  INFO(accepted.err);
  CHECK_SAME(accepted.status, 0);
  CHECK_CONTAINS(accepted.out, "01_setup/demo.autograd-first.cpp");
  CHECK(!contains(accepted.out, "01_setup/demo.cpp"));
}

TEST_CASE("The kit has every demo that lies beside a module, under the name of its track", "[demos]") {
  const tito::Kit kit(TEST_KIT);
  std::vector<std::string> expected;
  for (const std::string& slug : slugs()) {
    expected.push_back(slug);
    for (const auto& [track, ignored] : real_course().tracks()) {
      const bool own = fs::exists(folder_of(slug) / ("demo." + track + ".cpp"));
      if (own) expected.push_back(slug + "." + track);
      CHECK_SAME(tito::demo_name(kit, slug, track), own ? slug + "." + track : slug);
    }
  }
  std::sort(expected.begin(), expected.end());
  CHECK_SAME(kit.names("demo"), expected);
  CHECK_SAME(kit.names("no such kind"), std::vector<std::string>{});
}

TEST_CASE("A workspace runs the demo of its own track", "[demos][limit:120]") {
  const Sandbox box(TEST_KIT);
  const auto by_hand = figures(box, "discovery", "optimizers");
  CHECK(measures(by_hand, "MLP training speed, gradients by hand"));
  CHECK(!measures(by_hand, "MLP training speed, loss.backward()"));
  const auto by_tape = figures(box, "autograd-first", "optimizers");
  CHECK(measures(by_tape, "MLP training speed, loss.backward()"));
  CHECK(!measures(by_tape, "MLP training speed, gradients by hand"));
  // Where a track has none of its own, it shows the same as all.
  CHECK(measures(figures(box, "autograd-first", "layers"), "Silent hidden units, with dropout"));
}
