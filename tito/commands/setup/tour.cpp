#include <fmt/core.h>

#include <chrono>

#include "tito/actions/check_module.hpp"
#include "tito/actions/export_module.hpp"
#include "tito/actions/init_workspace.hpp"
#include "tito/actions/overwrite.hpp"
#include "tito/actions/run_demo.hpp"
#include "tito/commands/commands.hpp"
#include "tito/course/milestones.hpp"
#include "tito/system/files.hpp"
#include "tito/toolchain/process.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  std::string track;
  std::string keep;
};

// The stations of one module on the tour.
constexpr int steps_per_module = 4;

class Tour {
 public:
  Tour(Context& context, const Workspace& workspace)
      : context_(&context),
        session_{context.kit(), context.course(), workspace, context.contract()},
        bar_(context.screen, steps_per_module * static_cast<int>(workspace.track().order.size()), !context.json) {}

  // Walks one module; false when a step did not behave.
  bool walk(const std::string& slug) {
    Screen& screen = context_->screen;
    const std::string label = module_label(session_.workspace.track(), slug);
    nlohmann::json report = {{"module", slug}, {"checkpoint", session_.course.module(slug).checkpoint}};
    const bool good = skeleton_fails(slug, report) && body_passes(slug, report) && export_unlocks(slug, report) &&
                      demo_runs(slug, report);
    report["ok"] = good;
    modules_.push_back(report);
    bar_.clear();
    screen.line(fmt::format("  {} {:<16} {}",
                            good ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross()),
                            label, summary_));
    summary_.clear();
    if (!good) screen.line("      " + problem_);
    return good;
  }

  const nlohmann::json& modules() const { return modules_; }
  const std::vector<std::pair<std::string, Measure>>& measures() const { return measures_; }

 private:
  void step(const std::string& what) {
    stop_if_interrupted();
    bar_.show(steps_++, what);
  }

  bool skeleton_fails(const std::string& slug, nlohmann::json& report) {
    step("the skeleton of " + slug + " must fail");
    const Check check = check_module(session_, slug, new_seed());
    report["skeleton"] = {
        {"planned", check.verdict.planned}, {"passed", check.verdict.passed}, {"failed", check.verdict.failed()}};
    summary_ = fmt::format("skeleton {} of {} fail", check.verdict.failed(), check.verdict.planned);
    if (check.ran && check.verdict.passed == 0 && check.verdict.problem.empty()) return true;
    problem_ = !check.ran ? "the skeleton does not run"
                          : fmt::format("{} cases pass without a line written", check.verdict.passed);
    return false;
  }

  bool body_passes(const std::string& slug, nlohmann::json& report) {
    step("the body of " + slug + " must pass");
    fill_module(session_, slug);
    const Check check = check_module(session_, slug, new_seed());
    report["body"] = {{"planned", check.verdict.planned},
                      {"passed", check.verdict.passed},
                      {"failed", check.verdict.failed()},
                      {"seconds", check.seconds}};
    summary_ +=
        fmt::format(", body {} of {} pass in {}", check.verdict.passed, check.verdict.planned, duration(check.seconds));
    if (check.passed()) return true;
    problem_ = "the reference body does not pass: tito module test " + slug;
    return false;
  }

  bool export_unlocks(const std::string& slug, nlohmann::json& report) {
    step("exporting " + slug);
    const Export result = export_module(session_, slug, new_seed());
    report["unlocked"] = result.unlocked;
    if (result.proof) report["proof"] = json_of(result.proof->verdict);
    summary_ +=
        result.unlocked ? ", unlocks " + session_.course.module(slug).checkpoint : ", does not unlock its checkpoint";
    if (result.unlocked) return true;
    problem_ = "the checkpoint does not pass: tito export " + slug;
    return false;
  }

  bool demo_runs(const std::string& slug, nlohmann::json& report) {
    step("the demo of " + slug);
    const Demo demo = run_demo(session_, slug);
    report["demo"] = {{"finished", demo.result.finished},
                      {"seconds", demo.result.seconds},
                      {"measures", json_of(demo.result.measures)}};
    summary_ += fmt::format(", demo {}", duration(demo.result.seconds));
    for (const Measure& one : demo.result.measures) measures_.emplace_back(slug, one);
    bool finite = true;
    for (const Measure& one : demo.result.measures) finite = finite && one.value.has_value();
    if (demo.linking.succeeded && demo.result.finished && finite && !demo.result.measures.empty())
      return shows_what_it_must(slug, demo.result);
    problem_ = !demo.linking.succeeded ? "the demo does not link"
               : !demo.result.finished ? "the demo " + demo.result.reason + ": " + demo.result.output
                                       : "the demo measured nothing, or a figure that is not finite";
    return false;
  }

  // The figures that course.json requires of the demo.
  bool shows_what_it_must(const std::string& slug, const DemoResult& demo) {
    for (const Requirement& one : session_.course.requirements()) {
      const bool here = one.track.empty() || one.track == session_.workspace.track().name;
      if (one.module != slug || !one.figure || !here) continue;
      const GateResult result = hold(*one.figure, demo.measures, demo.data);
      if (result.state != GateState::missed) continue;
      problem_ = fmt::format("the demo misses what is required of {}, \"{}\": {}, expected {}, found {}", slug,
                             one.claim, one.figure->measure, bound_text(*one.figure),
                             result.value ? figure(*result.value, one.figure->unit) : "no such figure");
      return false;
    }
    return true;
  }

  Context* context_;
  Session session_;
  ProgressBar bar_;
  int steps_ = 0;
  std::string summary_;
  std::string problem_;
  nlohmann::json modules_ = nlohmann::json::array();
  std::vector<std::pair<std::string, Measure>> measures_;
};

