// tito editor.
#include "tito/actions/editor_files.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

// Settings are the student's own: what stands there and is not ours is left alone.
void write_tasks(Context& context) {
  const fs::path file = context.workspace().root() / ".vscode" / "tasks.json";
  const std::string tasks = vscode_tasks(own_program());
  const auto present = read_if_present(file);
  if (present && *present != tasks) {
    throw Failure(Exit::usage, file.string() + " exists and holds other tasks; it was not changed",
                  "move it away, run \"tito editor vscode\" again and put your tasks into the new file");
  }
  make_folders(file.parent_path());
  write_atomically(file, tasks);
}

void run(Context& context, const std::string& editor) {
  const Workspace& workspace = context.workspace();
  nlohmann::json written = nlohmann::json::array();
  for (const auto& [name, content] : editor_files(context.kit(), workspace.track(), workspace.root())) {
    write_atomically(workspace.root() / name, content);
    written.push_back(name.string());
  }
  if (editor == "vscode") {
    write_tasks(context);
    written.push_back(".vscode/tasks.json");
  }
  context.result = {{"written", written}};
  for (const auto& name : written) {
    context.screen.line(context.screen.paint(Style::good, context.screen.tick()) + " " + name.get<std::string>());
  }
}

}  // namespace

void add_editor(CLI::App& app, Context& context) {
  auto editor = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("editor", "Tell editors how your files are compiled, again where the workspace has moved");
  command->add_option("EDITOR", *editor, "vscode: also writes tasks for Visual Studio Code")
      ->option_text(" ")
      ->check(CLI::IsMember({"vscode"}));
  command->footer(
      "compile_commands.json and .clangd, which \"tito init\" writes too, serve every editor that speaks with "
      "clangd. The\n"
      "tasks test, export, tell what is next and watch.\n\n"
      "Examples:\n"
      "  tito editor\n"
      "  tito editor vscode");
  command->callback([&context, editor] { run(context, *editor); });
}

}  // namespace tito
