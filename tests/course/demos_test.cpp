// Demos: what they may use, which track shows which, and that a stray one is refused.
#include <algorithm>
#include <regex>
#include <set>

#include "judge/case.hpp"
#include "tests/tito/tito.hpp"
#include "tito/course/course.hpp"
#include "tito/toolchain/kit.hpp"

namespace {

const fs::path root = TEST_SOURCE_DIR;

const tito::Course& course() {
  static const tito::Course loaded(root / "modules" / "course.json");
  return loaded;
}

const std::vector<std::string>& slugs() { return course().track(course().default_track()).order; }

fs::path folder_of(const std::string& slug) {
  return root / "modules" / tito::folder_name(course().track(course().default_track()), slug);
}

// A demo's file, and the tracks that show it: demo.TRACK.cpp is TRACK's, demo.cpp that of all others.
struct DemoFile {
  fs::path path;
  std::vector<std::string> tracks;
};

std::vector<DemoFile> demos_of(const fs::path& folder) {
  std::vector<DemoFile> demos{{folder / "demo.cpp", {}}};
  for (const auto& [name, track] : course().tracks()) {
    const fs::path own = folder / ("demo." + name + ".cpp");
    if (fs::exists(own)) {
      demos.push_back({own, {name}});
    } else {
      demos.front().tracks.push_back(name);
    }
  }
  return demos;
}

// The modules whose contract a file includes, directly or through headers beside it or in judge/ and milestones/.
void add_contracts(const fs::path& file, std::set<fs::path>& seen, std::set<std::string>& modules) {
  if (!seen.insert(file).second) return;
  const std::string text = tito::read_file(file);
  const std::regex include("(^|\n)[ \t]*#[ \t]*include[ \t]*\"([^\"]+)\"");
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
    const std::string name = (*at)[2];
    const std::string slug = fs::path(name).stem().string();
    if (name.starts_with("tinytorch/") && course().has_module(slug)) modules.insert(slug);
    for (const fs::path& further : {file.parent_path() / name, root / name}) {
      if (fs::exists(further)) add_contracts(further, seen, modules);
    }
  }
}

// What is wrong with a demo's includes: a module that does not come before the demo's own in a track that shows it.
std::vector<std::string> faults_of(const DemoFile& demo, const std::string& slug) {
  std::set<fs::path> seen;
  std::set<std::string> modules;
  add_contracts(demo.path, seen, modules);
  std::vector<std::string> faults;
  for (const std::string& track : demo.tracks) {
    const std::vector<std::string>& order = course().track(track).order;
    const auto own = std::find(order.begin(), order.end(), slug);
    for (const std::string& other : modules) {
      if (std::find(order.begin(), own + 1, other) != own + 1) continue;
      faults.push_back(demo.path.filename().string() + " of " + slug + " uses " + other + ", which track " + track +
                       " teaches later; give that track a demo of its own, demo." + track + ".cpp");
    }
  }
  return faults;
}

// What CMake says of a course whose module has these demos.
Run configure(const Sandbox& box, const std::vector<std::string>& demos) {
  const fs::path project = box.root() / "project";
  fs::create_directories(project / "modules" / "01_setup");
  fs::copy_file(root / "modules" / "course.json", project / "modules" / "course.json");
  for (const std::string& demo : demos) tito::write_atomically(project / "modules" / "01_setup" / demo, "");
  tito::write_atomically(project / "CMakeLists.txt",
                         "cmake_minimum_required(VERSION 3.25)\nproject(course NONE)\ninclude(\"" +
                             (root / "cmake" / "course.cmake").string() +
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
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.at("name") == name; });
}

}  // namespace

TEST_CASE("A demo uses only its own module and what comes before it in every track that shows it", "[demos]") {
  for (const std::string& slug : slugs()) {
    for (const DemoFile& demo : demos_of(folder_of(slug))) {
      INFO(demo.path);
      CHECK(!demo.tracks.empty());  // a demo that no track shows
      CHECK_SAME(faults_of(demo, slug), std::vector<std::string>{});
    }
  }
}

TEST_CASE("A demo that uses a later module of one track is found, through a header beside it too", "[demos]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  tito::write_atomically(folder.path() / "parts.hpp", "#include \"tinytorch/optimizers.hpp\"\n");
  tito::write_atomically(folder.path() / "demo.cpp", "#include \"parts.hpp\"\n#include \"tinytorch/autograd.hpp\"\n");
  const DemoFile demo = demos_of(folder.path()).front();
  CHECK_SAME(faults_of(demo, "autograd"),
             std::vector<std::string>{"demo.cpp of autograd uses optimizers, which track autograd-first teaches later; "
                                      "give that track a demo of its own, demo.autograd-first.cpp"});
  CHECK_SAME(faults_of(demo, "training"), std::vector<std::string>{});
  CHECK(faults_of(demo, "losses").size() == 4);  // both modules, in both tracks
  tito::write_atomically(folder.path() / "demo.autograd-first.cpp", "#include \"tinytorch/autograd.hpp\"\n");
  for (const DemoFile& each : demos_of(folder.path()))
    CHECK_SAME(faults_of(each, "autograd"), std::vector<std::string>{});
}

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
    for (const auto& [track, ignored] : course().tracks()) {
      const bool own = fs::exists(folder_of(slug) / ("demo." + track + ".cpp"));
      if (own) expected.push_back(slug + "." + track);
      CHECK_SAME(tito::demo_name(kit, slug, track), own ? slug + "." + track : slug);
    }
  }
  std::sort(expected.begin(), expected.end());
  CHECK_SAME(kit.names("demo"), expected);
  CHECK_SAME(kit.names("no such kind"), std::vector<std::string>{});
}

#ifndef __SANITIZE_ADDRESS__  // demos measure speed, which sanitizers take
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
#endif
