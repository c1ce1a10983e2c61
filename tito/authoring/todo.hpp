// What an author still has to write: the word TODO in the material of a course.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

struct Todo {
  std::filesystem::path file;
  int line = 0;
  std::string
      text;  // what stands behind the word, up to the end of the line or the string; the line where nothing does
};

// Each place of the word in a text.
std::vector<Todo> todos_in(const std::filesystem::path& file, std::string_view text);

// The same of many files, in their order. throws: Failure(Exit::environment) for one that cannot be read.
std::vector<Todo> todos_of(const std::vector<std::filesystem::path>& files);

}  // namespace tito
