// course.json: the real one says what the course promises, and a wrong one is refused by name.
#include <fstream>

#include "judge/cases/case.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/course.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"

namespace {

using nlohmann::json;

const fs::path real_file = fs::path(TEST_SOURCE_DIR) / "modules" / "course.json";

// What loading says of the real file after a change.
std::string complaint(const std::function<void(json&)>& change) {
  json course = json::parse(tito::read_file(real_file));
  change(course);
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  tito::write_atomically(folder.path() / "course.json", course.dump());
  try {
    tito::Course loaded(folder.path() / "course.json");
  } catch (const tito::Failure& failure) {
    CHECK_SAME(static_cast<int>(failure.exit()), 4);
    return failure.what();
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("The default track walks from setup to dataloader with optimizers before autograd", "[course_file]") {
  const tito::Course course(real_file);
  const std::vector<std::string> discovery{"setup",      "tensor",   "activations", "layers",  "losses",
                                           "optimizers", "autograd", "training",    "spatial", "dataloader"};
  CHECK_SAME(course.default_track(), std::string("discovery"));
  CHECK_SAME(course.track("discovery").order, discovery);
  const std::vector<std::string> first{"setup",    "tensor",     "activations", "layers",   "losses",
                                       "autograd", "optimizers", "spatial",     "training", "dataloader"};
  CHECK_SAME(course.track("autograd-first").order, first);
}

TEST_CASE("Each module unlocks the checkpoint of the mapping", "[course_file]") {
  const tito::Course course(real_file);
  const std::vector<std::pair<std::string, std::string>> mapping{
      {"setup", "environment"},        {"tensor", "foundation"}, {"activations", "intelligence"},
      {"layers", "components"},        {"losses", "networks"},   {"optimizers", "optimization"},
      {"autograd", "differentiation"}, {"training", "training"}, {"spatial", "vision"},
      {"dataloader", "data"}};
  for (const auto& [module, checkpoint] : mapping) CHECK_SAME(course.module(module).checkpoint, checkpoint);
}

TEST_CASE("The needs that modules leave are the published ones, and every module but a track's last leaves one",
          "[course_file]") {
  const tito::Course course(real_file);
  CHECK_SAME(course.track("discovery").leaves.at("losses"), std::string("Need systematic weight updates"));
  CHECK_SAME(course.track("discovery").leaves.at("optimizers"), std::string("Need automatic gradients"));
  CHECK_SAME(course.track("discovery").leaves.at("autograd"), std::string("Need systematic training"));
  CHECK_SAME(course.track("discovery").leaves.at("training"), std::string("MLPs hit limits on images"));
  CHECK_SAME(course.track("discovery").leaves.at("spatial"), std::string("Training is too slow"));
  for (const auto& [name, track] : course.tracks()) CHECK_SAME(track.leaves.size(), track.order.size() - 1);
}

TEST_CASE("Unknown and missing keys are named", "[course_file]") {
  CHECK_CONTAINS(complaint([](json& c) { c["modles"] = 1; }), "\"modles\"");
  CHECK_CONTAINS(complaint([](json& c) { c["modules"]["tensor"]["need"] = 1; }),
                 "modules.tensor: unknown key \"need\"");
  CHECK_CONTAINS(complaint([](json& c) { c["modules"]["tensor"].erase("purpose"); }),
                 "modules.tensor: the key \"purpose\"");
  CHECK_CONTAINS(complaint([](json& c) { c["modules"]["tensor"]["title"] = ""; }), "modules.tensor.title");
  CHECK_CONTAINS(complaint([](json& c) { c["modules"]["tensor"]["title"] = 7; }),
                 "modules.tensor.title: expected a text");
  CHECK_CONTAINS(complaint([](json& c) { c["tracks"]["discovery"]["order"][2].erase("leaves"); }),
                 "tracks.discovery.order[2]");
  CHECK_CONTAINS(complaint([](json& c) { c["tracks"]["discovery"]["order"][9]["leaves"] = "x"; }), "order[9].leaves");
  CHECK_CONTAINS(complaint([](json& c) { c["default_track"] = "nowhere"; }), "default_track");
  CHECK_CONTAINS(complaint([](json& c) { c["schema"] = "tito-course/2"; }), "schema");
}

TEST_CASE("A module missing from a track or from the mapping is named", "[course_file]") {
  CHECK_CONTAINS(complaint([](json& c) { c["tracks"]["discovery"]["order"].erase(9); }), "last module hands over");
  CHECK_CONTAINS(complaint([](json& c) {
                   c["tracks"]["discovery"]["order"].erase(9);
                   c["tracks"]["discovery"]["order"][8].erase("leaves");
                 }),
                 "\"dataloader\" is missing from this track");
  CHECK_CONTAINS(complaint([](json& c) { c["MODULE_TO_CHECKPOINT"].erase("tensor"); }), "module \"tensor\" is missing");
  CHECK_CONTAINS(complaint([](json& c) { c["MODULE_TO_CHECKPOINT"]["tensor"] = "vision"; }), "unlocked by two modules");
  CHECK_CONTAINS(complaint([](json& c) { c["MODULE_TO_CHECKPOINT"]["tenser"] = "x"; }), "\"tenser\"");
  CHECK_CONTAINS(complaint([](json& c) { c["tracks"]["discovery"]["order"][3]["module"] = "tensor"; }), "stands twice");
}

TEST_CASE("Needs that go in a circle, or to nowhere, are named", "[course_file]") {
  const std::string circle = complaint([](json& c) { c["modules"]["setup"]["needs"] = {"losses"}; });
  CHECK_CONTAINS(circle, "circle");
  CHECK_CONTAINS(circle, "setup");
  CHECK_CONTAINS(complaint([](json& c) { c["modules"]["layers"]["needs"] = {"tensr"}; }), "modules.layers.needs[0]");
}

TEST_CASE("An order that breaks the needs is refused: spatial before layers", "[course_file]") {
  const std::string text = complaint([](json& c) {
    auto& order = c["tracks"]["discovery"]["order"];
    std::swap(order[3]["module"], order[8]["module"]);
  });
  CHECK_CONTAINS(text, "\"spatial\" needs");
  CHECK_CONTAINS(text, "tracks.discovery.order[3].module");
}

TEST_CASE("A requirement that cannot be checked is refused by name", "[course_file]") {
  const auto first = [](json& c) -> json& { return c["requirements"][0]; };
  CHECK_CONTAINS(complaint([&](json& c) { first(c)["module"] = "optimzers"; }),
                 "requirements[0].module: there is no module");
  CHECK_CONTAINS(complaint([&](json& c) { first(c)["uses"] = "layer"; }), "requirements[0].uses: there is no module");
  CHECK_CONTAINS(complaint([&](json& c) { first(c).erase("uses"); }), "requirements[0]: needs one of");
  CHECK_CONTAINS(complaint([&](json& c) { first(c)["leaves"] = "x"; }), "requirements[0]: needs one of");
  CHECK_CONTAINS(complaint([&](json& c) { first(c)["track"] = "nowhere"; }), "requirements[0].track");
  CHECK_CONTAINS(complaint([&](json& c) { first(c)["claim"] = ""; }), "requirements[0].claim");
  CHECK_CONTAINS(complaint([&](json& c) { c["requirements"][1]["figure"].erase("at_least"); }),
                 "requirements[1].figure");
}

TEST_CASE("A module is meant by number, slug or folder name, in its track", "[course_file]") {
  const tito::Course course(real_file);
  const tito::Track& first = course.track("autograd-first");
  CHECK_SAME(tito::resolve_module(course, first, "06"), std::string("autograd"));
  CHECK_SAME(tito::resolve_module(course, first, "6"), std::string("autograd"));
  CHECK_SAME(tito::resolve_module(course, first, "autograd"), std::string("autograd"));
  CHECK_SAME(tito::resolve_module(course, first, tito::folder_name(first, "autograd")), std::string("autograd"));
  CHECK_THROWS_AS(tito::resolve_module(course, first, "01_autograd"), tito::Failure);
  CHECK_THROWS_AS(tito::resolve_module(course, first, "11"), tito::Failure);
  CHECK_THROWS_AS(tito::resolve_module(course, first, "0"), tito::Failure);
  CHECK_SAME(tito::resolve_checkpoint(course, first, "vision"), std::string("vision"));
  CHECK_SAME(tito::resolve_checkpoint(course, first, "8"), std::string("vision"));
}
