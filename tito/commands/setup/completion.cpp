#include "tito/commands/setup/completion.hpp"

#include <algorithm>

#include "tito/actions/overwrite.hpp"
#include "tito/actions/reference.hpp"
#include "tito/commands/commands.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/data/registry.hpp"
#include "tito/system/files.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// --- the scripts; each hands the words of the line to "tito complete" ---

const char* const bash_script = R"(# tito's completion for bash. For this shell: source <(tito completion bash)
# For all to come: tito completion bash > ~/.local/share/bash-completion/completions/tito
_tito() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o filenames 2>/dev/null || :  # outside of a completion it refuses
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
      return 0
    fi
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("$1" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tito tito
)";

const char* const zsh_script = R"(#compdef tito
# tito's completion for zsh. For this shell: source <(tito completion zsh)
# For all to come: tito completion zsh > a folder of $fpath/_tito
_tito() {
  local line
  local -a lines names
  lines=("${(@f)$("$words[1]" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $lines[1] == ":files" ]]; then
    _files
    return
  fi
  for line in $lines; do
    names+=("${${line%%$'\t'*}//:/\\:}${${line#${line%%$'\t'*}}/$'\t'/:}")
  done
  _describe 'tito' names
}
if [[ $funcstack[1] == _tito ]]; then
  _tito "$@"
else
  compdef _tito tito
fi
)";

const char* const fish_script = R"(# tito's completion for fish. For this shell: tito completion fish | source
# For all to come: tito completion fish > ~/.config/fish/completions/tito.fish
function __tito_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
    if test "$found[1]" = ":files"
        __fish_complete_path "$typed"
    else
        printf '%s\n' $found
    end
end
complete -c tito -f -a '(__tito_complete)'
)";

const std::map<std::string, const char*> scripts{{"bash", bash_script}, {"fish", fish_script}, {"zsh", zsh_script}};

std::vector<std::string> shells() {
  std::vector<std::string> names;
  for (const auto& [name, script] : scripts) names.push_back(name);
  return names;
}

void print_script(Context& context, const std::string& shell) {
  const auto script = scripts.find(shell);
  if (script == scripts.end()) {
    const std::string near = nearest(shell, shells());
    throw Failure(Exit::usage,
                  "no completion for \"" + shell + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                  "the shells are: " + listed(shells()));
  }
  context.result = {{"shell", shell}, {"script", script->second}};
  context.screen.line(std::string(script->second, std::char_traits<char>::length(script->second) - 1));
}

// --- candidates ---

using Given = std::vector<std::string>;  // the arguments that the command has been given

const Track& track_of(Context& context) {
  try {
    return context.workspace().track();
  } catch (const std::exception&) {
    return context.course().track(context.course().default_track());
  }
}

std::vector<Candidate> modules(Context& context, const Given&) {
  std::vector<Candidate> found;
  const Track& track = track_of(context);
  for (const std::string& slug : track.order)
    found.push_back({two_digits(number_in(track, slug)), context.course().module(slug).title});
  for (const std::string& slug : track.order) found.push_back({slug, context.course().module(slug).title});
  return found;
}

std::vector<Candidate> checkpoints(Context& context, const Given&) {
  std::vector<Candidate> found;
  for (const std::string& slug : track_of(context).order) {
    found.push_back({context.course().module(slug).checkpoint, context.course().module(slug).capability});
  }
  return found;
}

std::vector<Candidate> milestones(Context& context, const Given&) {
  std::vector<Candidate> found;
  for (const Milestone& milestone : context.course().milestones()) found.push_back({milestone.name, milestone.title});
  return found;
}

std::vector<Candidate> tracks(Context& context, const Given&) {
  std::vector<Candidate> found;
  for (const auto& [name, track] : context.course().tracks()) found.push_back({name, track.title});
  return found;
}

std::vector<Candidate> data_sets(Context& context, const Given&) {
  std::vector<Candidate> found;
  const Registry registry(context.kit().registry());
  for (const DataSet& set : registry.sets()) found.push_back({set.name, set.title});
  return found;
}

std::vector<Candidate> shell_names(Context&, const Given&) {
  std::vector<Candidate> found;
  for (const std::string& name : shells()) found.push_back({name, ""});
  return found;
}

// The module that was given, else the one that the student is at.
std::string module_of(Context& context, const Given& given) {
  if (given.empty()) return context.standing().next.module;
  return resolve_module(context.course(), track_of(context), given.front());
}

