// The course as course.json describes it: modules, tracks and which checkpoint a module unlocks.
//
// Identity is the slug. A number is a position in a track, counted from 1.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

struct Module {
  std::string slug;
  std::string title;
  std::string purpose;             // one line
  std::vector<std::string> needs;  // slugs used directly
  std::string capability;          // the question that the checkpoint answers
  std::string checkpoint;          // its slug
};

struct Track {
  std::string name;
  std::string title;
  std::vector<std::string> order;             // slugs
  std::map<std::string, std::string> leaves;  // slug -> the need it hands over; none for the last
};

// What a milestone must reach: a figure that it measures, and the bound that this is held against.
struct Gate {
  std::string measure;  // the figure's name
  std::string unit;
  bool at_least = true;                   // else at most
  std::optional<double> bound;            // whatever the data
  std::map<std::string, double> by_data;  // or data set -> bound: held only where the figure is about that set
};

// A program of the history of the field that runs on the student's own modules.
struct Milestone {
  std::string name;
  int year = 0;
  std::string title;
  std::string purpose;             // one line
  std::vector<std::string> needs;  // slugs used directly
  std::vector<Gate> gates;
};

// What a module must show: exactly one of a figure of its demo, a module that its demo uses, and the need it leaves.
struct Requirement {
  std::string module;
  std::string claim;           // one line
  std::optional<Gate> figure;  // held against what the demo measures
  std::string uses;            // a module
  std::string leaves;          // the text of a track's order
  std::string track;           // only there; empty: in every track
};

class Course {
 public:
  // Reads and checks course.json.
  // throws: Failure(Exit::damaged) naming the file and the offending key: unknown or missing keys, a module
  //         missing from a track or the mapping, names that are not slugs, needs that go in a circle, an order
  //         that breaks them, a milestone without gates, one that needs a module that is not there, a requirement
  //         that says nothing that can be checked.
  explicit Course(const std::filesystem::path& file);

  // The same of a text that may not be written yet; complaints name `origin`.
  Course(std::string_view text, const std::string& origin);

  const std::string& name() const { return name_; }
  const std::string& title() const { return title_; }
  const std::string& default_track() const { return default_track_; }
  const std::map<std::string, Track>& tracks() const { return tracks_; }

  // throws: Failure(Exit::usage) with the nearest name for an unknown track.
  const Track& track(const std::string& name) const;

  // throws: std::out_of_range for an unknown slug.
  const Module& module(const std::string& slug) const { return modules_.at(slug); }
  bool has_module(const std::string& slug) const { return modules_.contains(slug); }

  // The module that unlocks a checkpoint, or nullptr.
  const Module* module_of_checkpoint(const std::string& checkpoint) const;

  // In the order of course.json.
  const std::vector<Milestone>& milestones() const { return milestones_; }

  // In the order of course.json.
  const std::vector<Requirement>& requirements() const { return requirements_; }

  // throws: Failure(Exit::usage) with the nearest name for an unknown milestone.
  const Milestone& milestone(const std::string& name) const;

  // All a module needs, directly or not, without itself, in the default track's order.
  std::vector<std::string> all_needs(const std::string& slug) const;

  // All that is linked into a milestone: what it needs, directly or not, in the default track's order.
  std::vector<std::string> all_needs(const Milestone& milestone) const;

 private:
  std::vector<std::string> closure(const std::vector<std::string>& needs) const;

  std::string name_;
  std::string title_;
  std::string default_track_;
  std::map<std::string, Module> modules_;
  std::map<std::string, Track> tracks_;
  std::vector<Milestone> milestones_;
  std::vector<Requirement> requirements_;
};

// Whether a name may be one of a module, a track, a checkpoint: lower-case letters, digits, _ and -, a letter first.
bool is_slug(const std::string& text);

// The place of a module in a track, from 1.
int number_in(const Track& track, const std::string& slug);

// "02"
std::string two_digits(int number);

// "02_tensor", the name of a module's folder.
std::string folder_name(const Track& track, const std::string& slug);

// The module that a user means by "1", "01", "setup" or "01_setup".
// throws: Failure(Exit::usage) with the nearest name, and what there is.
std::string resolve_module(const Course& course, const Track& track, const std::string& word);

// The checkpoint that a user means by its slug, or by anything that means its module.
// throws: Failure(Exit::usage), as above.
std::string resolve_checkpoint(const Course& course, const Track& track, const std::string& word);

// "02 tensor"
std::string module_label(const Track& track, const std::string& slug);

}  // namespace tito
