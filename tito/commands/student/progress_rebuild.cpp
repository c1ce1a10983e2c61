// The record of a student's progress, put right.
#include <fmt/core.h>

#include "tito/actions/check_module.hpp"
#include "tito/actions/exported_objects.hpp"
#include "tito/actions/overwrite.hpp"
#include "tito/actions/prove_checkpoint.hpp"
#include "tito/actions/reference.hpp"
#include "tito/commands/commands.hpp"
#include "tito/system/files.hpp"
#include "tito/system/interrupt.hpp"

namespace tito {
namespace {

struct Row {
  std::string slug;
  bool written = false;  // the file differs from the skeleton
  std::optional<Check> check;
  bool exported = false;  // the package holds this very source
  std::string proof;      // "proven", "not proven" or empty
};

// The evidence of an export that the record has lost: the package holds the very source that has just passed.
void take_up_export(const Session& session, Row& row) {
  const auto packaged = read_if_present(session.workspace.exported_source(row.slug));
  row.exported = row.check->passed() && packaged && sha256(*packaged) == row.check->source_hash;
  if (!row.exported) return;
  session.workspace.progress_file().update([&](Progress& progress) {
    ModuleProgress& module = progress.modules[row.slug];
    if (!module.exported || module.exported->source != row.check->source_hash ||
        module.exported->contract != session.contract)
      module.exported = module.tested;
  });
}

// Tests every module that is written, then proves the checkpoints of the exported ones.
std::vector<Row> run_again(Context& context) {
  const Session session = context.session();
  const std::vector<std::string>& order = session.workspace.track().order;
  std::vector<Row> rows;
  int step = 0;
  ProgressBar bar(context.screen, 2 * static_cast<int>(order.size()), !context.json);
  for (const std::string& slug : order) {
    stop_if_interrupted();
    bar.show(step++, "testing " + slug);
    Row row{slug, false, std::nullopt, false, ""};
    const auto source = read_if_present(session.workspace.source(slug));
    row.written = source && *source != skeleton_of(session.kit, session.course, slug);
    if (row.written) {
      row.check = check_module(session, slug, new_seed());
      take_up_export(session, row);
    }
    rows.push_back(row);
  }
  for (Row& row : rows) {
    stop_if_interrupted();
    const std::string& checkpoint = session.course.module(row.slug).checkpoint;
    bar.show(step++, "proving " + checkpoint);
    if (!row.exported || !unexported_needs(session, row.slug).empty()) continue;
    row.proof = prove(session, checkpoint, new_seed()).passed() ? "proven" : "not proven";
  }
  return rows;
}

void print_recovery(Screen& screen, const ProgressFile::Recovery& recovery) {
  if (!recovery.was_damaged)
    return screen.line("the record of your progress can be read; what it says is found out again");
  screen.line(recovery.problem);
  if (!recovery.kept_as.empty()) screen.line("that record is kept as " + recovery.kept_as.string());
  screen.line(recovery.from_previous ? "the previous version is in its place"
                                     : "there was no previous version to read; a new record is made");
}

void rebuild(Context& context) {
  const ProgressFile::Recovery recovery = context.workspace().progress_file().recover();
  Screen& screen = context.screen;
  print_recovery(screen, recovery);
  const std::vector<Row> rows = run_again(context);
  nlohmann::json modules = nlohmann::json::array();
  Table table;
  const Standing standing = context.standing();
  for (const Row& row : rows) {
    const std::string& checkpoint = context.course().module(row.slug).checkpoint;
    const std::string state = name_of(standing.modules.at(row.slug));
    nlohmann::json one = {{"module", row.slug},
                          {"written", row.written},
                          {"state", state},
                          {"checkpoint", checkpoint},
                          {"checkpoint_state", name_of(standing.checkpoints.at(checkpoint))}};
    if (row.check) one["planned"] = row.check->verdict.planned, one["passed"] = row.check->verdict.passed;
    modules.push_back(one);
    const std::string tests =
        row.check ? fmt::format("{} of {} cases pass", row.check->verdict.passed, row.check->verdict.planned)
                  : "not written yet";
    table.row({screen.mark(state), module_label(context.workspace().track(), row.slug), state, tests,
               row.proof.empty() ? "" : checkpoint + " " + row.proof});
  }
  context.result = {{"was_damaged", recovery.was_damaged},
                    {"problem", recovery.problem},
                    {"kept_as", recovery.kept_as.string()},
                    {"from_previous", recovery.from_previous},
                    {"modules", modules}};
  screen.line();
  for (const std::string& line : table.lines()) screen.row(line);
}

}  // namespace

void add_progress_rebuild(CLI::App& group, Context& context) {
  CLI::App* rebuilder =
      group.add_subcommand("rebuild", "Find out again what you have shown; a damaged record is kept first");
  rebuilder->footer(
      "A record that is damaged, or that a newer tito wrote, is kept under another name, and the version before it "
      "is taken\n"
      "up if it can be read. Then every module that you have written is tested again and every exported one proven "
      "again.\n"
      "Milestones are not run again.\n\n"
      "Example:\n"
      "  tito progress rebuild");
  rebuilder->callback([&context] { rebuild(context); });
}

}  // namespace tito
