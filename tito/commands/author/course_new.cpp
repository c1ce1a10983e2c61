#include <fmt/core.h>

#include <algorithm>

#include "tito/authoring/course_audit.hpp"
#include "tito/authoring/scaffold.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/authoring/todo.hpp"
#include "tito/commands/author/author.hpp"
#include "tito/commands/commands.hpp"
#include "tito/views/course_changes.hpp"

namespace tito {
namespace {

struct Options {
  NewModule module;
  bool force = false;
};

fs::path below(const SourceTree& tree, const fs::path& folder) {
  const fs::path path = folder.lexically_relative(tree.root());
  if (!folder.empty() && !path.empty() && *path.begin() != "..") return path;
  throw Failure(Exit::environment,
                "the course's folder " + folder.string() + " does not lie in " + tree.root().string(),
                "build the course anew: its kit is an older one");
}

CourseFolders folders_of(const SourceTree& tree, const Kit& kit) {
  return {tree.modules(), below(tree, kit.contract_folder()), below(tree, kit.source_folder("tests")),
          below(tree, kit.source_folder("root") / "checkpoints")};
}

// The header of the contract that declares NotImplemented, which every skeleton throws: "tinytorch/errors.hpp".
std::string header_of_stubs(const fs::path& contract) {
  std::vector<fs::path> headers;
  for (const auto& entry : fs::recursive_directory_iterator(contract)) {
    if (entry.path().extension() == ".hpp" && read_file(entry.path()).find("class NotImplemented") != std::string::npos)
      headers.push_back(entry.path());
  }
  if (headers.empty())
    throw Failure(Exit::damaged, "no header below " + contract.string() + " declares NotImplemented");
  return std::min_element(headers.begin(), headers.end())->lexically_relative(contract).string();
}

struct Plan {
  NewModule module;
  std::vector<fs::path> created;
  Consequences consequences;
  TreeChange tree;
};

Plan make_plan(Context& context, const CLI::App& app, const SourceTree& tree, const NewModule& asked) {
  const Course& course = context.course();
  const CourseFolders folders = folders_of(tree, context.kit());
  Plan plan;
  plan.module = completed(course, asked);
  const std::string text = with_module(course, read_file(tree.root() / tree.course_file()), plan.module);
  const Course then(text, tree.course_file().string());
  plan.tree.files = module_files(then, plan.module, folders, header_of_stubs(context.kit().contract_folder()));
  for (const auto& [path, content] : plan.tree.files) {
    if (fs::exists(tree.root() / path))
      throw Failure(Exit::usage, path.string() + " is there already", "take another name, or move it away");
    plan.created.push_back(path);
  }
  plan.tree.files[tree.course_file()] = text;
  plan.consequences = add_consequences(
      tree, context.kit(), renumberings(course.track(course.default_track()), then.track(then.default_track())),
      audit_of(context.kit(), then, commands_of(app)), plan.tree);
  return plan;
}

void run(Context& context, const CLI::App& app, const Options& options) {
  const SourceTree tree(context.kit(), note_to(context));
  const Plan plan = make_plan(context, app, tree, options.module);
  tree.make(plan.tree, options.force);
  check_made(tree);

  std::vector<fs::path> material{tree.course_file()};
  material.insert(material.end(), plan.created.begin(), plan.created.end());
  nlohmann::json created = nlohmann::json::array(), todos = nlohmann::json::array();
  for (const fs::path& path : plan.created) created.push_back(path.string());
  Screen& screen = context.screen;
  screen.line(fmt::format("{} module {} in {}", screen.paint(Style::good, screen.tick()),
                          screen.paint(Style::bold, plan.module.slug), tree.root().string()));
  for (const fs::path& path : plan.created) screen.line("  " + path.string());
  screen.line("  " + tree.course_file().string() + ": its entry, its place in every track, its checkpoint");
  print_consequences(screen, plan.tree, plan.consequences);
  screen.line();
  screen.line("it builds, and its reference body passes; what is to be written:");
  for (const fs::path& path : material) {
    for (const Todo& one : todos_in(path, read_file(tree.root() / path))) {
      todos.push_back({{"file", one.file.string()}, {"line", one.line}, {"text", one.text}});
      screen.row(fmt::format("  {}:{}: {}", one.file.string(), one.line, one.text));
    }
  }
  context.result = {
      {"module", plan.module.slug}, {"checkpoint", plan.module.checkpoint}, {"created", created}, {"todos", todos}};
  context.result.update(json_of(plan.tree, plan.consequences));
}

}  // namespace

void add_course_new(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("new", "Begin a module: its entry in course.json and a first version of every file");
  command->add_option("SLUG", options->module.slug, "The module's name: lower-case letters, digits and _")
      ->required()
      ->option_text(" ");
  command->add_option("--title", options->module.title, "The title; without it made of the slug")->type_name("TEXT");
  command->add_option("--purpose", options->module.purpose, "What it is for, in one line")->type_name("TEXT");
  command->add_option("--checkpoint", options->module.checkpoint, "The checkpoint that it unlocks; without it the slug")
      ->type_name("NAME");
  command
      ->add_option("--after", options->module.after,
                   "The module that it needs and follows in every track; without it the last one")
      ->type_name("MODULE");
  command->add_flag("--force", options->force,
                    "Also where files that would change are not committed, or there is no git");
  command->footer(
      "What comes builds at once: its skeleton fails, its reference body passes. What is to be written is marked "
      "TODO. Modules\n"
      "behind it get another number, as with tito course reorder.\n\n"
      "Examples:\n"
      "  tito course new recurrent\n"
      "  tito course new embeddings --after tensor --title Embeddings --checkpoint meaning");
  command->callback([&context, &group, options] { run(context, *group.get_parent(), *options); });
}

}  // namespace tito
