#include "tests/support/checked_course.hpp"

namespace {

const std::string toy = fs::path(TEST_SOURCE_DIR) / "tests" / "fixtures" / "toy";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

// What is compiled already stays so: the contract, cases and given objects are those of the built toy course.
CheckedCourse::CheckedCourse() : root_(sandbox_.root() / "course") {
  tito::copy_folder(toy, root_);
  nlohmann::json kit = nlohmann::json::parse(tito::read_file(TEST_TOY_KIT));
  const fs::path plans = sandbox_.root() / "plans";
  tito::copy_folder(kit["plans"].get<std::string>(), plans);
  kit["plans"] = plans.string();
  kit["course"] = (root_ / "modules/course.json").string();
  kit["sources"] = nlohmann::json::parse(replaced(kit["sources"].dump(), toy, root_.string()));
  set_kit(kit);
}

void CheckedCourse::edit(const std::string& file, const std::string& from, const std::string& to) const {
  edit_file(root_ / file, from, to);
}

void CheckedCourse::append(const std::string& file, const std::string& text) const {
  tito::write_atomically(root_ / file, tito::read_file(root_ / file) + text);
}

void CheckedCourse::write(const std::string& file, const std::string& text) const {
  tito::make_folders((root_ / file).parent_path());
  tito::write_atomically(root_ / file, text);
}

nlohmann::json CheckedCourse::kit() const {
  return nlohmann::json::parse(tito::read_file(sandbox_.root() / "kit.json"));
}

void CheckedCourse::set_kit(const nlohmann::json& kit) const {
  tito::write_atomically(sandbox_.root() / "kit.json", kit.dump());
}

void CheckedCourse::compile(const std::string& kind, const std::string& name, const std::string& source) const {
  const fs::path file = sandbox_.root() / (kind + "_" + name + ".cpp"),
                 object = sandbox_.root() / (kind + "_" + name + ".o");
  tito::write_atomically(file, source);
  const Run run = sandbox_.run({TEST_COMPILER, "-std=c++20", "-I" + toy + "/include", "-I" TEST_SOURCE_DIR,
                                "-I" TEST_SOURCE_DIR "/engine/include", "-c", file.string(), "-o", object.string()},
                               sandbox_.root());
  INFO(run.err);
  REQUIRE(run.status == 0);
  nlohmann::json changed = kit();
  changed["objects"][kind][name] = object.string();
  set_kit(changed);
}

Run CheckedCourse::check(const std::vector<std::string>& options) const {
  std::vector<std::string> words{"course", "check"};
  words.insert(words.end(), options.begin(), options.end());
  return sandbox_.tito(words, {"TITO_KIT=" + (sandbox_.root() / "kit.json").string()});
}

std::vector<std::string> CheckedCourse::findings(const std::vector<std::string>& options) {
  std::vector<std::string> words{"--json"};
  words.insert(words.end(), options.begin(), options.end());
  const Run run = check(words);
  INFO(run.out << run.err);
  last_ = run.json();
  CHECK(run.err.empty());
  std::vector<std::string> found;
  for (const nlohmann::json& finding : last_.at("findings")) {
    found.push_back(finding.at("rule").get<std::string>() + " " + finding.at("file").get<std::string>() + ":" +
                    std::to_string(finding.at("line").get<int>()));
    CHECK(!finding.at("message").get<std::string>().empty());
    CHECK(!finding.at("way_out").get<std::string>().empty());
  }
  CHECK_SAME(run.status, found.empty() ? 0 : 4);
  CHECK_SAME(last_.at("ok").get<bool>(), found.empty());
  return found;
}

std::string CheckedCourse::only_finding(const std::vector<std::string>& options) {
  const std::vector<std::string> found = findings(options);
  if (found.empty()) return "nothing";
  return found.size() == 1 ? found[0] + ": " + message() : std::to_string(found.size()) + " findings";
}

std::string CheckedCourse::message() const {
  REQUIRE(last_.at("findings").size() == 1);
  return last_["findings"][0]["message"];
}

std::string CheckedCourse::way_out() const {
  REQUIRE(last_.at("findings").size() == 1);
  return last_["findings"][0]["way_out"];
}
