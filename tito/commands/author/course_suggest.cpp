#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "tito/authoring/measurement.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/commands/author/author.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"
#include "tito/ui/page.hpp"

namespace tito {
namespace {

using nlohmann::json;

constexpr std::size_t most_modules = 30;  // of best_orders()

struct Options {
  std::size_t count = 4;
};

struct Suggestion {
  RankedOrder ranked;
  Flow flow;
  std::vector<std::string> tracks;   // that have this very order
  std::vector<std::string> changes;  // against the default track, in words
};

// What another order changes: which modules stand elsewhere, and which connections fare differently.
std::vector<std::string> changes_between(const Flow& usual, const Flow& other) {
  std::vector<std::string> changes;
  for (const ModuleFlow& module : other.modules) {
    const auto before = std::find_if(usual.modules.begin(), usual.modules.end(),
                                     [&](const ModuleFlow& one) { return one.slug == module.slug; });
    std::string text;
    if (before->number != module.number)
      text = fmt::format("{} moves from {:02} to {:02}", module.slug, before->number, module.number);
    if (before->gap != module.gap) {
      text += fmt::format("{}gap {} instead of {}", text.empty() ? module.slug + ": " : ", ", module.gap, before->gap);
    }
    if (!text.empty()) changes.push_back(text);
    for (const ForwardUse& use : module.forward) changes.push_back(use.user + " needs " + use.module + " too early");
  }
  return changes;
}

std::vector<std::string> tracks_with(const Course& course, const std::vector<std::string>& order) {
  std::vector<std::string> names;
  for (const auto& [name, track] : course.tracks()) {
    if (track.order == order) names.push_back(name);
  }
  return names;
}

void print(Screen& screen, std::size_t place, const Suggestion& one) {
  std::string tracks = one.tracks.empty() ? "" : "  (track " + listed(one.tracks) + ")";
  screen.line(
      fmt::format("  {}. {}{}", place, screen.paint(Style::bold, fmt::format("gap {}", one.ranked.gap)), tracks));
  for (const std::string& line : wrapped(listed(one.ranked.order), screen.room(6))) screen.line("     " + line);
  const std::string forward =
      one.ranked.forward == 0 ? "" : fmt::format("{} used before it exists; ", one.ranked.forward);
  const std::string changes = one.changes.empty() ? "as it is" : listed(one.changes);
  for (const std::string& line : wrapped(forward + changes, screen.room(6)))
    screen.line("     " + screen.paint(Style::dim, line));
}

void run(Context& context, const Options& options) {
  end_interrupted_change(context.kit(), note_to(context));
  const Course& course = context.course();
  const Track& track = course.track(course.default_track());
  if (track.order.size() > most_modules) {
    throw Failure(Exit::work_failed, fmt::format("the course has {} modules; orders of {} at most are searched",
                                                 track.order.size(), most_modules));
  }
  const Usage usage = measure_usage(context.kit(), course);
  const Needs needs = needs_of(course);
  const auto started = std::chrono::steady_clock::now();
  const std::vector<RankedOrder> best = best_orders(usage, needs, track.order, options.count, stop_if_interrupted);
  const std::int64_t orders = count_orders(needs, track.order);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();

  const Flow usual = analyze(usage, track.order);
  std::vector<Suggestion> suggestions;
  for (const RankedOrder& ranked : best) {
    Suggestion one{ranked, analyze(usage, ranked.order), tracks_with(course, ranked.order), {}};
    one.changes = changes_between(usual, one.flow);
    suggestions.push_back(std::move(one));
  }
  const auto place =
      std::find_if(best.begin(), best.end(), [&](const RankedOrder& one) { return one.order == track.order; });
  const bool among = place != best.end();

  json found = json::array();
  for (const Suggestion& one : suggestions) {
    found.push_back({{"order", one.ranked.order},
                     {"gap", one.ranked.gap},
                     {"forward", one.ranked.forward},
                     {"wasted", one.flow.wasted()},
                     {"tracks", one.tracks},
                     {"changes", one.changes}});
  }
  context.result = {{"orders", found},
                    {"respect_needs", orders},
                    {"seconds", seconds},
                    {"default",
                     {{"track", track.name},
                      {"gap", usual.total_gap()},
                      {"forward", usual.forward_uses()},
                      {"place", among ? json(place - best.begin() + 1) : json(nullptr)}}}};
  Screen& screen = context.screen;
  screen.line(orders < 0 ? "The best orders that respect the needs:"
                         : fmt::format("Of {} orders that respect the needs the best:", orders));
  screen.line();
  for (std::size_t i = 0; i < suggestions.size(); ++i) print(screen, i + 1, suggestions[i]);
  screen.line();
  const std::string here = fmt::format("The default track {} has gap {}", track.name, usual.total_gap());
  screen.line("  " + here +
              (among
                   ? fmt::format(" and is number {} here.", place - best.begin() + 1)
                   : fmt::format("; {} orders are better.",
                                 best.size() == options.count ? "at least " + std::to_string(best.size()) : "these")));
}

}  // namespace

void add_course_suggest(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand("suggest", "The orders that respect the needs with the least total gap");
  command->add_option("--count", options->count, "How many to show")
      ->type_name("N")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->footer(
      "Every order is searched that course.json's \"needs\" allow. Of equal ones those that differ least from the "
      "default\n"
      "track come first. Of a module with several demos the one counts that fits the order and uses the newest.\n\n"
      "Examples:\n"
      "  tito course suggest\n"
      "  tito course suggest --count 10 --json");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
