// What bad input gets: a clear error, the right exit status, and nothing lost.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"

namespace {

const std::string count_file = "modules/01_count/count.cpp";
const std::string progress_file = ".tito/progress.json";

}  // namespace

TEST_CASE("An unknown command or module gets a suggestion and status 2", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  Run run = box.tito({"modul", "list"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"module\"?");
  run = box.tito({"checkpoint", "staus"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"status\"?");
  run = box.tito({"module", "test", "coutn"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"count\"?");
  run = box.tito({"checkpoint", "test", "nubmers"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"numbers\"?");
  run = box.tito({"module", "test", "07"});
  CHECK_SAME(run.status, 2);
  CHECK_SAME(box.tito({"module", "test", "--frobnicate"}).status, 2);
  CHECK_SAME(box.tito({}).status, 2);
  CHECK_SAME(box.tito({"module", "test", "01", "--seed", "x"}).status, 2);
}

TEST_CASE("With --json an error is one object, too", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  const Run run = box.tito({"module", "test", "coutn", "--json"});
  CHECK_SAME(run.status, 2);
  CHECK_SAME(run.json().at("ok"), false);
  CHECK_SAME(run.json().at("error").at("exit"), 2);
  CHECK_SAME(box.tito({"frob", "--json"}).json().at("ok"), false);
}

TEST_CASE("Outside a workspace tito says so and how to make one", "[bad_input][limit:60]") {
  Sandbox box;
  for (const std::vector<std::string>& command : {std::vector<std::string>{"next"},
                                                  {"module", "list"},
                                                  {"module", "test", "01"},
                                                  {"export", "01"},
                                                  {"checkpoint", "status"},
                                                  {"demo", "01"}}) {
    const Run run = box.tito(command);
    CHECK_SAME(run.status, 2);
    CHECK_CONTAINS(run.err, "tito init");
  }
}

TEST_CASE("A file that does not compile shows the first error with its place and caret", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "int count = undefined_name;\n  count = another_name;");
  const std::string text = tito::read_file(box.path(count_file)), above = text.substr(0, text.find("undefined_name"));
  const auto line = 1 + std::count(above.begin(), above.end(), '\n');
  const Run run = box.tito({"module", "test", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "count.cpp:" + std::to_string(line) + ":");
  CHECK_CONTAINS(run.out, "error:");
  CHECK_CONTAINS(run.out, "^");
  CHECK(!contains(run.out, "another_name"));
  const auto json = box.tito({"module", "test", "01", "--json"}).json();
  CHECK_SAME(json.at("planned"), 3);
  CHECK_SAME(json.at("passed"), 0);
  CHECK_SAME(json.at("diagnostics").at(0).at("line"), line);
}

TEST_CASE("A deleted function is named", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  std::string text = tito::read_file(box.path(count_file));
  text.erase(text.find("int evens"), text.find("}  // namespace") - text.find("int evens"));
  tito::write_atomically(box.path(count_file), text);
  const Run run = box.tito({"module", "test", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "count.cpp no longer defines");
  CHECK_CONTAINS(run.out, "evens(std::vector<int> const&)");
}

TEST_CASE("A renamed function and an undefined helper are named", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int evens(", "int even_numbers(");
  const Run renamed = box.tito({"module", "test", "01"});
  CHECK_SAME(renamed.status, 1);
  CHECK_CONTAINS(renamed.out, "count.cpp no longer defines toy::evens(std::vector<int> const&)");
  box.edit(count_file, "int even_numbers(", "int evens(");
  box.edit(count_file, "int count = 0;", "extern int helper();\n  int count = helper();");
  const Run undefined = box.tito({"module", "test", "01"});
  CHECK_SAME(undefined.status, 1);
  CHECK_CONTAINS(undefined.out, "helper");
  CHECK(!contains(undefined.out, "no longer defines"));
}

TEST_CASE("An endless loop is stopped at the limit and the case named; the others are reported",
          "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "volatile int count = 0;\n  while (count == 0) {}");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("passed"), 2);
  CHECK_SAME(run.json().at("failed"), 1);
  CHECK_SAME(run.json().at("cases").at(2).at("name"), "evens counts even numbers");
  CHECK_SAME(run.json().at("cases").at(2).at("status"), "timed out");
}

TEST_CASE("A crash is named with its signal and the other cases are still reported", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "if (n < 0) throw std::invalid_argument(\"count_to: n is negative\");",
           "if (n < 0) { volatile int* nowhere = nullptr; *nowhere = 1; }");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  const auto cases = run.json().at("cases");
  CHECK_SAME(cases.at(0).at("status"), "passed");
#ifdef __SANITIZE_ADDRESS__  // which turns the signal into an exit
  CHECK_SAME(cases.at(1).at("status"), "ended the program");
#else
  CHECK_SAME(cases.at(1).at("status"), "crashed");
  CHECK_CONTAINS(cases.at(1).at("reason").get<std::string>(), "SIGSEGV");
#endif
  CHECK_SAME(cases.at(2).at("status"), "passed");
}

TEST_CASE("exit(0) in student code is not a pass", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "std::exit(0);\n  int count = 0;");
  box.edit(count_file, "#include \"toy/count.hpp\"", "#include \"toy/count.hpp\"\n#include <cstdlib>");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("cases").at(2).at("status"), "ended the program");
  CHECK_SAME(run.json().at("passed"), 2);
}

TEST_CASE("exit(0) before main, in a static constructor, is not a pass", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "namespace toy {",
           "#include <unistd.h>\nnamespace { struct Early { Early() { _exit(0); } } early; }\nnamespace toy {");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("passed"), 0);
  CHECK_SAME(run.json().at("failed"), 3);
}

TEST_CASE("A main in student code is refused by name", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string text = tito::read_file(box.path(count_file));
  tito::write_atomically(box.path(count_file), text + "\nint main() { return 0; }\n");
  const Run run = box.tito({"module", "test", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "defines main");
}

TEST_CASE("Printing that all tests passed changes nothing", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  box.edit(count_file, "throw NotImplemented(\"count\", \"evens\");",
           "std::puts(\"All tests passed (3 assertions in 3 test cases)\");\n  return 0;");
  box.edit(count_file, "#include \"toy/count.hpp\"", "#include \"toy/count.hpp\"\n#include <cstdio>");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("passed"), 0);
}

TEST_CASE("A destructor that ends the program with status 0 after failures changes nothing", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  box.edit(count_file, "namespace toy {",
           "#include <unistd.h>\nnamespace { struct Late { ~Late() { _exit(0); } } late; }\nnamespace toy {");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("passed"), 0);
}

#ifndef __SANITIZE_ADDRESS__  // AddressSanitizer needs all the address space there is, so it is not limited then
TEST_CASE("A program that eats memory is stopped without harm", "[bad_input][limit:120]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;",
           "std::vector<std::vector<char>> hoard;\n"
           "  for (;;) hoard.emplace_back().reserve(std::size_t{1} << 30);\n  int count = 0;");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 1);
  CHECK_SAME(run.json().at("cases").at(0).at("status"), "passed");
  CHECK_CONTAINS(run.json().at("cases").at(2).dump(), "bad_alloc");
}
#endif

