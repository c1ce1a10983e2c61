#include "tito/actions/editor_files.hpp"

#include <nlohmann/json.hpp>

namespace tito {
namespace {

nlohmann::json compile_commands(const Kit& kit, const Track& track, const std::filesystem::path& root) {
  nlohmann::json commands = nlohmann::json::array();
  for (const std::string& slug : track.order) {
    const std::string name = (std::filesystem::path("modules") / folder_name(track, slug) / (slug + ".cpp")).string();
    // Editors know nothing of our precompiled header; they read the contract itself.
    nlohmann::json arguments = nlohmann::json::array({kit.compiler()});
    for (const std::string& flag : kit.flags(Mode::check)) arguments.push_back(flag);
    for (const std::string& word : {std::string("-c"), name}) arguments.push_back(word);
    commands.push_back({{"directory", root.string()}, {"file", name}, {"arguments", arguments}});
  }
  return commands;
}

// What clang does not know, or what would only slow an editor down. The index goes to .cache/, which no build reads.
constexpr const char* clangd_settings = R"(CompileFlags:
  CompilationDatabase: .
  Remove: [-mmove-max=*, -mstore-max=*, -fsanitize=*, -fno-sanitize-recover=*]
)";

nlohmann::json task(const std::string& tito, const std::string& label, const std::vector<std::string>& arguments) {
  return {{"label", "tito: " + label},
          {"type", "process"},
          {"command", tito},
          {"args", arguments},
          {"options", {{"cwd", "${workspaceFolder}"}}},
          {"presentation", {{"reveal", "always"}, {"clear", true}}},
          {"problemMatcher", nlohmann::json::array()}};
}

// "modules/02_tensor/tensor.cpp:12:3: error: ..", as g++ writes it and tito repeats it.
nlohmann::json matcher() {
  return {{"owner", "tito"},
          {"source", "g++"},
          {"fileLocation", {"autoDetect", "${workspaceFolder}"}},
          {"pattern",
           {{"regexp", "^\\s*(.+?):(\\d+):(\\d+):\\s+(?:fatal )?(error|warning):\\s+(.*)$"},
            {"file", 1},
            {"line", 2},
            {"column", 3},
            {"severity", 4},
            {"message", 5}}}};
}

}  // namespace

WorkspaceFiles editor_files(const Kit& kit, const Track& track, const std::filesystem::path& root) {
  return {{"compile_commands.json", compile_commands(kit, track, root).dump(2) + "\n"}, {".clangd", clangd_settings}};
}

std::string vscode_tasks(const std::filesystem::path& tito) {
  nlohmann::json test = task(tito.string(), "test", {"module", "test", "--color", "never"});
  test["group"] = {{"kind", "test"}, {"isDefault", true}};
  test["problemMatcher"] = matcher();
  nlohmann::json exporting = task(tito.string(), "export", {"export", "--color", "never"});
  exporting["problemMatcher"] = matcher();
  nlohmann::json watch = task(tito.string(), "watch", {"watch"});
  watch["isBackground"] = true;
  const nlohmann::json tasks = {{"version", "2.0.0"},
                                {"tasks", {test, exporting, task(tito.string(), "next", {"next"}), watch}}};
  return tasks.dump(2) + "\n";
}

}  // namespace tito
