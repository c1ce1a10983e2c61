// What a shell offers when a line is to be completed. Words come from the tree of commands and from the course, so
// that a new command, option or module is completed without anything being listed for it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tito/commands/context.hpp"

namespace tito {

struct Candidate {
  std::string word;
  std::string about;  // may be empty
};

// What may stand in place of the last of `words`, which is what was typed of it; those before it stand. A single
// candidate ":files" leaves it to the shell to offer files.
// throws: nothing: where the course or the workspace cannot be read, their words are missing.
std::vector<Candidate> candidates_for(const CLI::App& app, Context& context, std::vector<std::string> words);

// The hidden command "tito complete -- WORD...", which the shells' scripts call: a candidate a line, "WORD<tab>ABOUT".
// Nothing is ever written to standard error. Returns 0.
int complete(const CLI::App& app, Context& context, std::vector<std::string> words);

}  // namespace tito
