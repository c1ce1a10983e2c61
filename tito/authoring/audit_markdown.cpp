// Links lead somewhere, blocks are closed, and commands exist.
#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "tito/authoring/audit_rules.hpp"
#include "tito/course/lesson.hpp"
#include "tito/course/markdown.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/spelling.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// What a lesson's blocks may be: run, compared, or neither.
const std::set<std::string> lesson_languages{"", "cpp", "text", "sh"};

bool is_elsewhere(const std::string& target) {
  return target.find("://") != std::string::npos || target.starts_with("mailto:");
}

// What is wrong with a link that stands in `file`; empty when it leads somewhere.
std::string problem_of(const std::string& target, const fs::path& file) {
  const std::size_t mark = target.find('#');
  const std::string path = target.substr(0, mark);
  const fs::path to = path.empty() ? file : (file.parent_path() / path).lexically_normal();
  if (!fs::exists(to)) return "leads to " + path + ", which does not exist";
  if (mark == std::string::npos || to.extension() != ".md") return "";
  const std::string anchor = target.substr(mark + 1);
  const std::set<std::string> anchors = anchors_of(read_file(to));
  if (anchors.contains(anchor)) return "";
  const std::string near = nearest(anchor, {anchors.begin(), anchors.end()});
  return "leads to #" + anchor + ", which is no heading of " + to.filename().string() +
         (near.empty() ? "" : "; did you mean #" + near + "?");
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line.substr(0, line.find(" #")));
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// NN, MODULE, NAME: what stands for something in an explanation.
bool is_placeholder(const std::string& word) {
  return std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isupper(c) != 0; });
}

// What is wrong with a command line that begins with "tito"; empty when all that it names exists.
class CommandRule {
 public:
  explicit CommandRule(const Audit& audit) : audit_(&audit) {
    for (const auto& [slug, module] : modules()) {
      names_["MODULE"].push_back(slug);
      names_["CHECKPOINT"].push_back(module->checkpoint);
      names_["CHECKPOINT"].push_back(slug);
    }
    for (const Milestone& one : audit.course.milestones()) names_["MILESTONE"].push_back(one.name);
  }

  std::string problem_of(const std::string& line) const {
    const std::vector<std::string> words = words_of(line);
    // An option, a placeholder, or no command line at all.
    if (words.size() < 2 || words[1].find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string::npos) return "";
    if (words[1].starts_with('-')) return "";
    const CommandWords* command = nullptr;
    std::size_t used = 0;
    for (const CommandWords& one : audit_->commands) {
      const std::vector<std::string> wanted = words_of(one.words);
      if (wanted.size() <= used || wanted.size() + 1 > words.size()) continue;
      if (!std::equal(wanted.begin(), wanted.end(), words.begin() + 1)) continue;
      command = &one;
      used = wanted.size();
    }
    if (command == nullptr) return unknown_command(words);
    if (words.size() <= used + 1) return "";
    const std::string& word = words[used + 1];
    const auto known = names_.find(command->takes);
    const bool is_name = !word.empty() && std::islower(static_cast<unsigned char>(word[0])) != 0 &&
                         !is_placeholder(word) && word.find_first_of("./,") == std::string::npos && word != "all";
    if (known == names_.end() || !is_name) return "";  // numbers have a rule of their own
    const auto& names = known->second;
    if (std::find(names.begin(), names.end(), word) != names.end()) return "";
    std::string kind = command->takes;
    std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string near = nearest(word, names);
    return "names the " + kind + " \"" + word + "\", which does not exist" +
           (near.empty() ? "" : "; did you mean \"" + near + "\"?");
  }

 private:
  std::map<std::string, const Module*> modules() const {
    std::map<std::string, const Module*> all;
    for (const std::string& slug : audit_->track().order) all[slug] = &audit_->course.module(slug);
    return all;
  }

  std::string unknown_command(const std::vector<std::string>& words) const {
    std::vector<std::string> names;
    for (const CommandWords& one : audit_->commands) names.push_back(one.words);
    const std::string said = words[1] + (words.size() > 2 ? " " + words[2] : "");
    std::string near = nearest(said, names);
    if (near.empty()) near = nearest(words[1], names);
    return "names the command \"tito " + said + "\", which does not exist" +
           (near.empty() ? "" : "; did you mean \"tito " + near + "\"?");
  }

  const Audit* audit_;
  std::map<std::string, std::vector<std::string>> names_;
};

// A line of code without the blanks before it.
std::string command_in(const std::string& line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

class SnippetRule {
 public:
  explicit SnippetRule(const Audit& audit) : commands_(audit) {}

  void check(const fs::path& file, bool is_lesson) {
    const std::string text = read_file(file);
    try {
      fenced_blocks(text, file.string());
    } catch (const Failure& failure) {
      findings.push_back(finding_of("snippets", file, failure.what(), "close it with ```"));
      return;
    }
    int number = 0;
    bool opens = true;
    for (const MarkdownLine& line : markdown_lines(text)) {
      ++number;
      if (line.is_fence) {
        if (opens && is_lesson && !lesson_languages.contains(line.language))
          add(file, number, "a block of \"" + line.language + "\"",
              "cpp is run, text compared, sh a command of tito's; or no language");
        opens = !opens;
      } else if (line.is_code) {
        check_line(file, number, line, is_lesson);
      }
    }
  }

  Findings findings;

 private:
  void check_line(const fs::path& file, int number, const MarkdownLine& line, bool is_lesson) {
    const std::string command = command_in(line.text);
    if (command.starts_with("tito ")) {
      const std::string problem = commands_.problem_of(command);
      if (!problem.empty()) add(file, number, "\"" + command + "\" " + problem, "tito --help lists the commands");
    } else if (is_lesson && line.language == "sh" && !command.empty()) {
      add(file, number, "\"" + command + "\" is no command of tito's",
          "a lesson's blocks of sh are run, and begin with \"tito \"");
    }
  }

  void add(const fs::path& file, int line, const std::string& message, const std::string& way_out) {
    findings.push_back({file, line, "snippets", message, way_out});
  }

  CommandRule commands_;
};

}  // namespace

Findings broken_links(const Audit& audit) {
  Findings findings;
  for (const fs::path& file : markdown_files(audit.tree)) {
    const std::string text = read_file(file);
    const std::set<int> generated = generated_lines(text);  // tito writes those, so what is wrong lies elsewhere
    for (const MarkdownLink& link : links_of(text)) {
      const std::string problem =
          is_elsewhere(link.target) || generated.contains(link.line) ? "" : problem_of(link.target, file);
      if (!problem.empty())
        findings.push_back({file, link.line, "links", "the link " + problem, "mend the link, or write what it names"});
    }
  }
  return findings;
}

Findings broken_snippets(const Audit& audit) {
  SnippetRule rule(audit);
  std::set<fs::path> lessons;
  for (const std::string& slug : audit.track().order) lessons.insert(audit.folder(slug) / "README.md");
  for (const fs::path& file : markdown_files(audit.tree)) rule.check(file, lessons.contains(file));
  return rule.findings;
}

}  // namespace tito
