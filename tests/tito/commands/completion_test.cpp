// Completion: the hidden command, and the scripts in their shells.
#include <sstream>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

namespace {

// The words offered for the last of `words`.
std::vector<std::string> offered(const Sandbox& box, std::vector<std::string> words,
                                 const std::vector<std::string>& environment = {}) {
  words.insert(words.begin(), {"complete", "--"});
  const Run run = box.tito(words, environment);
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.err, std::string());
  std::vector<std::string> found;
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);) found.push_back(line.substr(0, line.find('\t')));
  return found;
}

using Words = std::vector<std::string>;

// Runs a script in a shell that finds tito in PATH; its words, sorted.
std::string answer(const Sandbox& box, const std::string& shell, const std::string& script) {
  const fs::path file = box.root() / "script";
  tito::write_atomically(file, script);
  const std::string path = "PATH=" + fs::path(TEST_TITO).parent_path().string() + ":/usr/local/bin:/usr/bin:/bin";
  const Run run =
      box.run({shell, file.string()}, box.root(),
              {path, std::string("TITO_KIT=") + TEST_TOY_KIT, "LC_ALL=C.UTF-8", "HOME=" + box.root().string()});
  INFO(run.err);
  CHECK_SAME(run.status, 0);
  return run.out;
}

}  // namespace

TEST_CASE("Commands are completed, and not those that are hidden", "[completion]") {
  Sandbox box;
  const Words all = offered(box, {""});
  for (const char* command : {"next", "module", "export", "doctor", "completion"}) {
    CHECK(std::find(all.begin(), all.end(), command) != all.end());
  }
  CHECK(std::find(all.begin(), all.end(), "complete") == all.end());
  CHECK_SAME(offered(box, {"expo"}), Words{"export"});
  CHECK_SAME(offered(box, {"module", "te"}), Words{"test"});
}

TEST_CASE("Names come from the course: modules, checkpoints, milestones, tracks and data sets", "[completion]") {
  Sandbox box;
  CHECK_SAME(offered(box, {"module", "test", ""}), (Words{"01", "02", "count", "total", "all"}));
  CHECK_SAME(offered(box, {"export", "t"}), Words{"total"});
  CHECK_SAME(offered(box, {"checkpoint", "test", "n"}), Words{"numbers"});
  CHECK_SAME(offered(box, {"milestone", "run", "g"}), Words{"gauss"});
  CHECK_SAME(offered(box, {"init", "w", "--track", ""}), Words{"forward"});
  CHECK_SAME(offered(box, {"data", "fetch", "mn"}), Words{"mnist"});
  CHECK_SAME(offered(box, {"completion", ""}), (Words{"bash", "fish", "zsh"}));
  for (const char* command : {"watch", "hint", "history", "undo", "diff", "solution"}) {
    INFO(command);
    CHECK_SAME(offered(box, {command, "t"}), Words{"total"});
  }
  CHECK_SAME(offered(box, {"data", "show", "mn"}), Words{"mnist"});
  CHECK_SAME(offered(box, {"module", "reset", "c"}), Words{"count"});
  CHECK_SAME(offered(box, {"diff", "01", "--against", ""}), (Words{"export", "skeleton"}));
  CHECK_SAME(offered(box, {"editor", ""}), Words{"vscode"});
  CHECK_SAME(offered(box, {"report", "--output", ""}), Words{":files"});
}

TEST_CASE("Functions of the module that was given are completed, whole and as bash cuts them", "[completion]") {
  Sandbox box;
  CHECK_SAME(offered(box, {"hint", "01", ""}), (Words{"count_to", "evens"}));
  CHECK_SAME(offered(box, {"solution", "count", "e"}), Words{"evens"});
  CHECK_SAME(offered(box, {"solution", "02", ""}), Words{"total_to"});
  CHECK_SAME(offered(box, {"module", "reset", "01", "--function", ""}), (Words{"count_to", "evens"}));
  CHECK_SAME(offered(box, {"hint", "nonsense", ""}), Words{});
  Sandbox course(TEST_KIT);
  CHECK_SAME(offered(course, {"hint", "tensor", "Tensor::resh"}), Words{"Tensor::reshape"});
  CHECK_SAME(offered(course, {"hint", "tensor", "Tensor", "::", "resh"}), Words{"reshape"});
  const Words all = offered(course, {"hint", "tensor", "Tensor", "::"});
  CHECK(std::find(all.begin(), all.end(), "reshape") != all.end());
  CHECK(std::find(all.begin(), all.end(), "Tensor::reshape") == all.end());
}

TEST_CASE("Snapshots are completed with their numbers, newest first, those of the module that was given",
          "[completion]") {
  Sandbox box;
  CHECK_SAME(offered(box, {"undo", "--to", ""}), Words{});  // there is no workspace
  box.init(true);
  const Words before = offered(box, {"undo", "01", "--to", ""});
  CHECK_SAME(box.tito({"module", "reset", "01"}).status, 0);
  CHECK_SAME(box.tito({"module", "reset", "02"}).status, 0);
  const Words all = offered(box, {"undo", "--to", ""}), first = offered(box, {"undo", "01", "--to", ""});
  REQUIRE(first.size() == before.size() + 1);
  CHECK(all.size() > first.size());
  CHECK(std::stoi(all.front()) > std::stoi(first.front()));
  CHECK_SAME(box.tito({"undo", "--to", first.front()}).status, 0);
  Words against = offered(box, {"diff", "02", "--against", ""});
  REQUIRE(against.size() >= 3);
  CHECK_SAME(against.at(0), "export");
  CHECK_SAME(against.at(2), all.front());
}

