// The kit: what the build of a course leaves for tito. Where the course is, how students' files are compiled,
// and the objects of tests, checkpoints, demos and reference bodies, compiled once.
//
// Written by cmake/course/kit.cmake as kit.json, and by cmake/install_kit.cmake with "${kit}" for the folder of that
// file.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tito {

enum class Mode { check, full };  // how a student's file is compiled: quickly for tests, fully for the package

// A body of a module as it is linked, and the source that it was compiled from.
struct Body {
  std::filesystem::path object;
  std::filesystem::path source;
};

struct PlannedCase {
  std::string name;
  double limit_seconds = 0;
  std::string file;  // where it stands
  int line = 0;
};

class Kit {
 public:
  // throws: Failure(Exit::environment) when there is no kit; Failure(Exit::damaged) when it cannot be read.
  explicit Kit(const std::filesystem::path& file);

  // The kit that lies beside the running tito, or what the environment variable TITO_KIT names.
  static std::filesystem::path find();

  const std::filesystem::path& file() const { return file_; }

  // Everything that the kit names and that must be there, files and folders.
  std::vector<std::filesystem::path> files() const;

  const std::filesystem::path& course_file() const { return course_file_; }
  std::filesystem::path modules_folder() const { return course_file_.parent_path(); }
  const std::filesystem::path& contract_folder() const { return contract_; }
  const std::string& compiler() const { return compiler_; }
  const std::string& symbol_lister() const { return symbols_; }
  const std::string& section_renamer() const { return sections_; }  // objcopy

  // The registry of data sets.
  const std::filesystem::path& registry() const { return registry_; }

  // The course's own images of digits.
  const std::filesystem::path& samples() const { return samples_; }

  // A given program that belongs to the course: "images" reads data sets.
  // throws: Failure(Exit::environment) when it is not built.
  std::filesystem::path program(const std::string& name) const;

  // The header that was precompiled for the files of a module: its own, or that of the whole contract.
  const std::filesystem::path& precompiled(const std::string& slug) const;

  bool is_source_tree() const { return source_tree_; }

  // Where a source tree has what no student's work needs: "root", "tests", "fast" and "benches". Empty for what a
  // course does not have, and in an installed kit.
  std::filesystem::path source_folder(const std::string& name) const;

  // Markdown files about the course, and folders of them; none in an installed kit.
  const std::vector<std::filesystem::path>& documents() const { return documents_; }

  // Programs with sanitizers reserve address space without bound, so it cannot be limited.
  bool is_sanitized() const { return sanitized_; }

  const std::vector<std::string>& flags(Mode mode) const { return mode == Mode::check ? check_flags_ : full_flags_; }
  const std::vector<std::string>& link_flags() const { return link_flags_; }
  const std::vector<std::string>& libraries() const { return libraries_; }

  // The object of a kind ("body", "fast", "bench", "test", "demo", "checkpoint", "milestone", "profile", "runner")
  // and a name.
  // throws: Failure(Exit::environment) when the file is not built.
  std::filesystem::path object(const std::string& kind, const std::string& name) const;

  // Whether the course has an object of this kind and name at all: not every module has a fast body.
  bool has(const std::string& kind, const std::string& name) const;

  // The names of all objects of a kind, sorted.
  std::vector<std::string> names(const std::string& kind) const;

  // The fast body of a module that has one.
  // throws: Failure(Exit::environment) when it is not built.
  Body fast_body(const std::string& slug) const;

  // The cases that a program must run, as they were written down when the course was built: kind "test" with a
  // module's slug, or "checkpoint" with its own.
  // throws: Failure(Exit::environment) when the plan is not built; Failure(Exit::damaged) when it is empty.
  std::vector<PlannedCase> plan(const std::string& kind, const std::string& name) const;

  // The folders a student's package is made of, besides their sources: from -> to below package/.
  const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& package() const { return package_; }

 private:
  std::filesystem::path file_;
  std::filesystem::path course_file_;
  std::filesystem::path contract_;
  std::filesystem::path precompiled_;
  std::map<std::string, std::filesystem::path> precompiled_for_;
  std::filesystem::path plans_;
  std::filesystem::path registry_;
  std::filesystem::path samples_;
  std::map<std::string, std::filesystem::path> programs_;
  std::string compiler_;
  std::string symbols_;
  std::string sections_;
  std::map<std::string, std::filesystem::path> sources_;
  std::vector<std::filesystem::path> documents_;
  bool source_tree_ = false;
  bool sanitized_ = false;
  std::vector<std::string> check_flags_;
  std::vector<std::string> full_flags_;
  std::vector<std::string> link_flags_;
  std::vector<std::string> libraries_;
  std::map<std::string, std::map<std::string, std::string>> objects_;
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> package_;
  std::map<std::string, std::filesystem::path> fast_sources_;
};

// The name of the demo that a track shows of a module: "SLUG.TRACK" where the track has a demo of its own
// (modules/NN_slug/demo.TRACK.cpp), else "SLUG".
std::string demo_name(const Kit& kit, const std::string& slug, const std::string& track);

}  // namespace tito
