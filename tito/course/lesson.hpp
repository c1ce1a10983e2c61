// The parts of a lesson that can be run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tito/course/markdown.hpp"

namespace tito {

// All fenced blocks, in order.
// throws: Failure(Exit::damaged) naming `origin` and the line for a block that is not closed.
std::vector<CodeBlock> fenced_blocks(std::string_view text, const std::string& origin);

// Statements that a lesson shows, and what it says that they print.
struct Snippet {
  std::string code;
  std::optional<std::string> output;  // none where it depends on the machine
  int line = 0;                       // of the code's first line
};

// The blocks of cpp; the output of one is the block of text that follows it with nothing but empty lines between.
// throws: as fenced_blocks.
std::vector<Snippet> snippets_of(std::string_view lesson, const std::string& origin);

// The commands in the blocks of sh, one a line.
std::vector<std::string> commands_of(std::string_view lesson, const std::string& origin);

}  // namespace tito
