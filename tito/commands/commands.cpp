#include "tito/commands/commands.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <new>

#include "tito/commands/setup/completion.hpp"
#include "tito/commands/setup/info.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

constexpr int max_threads = 1024;  // as in engine/kernels/parallel.hpp: tests/tito/commands/bench_test.cpp

using AddCommand = void (*)(CLI::App& parent, Context& context);

// A command, or a group of them with what --help says of it.
struct Entry {
  std::vector<AddCommand> commands;
  const char* group = nullptr;
  const char* about = "";
  const char* footer = "";
};

// A heading of --help, and what stands below it.
struct Section {
  const char* heading;
  std::vector<Entry> entries;
};

const std::vector<Section>& sections() {
  static const std::vector<Section> all{
      {"Student",
       {{{add_next}},
        {{add_module_list, add_module_test, add_module_reset},
         "module",
         "List the modules and test what you wrote",
         "Examples:\n  tito module list\n  tito module test 02\n  tito module reset 02"},
        {{add_watch}},
        {{add_hint}},
        {{add_export}},
        {{add_checkpoint_status, add_checkpoint_test, add_checkpoint_timeline},
         "checkpoint",
         "What your framework can do: the capabilities, proven on your own code",
         "Examples:\n  tito checkpoint status\n  tito checkpoint test foundation"},
        {{add_try}},
        {{add_demo}},
        {{add_bench}},
        {{add_milestone_list, add_milestone_run},
         "milestone",
         "Programs that made history, on your own modules",
         "Examples:\n  tito milestone list\n  tito milestone run perceptron"},
        {{add_report}},
        {{add_diff}},
        {{add_history}},
        {{add_undo}},
        {{add_solution}},
        {{add_progress_rebuild},
         "progress",
         "The record of what you have shown",
         "Example:\n  tito progress rebuild"}}},
      {"Data",
       {{{add_data_options, add_data_list, add_data_fetch, add_data_import, add_data_verify, add_data_remove,
          add_data_path, add_data_show},
         "data",
         "Real data sets: fetch, verify and look at MNIST, Fashion-MNIST and CIFAR-10",
         "Sets are kept once for a user, in the folder that TITO_DATA names, else $XDG_DATA_HOME/tito, else\n"
         "~/.local/share/tito, and all workspaces share them. Demos and milestones use those that are here.\n\n"
         "Examples:\n  tito data list\n  tito data fetch mnist\n"
         "  tito data import cifar-10 ~/Downloads/cifar-10-binary.tar.gz\n"
         "  tito data show mnist --class 7"}}},
      {"Setup",
       {{{add_init}}, {{add_update}}, {{add_editor}}, {{add_tour}}, {{add_doctor}}, {{add_info}}, {{add_completion}}}},
      {"Author",
       {{{add_course_analyze, add_course_suggest, add_course_reorder, add_course_new, add_course_check},
         "course",
         "Measure, check and change the course itself",
         "Examples:\n  tito course analyze\n  tito course suggest\n  tito course check"},
        {{add_dev_fill, add_dev_manual},
         "dev",
         "For those who work on the course itself",
         "Example:\n  tito dev fill all"}}}};
  return all;
}

void add_entry(CLI::App& app, Context& context, const Entry& entry) {
  CLI::App* parent = &app;
  if (entry.group != nullptr) {
    parent = app.add_subcommand(entry.group, entry.about);
    parent->require_subcommand(1);
    parent->footer(entry.footer);
  }
  for (const AddCommand add : entry.commands) add(*parent, context);
}

void add_sections(CLI::App& app, Context& context) {
  for (const Section& section : sections()) {
    const std::size_t before = app.get_subcommands(nullptr).size();
    for (const Entry& entry : section.entries) add_entry(app, context, entry);
    const std::vector<CLI::App*> added = app.get_subcommands(nullptr);
    for (std::size_t i = before; i < added.size(); ++i) added[i]->group(section.heading);
  }
}

// The words of the command, "module test", as far as they name commands. An unknown one gets a suggestion.
std::string command_words(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  std::string words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with('-')) {
      const CLI::Option* option = find_option(*at, word);
      if (option != nullptr && option->get_items_expected_max() > 0 && word.find('=') == std::string::npos) ++i;
      continue;
    }
    const auto commands = at->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) break;
    std::vector<std::string> names;
    const CLI::App* found = nullptr;
    for (const CLI::App* one : commands) {
      names.push_back(one->get_name());
      if (one->get_name() == word) found = one;
    }
    if (found == nullptr) {
      const std::string near = nearest(word, names);
      throw Failure(Exit::usage,
                    "there is no command \"tito " + words + (words.empty() ? "" : " ") + word + "\"" +
                        (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                    "the commands are: " + listed(names) + "; \"tito " + words + (words.empty() ? "" : " ") +
                        "--help\" explains them");
    }
    words += (words.empty() ? "" : " ") + word;
    at = found;
  }
  return words;
}

// The environment carries it to every program that is started (tito/toolchain/process.cpp).
std::string check_threads(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 4 && text.find_first_not_of("0123456789") == std::string::npos;
  const int threads = digits ? std::stoi(text) : 0;
  if (threads >= 1 && threads <= max_threads) return "";
  return fmt::format("expected a whole number from 1 to {}, found \"{}\"", max_threads, text);
}

