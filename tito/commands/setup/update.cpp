#include <fmt/core.h>

#include "tito/actions/overwrite.hpp"
#include "tito/actions/update_workspace.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/text.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  bool dry_run = false;
};

nlohmann::json json_of(const UpdateStep& step) {
  nlohmann::json one = {{"kind", name_of(step.kind)}, {"path", step.path.string()}};
  if (!step.module.empty()) one["module"] = step.module;
  if (!step.from.empty()) one["from"] = step.from.string();
  if (!step.functions.empty()) one["functions"] = step.functions;
  if (!step.reason.empty()) one["reason"] = step.reason;
  if (step.set_aside) one["set_aside"] = true;
  if (!step.kept_as.empty()) one["kept_as"] = step.kept_as.string();
  if (step.snapshot > 0) one["snapshot"] = step.snapshot;
  return one;
}

// The steps that concern a student's own work, one by one.
void print_own(Context& context, const UpdateStep& step, bool dry_run) {
  Screen& screen = context.screen;
  const std::string kept = step.snapshot > 0 ? fmt::format("; snapshot {} has what it held", step.snapshot) : "";
  const std::string mark = screen.paint(Style::good, dry_run ? screen.dot() : screen.tick());
  switch (step.kind) {
    case StepKind::renumber:
      screen.line(fmt::format("  {} {} {} {}", mark, step.from.string(), screen.arrow(), step.path.string()));
      break;
    case StepKind::create:
      screen.line(fmt::format("  {} {}: a skeleton, since there is no file", mark, step.path.string()));
      break;
    case StepKind::append:
      screen.line(fmt::format("  {} {}: new in the contract, stubs at its end: {}{}", mark, step.path.string(),
                              listed(step.functions), kept));
      break;
    case StepKind::beside:
      screen.line(fmt::format("  {} {}: the new skeleton, beside your file; take over what is new",
                              screen.paint(Style::warn, "!"), step.path.string()));
      screen.line("      your file stays as it is: " + step.reason);
      break;
    case StepKind::renew:
    case StepKind::remove:
      break;
  }
  if (step.set_aside) {
    screen.line(fmt::format(
        "  {} {} held something of yours{}", screen.paint(Style::warn, "!"), step.path.string(),
        step.kept_as.empty() ? " and is kept under another name" : ", kept as " + step.kept_as.filename().string()));
  }
}

void run(Context& context, const Options& options) {
  const Workspace& workspace = context.workspace();
  const Session session = context.session();
  Screen& screen = context.screen;
  UpdatePlan plan;
  {
    int looked_at = 0;
    ProgressBar bar(screen, static_cast<int>(workspace.track().order.size()), !context.json);
    const auto show = [&](const std::string& slug) { bar.show(looked_at++, "looking at " + slug); };
    if (options.dry_run) {
      plan = plan_update(session, show);
    } else {
      const FileLock lock = lock_work(workspace);
      plan = plan_update(session, show);
      bar.clear();
      apply_update(session, plan);
    }
  }
  nlohmann::json changes = nlohmann::json::array();
  int renewed = 0, removed = 0;
  for (const UpdateStep& step : plan.steps) {
    changes.push_back(json_of(step));
    renewed += step.kind == StepKind::renew ? 1 : 0;
    removed += step.kind == StepKind::remove ? 1 : 0;
  }
  context.result = {
      {"up_to_date", plan.is_empty()}, {"dry_run", options.dry_run}, {"changes", changes}, {"notes", plan.notes}};
  if (plan.is_empty()) screen.line("all is up to date");
  else screen.line(options.dry_run ? "an update would change:" : "updated:");
  for (const UpdateStep& step : plan.steps) print_own(context, step, options.dry_run);
  if (renewed > 0)
    screen.line(
        fmt::format("  {} lessons, editors' files and given parts of package/: {} renewed", screen.dot(), renewed));
  if (removed > 0)
    screen.line(fmt::format("  {} files that package/ is given no more: {} removed", screen.dot(), removed));
  for (const std::string& note : plan.notes) screen.line("  " + screen.dot() + " " + note);
  if (plan.is_empty() || options.dry_run) return;
  screen.line();
  screen.line("  what to do now: " + screen.paint(Style::accent, "tito next"));
}

}  // namespace

void add_update(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("update", "Bring this workspace up to the course as it is now; your files stay yours");
  command->add_flag("--dry-run", options->dry_run, "Only show what would change");
  command->footer(
      "Lessons, what editors read and the given parts of package/ are renewed. A file of yours changes in one way "
      "alone: a\n"
      "function that is new in its contract arrives as a stub at the end, after a snapshot, and only if the file "
      "still\n"
      "compiles with it; otherwise the new skeleton is written beside it as SLUG.new.cpp.\n\n"
      "Examples:\n"
      "  tito update --dry-run\n"
      "  tito update");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