TEST_CASE("Classes of the set that was given are completed, by their number where a name is two words",
          "[completion]") {
  Sandbox box;
  CHECK_SAME(offered(box, {"data", "show", "cifar-10", "--class", "d"}), (Words{"deer", "dog"}));
  CHECK_SAME(offered(box, {"data", "show", "fashion-mnist", "--class", "9"}), Words{"9"});
  CHECK_SAME(offered(box, {"data", "show", "--class", ""}), Words{});
}

TEST_CASE("Options and their values are completed, also those of the commands above", "[completion]") {
  Sandbox box;
  CHECK_SAME(offered(box, {"module", "test", "--se"}), Words{"--seed"});
  CHECK_SAME(offered(box, {"module", "test", "--js"}), Words{"--json"});
  CHECK_SAME(offered(box, {"next", "--color", "a"}), (Words{"always", "auto"}));
  CHECK_SAME(offered(box, {"next", "--color=al"}), Words{"--color=always"});
  CHECK_SAME(offered(box, {"next", "--color", "=", "al"}), Words{"always"});  // bash splits at the sign
  CHECK_SAME(offered(box, {"--color", "never", "modu"}), Words{"module"});
  CHECK_SAME(offered(box, {"--workspace", ""}), Words{":files"});
}

TEST_CASE("Completion says nothing where there is nothing to say", "[completion]") {
  Sandbox box;
  const Words none;
  CHECK_SAME(offered(box, {"module", "test", ""}, {"TITO_KIT=/nowhere"}), none);
  CHECK_SAME(offered(box, {"export", "01", ""}), none);  // it takes one
  CHECK_SAME(offered(box, {"nonsense", "x"}), none);
  CHECK_SAME(offered(box, {"next", "--color=\xff"}), none);
  CHECK(!offered(box, {}).empty());
}

TEST_CASE("Completion answers within a tenth of a second", "[completion]") {
  Sandbox box;
  const double fastest = fastest_of(5, [&] { CHECK(!offered(box, {"module", "test", ""}).empty()); });
#ifdef __SANITIZE_ADDRESS__
  constexpr double limit = 1.0;  // sanitizers take their time
#else
  constexpr double limit = 0.1;  // with the shell that starts it
#endif
  CHECK(fastest < limit);
}

TEST_CASE("An unknown shell is named with the nearest", "[completion]") {
  Sandbox box;
  const Run run = box.tito({"completion", "bsh"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"bash\"?");
}

TEST_CASE("In bash the script completes words, values and files", "[completion][limit:30]") {
  Sandbox box;
  tito::write_atomically(box.root() / "some file.txt", "");
  const std::string out =
      answer(box, "bash",
             "set -e\nsource <(tito completion bash)\ncomplete -p tito\n"
             "COMP_WORDS=(tito module test c); COMP_CWORD=3; _tito tito; echo \"1 ${COMPREPLY[*]}\"\n"
             "COMP_WORDS=(tito next --color = n); COMP_CWORD=4; _tito tito; echo \"2 ${COMPREPLY[*]}\"\n"
             "COMP_WORDS=(tito --workspace some); COMP_CWORD=2; _tito tito; echo \"3 ${COMPREPLY[*]}\"\n"
             "COMP_WORDS=(tito hint 01 ev); COMP_CWORD=3; _tito tito; echo \"4 ${COMPREPLY[*]}\"\n");
  CHECK_CONTAINS(out, "complete -F _tito tito");
  CHECK_CONTAINS(out, "1 count\n");
  CHECK_CONTAINS(out, "2 never\n");
  CHECK_CONTAINS(out, "3 some file.txt\n");
  CHECK_CONTAINS(out, "4 evens\n");
}

TEST_CASE("In zsh the script describes the words", "[completion][limit:30]") {
  if (!has_program("zsh")) return;
  Sandbox box;
  // compdef and _describe belong to the line editor; here they say what they are given.
  const std::string out =
      answer(box, "zsh",
             "compdef() { print \"compdef $*\" }\n_describe() { print -l -- ${(P)2} }\n_files() { print FILES }\n"
             "source <(tito completion zsh)\n"
             "words=(tito module test ''); CURRENT=4; _tito\nwords=(tito --workspace ''); CURRENT=3; _tito\n");
  CHECK_CONTAINS(out, "compdef _tito tito\n");
  CHECK_CONTAINS(out, "01:Count\n");
  CHECK_CONTAINS(out, "total:Total\n");
  CHECK_CONTAINS(out, "\nall\n");
  CHECK_CONTAINS(out, "FILES\n");
}

TEST_CASE("In fish the script completes words with what they mean", "[completion][limit:30]") {
  if (!has_program("fish")) return;
  Sandbox box;
  const std::string out =
      answer(box, "fish",
             "tito completion fish | source\ncomplete -C 'tito module test c'\ncomplete -C 'tito next --color=al'\n");
  CHECK_CONTAINS(out, "count\tCount\n");
  CHECK_CONTAINS(out, "--color=always\n");
}
