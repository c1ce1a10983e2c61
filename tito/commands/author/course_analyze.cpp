#include <fmt/core.h>

#include "tito/authoring/measurement.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/commands/author/author.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/ui/page.hpp"

namespace tito {
namespace {

using nlohmann::json;

struct Options {
  std::string track;
  std::string order;
  bool bodies = false;
  std::string svg;
};

json json_of(const EntityFlow& entity) {
  return {{"name", entity.name},
          {"symbols", entity.symbols},
          {"first_used", entity.first_used.empty() ? json(nullptr) : json(entity.first_used)},
          {"gap", entity.gap < 0 ? json(nullptr) : json(entity.gap)},
          {"wasted", entity.wasted}};
}

json json_of(const ModuleFlow& module) {
  json provides = json::array(), forward = json::array();
  for (const EntityFlow& entity : module.provides) provides.push_back(json_of(entity));
  for (const ForwardUse& use : module.forward) {
    forward.push_back({{"user", use.user}, {"module", use.module}, {"entities", use.entities}});
  }
  return {{"module", module.slug},
          {"number", module.number},
          {"provides", provides},
          {"first_user", module.is_used() ? json(module.first_user) : json(nullptr)},
          {"first_use", module.is_used() ? json(module.first_use) : json(nullptr)},
          {"first_entities", module.first_entities},
          {"gap", module.gap},
          {"wasted", module.wasted()},
          {"demo", module.demo.empty() ? json(nullptr) : json(module.demo)},
          {"demo_uses_itself", module.demo_uses_itself},
          {"demo_uses", module.demo_uses},
          {"forward", forward}};
}

json json_of(const Flow& flow) {
  json modules = json::array(), connections = json::array();
  for (const ModuleFlow& module : flow.modules) modules.push_back(json_of(module));
  for (const Connection& one : flow.connections) {
    connections.push_back({{"from", one.from},
                           {"to", one.to},
                           {"verdict", name_of(one.quality)},
                           {"gap", one.gap},
                           {"reason", one.reason}});
  }
  return {{"order", flow.order},
          {"connections", connections},
          {"modules", modules},
          {"total",
           {{"gap", flow.total_gap()},
            {"forward", flow.forward_uses()},
            {"wasted", flow.wasted()},
            {"perfect", flow.count(Quality::perfect)},
            {"problematic", flow.count(Quality::problematic)},
            {"broken", flow.count(Quality::broken)}}}};
}

std::string painted(const Screen& screen, Quality quality) {
  const Style style = quality == Quality::perfect       ? Style::good
                      : quality == Quality::problematic ? Style::warn
                                                        : Style::bad;
  return screen.paint(style, fmt::format("{:<11}", name_of(quality)));
}

void print_connections(Screen& screen, const Flow& flow) {
  for (const Connection& one : flow.connections) {
    screen.line(fmt::format("  {} {} {} {}", painted(screen, one.quality), one.from, screen.arrow(), one.to));
    for (const std::string& line : wrapped(one.reason, screen.room(16))) {
      screen.line("              " + screen.paint(Style::dim, line));
    }
  }
}

void print_module(Screen& screen, const ModuleFlow& module, bool all) {
  std::string demo = module.demo.empty()
                         ? ""
                         : "; its demo uses " + std::string(module.demo_uses_itself ? "it" : "it not") + ", " +
                               (module.demo_uses.empty() ? "and no other" : "with " + listed(module.demo_uses));
  std::string use = module.is_used() ? fmt::format("first used by {}, gap {}", module.first_use, module.gap)
                                     : "used by none that follows";
  if (module.gap == 0 && !module.is_used()) use = "the last";
  screen.line("  " + screen.paint(Style::bold, fmt::format("{:02} {}", module.number, module.slug)));
  std::vector<std::string> names;
  for (const EntityFlow& entity : module.provides) names.push_back(entity.name);
  for (const std::string& text : {fmt::format("provides {}: {}", names.size(), listed(names)), use + demo}) {
    for (const std::string& line : wrapped(text, screen.room(5))) screen.line("     " + line);
  }
  if (!module.wasted().empty()) screen.line("     " + screen.paint(Style::warn, "wasted: ") + listed(module.wasted()));
  for (const ForwardUse& forward : module.forward) {
    const std::vector<std::string> entities(forward.entities.begin(), forward.entities.end());
    screen.line("     " + screen.paint(Style::bad, "before it exists: ") +
                fmt::format("{} needs {} of {}", forward.user, listed(entities), forward.module));
  }
  if (!all) return;
  for (const EntityFlow& entity : module.provides) {
    screen.row(screen.paint(
        Style::dim, fmt::format("       {}: {}", entity.name,
                                entity.first_used.empty() ? "used by nobody" : "first used by " + entity.first_used)));
  }
}

std::string heading(const Course& course, const Options& options) {
  if (!options.order.empty()) return "The order asked for";
  const Track& track = course.track(options.track.empty() ? course.default_track() : options.track);
  return "Track " + track.name + ": " + track.title;
}

void run(Context& context, const Options& options) {
  end_interrupted_change(context.kit(), note_to(context));
  const Course& course = context.course();
  if (!options.order.empty() && !options.track.empty()) {
    throw Failure(Exit::usage, "--track and --order: both say which order is meant", "give one of the two");
  }
  const std::string name = options.track.empty() ? course.default_track() : options.track;
  const std::vector<std::string> order =
      options.order.empty() ? course.track(name).order : parse_order(course, options.order);
  const DemoChoice choice{options.bodies, options.order.empty() ? name : ""};
  const Usage usage = measure_usage(context.kit(), course);
  const Flow flow = analyze(usage, order, choice);
  const std::vector<BrokenNeed> broken = broken_needs(course, order);
  context.result = json_of(flow);
  context.result["track"] = options.order.empty() ? json(name) : json(nullptr);
  context.result["demos"] = !options.bodies;
  context.result["broken_needs"] = json::array();
  for (const BrokenNeed& one : broken)
    context.result["broken_needs"].push_back({{"module", one.module}, {"needs", one.needs}});
  context.result["rejected"] = !broken.empty() || flow.forward_uses() > 0;

  Screen& screen = context.screen;
  screen.line(screen.paint(Style::bold, heading(course, options)) + (options.bodies ? ", bodies alone" : ""));
  screen.line();
  print_connections(screen, flow);
  screen.line();
  for (const ModuleFlow& module : flow.modules) print_module(screen, module, screen.is_verbose());
  screen.line();
  screen.line("  " + summary_of(flow));
  for (const BrokenNeed& one : broken) {
    screen.line(fmt::format("  {} course.json: {} needs {}, which comes later",
                            screen.paint(Style::bad, screen.cross()), one.module, one.needs));
  }
  if (context.result["rejected"]) {
    screen.line("  " + screen.paint(Style::bad, "rejected") + ": something is used before it exists");
    context.exit = Exit::work_failed;
  }
  if (options.svg.empty()) return;
  write_atomically(options.svg, svg_of(diagram_of(flow, usage, choice, heading(course, options))));
  context.result["svg"] = options.svg;
  screen.line("  drawn in " + options.svg);
}

}  // namespace

void add_course_analyze(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("analyze", "What each module provides, who uses it first, and how long it lies unused");
  command->add_option("--track", options->track, "A track of the course; without it the default track")
      ->type_name("TRACK");
  command
      ->add_option("--order", options->order, "Another order: slugs with commas; modules that are not named come first")
      ->type_name("A,B,C");
  command->add_flag("--bodies", options->bodies, "What bodies use alone, without the demos");
  command->add_option("--svg", options->svg, "Draw the connections into this file")->type_name("FILE");
  command->footer(
      "Measured on the compiled objects: a module is used where the body or demo of another needs its symbols, or "
      "where a\n"
      "contract header names its types. The gap of a module is the number of modules before the first that uses "
      "it.\n"
      "Exit status 1: the order is rejected, since something is used before it exists. With --verbose each class "
      "and\n"
      "function is listed with its first use.\n\n"
      "Examples:\n"
      "  tito course analyze\n"
      "  tito course analyze --track autograd-first --svg order.svg\n"
      "  tito course analyze --order losses,autograd,dataloader,optimizers,spatial,training");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
