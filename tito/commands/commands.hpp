// The commands: one file each, called as the command is, in the folder called as its heading in --help. A new one is a
// file, a line here and one in the table of commands.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include "tito/commands/context.hpp"

namespace tito {

void add_next(CLI::App& app, Context& context);
void add_watch(CLI::App& app, Context& context);
void add_hint(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_try(CLI::App& app, Context& context);
void add_demo(CLI::App& app, Context& context);
void add_bench(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_diff(CLI::App& app, Context& context);
void add_history(CLI::App& app, Context& context);
void add_undo(CLI::App& app, Context& context);
void add_solution(CLI::App& app, Context& context);
void add_init(CLI::App& app, Context& context);
void add_update(CLI::App& app, Context& context);
void add_editor(CLI::App& app, Context& context);
void add_tour(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_info(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

// Those of a group.
void add_module_list(CLI::App& group, Context& context);
void add_module_test(CLI::App& group, Context& context);
void add_module_reset(CLI::App& group, Context& context);
void add_checkpoint_status(CLI::App& group, Context& context);
void add_checkpoint_test(CLI::App& group, Context& context);
void add_checkpoint_timeline(CLI::App& group, Context& context);
void add_milestone_list(CLI::App& group, Context& context);
void add_milestone_run(CLI::App& group, Context& context);
void add_progress_rebuild(CLI::App& group, Context& context);
void add_data_options(CLI::App& group, Context& context);
void add_data_list(CLI::App& group, Context& context);
void add_data_fetch(CLI::App& group, Context& context);
void add_data_import(CLI::App& group, Context& context);
void add_data_verify(CLI::App& group, Context& context);
void add_data_remove(CLI::App& group, Context& context);
void add_data_path(CLI::App& group, Context& context);
void add_data_show(CLI::App& group, Context& context);
void add_course_analyze(CLI::App& group, Context& context);
void add_course_suggest(CLI::App& group, Context& context);
void add_course_reorder(CLI::App& group, Context& context);
void add_course_new(CLI::App& group, Context& context);
void add_course_check(CLI::App& group, Context& context);
void add_dev_fill(CLI::App& group, Context& context);
void add_dev_manual(CLI::App& group, Context& context);

// The option --seed, the same for every command that has it.
void add_seed_option(CLI::App* command, std::optional<std::uint64_t>& seed);

// Adds tito's options and all commands.
void add_everything(CLI::App& app, Context& context);

// The commands that can be run, "module test", in the order of --help.
std::vector<std::string> all_commands(const CLI::App& app);

// The option that a word such as "--seed" or "--seed=1" names, of the command or of one above it; nullptr for none.
const CLI::Option* find_option(const CLI::App& command, const std::string& word);

// Parses the command line, runs the command and prints what is left to print. Returns the exit status.
int run_commands(int argc, char** argv);

}  // namespace tito