void print_table(Context& context, const Tour& tour) {
  Screen& screen = context.screen;
  screen.line();
  screen.line(screen.paint(Style::bold, "Measured on this machine, in this run"));
  screen.line();
  Table table;
  std::string last;
  for (const auto& [slug, one] : tour.measures()) {
    table.row({slug == last ? "" : slug, one.name, figure(one.value.value_or(0), one.unit)});
    last = slug;
  }
  for (const std::string& line : table.lines()) screen.row(line);
}

void run(Context& context, const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  const Course& course = context.course();
  const Track& track = course.track(options.track.empty() ? course.default_track() : options.track);
  const TemporaryFolder temporary(fs::temp_directory_path() / ("tito-tour-" + std::to_string(::getuid())));
  const fs::path folder = options.keep.empty() ? temporary.path() / "workspace" : fs::path(options.keep);
  init_workspace(context.kit(), course, track, folder, false);
  const Workspace workspace(course, folder);
  Screen& screen = context.screen;
  screen.line(fmt::format("A student's path through {} modules, track {}, in {}", track.order.size(), track.name,
                          folder.string()));
  screen.line("For each: the skeleton must fail, the body pass, the export unlock its checkpoint, the demo run.");
  screen.line();
  Tour tour(context, workspace);
  bool good = true;
  for (const std::string& slug : track.order) {
    good = tour.walk(slug);
    if (!good) break;
  }
  if (good) {
    const Standing standing = standing_of(course, workspace, workspace.progress_file().load(), context.contract());
    good = standing.next.action == Action::finished;
    if (!good)
      screen.line(std::string("  the course is not finished: ") + name_of(standing.next.action) + " " +
                  standing.next.module);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  nlohmann::json measures = nlohmann::json::array();
  for (const auto& [slug, one] : tour.measures()) {
    measures.push_back({{"module", slug},
                        {"name", one.name},
                        {"value", one.value ? nlohmann::json(*one.value) : nlohmann::json(nullptr)},
                        {"unit", one.unit}});
  }
  context.result = {{"track", track.name}, {"modules", tour.modules()}, {"measures", measures}, {"seconds", seconds}};
  if (!good) context.exit = Exit::damaged;  // the course's own bodies must pass
  if (!tour.measures().empty()) print_table(context, tour);
  screen.line();
  screen.line(fmt::format("  {} {} of {} modules walked in {}",
                          good ? screen.paint(Style::good, screen.tick()) : screen.paint(Style::bad, screen.cross()),
                          good ? track.order.size() : tour.modules().size() - 1, track.order.size(),
                          duration(seconds)));
}

}  // namespace

void add_tour(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "tour", "Walk the whole course in a temporary workspace, with the reference bodies, and measure");
  command->add_option("--track", options->track, "The order of the modules")->type_name("TRACK");
  command->add_option("--keep", options->keep, "Walk in this new folder and keep it")->type_name("DIR");
  command->footer("Examples:\n  tito tour\n  tito tour --track autograd-first --json");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
