// What a newcomer asks first, and that ARCHITECTURE.md leads there: one step from its table to the file.
#include <regex>

#include "judge/cases/case.hpp"
#include "tests/support/tito.hpp"
#include "tito/system/files.hpp"

namespace {

struct Question {
  const char* text;
  const char* file;    // the answer, from the root
  const char* symbol;  // what stands there
};

const std::vector<Question> questions{
    {"Where is a download resumed?", "tito/data/transfer.cpp", "CURLOPT_RANGE"},
    {"Who chooses the function of the next hint?", "tito/actions/failing_function.cpp", "failing_function("},
    {"Where is the limit of a case set?", "judge/cases/case_runner.cpp", "limit:"},
    {"Which body is a demo linked with?", "tito/actions/reference.cpp", "given_body("},
    {"Where is the format of a data set told?", "tito/data/registry.hpp", "\"cifar10\""},
    {"What does a program with a student's code report?", "judge/cases/record.hpp", "\"event\":\"begin\""},
    {"What limits does such a program have?", "tito/toolchain/process.cpp", "RLIMIT_AS"},
    {"What is kept of a student's progress?", "tito/course/progress.hpp", "tito-progress/"},
    {"Where is a new command entered?", "tito/commands/commands.cpp", "add_everything("},
    {"Where is a compiler's error explained?", "tito/toolchain/help.cpp", "no match for"}};

const std::filesystem::path root = TEST_SOURCE_DIR;

}  // namespace

TEST_CASE("ARCHITECTURE.md leads a newcomer from ten questions to the files that answer them", "[where]") {
  const std::string architecture = tito::read_file(root / "ARCHITECTURE.md");
  CHECK_SAME(questions.size(), std::size_t{10});
  for (const Question& question : questions) {
    INFO(question.text << " " << question.file << " has \"" << question.symbol << "\"");
    CHECK_CONTAINS(architecture, "`" + std::string(question.file) + "`");
    CHECK_CONTAINS(tito::read_file(root / question.file), question.symbol);
  }
}

TEST_CASE("Every file that ARCHITECTURE.md names exists", "[where]") {
  const std::string architecture = tito::read_file(root / "ARCHITECTURE.md");
  const std::regex path("`((?:bench|cmake|data|docs|engine|judge|modules|tests|tito)/[A-Za-z0-9_./-]+)`");
  for (std::sregex_iterator at(architecture.begin(), architecture.end(), path), end; at != end; ++at) {
    const std::string name = (*at)[1];
    if (name.find("slug") != std::string::npos || name.find("/x") != std::string::npos) continue;  // examples
    INFO(name);
    CHECK(std::filesystem::exists(root / name));
  }
}

TEST_CASE("CITATION.cff and CHANGELOG.md name the version of the project", "[where]") {
  std::smatch version;
  const std::string project = tito::read_file(root / "CMakeLists.txt");
  REQUIRE(std::regex_search(project, version, std::regex("project\\(tito VERSION ([0-9.]+)")));
  CHECK_CONTAINS(tito::read_file(root / "CITATION.cff"), "\nversion: " + version[1].str() + "\n");
  CHECK_CONTAINS(tito::read_file(root / "CHANGELOG.md"), "\n## " + version[1].str());
}
