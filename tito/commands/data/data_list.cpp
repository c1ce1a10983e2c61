#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/data/data.hpp"
#include "tito/data/library.hpp"
#include "tito/views/data_sets.hpp"

namespace tito {
namespace {

void run(Context& context) {
  const Registry registry = registry_of(context);
  const Store store(data_root());
  context.result = {{"root", store.root().string()}, {"sets", nlohmann::json::array()}};
  Screen& screen = context.screen;
  for (const DataSet& set : registry.sets()) {
    const Place place = store.find(set);
    context.result["sets"].push_back(json_of(set, place));
    const Edition& edition = place.edition != nullptr ? *place.edition : set.editions.front();
    const std::string size = place.presence == Presence::missing && !set.downloads.empty()
                                 ? bytes_text(edition.size()) + ", to fetch " + bytes_text(set.download_size())
                                 : bytes_text(edition.size());
    screen.row(fmt::format("{} {}  {}  {}", mark_of(screen, place.presence),
                           screen.paint(Style::bold, fmt::format("{:<14}", set.name)),
                           fmt::format("{:<10}", name_of(place.presence)), size));
    screen.row("    " + (place.edition != nullptr && place.edition->title != set.title
                             ? place.edition->title + ": " + place.edition->note
                             : set.about));
    if (place.presence != Presence::missing) screen.row("    " + place.folder.string());
    if (!place.problem.empty()) screen.row("    " + screen.paint(Style::bad, place.problem));
    if (const std::string next = advice_for(set, place); !next.empty())
      screen.row("    " + screen.paint(Style::accent, next));
  }
  screen.line();
  screen.row(screen.paint(Style::dim, "kept in " + store.root().string() + ", for all workspaces"));
}

}  // namespace

void add_data_list(CLI::App& group, Context& context) {
  CLI::App* command = group.add_subcommand("list", "What is here, what is not, how large, and where");
  command->footer("Example:\n  tito data list --json");
  command->callback([&context] { run(context); });
}

}  // namespace tito
