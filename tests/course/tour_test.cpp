// The main job, through the real binary: a student's whole path, in the track that the README does not show.
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "judge/case.hpp"
#include "tito/system/files.hpp"

namespace fs = std::filesystem;

#ifndef __SANITIZE_ADDRESS__  // its figures are about speed, which sanitizers take; the cases themselves run under them
TEST_CASE("The tour of the autograd-first track sees every skeleton fail, body pass and checkpoint unlock", "[tour][limit:900]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const std::string out = (folder.path() / "out.json").string(), err = (folder.path() / "err.txt").string();
  const int status = std::system(("TITO_KIT=" TEST_KIT " " TEST_TITO " tour --track autograd-first --json >" + out + " 2>" + err + " </dev/null").c_str());
  INFO(tito::read_file(err));
  CHECK_SAME(status, 0);
  const auto result = nlohmann::json::parse(tito::read_file(out));
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
  }
  // What the course promises to be measured, at the least it promises.
  const auto measure = [&](const std::string& module, const std::string& name) {
    for (const auto& one : result.at("measures")) {
      if (one.at("module") == module && one.at("name") == name) return one.at("value").get<double>();
    }
    FAIL("no figure \"" << name << "\"");
    return 0.0;
  };
  CHECK(measure("optimizers", "MLP accuracy on held-out digits") >= 85);
  CHECK(measure("spatial", "CNN accuracy at equal steps") > measure("spatial", "MLP accuracy at equal steps"));
  CHECK(measure("dataloader", "CNN accuracy, trained in batches") >= 92);
}
#else
TEST_CASE("The tour is left out under sanitizers", "[tour]") {
  WARN("SKIPPED: the tour measures speed, which sanitizers take");
  CHECK(fs::exists(TEST_TITO));
}
#endif
