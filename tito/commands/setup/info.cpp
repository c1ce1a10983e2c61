#include "tito/commands/setup/info.hpp"

#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/data/store.hpp"
#include "tito/system/build.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

std::string or_unknown(const std::string& text) { return text.empty() ? "not known" : text; }

// The members of an object that something yields; where it fails, only why.
nlohmann::json or_problem(const std::function<nlohmann::json()>& made) {
  try {
    return made();
  } catch (const std::exception& error) {
    return {{"problem", error.what()}};
  }
}

nlohmann::json kit_json(Context& context) {
  return or_problem([&] {
    const Kit& kit = context.kit();
    return nlohmann::json{{"file", kit.file().string()},
                          {"compiler", kit.compiler()},
                          {"check_flags", kit.flags(Mode::check)},
                          {"full_flags", kit.flags(Mode::full)},
                          {"modules", kit.modules_folder().string()},
                          {"contract", kit.contract_folder().string()}};
  });
}

nlohmann::json course_json(Context& context) {
  return or_problem([&] {
    const Course& course = context.course();
    std::vector<std::string> tracks;
    for (const auto& [name, track] : course.tracks()) tracks.push_back(name);
    return nlohmann::json{{"name", course.name()},
                          {"title", course.title()},
                          {"tracks", tracks},
                          {"default_track", course.default_track()}};
  });
}

nlohmann::json workspace_json(Context& context) {
  return or_problem([&] {
    const Workspace& workspace = context.workspace();
    return nlohmann::json{{"folder", workspace.root().string()}, {"track", workspace.track().name}};
  });
}

nlohmann::json data_json() {
  return or_problem([] { return nlohmann::json{{"folder", data_root().string()}}; });
}

// One line of a part that is there, or why it is not.
std::string line_of(const nlohmann::json& part, const std::function<std::string()>& text) {
  return part.contains("problem") ? "none: " + part.at("problem").get<std::string>() : text();
}

std::string text_of(const nlohmann::json& part, const char* key) { return part.at(key).get<std::string>(); }

void run(Context& context) {
  nlohmann::json result = version_json();
  result["program"] = own_program().string();
  const nlohmann::json kit = result["kit"] = kit_json(context);
  const nlohmann::json course = result["course"] = course_json(context);
  const nlohmann::json workspace = result["workspace"] = workspace_json(context);
  const nlohmann::json data = result["data"] = data_json();
  context.result = result;

  Screen& screen = context.screen;
  const Build& built = build();
  Table table;
  table.row({"tito", built.version + ", " + own_program().string()});
  table.row({"built", fmt::format("{}, {}", or_unknown(built.type), built.compiler)});
  table.row({"flags", built.flags});
  table.row({"commit", built.commit.empty() ? "not from a checkout" : built.commit});
  table.row({"kit", line_of(kit, [&] { return text_of(kit, "file"); })});
  if (!kit.contains("problem")) table.row({"compiler", text_of(kit, "compiler")});
  table.row({"course", line_of(course, [&] { return text_of(course, "name") + ": " + text_of(course, "title"); })});
  table.row({"workspace", line_of(workspace, [&] {
               return text_of(workspace, "folder") + ", track " + text_of(workspace, "track");
             })});
  table.row({"data sets", line_of(data, [&] { return text_of(data, "folder"); })});
  for (const std::string& line : table.lines("")) screen.line(line);
}

}  // namespace

std::string version_text() {
  const Build& built = build();
  return fmt::format("tito {}\n{}, {}\nengine flags {}\ncommit {}", built.version, or_unknown(built.type),
                     built.compiler, built.flags, built.commit.empty() ? "not from a checkout" : built.commit);
}

nlohmann::json version_json() {
  const Build& built = build();
  return {{"version", built.version},
          {"build",
           {{"type", built.type}, {"compiler", built.compiler}, {"flags", built.flags}, {"commit", built.commit}}}};
}

void add_info(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("info", "What this tito is, how it was built, and where everything lies");
  command->footer(
      "It works without a workspace, and says of what is missing why.\n\nExamples:\n  tito info\n  tito info --json");
  command->callback([&context] { run(context); });
}

}  // namespace tito
