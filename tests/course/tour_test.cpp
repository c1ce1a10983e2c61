// The main job, through the real binary: a student's whole path in the default track; and in every other track what
// differs there, which is the order of the exports and the track's own demos.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "judge/cases/case.hpp"
#include "tests/support/real_course.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/course.hpp"

namespace {

// The figure `name` of a list of measures, of `module` where the list says whose they are.
double measure(const nlohmann::json& measures, const std::string& module, const std::string& name) {
  for (const auto& measured : measures) {
    if (measured.at("name") == name && measured.value("module", module) == module)
      return measured.at("value").get<double>();
  }
  FAIL("no figure \"" << name << "\" of " << module);
  return 0.0;
}

// What the course promises of the demos that differ between tracks, at the least it promises.
void check_promises(const std::string& module, const nlohmann::json& measures) {
  if (module == "optimizers") CHECK(measure(measures, module, "MLP accuracy on held-out digits") >= 85);
  if (module == "autograd") {
    CHECK(measure(measures, module, "The second as a share of the first") <= 34);
    CHECK(measure(measures, module, "Exclusive or solved, of 10 starts") == 10);
  }
  if (module == "spatial") {
    CHECK(measure(measures, module, "MLP accuracy at equal steps") >= 85);
    CHECK(measure(measures, module, "CNN accuracy at equal steps") >= 92);
    CHECK(measure(measures, module, "CNN accuracy at equal steps") >
          measure(measures, module, "MLP accuracy at equal steps"));
  }
  if (module == "training") CHECK(measure(measures, module, "MLP accuracy after training, held-out digits") >= 90);
}

}  // namespace

TEST_CASE("The tour sees every skeleton fail, body pass, checkpoint unlock and demo run", "[tour][limit:900]") {
  const Sandbox box(TEST_KIT);
  const Run tour = box.tito({"tour", "--json"});
  INFO(tour.err);
  CHECK_SAME(tour.status, 0);
  const auto result = tour.json();
  CHECK_SAME(result.at("schema"), "tito/1");
  CHECK_SAME(result.at("ok"), true);
  REQUIRE(result.at("modules").size() == 10U);
  for (const auto& module : result.at("modules")) {
    INFO(module.at("module"));
    CHECK_SAME(module.at("skeleton").at("passed"), 0);
    CHECK(module.at("skeleton").at("planned").get<int>() >= 20);
    CHECK_SAME(module.at("body").at("passed"), module.at("body").at("planned"));
    CHECK_SAME(module.at("unlocked"), true);
    CHECK_SAME(module.at("demo").at("finished"), true);
    CHECK(!module.at("demo").at("measures").empty());
    check_promises(module.at("module"), module.at("demo").at("measures"));
  }
  CHECK(measure(result.at("measures"), "dataloader", "CNN accuracy, trained in batches") >= 92);
  CHECK(measure(result.at("measures"), "dataloader", "Batched speedup, first to last") >= 20);
}

TEST_CASE("In every other track each export unlocks its checkpoint in turn, and the track's own demos run",
          "[tour][limit:900]") {
  int own_demos = 0;
  for (const auto& [name, track] : real_course().tracks()) {
    if (name == real_course().default_track()) continue;
    const Sandbox box(TEST_KIT);
    const std::string workspace = (box.root() / "w").string();
    const auto tito = [&](std::vector<std::string> words) {
      words.insert(words.end(), {"--json", "--workspace", workspace});
      const Run run = box.tito(words);
      INFO(words.front() << "\n" << run.out << run.err);
      CHECK_SAME(run.status, 0);
      return run.json();
    };
    REQUIRE(box.tito({"init", "w", "--track", name}).status == 0);
    tito({"dev", "fill", "all"});
    for (const std::string& slug : track.order) {
      INFO(slug);
      CHECK_SAME(tito({"export", slug}).at("unlocked"), true);
      if (!fs::exists(folder_of(slug) / ("demo." + name + ".cpp"))) continue;
      ++own_demos;
      const auto demo = tito({"demo", slug});
      CHECK_SAME(demo.at("finished"), true);
      CHECK_SAME(demo.at("leaves"), track.leaves.at(slug));
      check_promises(slug, demo.at("measures"));
    }
    CHECK_SAME(tito({"next"}).at("action"), "finished");
  }
  CHECK(own_demos > 0);
}
