// The course's milestones: with the reference bodies they pass on the sample digits.
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "judge/cases/case.hpp"
#include "tito/course/course.hpp"
#include "tito/system/files.hpp"

namespace {

namespace fs = std::filesystem;

const fs::path root = TEST_SOURCE_DIR;

}  // namespace

TEST_CASE("The milestones are those of the field's history, in its order", "[milestones]") {
  const tito::Course course(root / "modules" / "course.json");
  std::vector<std::string> names;
  for (const tito::Milestone& milestone : course.milestones()) names.push_back(milestone.name);
  const std::vector<std::string> expected{"perceptron", "xor", "mlp", "cnn"};
  CHECK_SAME(names, expected);
}

TEST_CASE("All milestones pass on the sample digits with the reference bodies", "[milestones][limit:600]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const std::string workspace = (folder.path() / "w").string(), out = (folder.path() / "out.json").string();
  const std::string prefix =
      "TITO_DATA=" + (folder.path() / "no-data").string() + " TITO_KIT=" TEST_KIT " " TEST_TITO " ";
  const auto tito_runs = [&](const std::string& arguments) {
    return std::system((prefix + arguments + " >" + out + " 2>&1 </dev/null").c_str());
  };
  REQUIRE(tito_runs("init " + workspace) == 0);
  REQUIRE(tito_runs("dev fill all --workspace " + workspace) == 0);
  const tito::Course course(root / "modules" / "course.json");
  for (const std::string& slug : course.track(course.default_track()).order) {
    const int status = tito_runs("export " + slug + " --workspace " + workspace);
    INFO(tito::read_file(out));
    REQUIRE(status == 0);
  }
  const int status = tito_runs("milestone run all --json --workspace " + workspace);
  INFO(tito::read_file(out));
  CHECK_SAME(status, 0);
  const auto result = nlohmann::json::parse(tito::read_file(out));
  REQUIRE(result.at("milestones").size() == course.milestones().size());
  for (const auto& milestone : result.at("milestones")) {
    INFO(milestone.at("milestone"));
    CHECK_SAME(milestone.at("passed"), true);
    for (const auto& gate : milestone.at("gates")) {
      INFO(gate.dump());
      CHECK((gate.at("state") == "met" || gate.at("reason") == "none of CIFAR-10, CIFAR-10 (JPEG copy) is installed"));
    }
    CHECK(!milestone.at("results").at("charts").empty());
    judge::measure(milestone.at("milestone").get<std::string>() + " milestone", milestone.at("seconds"), "s");
  }
}