// What a student writes in the module.
std::vector<Candidate> functions(Context& context, const Given& given) {
  const fs::path reference = reference_source(context.kit(), context.course(), module_of(context, given));
  std::vector<Candidate> found;
  for (const std::string& name : solution_names(read_file(reference), reference.string())) found.push_back({name, ""});
  return found;
}

// The numbers of snapshots, newest first: of the module that was given, or all.
std::vector<Candidate> snapshots(Context& context, const Given& given) {
  const SnapshotStore store = snapshots_of(context.workspace());
  std::vector<Candidate> found;
  for (const Snapshot& one : given.empty() ? store.list() : store.list(module_of(context, given))) {
    found.push_back({std::to_string(one.id), one.module + ", " + name_of(one.cause) + ", " + one.at});
  }
  std::reverse(found.begin(), found.end());
  return found;
}

// What "tito diff --against" takes.
std::vector<Candidate> texts(Context& context, const Given& given) {
  std::vector<Candidate> found{{"export", "What the package holds"}, {"skeleton", "What you were given"}};
  try {
    const std::string slug = module_of(context, given);
    for (Candidate& one : snapshots(context, {slug})) found.push_back(std::move(one));
  } catch (const std::exception&) {  // no workspace: no snapshots
  }
  return found;
}

// The classes of the set that was given; by its number where a name is more than a word.
std::vector<Candidate> classes(Context& context, const Given& given) {
  std::vector<Candidate> found;
  if (given.empty()) return found;
  const Registry registry(context.kit().registry());
  const std::vector<std::string>& names = registry.set(given.front()).classes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool one_word = names[i].find(' ') == std::string::npos;
    found.push_back({one_word ? names[i] : std::to_string(i), one_word ? "" : names[i]});
  }
  return found;
}

std::vector<Candidate> files(Context&, const Given&) { return {{":files", ""}}; }

// What the word means that --help shows for an argument or for an option's value.
const std::map<std::string, std::vector<Candidate> (*)(Context&, const Given&)> meanings{
    {"MODULE", modules},       {"CHECKPOINT", checkpoints},
    {"MILESTONE", milestones}, {"TRACK", tracks},
    {"SET", data_sets},        {"SHELL", shell_names},
    {"WHAT", texts},           {"DIR", files},
    {"FILE", files},           {"FROM", files},
    {"TARGET", files},         {"FUNCTION", functions},
    {"ID", snapshots},         {"CLASS", classes}};

// CLI11 names the values that an option is held to behind its type: "WHEN:value in {always->1,auto->0} OR {1,0}".
std::vector<Candidate> values_in(const std::string& type) {
  std::vector<Candidate> found;
  const std::size_t begin = type.find('{'), end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return found;
  std::stringstream values(type.substr(begin + 1, end - begin - 1));
  for (std::string value; std::getline(values, value, ',');) found.push_back({value.substr(0, value.find("->")), ""});
  return found;
}

std::vector<Candidate> values_of(const CLI::Option& option, Context& context, const Given& given) {
  const std::string type = option.get_type_name();
  const bool positional = option.get_positional();
  const auto meaning = meanings.find(positional ? option.get_name(true) : type.substr(0, type.find(':')));
  std::vector<Candidate> found = meaning == meanings.end() ? values_in(type) : meaning->second(context, given);
  if (option.get_description().find("\"all\"") != std::string::npos) found.push_back({"all", ""});
  return found;
}

std::vector<const CLI::App*> visible(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
}

std::vector<Candidate> options_of(const CLI::App& command) {
  std::vector<Candidate> found;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      if (option->get_positional() || option->get_group().empty()) continue;
      for (const std::string& name : option->get_lnames()) {
        const bool there =
            std::any_of(found.begin(), found.end(), [&](const Candidate& one) { return one.word == "--" + name; });
        if (!there && (at == &command || name != "version")) found.push_back({"--" + name, option->get_description()});
      }
    }
  }
  return found;
}

std::vector<Candidate> arguments_of(const CLI::App& command, const Given& given, Context& context) {
  std::size_t index = given.size();
  std::vector<const CLI::Option*> positionals;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) positionals.push_back(option);
  }
  if (positionals.empty()) return {};
  if (index >= positionals.size()) {
    if (positionals.back()->get_items_expected_max() <= 1) return {};
    index = positionals.size() - 1;
  }
  return values_of(*positionals[index], context, given);
}

