// A module's number is a place in a track, and another one in another track: nobody writes it by hand.
#include <algorithm>
#include <regex>
#include <set>

#include "tito/authoring/audit_rules.hpp"
#include "tito/authoring/markdown.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

class NumberRule {
 public:
  explicit NumberRule(const Audit& audit) : audit_(&audit) {
    std::string slugs, commands;
    for (const std::string& slug : audit.track().order) slugs += (slugs.empty() ? "" : "|") + slug;
    for (const CommandWords& one : audit.commands) {
      const std::string& takes = one.takes;
      if (takes == "MODULE" || takes == "CHECKPOINT") commands += (commands.empty() ? "" : "|") + one.words;
    }
    folder_ = std::regex("(^|[^0-9A-Za-z_.])([0-9]{2})_(" + slugs + ")(?![a-z0-9_-])");
    named_ = std::regex("(^|[^0-9A-Za-z_.,-])([0-9]{2}) (" + slugs + ")(?![A-Za-z0-9_-])");
    command_ = std::regex("tito (" + commands + ") ([0-9]{1,2})(?![0-9A-Za-z_.])");
  }

  void check(const fs::path& file, int number, const std::string& line) {
    if (line.find_first_of("0123456789") != std::string::npos) {
      check_folders(file, number, line);
      check_names(file, number, line);
      check_all(file, number, line, word_);
      check_all(file, number, line, command_);
    }
    if (line.find("module") != std::string::npos) check_all(file, number, line, ordinal_);
  }

  Findings findings;

 private:
  int right_number(const std::string& slug) const { return number_in(audit_->track(), slug); }

  void check_folders(const fs::path& file, int number, const std::string& line) {
    for (std::sregex_iterator at(line.begin(), line.end(), folder_), end; at != end; ++at) {
      const std::string slug = (*at)[3], right = folder_name(audit_->track(), slug);
      const std::string found = (*at)[2].str() + "_" + slug;
      if (found != right) add(file, number, found, "is stale: the folder is " + right, "write " + right);
    }
  }

  // "06 optimizers". "10 layers" may be a count of layers, so from 10 on only what is right in some track counts.
  void check_names(const fs::path& file, int number, const std::string& line) {
    for (std::sregex_iterator at(line.begin(), line.end(), named_), end; at != end; ++at) {
      const std::string digits = (*at)[2], slug = (*at)[3];
      const int value = std::stoi(digits);
      const auto& tracks = audit_->course.tracks();
      const bool somewhere = std::any_of(tracks.begin(), tracks.end(),
                                         [&](const auto& one) { return number_in(one.second, slug) == value; });
      if (digits[0] != '0' && !somewhere) continue;
      const std::string right = two_digits(right_number(slug));
      add(file, number, digits + " " + slug,
          value == right_number(slug) ? "is a number written by hand"
                                      : "is stale: module " + slug + " is number " + right,
          "write " + slug + " alone");
    }
  }

  void check_all(const fs::path& file, int number, const std::string& line, const std::regex& pattern) {
    for (std::sregex_iterator at(line.begin(), line.end(), pattern), end; at != end; ++at) {
      add(file, number, at->str(), "is a number written by hand", "name the module by its slug");
    }
  }

  void add(const fs::path& file, int line, const std::string& what, const std::string& problem,
           const std::string& way_out) {
    findings.push_back({file, line, "numbers", "\"" + what + "\" " + problem,
                        way_out + ", or let tito write it: <!-- generated: modules -->"});
  }

  const Audit* audit_;
  std::regex folder_, named_, command_;
  std::regex word_{"\\b([Mm]odule|[Ll]esson|[Cc]hapter)s? #?[0-9]{1,2}\\b(?!\\.[0-9])"};
  std::regex ordinal_{"\\b(third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth) module\\b"};
};

// What a student reads besides texts: headers, bodies, demos, cases.
std::vector<fs::path> sources_of(const Audit& audit) {
  std::vector<fs::path> files;
  const auto add = [&](const fs::path& folder) {
    for (const char* ending : {".cpp", ".hpp"}) {
      const std::vector<fs::path> more = files_in(folder, ending);
      files.insert(files.end(), more.begin(), more.end());
    }
  };
  for (const std::string& slug : audit.track().order) add(audit.folder(slug));
  for (const fs::path& folder : {audit.tree.contract / audit.course.name(), audit.tree.tests, audit.tree.checkpoints,
                                 audit.tree.milestones, audit.tree.fast, audit.tree.benches}) {
    add(folder);
  }
  return files;
}

}  // namespace

Findings numbers_by_hand(const Audit& audit) {
  NumberRule rule(audit);
  std::vector<fs::path> files = markdown_files(audit.tree);
  for (const fs::path& source : sources_of(audit)) files.push_back(source);
  for (const fs::path& file : files) {
    const std::string text = read_file(file);
    const std::set<int> generated = file.extension() == ".md" ? generated_lines(text) : std::set<int>{};
    int number = 0;
    for (const MarkdownLine& line : markdown_lines(text)) {
      if (!generated.contains(++number)) rule.check(file, number, line.text);
    }
  }
  return rule.findings;
}

}  // namespace tito
