#include "tito/course/lesson.hpp"

#include <sstream>

#include "tito/system/failure.hpp"

namespace tito {

std::vector<CodeBlock> fenced_blocks(std::string_view text, const std::string& origin) {
  std::vector<CodeBlock> blocks = code_blocks_of(text);
  std::erase_if(blocks, [](const CodeBlock& block) { return !block.is_fenced; });
  for (const CodeBlock& block : blocks) {
    if (!block.is_closed)
      throw Failure(Exit::damaged,
                    origin + ":" + std::to_string(block.first_line) + ": a fenced block that is not closed");
  }
  return blocks;
}

std::vector<Snippet> snippets_of(std::string_view lesson, const std::string& origin) {
  std::vector<Snippet> snippets;
  int free_from = -1;  // the line behind a snippet that has no output yet
  for (const CodeBlock& block : fenced_blocks(lesson, origin)) {
    const bool follows = free_from >= 0 && block.first_line - free_from <= 1;
    if (block.language == "cpp") {
      snippets.push_back({block.text, std::nullopt, block.first_line + 1});
    } else if (block.language == "text" && follows) {
      snippets.back().output = block.text;
    }
    free_from = block.language == "cpp" ? block.last_line + 1 : -1;
  }
  return snippets;
}

std::vector<std::string> commands_of(std::string_view lesson, const std::string& origin) {
  std::vector<std::string> commands;
  for (const CodeBlock& block : fenced_blocks(lesson, origin)) {
    std::istringstream lines(block.language == "sh" ? block.text : "");
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) commands.push_back(line);
    }
  }
  return commands;
}

}  // namespace tito
