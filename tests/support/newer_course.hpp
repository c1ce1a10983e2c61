// The toy course as it might be in its next version.
#pragma once

#include <filesystem>
#include <string>

#include "tests/support/tito.hpp"

// A copy of the toy course in a folder, to be edited, and a kit for it.
class NewerCourse {
 public:
  explicit NewerCourse(const std::filesystem::path& folder);

  // Replaces text in a file of the course, which must hold it.
  void edit(const std::string& file, const std::string& from, const std::string& to) const;

  // Module count has one function more, odds, and a new lesson.
  void add_function() const;

  // Module total comes first.
  void reorder() const;

  // Two modules more, mean and span, of a body and a lesson alone, and documents that mention numbered folders.
  void widen() const;

  // A kit beside the folder, of the toy course's objects, for commands that work on the sources alone; returns its
  // path.
  std::string plain_kit() const;

  // Compiles the reference bodies and writes the kit; returns its path.
  std::string build() const;

  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

// A copy of the toy course in the sandbox in which module count has this list of mistakes; the path of its kit.
std::string toy_kit_with_mistakes(const Sandbox& box, const std::string& mistakes);
