#include "newer_course.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "judge/case.hpp"
#include "tito/system/files.hpp"

namespace fs = std::filesystem;

NewerCourse::NewerCourse(const fs::path& folder) : root_(folder) {
  tito::copy_folder(fs::path(TEST_SOURCE_DIR) / "tests" / "fixtures" / "toy", root_);
}

void NewerCourse::edit(const std::string& file, const std::string& from, const std::string& to) const {
  std::string text = tito::read_file(root_ / file);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  tito::write_atomically(root_ / file, text);
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

std::string NewerCourse::build() const {
  auto kit = nlohmann::json::parse(tito::read_file(TEST_TOY_KIT));
  const std::string include = (root_ / "include").string();
  for (const char* mode : {"check", "full"}) kit["flags"][mode].back() = "-I" + include;
  for (const std::string slug : {"count", "total"}) {
    const fs::path folder = fs::exists(root_ / "modules" / ("01_" + slug)) ? root_ / "modules" / ("01_" + slug)
                                                                           : root_ / "modules" / ("02_" + slug);
    const fs::path object = root_ / (slug + ".o");
    const std::string command = std::string(TEST_COMPILER) + " -std=c++20 -I'" + include + "' -c '" +
                                (folder / (slug + ".cpp")).string() + "' -o '" + object.string() + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    kit["objects"]["body"][slug] = object.string();
  }
  kit["objects"]["fast"] = nlohmann::json::object();
  tito::write_atomically(root_ / "contract.hpp", "#include \"toy/count.hpp\"\n#include \"toy/total.hpp\"\n");
  std::string precompile = TEST_COMPILER;
  for (const nlohmann::json& flag : kit["flags"]["check"]) precompile += " '" + flag.get<std::string>() + "'";
  precompile +=
      " -x c++-header '" + (root_ / "contract.hpp").string() + "' -o '" + (root_ / "contract.hpp.gch").string() + "'";
  REQUIRE(std::system(precompile.c_str()) == 0);
  kit["precompiled"] = (root_ / "contract.hpp").string();
  kit["course"] = (root_ / "modules/course.json").string();
  kit["contract"] = include;
  kit["package"].back()["from"] = include;
  tito::write_atomically(root_ / "kit.json", kit.dump(2));
  return (root_ / "kit.json").string();
}
