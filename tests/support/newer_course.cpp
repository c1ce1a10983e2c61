#include "tests/support/newer_course.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "judge/cases/case.hpp"
#include "tito/course/course.hpp"
#include "tito/system/files.hpp"

namespace fs = std::filesystem;

NewerCourse::NewerCourse(const fs::path& folder) : root_(folder) {
  tito::copy_folder(fs::path(TEST_SOURCE_DIR) / "tests" / "fixtures" / "toy", root_);
}

void NewerCourse::edit(const std::string& file, const std::string& from, const std::string& to) const {
  edit_file(root_ / file, from, to);
}

void NewerCourse::add_function() const {
  edit("include/toy/count.hpp", "int evens(", "int odds(const std::vector<int>& numbers);\nint evens(");
  edit("modules/01_count/count.cpp", "}  // namespace toy",
       "// What is left without the even ones.\nint odds(const std::vector<int>& numbers) {\n  // BEGIN SOLUTION odds\n"
       "  return static_cast<int>(numbers.size()) - evens(numbers);\n  // END SOLUTION\n}\n\n}  // namespace toy");
  edit("modules/01_count/README.md", "`evens`", "`evens` and `odds`");
}

void NewerCourse::reorder() const {
  edit("modules/course.json", "\"needs\": [\"count\"], \"capability\"", "\"needs\": [], \"capability\"");
  edit("modules/course.json", "[{\"module\": \"count\", \"leaves\": \"Need a sum\"}, {\"module\": \"total\"}]",
       "[{\"module\": \"total\", \"leaves\": \"Need to count\"}, {\"module\": \"count\"}]");
  fs::rename(root_ / "modules/01_count", root_ / "modules/02_count");
  fs::rename(root_ / "modules/02_total", root_ / "modules/01_total");
}

void NewerCourse::widen() const {
  for (const auto& [folder, slug] : {std::pair<std::string, std::string>{"03_mean", "mean"}, {"04_span", "span"}}) {
    tito::make_folders(root_ / "modules" / folder);
    const std::string function = "int " + slug + "_of(const std::vector<int>& numbers)";
    tito::write_atomically(
        root_ / "include/toy" / (slug + ".hpp"),
        "#pragma once\n\n#include \"toy/count.hpp\"\n\nnamespace toy {\n\n" + function + ";\n\n}  // namespace toy\n");
    tito::write_atomically(
        root_ / "modules" / folder / (slug + ".cpp"),
        "#include \"toy/" + slug + ".hpp\"\n\nnamespace toy {\n\n" + function + " {\n  // BEGIN SOLUTION " + slug +
            "_of\n  return static_cast<int>(numbers.size());\n  // END SOLUTION\n}\n\n}  // namespace toy\n");
    tito::write_atomically(root_ / "modules" / folder / "README.md",
                           "# " + slug + "\n\nWhat was before: [total](../02_total/README.md).\n");
    tito::write_atomically(root_ / "modules" / folder / "hints.md",
                           "# Hints\n\n## " + slug + "_of\n1. A.\n2. B.\n3. C.\n");
  }
  tito::write_atomically(root_ / "README.md",
                         "All of it: modules/01_count, `modules/02_total/total.cpp`, and 03_mean.\n"
                         "    02 total · modules/02_total/total.cpp\n02 total, 102_total and 02_totals are none.\n");
  tito::make_folders(root_ / "docs");
  tito::write_atomically(root_ / "docs/modules.md", "# All\n\n<!-- generated: modules -->\n<!-- end -->\n");
  tito::write_atomically(root_ / "docs/picture.bin", std::string("02_total\0", 9));
  edit("modules/course.json", "\"capability\": \"Can I add up?\"}",
       "\"capability\": \"Can I add up?\"},\n    \"mean\": {\"title\": \"Mean\", \"purpose\": \"Finds the middle\", "
       "\"needs\": [\"count\"], "
       "\"capability\": \"Can I find the middle?\"},\n    \"span\": {\"title\": \"Span\", \"purpose\": \"Measures\", "
       "\"needs\": [\"total\"], "
       "\"capability\": \"Can I measure?\"}");
  edit("modules/course.json", "{\"module\": \"total\"}",
       "{\"module\": \"total\", \"leaves\": \"Need the middle\"}, {\"module\": \"mean\", \"leaves\": \"Need to "
       "measure\"}, {\"module\": \"span\"}");
  edit("modules/course.json", "\"total\": \"sums\"",
       "\"total\": \"sums\", \"mean\": \"middles\", \"span\": \"lengths\"");
}

