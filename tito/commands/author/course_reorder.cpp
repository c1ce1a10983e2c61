#include <fmt/core.h>

#include "tito/authoring/course_audit.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/commands/author/author.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/json_text.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"
#include "tito/views/course_changes.hpp"

namespace tito {
namespace {

struct Options {
  std::string order;
  std::string track;
  std::string title;
  bool write = false;
  bool force = false;
};

// All that a new order changes.
struct Plan {
  std::string track;
  std::vector<std::string> order;
  TrackChange course;
  Consequences consequences;
  TreeChange tree;
};

void check_names(const Course& course, const Options& options) {
  if (!options.track.empty() && !course.tracks().contains(options.track) && !is_slug(options.track)) {
    throw Failure(Exit::usage,
                  "--track: \"" + options.track + "\" is not a slug: lower-case letters, digits, _ and - only");
  }
  if (!is_utf8(options.title)) throw Failure(Exit::usage, "--title: expected UTF-8, found other bytes");
}

Plan make_plan(Context& context, const CLI::App& app, const SourceTree& tree, const Options& options) {
  const Course& course = context.course();
  check_names(course, options);
  Plan plan;
  plan.track = options.track.empty() ? course.default_track() : options.track;
  plan.order = read_order(course, options.order);
  const std::string text = read_file(tree.root() / tree.course_file());
  plan.course = with_order(course, text, plan.track, plan.order, options.title);
  const Course then(plan.course.text, tree.course_file().string());  // refuses what could not be loaded again
  if (plan.course.text != text) plan.tree.files[tree.course_file()] = plan.course.text;
  plan.consequences = add_consequences(
      tree, context.kit(), renumberings(course.track(course.default_track()), then.track(then.default_track())),
      audit_of(context.kit(), then, commands_of(app)), plan.tree);
  return plan;
}

nlohmann::json json_of(const Plan& plan, const Options& options) {
  nlohmann::json handovers = nlohmann::json::array();
  for (const Handover& one : plan.course.handovers) {
    nlohmann::json handover = {{"module", one.module}, {"leaves", one.leaves}, {"reason", one.reason}};
    if (!one.follower.empty()) handover["follower"] = one.follower;
    if (!one.suggestion.empty()) handover["suggestion"] = one.suggestion;
    handovers.push_back(handover);
  }
  nlohmann::json result = {{"track", plan.track},
                           {"new_track", plan.course.is_new},
                           {"order", plan.order},
                           {"changes", !plan.tree.is_empty()},
                           {"written", options.write && !plan.tree.is_empty()},
                           {"to_rewrite", handovers}};
  result.update(json_of(plan.tree, plan.consequences));
  return result;
}

void print_handovers(Screen& screen, const Course& course, const Plan& plan) {
  if (plan.course.handovers.empty()) return;
  screen.line();
  screen.line("to be looked at, for another module comes next:");
  for (const Handover& one : plan.course.handovers) {
    const std::string next =
        one.follower.empty() ? "" : fmt::format(" {} {}", screen.arrow(), course.module(one.follower).title);
    screen.line(fmt::format("  {} {}{}: \"{}\"", screen.paint(Style::warn, "!"), course.module(one.module).title, next,
                            one.leaves));
    screen.line("      " + one.reason);
    if (!one.suggestion.empty() && one.suggestion != one.leaves) {
      screen.line("      another track says: \"" + one.suggestion + "\"");
    }
  }
}

void print(Screen& screen, const Course& course, const SourceTree& tree, const Plan& plan, bool written) {
  if (plan.tree.is_empty()) {
    screen.line(fmt::format("track {} has this order already", plan.track));
    return;
  }
  screen.line((written ? "changed in " : "this would change in ") + tree.root().string() + ":");
  if (plan.tree.files.contains(tree.course_file())) {
    screen.line(fmt::format("  {}: {} {}", tree.course_file().string(), plan.course.is_new ? "the new track" : "track",
                            screen.paint(Style::bold, plan.track)));
  }
  print_consequences(screen, plan.tree, plan.consequences);
  print_handovers(screen, course, plan);
  screen.line();
  if (!written) {
    screen.line("  to do it: the same command with --write");
    return;
  }
  screen.line("  what changed stands in " + screen.paint(Style::accent, "git status") +
              "; build the course anew, and workspaces follow with " + screen.paint(Style::accent, "tito update"));
}

void run(Context& context, const CLI::App& app, const Options& options) {
  const SourceTree tree(context.kit(), note_to(context));
  const Course& course = context.course();
  const Plan plan = make_plan(context, app, tree, options);
  if (!options.track.empty() && plan.course.is_new) {
    std::vector<std::string> known;
    for (const auto& [name, track] : course.tracks()) known.push_back(name);
    const std::string near = nearest(options.track, known);
    if (!near.empty()) context.screen.note("there is no track " + options.track + " yet; did you mean " + near + "?");
  }
  if (options.write && !plan.tree.is_empty()) {
    tree.make(plan.tree, options.force);
    check_made(tree);
  }
  context.result = json_of(plan, options);
  print(context.screen, course, tree, plan, options.write);
  if (!options.write || plan.tree.is_empty()) return;
  const Findings findings = quick_findings(context.kit(), commands_of(app));
  context.result["findings"] = json_of(findings, tree.root());
  if (findings.empty()) return;
  context.screen.line();
  context.screen.line("what tito course check --quick finds now:");
  print_findings(context.screen, findings, tree.root());
}

}  // namespace

void add_course_reorder(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = group.add_subcommand(
      "reorder", "Put the modules into another order; without --write only show what would change");
  command->add_option("--order", options->order, "Every module once, by its slug, with commas between")
      ->type_name("A,B,C")
      ->required();
  command
      ->add_option("--track", options->track,
                   "The track that gets the order, or a new one; without it the default track")
      ->type_name("TRACK");
  command->add_option("--title", options->title, "The track's title, in one line")->type_name("TEXT");
  command->add_flag("--write", options->write, "Change the source tree: all of it, or nothing");
  command->add_flag("--force", options->force,
                    "Also where files that would change are not committed, or there is no git");
  command->footer(
      "The order of the default track gives modules' folders their numbers: those are renamed, and every mention of "
      "them in the\n"
      "source tree follows. A change that was interrupted is ended by the next tito course command.\n\n"
      "Examples:\n"
      "  tito course reorder --order a,b,c\n"
      "  tito course reorder --order a,b,c --write\n"
      "  tito course reorder --order a,c,b --track images-first --title \"Images first\" --write");
  command->callback([&context, &group, options] { run(context, *group.get_parent(), *options); });
}

}  // namespace tito
