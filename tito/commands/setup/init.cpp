#include <fmt/core.h>

#include "tito/actions/init_workspace.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

struct Options {
  std::string folder;
  std::string track;
  bool force = false;
};

void run(Context& context, const Options& options) {
  if (options.folder.empty()) throw Failure(Exit::usage, "the folder's name is empty", "tito init my-course");
  const Course& course = context.course();
  const Track& track = course.track(options.track.empty() ? course.default_track() : options.track);
  const std::filesystem::path kept = init_workspace(context.kit(), course, track, options.folder, options.force);
  const std::string first = track.order.front();
  context.result = {
      {"workspace", std::filesystem::weakly_canonical(std::filesystem::absolute(options.folder)).string()},
      {"course", course.name()},
      {"track", track.name},
      {"modules", track.order}};
  if (!kept.empty()) context.result["kept"] = kept.string();
  Screen& screen = context.screen;
  if (!kept.empty()) screen.line("what stood there is kept in " + kept.string());
  screen.line(fmt::format("{} {}: {} modules, track {}", screen.paint(Style::good, screen.tick()),
                          screen.paint(Style::bold, options.folder), track.order.size(), track.name));
  screen.line();
  screen.line("  the first lesson   " +
              (std::filesystem::path(options.folder) / "modules" / folder_name(track, first) / "README.md").string());
  screen.line("  the first command  cd " + shell_quoted(options.folder) + " && tito next");
}

}  // namespace

void add_init(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("init", "Make a workspace: a folder with the lessons and the files you will write");
  command->add_option("DIR", options->folder, "The folder to make")->required()->option_text(" ");
  command->add_option("--track", options->track, "The order of the modules")->type_name("TRACK");
  command->add_flag("--force", options->force, "Start anew where a workspace stands; keeps a copy of everything first");
  command->footer("Examples:\n  tito init my-course\n  tito init my-course --track autograd-first");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
