// `tito try`: the lesson's snippets and programs of one's own.
#include "tests/support/tito.hpp"

// mold 1.10 then pulls the judge's images, which the toy course has no Tensor for, into every program.
#ifndef __SANITIZE_ADDRESS__

namespace {

const char* const lesson =
    "# Count\n\n```cpp\nstd::cout << evens(count_to(4)) << '\\n';\n```\n\n```text\n2\n```\n\n"
    "```cpp\nstd::cout << \"measured\" << '\\n';\n```\n\nProse.\n\n```text\nno output of anything\n```\n\n```\n1 + "
    "1\n```\n";

void write_lesson(const Sandbox& sandbox, const std::string& text) {
  tito::write_atomically(sandbox.path("modules/01_count/README.md"), text);
}

}  // namespace

TEST_CASE("A lesson's snippets run with the student's file, and what they print is compared", "[try][limit:60]") {
  Sandbox sandbox;
  sandbox.init(true);
  write_lesson(sandbox, lesson);
  const Run good = sandbox.tito({"try", "count"});
  CHECK_SAME(good.status, 0);
  CHECK_CONTAINS(good.out, "README.md:4    prints what the lesson says");
  CHECK_CONTAINS(good.out, "README.md:12   measured here");
  sandbox.edit("modules/01_count/count.cpp", "number % 2 == 0", "number % 2 == 5");
  const Run wrong = sandbox.tito({"try", "count"});
  CHECK_SAME(wrong.status, 1);
  CHECK_CONTAINS(wrong.out, "does not print what the lesson says");
  CHECK_CONTAINS(wrong.out, "expected   2\n      actual     0");
  const Run json = sandbox.tito({"try", "1", "--json"});
  CHECK_SAME(json.json().at("ok"), false);
  CHECK_SAME(json.json().at("snippets").at(0).at("expected"), "2\n");
  CHECK_SAME(json.json().at("snippets").at(0).at("output"), "0\n");
  CHECK_SAME(json.json().at("snippets").at(1).at("ok"), true);
}

TEST_CASE("A snippet that reaches a stub says which function is not written", "[try][limit:60]") {
  Sandbox sandbox;
  sandbox.init();
  write_lesson(sandbox, lesson);
  const Run run = sandbox.tito({"try", "count"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "count_to is not written yet");
}

TEST_CASE("A student's file or a lesson that does not compile is shown with its place", "[try][limit:60]") {
  Sandbox sandbox;
  sandbox.init(true);
  write_lesson(sandbox, "```cpp\nint x = ;\n```\n");
  const Run lesson_run = sandbox.tito({"try", "count"});
  CHECK_SAME(lesson_run.status, 1);
  CHECK_CONTAINS(lesson_run.out, "modules/01_count/README.md:2:");
  sandbox.edit("modules/01_count/count.cpp", "int count = 0;", "int count = 0");
  const Run body_run = sandbox.tito({"try", "count"});
  CHECK_SAME(body_run.status, 1);
  CHECK_CONTAINS(body_run.out, "modules/01_count/count.cpp:");
  write_lesson(sandbox, "```cpp\nint x = 1;\n");
  CHECK_CONTAINS(sandbox.tito({"try", "count"}).err, "README.md:1: a fenced block that is not closed");
  write_lesson(sandbox, "no snippets\n");
  CHECK_CONTAINS(sandbox.tito({"try", "count"}).err, "has no snippets");
}

TEST_CASE("A snippet that crashes leaves the others", "[try][limit:60]") {
  Sandbox sandbox;
  sandbox.init(true);
  write_lesson(
      sandbox,
      "```cpp\nint* p = nullptr;\nasm volatile(\"\" : \"+r\"(p));\n*p = 1;\n```\n\n```cpp\nstd::cout << 1;\n```\n");
  const Run run = sandbox.tito({"try", "count"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "README.md:2    crashed with SIGSEGV");
  CHECK_CONTAINS(run.out, "README.md:8    measured here");
}

TEST_CASE("A program of one's own runs with what is exported", "[try][limit:60]") {
  Sandbox sandbox;
  sandbox.init(true);
  tito::write_atomically(sandbox.path("mine.cpp"),
                         "#include <iostream>\n#include \"toy/total.hpp\"\nint main() { std::cout << toy::total_to(4) "
                         "<< std::endl; return 0; }\n");
  const Run run = sandbox.tito({"try", "mine.cpp"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "10\n");
  CHECK_SAME(sandbox.tito({"try", "mine.cpp", "--json"}).json().at("output"), "10\n");
  sandbox.edit("mine.cpp", "return 0", "return 7");
  const Run seven = sandbox.tito({"try", "mine.cpp"});
  CHECK_SAME(seven.status, 1);
  CHECK_CONTAINS(seven.err, "mine.cpp ended with exit status 7");
  const Run missing = sandbox.tito({"try", "missing.cpp"});
  CHECK_SAME(missing.status, 2);
  CHECK_CONTAINS(missing.err, "missing.cpp is not a file");
  CHECK_SAME(fs::exists(sandbox.path("mine")), false);
}

#else

TEST_CASE("Programs of the toy course that have no cases cannot be linked with sanitizers", "[try]") {
  WARN("SKIPPED: tito try with the toy course; the release preset runs it");
  CHECK(fs::exists(TEST_TITO));
}

#endif
