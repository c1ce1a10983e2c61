#include "tito/commands/commands.hpp"
#include "tito/views/modules.hpp"

namespace tito {
namespace {

void list(Context& context) {
  const Track& track = context.workspace().track();
  const Standing standing = context.standing();
  nlohmann::json modules = nlohmann::json::array();
  for (const std::string& slug : track.order) {
    const Module& module = context.course().module(slug);
    modules.push_back({{"number", number_in(track, slug)},
                       {"slug", slug},
                       {"title", module.title},
                       {"purpose", module.purpose},
                       {"state", name_of(standing.modules.at(slug))},
                       {"checkpoint", module.checkpoint},
                       {"file", context.workspace().source(slug).string()}});
  }
  context.result = {{"track", track.name}, {"modules", modules}};
  print_modules(context.screen, context.session());
}

}  // namespace

void add_module_list(CLI::App& group, Context& context) {
  CLI::App* lister = group.add_subcommand("list", "The modules of your track and how far each is");
  lister->footer("Example:\n  tito module list");
  lister->callback([&context] { list(context); });
}

}  // namespace tito
