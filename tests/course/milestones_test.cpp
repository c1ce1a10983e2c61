// The course's milestones: with the reference bodies they pass on the sample digits.
#include "tests/support/real_course.hpp"
#include "tests/support/tito.hpp"

TEST_CASE("The milestones are those of the field's history, in its order", "[milestones]") {
  std::vector<std::string> names;
  for (const tito::Milestone& milestone : real_course().milestones()) names.push_back(milestone.name);
  const std::vector<std::string> expected{"perceptron", "xor", "mlp", "cnn"};
  CHECK_SAME(names, expected);
}

TEST_CASE("All milestones pass on the sample digits with the reference bodies", "[milestones][limit:600]") {
  Sandbox box(TEST_KIT);
  box.init(true);
  const std::vector<std::string> without_data{"TITO_DATA=" + (box.root() / "no-data").string()};
  for (const std::string& slug : slugs()) {
    const Run exported = box.tito({"export", slug}, without_data);
    INFO(exported.out << exported.err);
    REQUIRE(exported.status == 0);
  }
  const Run run = box.tito({"milestone", "run", "all", "--json"}, without_data);
  INFO(run.out << run.err);
  CHECK_SAME(run.status, 0);
  const nlohmann::json result = run.json();
  REQUIRE(result.at("milestones").size() == real_course().milestones().size());
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
