#include <fmt/core.h>

#include "tito/commands/commands.hpp"
#include "tito/commands/report.hpp"

namespace tito {
namespace {

std::string slugs_where(const Track& track, const std::map<std::string, bool>& own, bool wanted) {
  std::string text;
  for (const std::string& slug : track.order) {
    if (own.at(slug) == wanted) text += (text.empty() ? "" : ", ") + slug;
  }
  return text.empty() ? "none" : text;
}

void run(Context& context, const std::string& word) {
  const Track& track = context.workspace().track();
  const std::string slug = word.empty() ? context.standing().next.module : resolve_module(context.course(), track, word);
  context.screen.line(context.screen.paint(Style::bold, module_label(track, slug)) + " " + context.screen.dot() + " " +
                      context.course().module(slug).purpose);
  context.screen.line();
  const Demo demo = run_demo(site_of(context), slug, !context.json);
  if (!demo.linking.succeeded) {
    throw Failure(Exit::damaged, "the demo of " + slug + " does not link: " + demo.linking.output);
  }
  nlohmann::json own = nlohmann::json::array(), reference = nlohmann::json::array();
  for (const std::string& other : track.order) (demo.own.at(other) ? own : reference).push_back(other);
  context.result = {{"module", slug},  {"finished", demo.result.finished}, {"measures", json_of(demo.result.measures)},
                    {"own", own},      {"reference", reference},           {"seconds", demo.result.seconds}};
  if (context.json) context.result["output"] = demo.result.output;
  context.screen.line();
  context.screen.line(context.screen.paint(Style::dim, "  yours:     " + slugs_where(track, demo.own, true)));
  context.screen.line(context.screen.paint(Style::dim, "  reference: " + slugs_where(track, demo.own, false)));
  if (!demo.result.finished) {
    context.exit = Exit::work_failed;
    context.result["reason"] = demo.result.reason;
    context.screen.error("the demo of " + slug + " did not come to its end: " + demo.result.reason, "tito module test " + slug);
    return;
  }
  const auto need = track.leaves.find(slug);
  if (need == track.leaves.end()) return;
  context.result["leaves"] = need->second;
  context.screen.line(fmt::format("  {} {}", context.screen.paint(Style::warn, "what is missing now:"), need->second));
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
  auto word = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("demo", "See what a module makes possible, with your own exported code");
  command->add_option("MODULE", *word, "Number or slug; without it the module you are at")->option_text(" ");
  command->footer("Modules that you have not exported are taken from the reference; the demo says which.\n\nExample:\n  tito demo 06");
  command->callback([&context, word] { run(context, *word); });
}

}  // namespace tito
