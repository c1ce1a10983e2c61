#include "tito/commands/course_check.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "tito/commands/commands.hpp"
#include "tito/commands/course_group.hpp"
#include "tito/commands/course_rules.hpp"
#include "tito/commands/course_trials.hpp"
#include "tito/commands/plan_page.hpp"
#include "tito/commands/source_tree.hpp"
#include "tito/course/generated.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

constexpr const char* unbuilt = "built";  // the rule that what the others need is there

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

// The commands that lessons may name, and what the first argument of each is.
std::vector<CommandWords> commands_of(const CLI::App& app) {
  std::vector<CommandWords> commands;
  for (const std::string& words : all_commands(app)) {
    const CLI::App* command = &app;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      command = command->get_subcommand(words.substr(at, end - at));
      at = end + 1;
    }
    const auto arguments = command->get_options([](const CLI::Option* option) { return option->get_positional(); });
    commands.push_back({words, arguments.empty() ? "" : arguments.front()->get_name(true, false)});
  }
  return commands;
}

void add_to(Findings& all, const Findings& more) { all.insert(all.end(), more.begin(), more.end()); }

// What a rule finds; where it needs something that was not built, that is the finding, once.
void look(Findings& findings, const fs::path& manifest, const std::function<Findings()>& rule) {
  try {
    add_to(findings, rule());
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::environment) throw;
    const bool known =
        std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.rule == unbuilt; });
    if (!known)
      findings.push_back(
          {manifest, 1, unbuilt, failure.what(), failure.way_out().empty() ? "./bootstrap build" : failure.way_out()});
  }
}

Report check(Context& context, const CLI::App& app, const Options& options) {
  const Kit& kit = context.kit();
  Report report{manifest_findings(tree_of(kit).manifest()), {"manifest"}, {}, 0};
  if (!report.findings.empty()) return report;
  const Course& course = context.course();
  const Audit audit = audit_of(kit, course, app);
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
                  !context.json && !context.quiet);
  int done = 0;
  for (const Rule& rule : text_rules()) {
    bar.show(done++, rule.what);
    report.rules.emplace_back(rule.name);
    look(report.findings, audit.tree.manifest(), [&] { return rule.find(audit); });
  }
  if (options.quick) return report;
  report.rules.emplace_back(unbuilt);
  for (const BuiltRule& rule : built_rules()) {
    bar.show(done++, rule.what);
    report.rules.emplace_back(rule.name);
    look(report.findings, audit.tree.manifest(), [&] { return rule.find(kit, audit); });
  }
  for (const auto& [name, ignored] : trial_rules()) report.rules.push_back(name);
  look(report.findings, audit.tree.manifest(),
       [&] { return try_course(kit, audit, [&](const std::string& what) { bar.show(done++, what); }); });
  return report;
}

// As it is called below the course's root.
std::string shown(const fs::path& file, const fs::path& root) {
  const fs::path below = file.lexically_relative(root);
  return below.empty() || *below.begin() == ".." ? file.string() : below.generic_string();
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
  end_interrupted_change(context);
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

CourseTree tree_of(const Kit& kit) {
  if (!kit.is_source_tree()) {
    throw Failure(
        Exit::usage, "this course is an installed one, and has no sources to check: " + kit.file().string(),
        "run the tito that was built in the course's source tree: ./bootstrap build, then build/bin/tito course check");
  }
  const fs::path root = kit.source_folder("root");
  if (root.empty()) {
    throw Failure(
        Exit::environment,
        kit.file().string() + " does not say where the course's sources lie: it was written by an older build",
        "./bootstrap build");
  }
  return {root,
          kit.modules_folder(),
          kit.contract_folder(),
          kit.source_folder("tests"),
          root / "checkpoints",
          root / "milestones",
          kit.source_folder("fast"),
          kit.source_folder("benches"),
          kit.documents()};
}

Audit audit_of(const Kit& kit, const Course& course, const CLI::App& app) {
  Audit audit{course, tree_of(kit), commands_of(app), course_generators()};
  audit.generators["plan"] = [&kit](const Audit& all, const fs::path& file) {
    return plan_page(kit, all.course, file);
  };
  return audit;
}

Findings quick_findings(const Kit& kit, const CLI::App& app) {
  Findings findings = manifest_findings(tree_of(kit).manifest());
  if (!findings.empty()) return findings;
  const Course course(kit.course_file());
  const Audit audit = audit_of(kit, course, app);
  for (const Rule& rule : text_rules()) look(findings, audit.tree.manifest(), [&] { return rule.find(audit); });
  return findings;
}

void print_findings(Screen& screen, const Findings& findings, const fs::path& root) {
  for (const Finding& one : findings) {
    screen.line(fmt::format("{}:{}: {} {}", shown(one.file, root), one.line,
                            screen.paint(Style::bad, "[" + one.rule + "]"), one.message));
    if (!one.way_out.empty()) screen.line("    " + screen.paint(Style::accent, one.way_out));
  }
}

nlohmann::json json_of(const Findings& findings, const fs::path& root) {
  nlohmann::json all = nlohmann::json::array();
  for (const Finding& one : findings) {
    all.push_back({{"rule", one.rule},
                   {"file", shown(one.file, root)},
                   {"line", one.line},
                   {"message", one.message},
                   {"way_out", one.way_out}});
  }
  return all;
}

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
