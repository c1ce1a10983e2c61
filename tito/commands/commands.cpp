#include "tito/commands/commands.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <new>

#include "tito/commands/completion.hpp"
#include "tito/commands/info.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

constexpr int max_threads = 1024;  // as in engine/kernels/parallel.hpp: tests/tito/bench_test.cpp

struct Row {
  void (*add)(CLI::App&, Context&);
};

// In the order that --help shows.
constexpr Row table[] = {{add_next},   {add_module},  {add_watch}, {add_hint},      {add_export},   {add_checkpoint},
                         {add_try},    {add_demo},    {add_bench}, {add_milestone}, {add_data},     {add_report},
                         {add_diff},   {add_history}, {add_undo},  {add_solution},  {add_progress}, {add_update},
                         {add_init},   {add_editor},  {add_tour},  {add_doctor},    {add_info},     {add_completion},
                         {add_course}, {add_dev}};

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
  for (const Row& row : table) row.add(app, context);
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
  if (given("--verbose") || given("-v"))
    note_processes([&context](const std::string& text) { context.screen.note(text); });
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