std::string NewerCourse::plain_kit() const {
  auto kit = nlohmann::json::parse(tito::read_file(TEST_TOY_KIT));
  kit["course"] = (root_ / "modules/course.json").string();
  kit["contract"] = (root_ / "include").string();
  for (const char* folder : {"tests", "fast", "bench"})
    kit["sources"][folder == std::string("bench") ? "benches" : folder] = (root_ / folder).string();
  kit["sources"]["root"] = root_.string();
  kit["sources"]["documents"] = nlohmann::json::array();
  for (const char* document : {"README.md", "docs"}) {
    if (fs::exists(root_ / document)) kit["sources"]["documents"].push_back((root_ / document).string());
  }
  const fs::path file = root_.parent_path() / (root_.filename().string() + "-kit.json");
  tito::write_atomically(file, kit.dump(2));
  return file.string();
}

std::string NewerCourse::build() const {
  auto kit = nlohmann::json::parse(tito::read_file(TEST_TOY_KIT));
  const std::string include = (root_ / "include").string();
  const std::string given = "-I" TEST_SOURCE_DIR "/engine/include";
  for (const char* mode : {"check", "full"}) {
    nlohmann::json& flags = kit["flags"][mode];
    *std::find(flags.begin(), flags.end(), "-I" TEST_SOURCE_DIR "/tests/fixtures/toy/include") = "-I" + include;
  }
  const tito::Course course(root_ / "modules/course.json");
  const tito::Track& track = course.track(course.default_track());
  std::string includes;
  for (const std::string& slug : track.order) {
    const fs::path folder = root_ / "modules" / tito::folder_name(track, slug);
    const fs::path object = root_ / (slug + ".o");
    const std::string command = std::string(TEST_COMPILER) + " -std=c++20 '" + given + "' -I'" + include + "' -c '" +
                                (folder / (slug + ".cpp")).string() + "' -o '" + object.string() + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    kit["objects"]["body"][slug] = object.string();
    includes += "#include \"toy/" + slug + ".hpp\"\n";
  }
  kit["objects"]["fast"] = nlohmann::json::object();
  tito::write_atomically(root_ / "contract.hpp", includes);
  std::string precompile = TEST_COMPILER;
  for (const nlohmann::json& flag : kit["flags"]["check"]) precompile += " '" + flag.get<std::string>() + "'";
  precompile +=
      " -x c++-header '" + (root_ / "contract.hpp").string() + "' -o '" + (root_ / "contract.hpp.gch").string() + "'";
  REQUIRE(std::system(precompile.c_str()) == 0);
  kit["precompiled"] = (root_ / "contract.hpp").string();
  kit["course"] = (root_ / "modules/course.json").string();
  kit["contract"] = include;
  for (nlohmann::json& part : kit["package"]) {
    if (part["from"] == TEST_SOURCE_DIR "/tests/fixtures/toy/include") part["from"] = include;
  }
  tito::write_atomically(root_ / "kit.json", kit.dump(2));
  return (root_ / "kit.json").string();
}

std::string toy_kit_with_mistakes(const Sandbox& box, const std::string& mistakes) {
  fs::remove_all(box.root() / "course");
  const NewerCourse course(box.root() / "course");
  tito::write_atomically(course.root() / "modules/01_count/mistakes.md", mistakes);
  return course.plain_kit();
}
