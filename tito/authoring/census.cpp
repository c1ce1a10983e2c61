#include "tito/authoring/census.hpp"

#include <sstream>

#include "tito/course/lesson.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

constexpr int hints_per_function = 3;

int lines_in(const std::string& text) {
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line);)
    count += line.find_first_not_of(" \r") != std::string::npos ? 1 : 0;
  return count;
}

int words_in(const std::string& text) {
  std::istringstream words(text);
  int count = 0;
  for (std::string word; words >> word;) ++count;
  return count;
}

int headings_in(const std::string& text) {
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line);) count += line.starts_with("## ") ? 1 : 0;
  return count;
}

}  // namespace

Census census_of(const std::filesystem::path& folder, const std::string& slug) {
  const std::string body = read_file(folder / (slug + ".cpp"));
  const std::string lesson = read_file(folder / "README.md");
  Census census;
  census.functions = static_cast<int>(solution_names(body, slug).size());
  for (const SolutionRegion& region : solution_regions(body, slug)) {
    census.student_lines += lines_in(body.substr(region.text, region.end - region.text));
  }
  census.lines = lines_in(body);
  census.lesson_words = words_in(lesson);
  census.snippets = static_cast<int>(snippets_of(lesson, slug).size());
  census.hints = hints_per_function * headings_in(read_file(folder / "hints.md"));
  census.mistakes = headings_in(read_file(folder / "mistakes.md"));
  return census;
}

}  // namespace tito