// Where the words that stand have led.
struct Place {
  const CLI::App* command;
  Given arguments;
  const CLI::Option* waiting = nullptr;  // the option whose value comes next
};

// What the common options say of where to look.
void note_value(const CLI::Option& option, const std::string& value, Context& context) {
  if (option.check_lname("workspace")) context.workspace_folder = value;
  if (option.check_lname("kit")) context.kit_file = value;
}

Place walk(const CLI::App& app, Context& context, const std::vector<std::string>& words) {
  Place place{&app, {}};
  for (const std::string& word : words) {
    if (place.waiting != nullptr) {
      note_value(*place.waiting, word, context);
      place.waiting = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = find_option(*place.command, word);
      if (option == nullptr || option->get_items_expected_max() == 0) continue;
      if (const std::size_t sign = word.find('='); sign != std::string::npos)
        note_value(*option, word.substr(sign + 1), context);
      else place.waiting = option;
    } else {
      const auto below = visible(*place.command);
      const auto found =
          std::find_if(below.begin(), below.end(), [&](const CLI::App* one) { return one->get_name() == word; });
      if (found != below.end()) place = {*found, {}};
      else place.arguments.push_back(word);
    }
  }
  return place;
}

// To bash "Tensor::re" is three words: makes one of them. Returns what then stands before the last one's end that bash
// wants to be completed: "Tensor::"; empty where nothing was joined there.
std::string join_at_colons(std::vector<std::string>& words) {
  std::vector<std::string> joined;
  bool open = false, last = false;  // a colon was joined to the word before; whether the last word is made of several
  for (const std::string& word : words) {
    const bool colons = !word.empty() && word.find_first_not_of(':') == std::string::npos;
    last = !joined.empty() && (colons || open);
    if (last) joined.back() += word;
    else joined.push_back(word);
    open = last && colons;
  }
  words = std::move(joined);
  return last ? words.back().substr(0, words.back().rfind(':') + 1) : "";
}

// "--color=al" is one word to zsh and fish and three to bash, which then wants the last one alone.
std::vector<Candidate> all_candidates(const CLI::App& app, Context& context, std::vector<std::string> words,
                                      std::string& typed) {
  typed = words.back();
  words.pop_back();
  if (typed == "=") typed.clear();
  words.erase(std::remove(words.begin(), words.end(), "="), words.end());
  const Place place = walk(app, context, words);
  if (place.waiting != nullptr) return values_of(*place.waiting, context, place.arguments);
  const std::size_t sign = typed.find('=');
  if (typed.starts_with("--") && sign != std::string::npos) {
    const CLI::Option* option = find_option(*place.command, typed);
    std::vector<Candidate> found =
        option == nullptr ? std::vector<Candidate>{} : values_of(*option, context, place.arguments);
    for (Candidate& one : found) {
      if (one.word != ":files") one.word.insert(0, typed.substr(0, sign + 1));
    }
    return found;
  }
  if (typed.starts_with('-')) return options_of(*place.command);
  const auto below = visible(*place.command);
  std::vector<Candidate> found;
  for (const CLI::App* one : below) found.push_back({one->get_name(), one->get_description()});
  for (Candidate& one : arguments_of(*place.command, place.arguments, context)) found.push_back(std::move(one));
  return found;
}

}  // namespace

std::vector<Candidate> candidates_for(const CLI::App& app, Context& context, std::vector<std::string> words) {
  if (words.empty()) words.emplace_back();
  std::vector<Candidate> found;
  const std::string before = join_at_colons(words);
  std::string typed;
  try {
    found = all_candidates(app, context, std::move(words), typed);
  } catch (const std::exception&) {
    return {};
  }
  std::erase_if(found, [&](const Candidate& one) { return one.word != ":files" && !one.word.starts_with(typed); });
  for (Candidate& one : found) one.word.erase(0, before.size());
  return found;
}

int complete(const CLI::App& app, Context& context, std::vector<std::string> words) {
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  context.json = false;
  context.screen.set_quiet(false);
  for (const Candidate& one : candidates_for(app, context, std::move(words))) {
    context.screen.line(one.about.empty() ? one.word : one.word + "\t" + one.about);
  }
  return 0;
}

void add_completion(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a script that completes tito's commands in your shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->option_text(" ");
  command->footer("Examples:\n  source <(tito completion bash)\n  tito completion fish | source");
  command->callback([&context, shell] { print_script(context, *shell); });
}

}  // namespace tito