TEST_CASE("What a student's program leaves running is ended with it, wherever it hides", "[bad_input][limit:120]") {
  Sandbox box;
  box.init(true);
  const std::string seconds = "31." + std::to_string(::getpid()), started = (box.root() / "started").string();
  box.edit(count_file, "#include \"toy/count.hpp\"", "#include \"toy/count.hpp\"\n#include <unistd.h>");
  // The case goes on once the program that is to be left has started.
  box.edit(
      count_file, "int count = 0;",
      "if (fork() == 0) {\n    setsid();\n    if (fork() == 0)\n      execl(\"/bin/sh\", \"sh\", \"-c\", \"echo > " +
          started + "; exec sleep " + seconds + "\", nullptr);\n    _exit(0);\n  }\n  while (access(\"" + started +
          "\", F_OK) != 0) usleep(1000);\n  int count = 0;");
  CHECK_SAME(box.tito({"module", "test", "01"}).status, 0);
  CHECK(fs::exists(started));
  CHECK_SAME(count_sleeping(seconds), 0);
}

TEST_CASE("A program that floods its output does no harm", "[bad_input][limit:120]") {
  Sandbox other;
  other.init(true);
  other.edit(count_file, "#include \"toy/count.hpp\"", "#include \"toy/count.hpp\"\n#include <cstdio>");
  other.edit(count_file, "int count = 0;", "for (int i = 0; i < 3000000; ++i) std::puts(\"flood\");\n  int count = 0;");
  const Run run = other.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK(run.out.size() < 200000);
}

