#include <fmt/core.h>

#include <algorithm>

#include "tito/actions/reference.hpp"
#include "tito/commands/commands.hpp"
#include "tito/course/functions.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/files.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"
#include "tito/ui/difference.hpp"
#include "tito/views/verdict.hpp"

namespace tito {
namespace {

struct Options {
  std::string module;
  std::string function;
};

// A function that the student wrote, and how the reference body writes it.
struct Pair {
  std::string name;  // as the stub and the hints have it
  std::string reference;
  std::optional<std::string> yours;  // none where it was not found in the student's file
};

// A part of the reference body without the lines that mark its regions.
std::string without_marks(std::string_view text) {
  std::string plain;
  for (const std::string_view line : split_lines(text)) {
    if (line.find("// BEGIN SOLUTION") == std::string_view::npos &&
        line.find("// END SOLUTION") == std::string_view::npos)
      plain += line;
  }
  return plain + (plain.ends_with('\n') ? "" : "\n");
}

std::string text_of(const std::string& source, const FunctionText& function) {
  return without_marks(std::string_view(source).substr(function.begin, function.end - function.begin));
}

// The student's function: the one with the same head, or the only one with the same name.
std::optional<std::string> counterpart(const std::string& source, const std::vector<FunctionText>& own,
                                       const FunctionText& wanted) {
  std::vector<const FunctionText*> named;
  for (const FunctionText& one : own) {
    if (one.name == wanted.name && one.head == wanted.head) return text_of(source, one);
    if (one.name == wanted.name) named.push_back(&one);
  }
  if (named.size() == 1) return text_of(source, *named.front());
  return std::nullopt;
}

std::vector<Pair> pairs_of(const std::string& reference, const std::string& source, const std::string& origin) {
  const std::vector<SolutionRegion> regions = solution_regions(reference, origin);
  const std::vector<FunctionText> own = functions_in(source);
  std::vector<Pair> pairs;
  for (const FunctionText& one : functions_in(reference)) {
    const auto region = std::find_if(regions.begin(), regions.end(), [&](const SolutionRegion& some) {
      return !some.is_helpers() && some.begin > one.body && some.end < one.end;
    });
    if (region != regions.end())
      pairs.push_back({region->name, text_of(reference, one), counterpart(source, own, one)});
  }
  return pairs;
}

std::string helpers_of(const std::string& reference, const std::string& origin) {
  std::string text;
  for (const SolutionRegion& region : solution_regions(reference, origin)) {
    if (region.is_helpers())
      text += (text.empty() ? "" : "\n") + reference.substr(region.text, region.end - region.text);
  }
  return text;
}

// Only the pairs that a user means by "Tensor::reshape" or "reshape".
std::vector<Pair> chosen(const std::vector<Pair>& pairs, const std::string& function, const std::string& slug) {
  if (function.empty()) return pairs;
  std::vector<Pair> some;
  std::vector<std::string> names;
  for (const Pair& one : pairs) {
    names.push_back(one.name);
    if (one.name == function || one.name.ends_with("::" + function)) some.push_back(one);
  }
  if (!some.empty()) return some;
  const std::string near = nearest(function, names);
  throw Failure(Exit::usage,
                "module " + slug + " has no function \"" + function + "\"" +
                    (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                "the functions are: " + listed(names));
}

void refuse_unless_exported(Context& context, const std::string& slug) {
  const ModuleState state = context.standing().modules.at(slug);
  if (state == ModuleState::exported) return;
  const std::string command = "tito export " + two_digits(number_in(context.workspace().track(), slug));
  if (state == ModuleState::stale) {
    throw Failure(
        Exit::work_failed,
        "module " + slug + " has changed since its export: only what passes as it is now is shown beside the reference",
        command);
  }
  throw Failure(Exit::work_failed, "the solution of " + slug + " opens once your own passes and is exported", command);
}

void print_pair(Screen& screen, const Pair& pair) {
  screen.line();
  screen.line(screen.paint(Style::bold, pair.name));
  if (!pair.yours)
    screen.line(screen.paint(Style::dim, "  your file has no function of this name that could be found"));
  const std::string yours = pair.yours.value_or("");
  if (yours == pair.reference) screen.line(screen.paint(Style::dim, "  yours is the same, letter by letter"));
  const int width = screen.width();
  const auto lines = width >= two_columns_from ? drawn_beside(screen, yours, pair.reference, width)
                     : yours == pair.reference
                         ? std::vector<std::string>{}
                         : drawn_below(screen, hunks_between(yours, pair.reference, 1000), width, false);
  for (const std::string& line : lines) screen.line(line);
}

void run(Context& context, const Options& options) {
  const Workspace& workspace = context.workspace();
  const std::string slug = resolve_module(context.course(), workspace.track(), options.module);
  refuse_unless_exported(context, slug);
  const fs::path origin = reference_source(context.kit(), context.course(), slug);
  const std::string reference = read_file(origin);
  const std::vector<Pair> pairs =
      chosen(pairs_of(reference, read_file(workspace.source(slug)), origin.string()), options.function, slug);
  const std::string helpers = options.function.empty() ? helpers_of(reference, origin.string()) : "";
  nlohmann::json functions = nlohmann::json::array();
  for (const Pair& one : pairs) {
    functions.push_back({{"name", one.name},
                         {"yours", one.yours ? nlohmann::json(*one.yours) : nlohmann::json(nullptr)},
                         {"reference", one.reference},
                         {"same", one.yours == one.reference}});
  }
  context.result = {{"module", slug}, {"number", number_in(workspace.track(), slug)}, {"functions", functions}};
  if (!helpers.empty()) context.result["helpers"] = helpers;
  Screen& screen = context.screen;
  const bool beside = screen.width() >= two_columns_from;
  screen.line(fmt::format("{}: {}", module_label(workspace.track(), slug),
                          beside ? "yours on the left, the reference on the right" : "- yours, + the reference"));
  for (const Pair& one : pairs) print_pair(screen, one);
  if (helpers.empty()) return;
  screen.line();
  screen.line(screen.paint(Style::bold, "helpers of the reference"));
  for (const std::string_view line : split_lines(helpers))
    screen.line("  " + std::string(line.substr(0, line.find('\n'))));
}

}  // namespace

void add_solution(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("solution", "The reference beside your own functions, once they are exported");
  command->add_option("MODULE", options->module, "Number or slug")->required()->option_text(" ");
  command->add_option("FUNCTION", options->function, "Only this one: Tensor::reshape, or reshape")->option_text(" ");
  command->footer(
      "It opens when the module is exported as it is now; a file that changed since is exported again first. On 100\n"
      "columns and more both stand side by side. Nothing is written.\n\n"
      "Examples:\n  tito solution 02\n  tito solution tensor Tensor::reshape");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace tito
