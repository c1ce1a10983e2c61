// Lessons are complete, and everything in them that can be run is run. What "tito course check" holds of lessons and
// hints is tested there.
#include <algorithm>
#include <sstream>

#include "judge/case.hpp"
#include "tests/tito/tito.hpp"
#include "tito/authoring/census.hpp"
#include "tito/course/course.hpp"
#include "tito/course/lesson.hpp"
#include "tito/course/skeleton.hpp"

namespace {

const fs::path root = TEST_SOURCE_DIR;

const tito::Course& course() {
  static const tito::Course loaded(root / "modules" / "course.json");
  return loaded;
}

const std::vector<std::string>& slugs() { return course().track(course().default_track()).order; }

fs::path folder_of(const std::string& slug) {
  return root / "modules" / tito::folder_name(course().track(course().default_track()), slug);
}

std::string text_of(const std::string& slug, const std::string& file) {
  return tito::read_file(folder_of(slug) / file);
}

std::vector<std::string> functions_of(const std::string& slug) {
  return tito::solution_names(text_of(slug, slug + ".cpp"), slug + ".cpp");
}

// The lines that begin with `mark`, without it; not those in fenced blocks.
std::vector<std::string> headings(const std::string& text, const std::string& mark) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) inside = !inside;
    else if (!inside && line.starts_with(mark)) found.push_back(line.substr(mark.size()));
  }
  return found;
}

int words_in(const std::string& text) {
  std::istringstream words(text);
  int count = 0;
  for (std::string word; words >> word;) ++count;
  return count;
}

}  // namespace

TEST_CASE("Every lesson has its parts in their order and a length that can be read", "[lessons]") {
  const std::vector<std::string> parts{"The need",
                                       "The idea",
                                       "What to build",
                                       "Systems",
                                       "How PyTorch does it",
                                       "What can go wrong",
                                       "What you can now do",
                                       "The need it leaves"};
  for (const std::string& slug : slugs()) {
    INFO(slug);
    const std::string lesson = text_of(slug, "README.md");
    CHECK_SAME(headings(lesson, "## "), parts);
    const auto examples = headings(lesson, "### ");
    CHECK(std::find(examples.begin(), examples.end(), "A worked example") != examples.end());
    const int words = words_in(lesson);
    INFO(words << " words");
    CHECK(words >= 1200);
    CHECK(words <= 2500);
  }
}

TEST_CASE("Every lesson names each function that is to be written", "[lessons]") {
  for (const std::string& slug : slugs()) {
    const std::string lesson = text_of(slug, "README.md");
    for (const std::string& function : functions_of(slug)) {
      // The list may name a function alone where its class is named already.
      const std::string short_name =
          function.substr(function.rfind(':') == std::string::npos ? 0 : function.rfind(':') + 1);
      INFO(slug << ": " << function);
      CHECK(contains(lesson, short_name));
    }
  }
}

TEST_CASE("Every lesson's snippets hold an output to compare and a measurement", "[lessons]") {
  for (const std::string& slug : slugs()) {
    INFO(slug);
    const auto snippets = tito::snippets_of(text_of(slug, "README.md"), slug);
    CHECK(std::any_of(snippets.begin(), snippets.end(),
                      [](const tito::Snippet& snippet) { return snippet.output.has_value(); }));
    CHECK(std::any_of(snippets.begin(), snippets.end(),
                      [](const tito::Snippet& snippet) { return !snippet.output.has_value(); }));
  }
}

TEST_CASE("Three fifths of the reference bodies' lines are the student's to write", "[lessons]") {
  int inside = 0, all = 0;
  for (const std::string& slug : slugs()) {
    const tito::Census census = tito::census_of(folder_of(slug), slug);
    inside += census.student_lines;
    all += census.lines;
  }
  INFO(inside << " of " << all);
  CHECK(inside * 10 >= all * 6);
}

TEST_CASE("What the lessons show runs, prints what they say, and their commands work, module after module",
          "[lessons][limit:900]") {
  Sandbox sandbox(TEST_KIT);
  sandbox.init();
  for (const std::string& slug : slugs()) {
    CHECK_SAME(sandbox.tito({"dev", "fill", slug}).status, 0);
    const Run tried = sandbox.tito({"try", slug});
    INFO(tried.out << tried.err);
    CHECK_SAME(tried.status, 0);
    for (const std::string& command : tito::commands_of(text_of(slug, "README.md"), slug)) {
      std::istringstream words(command);
      std::vector<std::string> arguments;
      for (std::string word; words >> word;) arguments.push_back(word);
      arguments.erase(arguments.begin());
      // tests/course/tour_test.cpp runs these for every module.
      if (arguments.at(0) == "demo" || arguments.at(0) == "export" || arguments.at(0) == "checkpoint") continue;
      const Run run = sandbox.tito(arguments);
      INFO(command << "\n" << run.out << run.err);
      CHECK_SAME(run.status, 0);
    }
  }
}