TEST_CASE("A damaged progress file is named, kept and never overwritten", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  const std::string good = tito::read_file(box.path(progress_file));
  const std::vector<std::string> damages{
      good.substr(0, good.size() / 2), "", "[]", "{\"schema\": \"tito-progress/1\"}",
      "{\"schema\": \"tito-progress/1\", \"modules\": {}, \"checkpoints\": {}, \"extra\": 1}"};
  for (const std::string& damaged : damages) {
    tito::write_atomically(box.path(progress_file), damaged);
    for (const std::vector<std::string>& command : {std::vector<std::string>{"next"},
                                                    {"checkpoint", "status"},
                                                    {"module", "test", "01"},
                                                    {"export", "01"},
                                                    {"module", "list"}}) {
      const Run run = box.tito(command);
      CHECK_SAME(run.status, 4);
      CHECK_CONTAINS(run.err, "progress.json");
      CHECK_CONTAINS(run.err, "tito progress rebuild");
      CHECK_SAME(tito::read_file(box.path(progress_file)), damaged);
    }
  }
  fs::remove(box.path(progress_file));
  CHECK_SAME(box.tito({"next"}).status, 4);
}

TEST_CASE("The place of damage in the progress file is told", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  tito::write_atomically(box.path(progress_file), "{\n  \"schema\": \"tito-progress/1\",\n  \"modules\": {,\n");
  CHECK_CONTAINS(box.tito({"next"}).err, "line 3");
  tito::write_atomically(
      box.path(progress_file),
      "{\"schema\": \"tito-progress/1\", \"modules\": {\"count\": {\"tested\": 7}}, \"checkpoints\": {}}");
  CHECK_CONTAINS(box.tito({"next"}).err, "modules.count.tested");
}

TEST_CASE("progress rebuild keeps the damaged file and takes up the previous version", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  REQUIRE(box.tito({"module", "test", "02"}).status ==
          0);  // one more write, so that the previous version has the export
  tito::write_atomically(box.path(progress_file), "{ broken");
  const Run run = box.tito({"progress", "rebuild", "--json"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.json().at("from_previous"), true);
  CHECK_SAME(tito::read_file(run.json().at("kept_as").get<std::string>()), std::string("{ broken"));
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "exported");
  CHECK_SAME(box.tito({"progress", "rebuild", "--json"}).json().at("was_damaged"), false);
}

TEST_CASE("A damaged workspace file is named and kept", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  tito::write_atomically(box.path(".tito/workspace.json"), "{\"schema\": ");
  const Run run = box.tito({"next"});
  CHECK_SAME(run.status, 4);
  CHECK_CONTAINS(run.err, "workspace.json");
  CHECK_SAME(tito::read_file(box.path(".tito/workspace.json")), std::string("{\"schema\": "));
}

TEST_CASE("No compiler is named, with status 3", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string kit = changed_kit(box, [](nlohmann::json& changed) { changed["compiler"] = "/nowhere/c++"; });
  const Run run = box.tito({"module", "test", "01", "--kit", kit});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.err, "/nowhere/c++");
}

TEST_CASE("A course that is not built is named, with status 3", "[bad_input][limit:60]") {
  Sandbox box;
  const Run run = box.tito({"init", "w"}, {"TITO_KIT=/nowhere/kit.json"});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.err, "/nowhere/kit.json");
}

TEST_CASE("A damaged course.json is named with the key, with status 4", "[bad_input][limit:60]") {
  Sandbox box;
  const std::string kit = changed_kit(box, [&](nlohmann::json& changed) {
    auto course = nlohmann::json::parse(tito::read_file(changed.at("course").get<std::string>()));
    course["modules"]["count"]["tilte"] = "x";
    changed["course"] = (box.root() / "course.json").string();
    tito::write_atomically(box.root() / "course.json", course.dump());
  });
  const Run run = box.tito({"init", "w", "--kit", kit});
  CHECK_SAME(run.status, 4);
  CHECK_CONTAINS(run.err, "tilte");
  CHECK(!fs::exists(box.workspace()));
}

