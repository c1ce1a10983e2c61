// What a module of the course asks for and offers, counted in its files.
#pragma once

#include <filesystem>
#include <string>

namespace tito {

struct Census {
  int functions = 0;      // to be written
  int student_lines = 0;  // non-blank, inside SOLUTION regions
  int lines = 0;          // non-blank, of the reference body; the regions' marks count as given
  int lesson_words = 0;
  int snippets = 0;  // of the lesson, that are run
  int hints = 0;
  int mistakes = 0;  // named wrong solutions
};

// `folder`: the module's, modules/NN_slug.
// throws: Failure(Exit::environment) when a file is missing; Failure(Exit::damaged) for unbalanced SOLUTION markers.
Census census_of(const std::filesystem::path& folder, const std::string& slug);

}  // namespace tito
