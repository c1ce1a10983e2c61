#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/data/data.hpp"
#include "tito/data/library.hpp"
#include "tito/system/text.hpp"
#include "tito/views/data_sets.hpp"

namespace tito {
namespace {

struct Options {
  std::string set;
};

// One set; false when it is here and not what it should be.
bool verify_one(Context& context, const DataSet& set, bool asked_for) {
  Screen& screen = context.screen;
  const Verification verification =
      verify(Store(data_root()), set, LibraryProgress(context.screen, set.name, !context.json).events());
  nlohmann::json object = json_of(set, verification.place);
  object["verified"] = verification.passed();
  for (std::size_t i = 0; i < verification.files.size(); ++i) {
    const Verification::File& file = verification.files[i];
    object["files"][i]["expected_sha256"] = file.expected;
    object["files"][i]["found_sha256"] = file.found;
  }
  context.result["sets"].push_back(object);
  if (verification.passed()) {
    screen.line(fmt::format("{} {}: the SHA-256 of {} files is right  {}", screen.paint(Style::good, screen.tick()),
                            verification.edition->title, verification.files.size(),
                            screen.paint(Style::dim, verification.place.folder.string())));
    return true;
  }
  if (verification.place.presence == Presence::missing) {
    if (asked_for) throw Failure(Exit::work_failed, set.title + " is not here", "tito data fetch " + set.name);
    screen.line(fmt::format("{} {}: not here", screen.paint(Style::dim, screen.dot()), set.title));
    return true;
  }
  screen.line(fmt::format("{} {}  {}", screen.paint(Style::bad, screen.cross()), set.title,
                          verification.place.folder.string()));
  if (!verification.place.problem.empty()) screen.line("    " + verification.place.problem);
  for (const Verification::File& file : verification.files) {
    if (file.right()) continue;
    screen.line("    " + file.path.string());
    screen.line("      expected SHA-256 " + file.expected);
    screen.line("      found            " + (file.found.empty() ? "damaged gzip data" : file.found));
  }
  return false;
}

void run(Context& context, const Options& options) {
  const Registry registry = registry_of(context);
  context.result = {{"sets", nlohmann::json::array()}};
  std::vector<std::string> wrong;
  if (!options.set.empty()) {
    if (!verify_one(context, registry.set(options.set), true)) wrong.push_back(options.set);
  } else {
    for (const DataSet& set : registry.sets()) {
      if (!verify_one(context, set, false)) wrong.push_back(set.name);
    }
  }
  if (wrong.empty()) return;
  throw Failure(Exit::work_failed, "not what the registry says: " + listed(wrong),
                "tito data remove " + wrong.front() + ", then tito data fetch " + wrong.front());
}

}  // namespace

void add_data_verify(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("verify", "Compare the files of a set, or of all, with the published checksums");
  command->add_option("SET", options->set, "The set; without it all that are here")->option_text(" ");
  command->footer(
      "Exit status 1 when a file is not what it should be.\n\n"
      "Examples:\n"
      "  tito data verify\n"
      "  tito data verify mnist --json");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
