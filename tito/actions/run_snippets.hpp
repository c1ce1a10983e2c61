// Running pieces of code with a student's own framework: what lessons show, and programs that students write to try
// something. Neither is evidence of anything.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tito/actions/exported_objects.hpp"
#include "tito/course/lesson.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {

struct SnippetRun {
  Snippet snippet;
  std::string output;
  std::string problem;  // why it did not come to its end; empty if it did

  bool as_stated() const { return problem.empty() && (!snippet.output || *snippet.output == output); }
};

struct LessonTrial {
  Compilation body;      // of the student's file
  Compilation snippets;  // of what the lesson shows
  Linking linking;
  std::vector<SnippetRun> runs;
};

// The snippets of a module's lesson, with the student's file of that module as it is now, what is exported, and the
// reference for the rest; all at full optimisation.
// throws: Failure(Exit::work_failed) when the lesson or the file is missing or the lesson has no snippets.
LessonTrial try_lesson(const Session& session, const std::string& slug);

struct ProgramTrial {
  Compilation program;
  Linking linking;
  ProcessResult result;
};

// A file of the student's with a main(), linked with what is exported and the reference for the rest; its output goes
// to tito's own if `inherit_output`.
// throws: Failure(Exit::usage) when it cannot be read.
ProgramTrial try_program(const Session& session, const std::filesystem::path& file, bool inherit_output);

}  // namespace tito
