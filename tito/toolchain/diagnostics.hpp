// Reading what GCC says of a student's file, and explaining the commonest mistakes in a sentence.
//
// What is about the student's own code comes out with their line: an error inside a template of the library is put
// where the student's file led to it ("required from here"). Notes are folded into a count of candidates.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tito {

// One error or warning of the compiler.
struct Diagnostic {
  bool is_error = false;
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
  std::vector<std::string> excerpt = {};  // the line and a caret below it
  std::string inside = {};                // where in the library it arose, when that is not `file`
  std::string suggestion = {};            // a name or header that the compiler proposes in a note
  int candidates = 0;                     // functions that it tried
  std::string candidate = {};             // the first of them
  std::string help = {};                  // one sentence, for the commonest mistakes
};

// Errors before warnings, each in the compiler's order, but those with a place in `source` before those without.
std::vector<Diagnostic> parse_diagnostics(const std::string& output, const std::filesystem::path& source);

// One sentence about a message; empty for what is not in the table.
std::string help_for(const Diagnostic& diagnostic);

// A name of the compiler or the linker as a student wrote it: without the course's namespace, the library's inline ones
// and arguments of templates that nobody writes.
std::string readable(std::string name);

}  // namespace tito
