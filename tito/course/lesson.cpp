#include "tito/course/lesson.hpp"

#include <sstream>

#include "tito/system/failure.hpp"

namespace tito {

std::vector<Block> fenced_blocks(std::string_view text, const std::string& origin) {
  std::vector<Block> blocks;
  std::istringstream lines{std::string(text)};
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      if (inside) blocks.back().end = number;
      else blocks.push_back({line.substr(3), "", number + 1, 0});
      inside = !inside;
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  if (inside) {
    throw Failure(Exit::damaged,
                  origin + ":" + std::to_string(blocks.back().line - 1) + ": a fenced block that is not closed");
  }
  return blocks;
}

std::vector<Snippet> snippets_of(std::string_view lesson, const std::string& origin) {
  std::vector<Snippet> snippets;
  int free_from = -1;  // the line behind a snippet that has no output yet
  for (const Block& block : fenced_blocks(lesson, origin)) {
    const bool follows = free_from >= 0 && block.line - 1 - free_from <= 1;
    if (block.language == "cpp") {
      snippets.push_back({block.text, std::nullopt, block.line});
    } else if (block.language == "text" && follows) {
      snippets.back().output = block.text;
    }
    free_from = block.language == "cpp" ? block.end + 1 : -1;
  }
  return snippets;
}

std::vector<std::string> commands_of(std::string_view lesson, const std::string& origin) {
  std::vector<std::string> commands;
  for (const Block& block : fenced_blocks(lesson, origin)) {
    std::istringstream lines(block.language == "sh" ? block.text : "");
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) commands.push_back(line);
    }
  }
  return commands;
}

}  // namespace tito
