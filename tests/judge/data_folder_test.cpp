// judge and tito, which share no code, look for data sets in the same folders.
#include "tito/system/data_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "judge/cases/case.hpp"
#include "judge/images/installed.hpp"
#include "tito/data/store.hpp"
#include "tito/toolchain/process.hpp"
#include "variable.hpp"

namespace {

namespace fs = std::filesystem;
using Value = std::optional<std::string>;
using Files = std::vector<std::string>;

struct Environment {
  Value tito_data, xdg_data_home, home;
  std::string folder;  // "" where none is known
};

const std::vector<Environment> environments{
    {"/sets", "/data", "/home/someone", "/sets"},
    {"sets", "/data", "/home/someone", "sets"},
    {"", "/data", "/home/someone", "/data/tito"},
    {std::nullopt, "/data", "/home/someone", "/data/tito"},
    {std::nullopt, "data", "/home/someone", "/home/someone/.local/share/tito"},  // a relative one is to be ignored
    {std::nullopt, "", "/home/someone", "/home/someone/.local/share/tito"},
    {std::nullopt, std::nullopt, "/home/someone", "/home/someone/.local/share/tito"},
    {std::nullopt, std::nullopt, "", ""},
    {std::nullopt, std::nullopt, std::nullopt, ""},
};

// What a program with a student's code is told by tito.
std::string told_to_programs() {
  tito::ProcessOptions options;
  options.student_code = true;
  return tito::run_process({"/bin/sh", "-c", "printf %s \"$TITO_DATA\""}, options).output;
}

// A registry of the course's sets, of which the folders anywhere on a machine lie below `root`.
fs::path registry_below(const fs::path& root) {
  nlohmann::json registry = nlohmann::json::parse(std::ifstream(judge::registry_file()));
  for (nlohmann::json& set : registry["sets"]) {
    if (!set.contains("found_in")) continue;
    for (nlohmann::json& folder : set["found_in"]) folder = root.string() + folder.get<std::string>();
  }
  std::ofstream(root / "registry.json") << registry.dump();
  return root / "registry.json";
}

// All files of the set, of the first edition's sizes and without content.
void put(const tito::DataSet& set, const fs::path& folder) {
  fs::create_directories(folder);
  for (const tito::DataFile& file : set.files) {
    std::ofstream(folder / file.name).flush();
    fs::resize_file(folder / file.name, set.editions[0].contents.at(file.name).size);
  }
}

Files found_by_judge(const std::string& name, const fs::path& registry) {
  const auto found = judge::installed_set(name, registry.string());
  Files files;
  if (found) files = found->train, files.insert(files.end(), found->test.begin(), found->test.end());
  std::sort(files.begin(), files.end());
  return files;
}

Files found_by_tito(const tito::DataSet& set) {
  Files files;
  for (const fs::path& file : tito::Store(tito::data_root()).find(set).files) files.push_back(file.string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("The data folder is TITO_DATA or lies below XDG_DATA_HOME or HOME, to judge and to tito", "[data_folder]") {
  for (const auto& [tito_data, xdg_data_home, home, folder] : environments) {
    const Variable first("TITO_DATA", tito_data), second("XDG_DATA_HOME", xdg_data_home), third("HOME", home);
    INFO(folder);
    CHECK_SAME(judge::data_folder(), folder);
    CHECK_SAME(tito::data_folder().value_or("").string(), folder);
    CHECK_SAME(told_to_programs(), folder.empty() ? "" : fs::absolute(folder).string());
  }
}

TEST_CASE("judge and tito find a set in its own folder, in the inner one, and where else it may lie", "[data_folder]") {
  const fs::path root = fs::temp_directory_path() / ("data_folder_test." + std::to_string(getpid()));
  fs::create_directories(root);
  const Variable data("TITO_DATA", (root / "data").string());
  const fs::path registry = registry_below(root);
  std::size_t elsewhere = 0;
  const tito::Registry known(registry);
  for (const tito::DataSet& set : known.sets()) {
    std::vector<fs::path> folders = set.found_in;  // from the last to be looked at to the first
    elsewhere += folders.size();
    std::reverse(folders.begin(), folders.end());
    if (!set.inner_folder.empty()) folders.push_back(root / "data" / set.name / set.inner_folder);
    folders.push_back(root / "data" / set.name);
    INFO(set.name);
    CHECK_SAME(found_by_judge(set.name, registry), Files{});
    CHECK_SAME(found_by_tito(set), Files{});
    for (const fs::path& folder : folders) {
      put(set, folder);
      const Files files = found_by_judge(set.name, registry);
      CHECK_SAME(files.size(), set.files.size());
      for (const std::string& file : files) CHECK_SAME(fs::path(file).parent_path().string(), folder.string());
      CHECK_SAME(files, found_by_tito(set));
    }
    // One of the files gzipped, and then none of it.
    const fs::path last = folders.back() / set.files.back().name;
    fs::rename(last, last.string() + ".gz");
    CHECK_SAME(found_by_judge(set.name, registry), found_by_tito(set));
    fs::remove(last.string() + ".gz");
    CHECK_SAME(found_by_judge(set.name, registry), found_by_tito(set));
  }
  CHECK(elsewhere > 0);
  fs::remove_all(root);
}