TEST_CASE("A full disk leaves the previous progress intact, and is named with status 3", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"module", "test", "01"}).status == 0);
  const std::string good = tito::read_file(box.path(progress_file));
  struct Case {
    std::string before, command, said;
  };
  const std::string compiler = "File size limit exceeded", own = "File too large";  // whoever could not write
  for (const Case& full : {Case{good, "module test 02", compiler},
                           {good, "export 01", compiler},
                           {good, "progress rebuild", compiler},
                           {"{ broken", "progress rebuild", own}}) {
    tito::write_atomically(box.path(progress_file), full.before);
    const Run run = box.tito_on_full_disk(full.command);
    INFO(full.command << ": " << run.out);
    CHECK_SAME(run.status, 3);
    CHECK_CONTAINS(run.out, full.said);
    CHECK_SAME(tito::read_file(box.path(progress_file)), full.before);
  }
  tito::write_atomically(box.path(progress_file), good);
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "passed");
  for (const auto& entry : fs::recursive_directory_iterator(box.workspace())) {
    CHECK(!contains(entry.path().filename().string(), ".tmp"));
  }
}

TEST_CASE("A tito killed at any moment leaves progress that can be read", "[bad_input][limit:120]") {
  Sandbox box;
  box.init(true);
  REQUIRE(box.tito({"export", "01"}).status == 0);
  int killed = 0;
  for (int delay = 5; delay <= 605; delay += 40) {
    // Its parent waits for it: a process that nobody waits for would still be there.
    const std::string command = TEST_TITO " export 01 >/dev/null 2>&1 & pid=$!; sleep " +
                                std::to_string(delay / 1000.0) + "; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null";
    const Run run = box.run({"bash", "-c", command}, box.workspace(), {"TITO_KIT=" TEST_TOY_KIT});
    killed += run.status == 128 + SIGKILL ? 1 : 0;
    const Run next = box.tito({"module", "list", "--json"});
    CHECK_SAME(next.status, 0);
    CHECK_SAME(next.json().at("modules").at(0).at("state"), "exported");
  }
  CHECK(killed > 0);
  // And what the killed ones left is swept away.
  REQUIRE(box.tito({"module", "test", "01"}).status == 0);
  CHECK(fs::is_empty(box.path(".tito/tmp")));
}

TEST_CASE("Two titos at once both have their results recorded", "[bad_input][limit:120]") {
  Sandbox box;
  box.init(true);
  const std::string command =
      std::string(TEST_TITO) + " module test 01 >/dev/null & " + TEST_TITO + " module test 02 >/dev/null & wait";
  box.run({"bash", "-c", command}, box.workspace(), {"TITO_KIT=" TEST_TOY_KIT});
  const auto modules = box.tito({"module", "list", "--json"}).json().at("modules");
  CHECK_SAME(modules.at(0).at("state"), "passed");
  CHECK_SAME(modules.at(1).at("state"), "passed");
}

TEST_CASE("Ctrl-C stops the student's program and leaves nothing behind", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "volatile int count = 0;\n  while (count == 0) {}");
  const pid_t tito =
      start({TEST_TITO, "module", "test", "01", "--workspace", box.workspace().string()}, {"TITO_KIT=" TEST_TOY_KIT});
  REQUIRE(comes_true([&] { return count_programs_below(box.workspace()) > 0; }, 30));
  ::kill(tito, SIGINT);
  CHECK_SAME(wait_for(tito), 130);
  CHECK_SAME(count_programs_below(box.workspace()), 0);
  CHECK(fs::is_empty(box.path(".tito/tmp")));
  CHECK_SAME(box.tito({"next"}).status, 0);
}

