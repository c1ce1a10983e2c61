#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "tito/authoring/built_rules.hpp"
#include "tito/authoring/course_audit.hpp"
#include "tito/authoring/generated.hpp"
#include "tito/authoring/plan_page.hpp"
#include "tito/authoring/source_tree.hpp"
#include "tito/authoring/tried_rules.hpp"
#include "tito/commands/author/author.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/views/course_changes.hpp"

namespace tito {
namespace {

struct Options {
  bool quick = false;
  bool fix = false;
};

// What the check did, besides what it found.
struct Report {
  Findings findings;
  std::vector<std::string> rules;  // that were looked at
  std::vector<fs::path> fixed;     // files with parts that were written anew
  std::size_t modules = 0;
};

Report check(Context& context, const CLI::App& app, const Options& options) {
  const Kit& kit = context.kit();
  Report report{manifest_findings(tree_of(kit).manifest()), {"manifest"}, {}, 0};
  if (!report.findings.empty()) return report;
  const Course& course = context.course();
  const Audit audit = audit_of(kit, course, commands_of(app));
  report.modules = audit.track().order.size();
  if (options.fix) {
    report.fixed = rewrite_stale_regions(audit);
    for (const auto& [picture, content] : fresh_pictures(kit, audit)) {
      write_atomically(picture, content);
      report.fixed.push_back(picture);
    }
  }
  const std::size_t built = built_rules().size() + static_cast<std::size_t>(trial_steps(course));
  ProgressBar bar(context.screen, static_cast<int>(text_rules().size() + (options.quick ? 0 : built)),
                  !context.screen.is_quiet());
  int done = 0;
  for (const Rule& rule : text_rules()) {
    bar.show(done++, rule.what);
    report.rules.emplace_back(rule.name);
    add_findings(report.findings, audit.tree.manifest(), [&] { return rule.find(audit); });
  }
  if (options.quick) return report;
  report.rules.emplace_back(unbuilt);
  for (const BuiltRule& rule : built_rules()) {
    bar.show(done++, rule.what);
    report.rules.emplace_back(rule.name);
    add_findings(report.findings, audit.tree.manifest(), [&] { return rule.find(kit, audit); });
  }
  for (const auto& [name, ignored] : trial_rules()) report.rules.push_back(name);
  add_findings(report.findings, audit.tree.manifest(),
               [&] { return try_course(kit, audit, [&](const std::string& what) { bar.show(done++, what); }); });
  return report;
}

void print(Context& context, const Report& report, const fs::path& root, double seconds) {
  Screen& screen = context.screen;
  for (const fs::path& file : report.fixed) screen.line("written anew: " + shown(file, root));
  print_findings(screen, report.findings, root);
  const std::size_t count = report.findings.size();
  if (count > 0) screen.line();
  screen.line(
      fmt::format("{} {}, {} rules, {} modules, {}",
                  count == 0 ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross()),
                  count == 0 ? "nothing found" : fmt::format("{} {}", count, count == 1 ? "finding" : "findings"),
                  report.rules.size(), report.modules, duration(seconds)));
}

void run(Context& context, const CLI::App& app, const Options& options) {
  end_interrupted_change(context.kit(), note_to(context));
  const auto started = std::chrono::steady_clock::now();
  const Report report = check(context, app, options);
  const fs::path root = tree_of(context.kit()).root;
  nlohmann::json fixed = nlohmann::json::array();
  for (const fs::path& file : report.fixed) fixed.push_back(shown(file, root));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  context.result = {{"quick", options.quick},
                    {"rules", report.rules},
                    {"modules", report.modules},
                    {"findings", json_of(report.findings, root)},
                    {"fixed", fixed},
                    {"seconds", seconds}};
  if (!report.findings.empty()) context.exit = Exit::damaged;
  print(context, report, root, seconds);
}

std::string help() {
  std::string text = "Each finding names its file and line, and a way out. The rules find\n";
  const auto add = [&](const std::string& name, const std::string& what) {
    text += fmt::format("  {:<12} {}\n", name, what);
  };
  add("manifest", "what keeps course.json from being loaded");
  for (const Rule& rule : text_rules()) add(rule.name, rule.what);
  add(unbuilt, "what the rules below need and was not built");
  for (const BuiltRule& rule : built_rules()) add(rule.name, rule.what);
  for (const auto& [name, what] : trial_rules()) add(name, what);
  return text +
         "\nExit status 4 with findings. It needs the course's source tree; what was built is taken as it is, so build "
         "first.\n\nExamples:\n  tito course check\n"
         "  tito course check --quick --json\n  tito course check --fix";
}

}  // namespace

void add_course_check(CLI::App& group, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      group.add_subcommand("check", "Whether the course keeps its own rules: what continuous integration runs");
  command->add_flag("--quick", options->quick, "Leave out what compiles and runs");
  command->add_flag("--fix", options->fix, "First write the parts of documents anew that tito writes");
  command->footer(help());
  command->callback([&context, &group, options] { run(context, *group.get_parent(), *options); });
}

}  // namespace tito
