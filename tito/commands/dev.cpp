#include "tito/commands/commands.hpp"
#include "tito/commands/manual.hpp"
#include "tito/commands/report.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

void fill(Context& context, const std::string& word) {
  if (!context.kit().is_source_tree()) {
    throw Failure(Exit::usage, "dev fill works only with a tito that was built in the course's source tree");
  }
  const Track& track = context.workspace().track();
  std::vector<std::string> wanted = track.order;
  if (word != "all") wanted = {resolve_module(context.course(), track, word)};
  for (const std::string& slug : wanted) {
    fill_module(site_of(context), slug);
    context.screen.line("filled " + context.workspace().source_name(slug));
  }
  context.result = {{"filled", wanted}};
}

void write_manual(Context& context, const CLI::App& app, const std::filesystem::path& folder) {
  make_folders(folder);
  nlohmann::json names = nlohmann::json::array();
  for (const auto& [name, text] : manual_pages(app)) {
    write_atomically(folder / name, text);
    names.push_back(name);
  }
  context.result = {{"folder", folder.string()}, {"pages", names}};
  context.screen.line(std::to_string(names.size()) + " pages in " + folder.string());
}

}  // namespace

void add_dev(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("dev", "For those who work on the course itself");
  group->require_subcommand(1);
  group->footer("Example:\n  tito dev fill all");
  auto word = std::make_shared<std::string>();
  CLI::App* filler =
      group->add_subcommand("fill", "Overwrite your file with the reference body (only from the course's source tree)");
  filler->add_option("MODULE", *word, "Number, slug or \"all\"")->required()->option_text(" ");
  filler->footer("Examples:\n  tito dev fill 02\n  tito dev fill all");
  filler->callback([&context, word] { fill(context, *word); });

  auto folder = std::make_shared<std::string>();
  CLI::App* manual = group->add_subcommand("manual", "Write the manual pages, from what --help says");
  manual->add_option("DIR", *folder, "Where tito.1 and the others are put")->required()->option_text(" ");
  manual->footer("Example:\n  tito dev manual man && man -l man/tito.1");
  manual->callback([&app, &context, folder] { write_manual(context, app, *folder); });
}

}  // namespace tito
