// The rules that the sources of a course keep: what "tito course check" looks for.
//
// Those of this table are seen from texts alone. Rules that look at what was built stand in
// tito/authoring/built_rules.hpp, those that compile and run in tito/authoring/tried_rules.hpp.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tito/course/course.hpp"

namespace tito {

// Something that breaks a rule.
struct Finding {
  std::filesystem::path file;
  int line = 1;
  std::string rule;
  std::string message;
  std::string way_out;
};
using Findings = std::vector<Finding>;

// Where the sources of a course lie. A folder that the course does not have is empty.
struct CourseTree {
  std::filesystem::path root;  // file names are shown below it
  std::filesystem::path modules;
  std::filesystem::path contract;  // holds NAME/slug.hpp
  std::filesystem::path tests;
  std::filesystem::path checkpoints;
  std::filesystem::path milestones;
  std::filesystem::path fast;
  std::filesystem::path benches;
  std::vector<std::filesystem::path> documents;  // Markdown files about the course, and folders of them

  std::filesystem::path manifest() const { return modules / "course.json"; }
};

// A command of tito's, as lessons may name it.
struct CommandWords {
  std::string words;  // "module test"
  std::string takes;  // MODULE, CHECKPOINT, .. or empty: what its first argument is
};

struct Audit;

// Writes the inside of a generated region for the file in which it stands.
using Generator = std::function<std::string(const Audit&, const std::filesystem::path& file)>;

// What the rules look at.
struct Audit {
  const Course& course;
  CourseTree tree;
  std::vector<CommandWords> commands;
  std::map<std::string, Generator> generators;  // by the region's name

  const Track& track() const { return course.track(course.default_track()); }
  std::filesystem::path folder(const std::string& slug) const { return tree.modules / folder_name(track(), slug); }
  std::filesystem::path body(const std::string& slug) const { return folder(slug) / (slug + ".cpp"); }
  std::filesystem::path checkpoint(const std::string& slug) const {
    return tree.checkpoints / (course.module(slug).checkpoint + ".cpp");
  }
  std::filesystem::path header(const std::string& slug) const {
    return tree.contract / course.name() / (slug + ".hpp");
  }
};

struct Rule {
  const char* name;
  const char* what;  // what it finds, in a few words
  Findings (*find)(const Audit&);
};

// In the order in which they are looked at.
const std::vector<Rule>& text_rules();

// What loading course.json has to say, with the line of the key that is wrong; empty when it can be loaded.
Findings manifest_findings(const std::filesystem::path& manifest);

// A failure that says "FILE:LINE: problem" as a finding about that line; of another the first line.
Finding finding_of(const std::string& rule, const std::filesystem::path& file, const std::string& failure,
                   const std::string& way_out);

// All Markdown files: lessons, hints, mistakes and documents, sorted.
std::vector<std::filesystem::path> markdown_files(const CourseTree& tree);

// The files of a folder (not of those below it) with this ending, or with any, sorted. None where there is no folder.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& ending = "");

// The line of the first place where the text holds the part, from 1; 1 where it does not.
int line_of(std::string_view text, std::string_view part);

// "demo.gradients-first.cpp" -> "gradients-first"; empty for demo.cpp and any other file.
std::string variant_of(const std::filesystem::path& file);

}  // namespace tito