TEST_CASE("A missing source file is named", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  fs::remove(box.path(count_file));
  const Run run = box.tito({"module", "test", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.err, "count.cpp is missing");
  CHECK_SAME(box.tito({"module", "list", "--json"}).json().at("modules").at(0).at("state"), "missing");
}

TEST_CASE("A forgotten return is the compiler's error, not a crash", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "return numbers;", "");
  const Run run = box.tito({"module", "test", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "control reaches end of non-void function");
}

TEST_CASE("The compiler's warnings are shown also when cases fail", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "int count = 1;\n  int never_used;");
  const Run run = box.tito({"module", "test", "01"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "never_used");
}

TEST_CASE("A number that no double holds is damage like any other, and can be recovered from",
          "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  tito::write_atomically(box.path(progress_file), "1e999");
  const Run run = box.tito({"next"});
  CHECK_SAME(run.status, 4);
  CHECK_CONTAINS(run.err, "progress.json");
  CHECK_SAME(box.tito({"progress", "rebuild"}).status, 0);
  CHECK_SAME(box.tito({"next"}).status, 0);
}

TEST_CASE("A pipe or a folder in place of the source is refused at once", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  fs::remove(box.path(count_file));
  REQUIRE(::mkfifo(box.path(count_file).c_str(), 0600) == 0);
  CHECK_SAME(box.tito({"next"}).status, 2);
  CHECK_CONTAINS(box.tito({"module", "test", "01"}).err, "is not a file that can be read");
  fs::remove(box.path(count_file));
  fs::create_directory(box.path(count_file));
  const Run folder = box.tito({"module", "test", "01"});
  CHECK_SAME(folder.status, 2);
  CHECK_CONTAINS(folder.err, "is not a file that can be read");
}

TEST_CASE("Output that cannot be written is no success, but a reader who stops is", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  const auto said_by = [&](const std::string& script) {
    return box.run({"bash", "-c", script}, box.workspace(), {"TITO_KIT=" TEST_TOY_KIT}).out;
  };
  CHECK_SAME(said_by(TEST_TITO " next --json >/dev/full; echo $?"), std::string("3\n"));
  // Its reader has gone when tito starts.
  CHECK_SAME(said_by("(sleep 0.2; exec " TEST_TITO " --help) | true; echo ${PIPESTATUS[0]}"), std::string("0\n"));
}

TEST_CASE("A seed out of range is wrong usage", "[bad_input][limit:60]") {
  Sandbox box;
  box.init();
  CHECK_SAME(box.tito({"module", "test", "01", "--seed", "99999999999999999999"}).status, 2);
  CHECK_SAME(box.tito({"module", "test", "01", "--seed=-1"}).status, 2);
}

TEST_CASE("A missing linker is the machine's lack, not the student's failure", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  const std::string kit =
      changed_kit(box, [](nlohmann::json& changed) { changed["flags"]["link"].push_back("-fuse-ld=nowhere"); });
  const Run run = box.tito({"module", "test", "01", "--kit", kit});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.err, "nowhere");
}

TEST_CASE("Control characters of a student's program do not reach the terminal", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "throw std::runtime_error(\"red \\x1b[31m alert\");\n  int count = 0;");
  const Run run = box.tito({"module", "test", "01"});
  CHECK_CONTAINS(run.out, "alert");
  CHECK(!contains(run.out, "\x1b"));
}

TEST_CASE("A very long message is a failure like any other", "[bad_input][limit:60]") {
  Sandbox box;
  box.init(true);
  box.edit(count_file, "int count = 0;", "throw std::runtime_error(std::string(900000, 'y'));\n  int count = 0;");
  const Run run = box.tito({"module", "test", "01", "--json"});
  CHECK_SAME(run.json().at("cases").at(2).at("status"), "failed");
}

TEST_CASE("Of two inits at once one makes the workspace", "[bad_input][limit:60]") {
  Sandbox box;
  const std::string tito = TEST_TITO;
  const Run run = box.run(
      {"bash", "-c",
       tito + " init w & first=$!; " + tito + " init w & second=$!; wait $first; a=$?; wait $second; b=$?; echo $a $b"},
      box.root(), {"TITO_KIT=" TEST_TOY_KIT});
  INFO(run.out << run.err);
  CHECK(!contains(run.err, "bug"));
  CHECK((run.out.ends_with("0 2\n") || run.out.ends_with("2 0\n")));
  CHECK_SAME(
      box.run({TEST_TITO, "next", "--workspace", box.workspace().string()}, "/", {"TITO_KIT=" TEST_TOY_KIT}).status, 0);
}

TEST_CASE("A folder without a name, or below a file, is refused", "[bad_input][limit:60]") {
  Sandbox box;
  CHECK_SAME(box.tito({"init", ""}).status, 2);
  tito::write_atomically(box.root() / "file", "x");
  const Run run = box.tito({"init", "file/w"});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.err, "Not a directory");
  CHECK(!contains(run.err, "bug"));
}