void add_common_options(CLI::App& app, Context& context) {
  app.add_option("--workspace", context.workspace_folder, "The workspace; without it the folder you stand in")
      ->type_name("DIR");
  app.add_flag("--json", context.json, "Print one JSON object and nothing else on standard output");
  app.add_flag("-q,--quiet", context.quiet, "Print no results: the exit status tells, and errors are still named");
  app.add_flag("-v,--verbose", context.verbose,
               "Show on standard error the programs that tito runs, and all that compilers and linkers say");
  app.add_option_function<ColorMode>(
         "--color", [&](const ColorMode& mode) { context.screen.set_color(mode); }, "auto, always or never")
      ->transform(CLI::CheckedTransformer(std::map<std::string, ColorMode>{
          {"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}}))
      ->type_name("WHEN")
      ->trigger_on_parse();
  app.add_option_function<std::string>(
         "--threads", [](const std::string& text) { ::setenv("TITO_THREADS", text.c_str(), 1); },
         "How many threads your framework uses; without it what TITO_THREADS says, or all cores")
      ->type_name("N")
      ->check(check_threads)
      ->trigger_on_parse();
  app.add_option("--kit", context.kit_file, "Another built course's kit.json")->type_name("FILE")->group("");
}

// A path may hold bytes that are no UTF-8; JSON may not.
nlohmann::json valid_text(const std::string& text) {
  return nlohmann::json::parse(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

int finish(Context& context, const std::string& command) {
  if (context.json) {
    nlohmann::json object = {{"schema", "tito/1"}, {"command", command}, {"ok", context.exit == Exit::done}};
    object.update(context.result);
    if (context.json_lines) context.screen.json_line(object);
    else context.screen.json(object);
  }
  if (context.screen.output_failed()) {
    context.screen.error("the result could not be written to standard output",
                         "is the disk full, or standard output closed?");
    if (context.exit == Exit::done) context.exit = Exit::environment;
  }
  return static_cast<int>(context.exit);
}

int fail(Context& context, const std::string& command, const Failure& failure) {
  context.exit = failure.exit();
  context.screen.error(failure.what(), failure.way_out());
  context.result["error"] = {{"message", valid_text(failure.what())},
                             {"way_out", valid_text(failure.way_out())},
                             {"exit", static_cast<int>(failure.exit())}};
  return finish(context, command);
}

}  // namespace

void add_seed_option(CLI::App* command, std::optional<std::uint64_t>& seed) {
  command
      ->add_option_function<std::string>(
          "--seed", [&seed](const std::string& text) { seed = std::stoull(text); },
          "Repeat a run with the same random numbers")
      ->type_name("N")
      ->check([](const std::string& text) {
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        return digits && text.size() <= 18 ? ""
                                           : "expected a whole number of at most 18 digits, found \"" + text + "\"";
      });
}

const CLI::Option* find_option(const CLI::App& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
    if (const CLI::Option* option = at->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

std::vector<std::string> all_commands(const CLI::App& app) {
  std::vector<std::string> all;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::vector<std::string> below = all_commands(*command);
    if (below.empty() || command->get_require_subcommand_min() == 0) all.push_back(command->get_name());
    for (const std::string& one : below) all.push_back(command->get_name() + " " + one);
  }
  return all;
}

void add_everything(CLI::App& app, Context& context) {
  app.description("tito: build a deep-learning framework in C++, module by module");
  app.name("tito");
  app.set_version_flag("--version", version_text);
  app.footer(
      "Examples:\n  tito init my-course\n  cd my-course && tito next\n\n"
      "Exit status: 0 done, 1 your work does not pass yet, 2 wrong usage, 3 something is missing on this machine,\n"
      "4 damaged state or a bug of tito's.");
  app.require_subcommand(1);
  app.fallthrough();
  add_common_options(app, context);
  add_sections(app, context);
}

int run_commands(int argc, char** argv) {
  Context context;
  CLI::App app;
  add_everything(app, context);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // Known before parsing, so that also a wrong command line is answered as asked.
  const auto given = [&](const char* word) {
    return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
  };
  context.json = given("--json");
  context.screen.set_quiet(context.json || given("--quiet") || given("-q"));
  if (given("--verbose") || given("-v")) {
    context.screen.set_verbose(true);
    note_processes([&context](const std::string& text) { context.screen.note(text); });
  }
  if (!arguments.empty() && arguments.front() == "complete") {
    return complete(app, context, {arguments.begin() + 1, arguments.end()});
  }
  std::string command;
  try {
    command = command_words(app, arguments);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return finish(context, command);
  } catch (const CLI::CallForVersion&) {
    context.result = version_json();
    context.screen.line(version_text());
    return finish(context, "version");
  } catch (const CLI::Success& success) {  // --help
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::string way_out = "tito " + command + (command.empty() ? "" : " ") + "--help";
    return fail(context, command, Failure(Exit::usage, error.what(), way_out));
  } catch (const Failure& failure) {
    return fail(context, command, failure);
  } catch (const Interrupted&) {
    return fail(context, command, Failure(Exit::interrupted, "stopped; nothing was lost"));
  } catch (const std::filesystem::filesystem_error& error) {
    const std::string path = error.path1().empty() ? "" : error.path1().string() + ": ";
    return fail(context, command, Failure(Exit::environment, path + error.code().message()));
  } catch (const std::bad_alloc&) {
    return fail(context, command, Failure(Exit::environment, "this machine is out of memory"));
  } catch (const std::exception& error) {
    return fail(context, command, Failure(Exit::damaged, std::string("a bug in tito: ") + error.what()));
  }
}

}  // namespace tito
