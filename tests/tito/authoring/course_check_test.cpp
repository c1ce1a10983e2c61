// tito course check: each kind of fault, planted alone, is found where it is and nothing else is.
#include "tests/support/checked_course.hpp"

namespace {

using Words = std::vector<std::string>;

// What the check finds after one change to a sound course.
std::string finding_after_edit(const std::string& file, const std::string& from, const std::string& to) {
  CheckedCourse course;
  course.edit(file, from, to);
  return course.only_finding();
}

// The findings after one change to a sound course, with what is to be run or from texts alone.
#define CHECK_FINDS(course, expected, said, ...)                 \
  do {                                                           \
    CHECK_SAME((course).findings(__VA_ARGS__), Words{expected}); \
    CHECK_CONTAINS((course).message(), said);                    \
  } while (false)

}  // namespace

TEST_CASE("A sound course has no finding", "[course_check]") {
  CheckedCourse course;
  CHECK_SAME(course.findings(), Words{});
  const Run run = course.check();
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "nothing found");
  CHECK(course.check({"--quiet"}).out.empty());
}

TEST_CASE("A finding is one line with its place and rule, and one with the way out", "[course_check]") {
  CheckedCourse course;
  course.append("modules/01_count/README.md", "\nThe sum comes in module 2.\n");
  const Run run = course.check({"--quick"});
  CHECK_SAME(run.status, 4);
  CHECK_CONTAINS(run.out,
                 "modules/01_count/README.md:5: [numbers] \"module 2\" is a number written by hand\n    name ");
  CHECK_CONTAINS(run.out, "1 finding");
  CHECK(course.check({"--quick", "--quiet"}).out.empty());
  CHECK_SAME(course.check({"--quick", "--quiet"}).status, 4);
}

TEST_CASE("A manifest that cannot be loaded is named with the line of the key", "[course_check]") {
  const auto finding = [](const std::string& from, const std::string& to) {
    return finding_after_edit("modules/course.json", from, to);
  };
  const std::string file = "manifest modules/course.json:";
  CHECK_CONTAINS(finding("\"title\": \"Total\"", "\"tilte\": \"Total\""),
                 file + "8: modules.total: unknown key \"tilte\"");
  CHECK_CONTAINS(finding("\"needs\": [\"count\"]", "\"needs\": [\"cuont\"]"), file + "8: modules.total.needs[0]");
  CHECK_CONTAINS(finding("{\"module\": \"total\"}", "{\"module\": \"count\"}"), file + "13: tracks.forward.order[1]");
  CHECK_CONTAINS(finding("\"total\": \"sums\"", "\"totl\": \"sums\""), file + "16: MODULE_TO_CHECKPOINT");
  CHECK_CONTAINS(finding("\"total\": \"sums\"", "\"total\": \"numbers\""), "unlocked by two modules");
  CHECK_CONTAINS(finding("\"name\": \"toy\",", "\"name\": \"toy\""), file + "4: line 4");
  CHECK_CONTAINS(finding("\"total\": {", "\"count\": {"), file + "8: the key \"count\" stands twice");
  CHECK_CONTAINS(finding("\"name\": \"toy\"", "\"naem\": \"toy\""), file + "3: unknown key \"naem\"");
}

TEST_CASE("An include outside of a module's needs is found in bodies, cases, checkpoints and workloads",
          "[course_check]") {
  const auto finding = [](const std::string& file) {
    CheckedCourse course;
    course.edit(file, "#include \"toy/count.hpp\"\n", "#include \"toy/count.hpp\"\n#include \"toy/total.hpp\"\n");
    const Words found = course.findings();
    CHECK_CONTAINS(course.message(), "includes toy/total.hpp, but may use only count");
    return found;
  };
  CHECK_SAME(finding("modules/01_count/count.cpp"), Words{"needs modules/01_count/count.cpp:2"});
  CHECK_SAME(finding("tests/count_test.cpp"), Words{"needs tests/count_test.cpp:2"});
  CHECK_SAME(finding("checkpoints/numbers.cpp"), Words{"needs checkpoints/numbers.cpp:3"});
  CHECK_SAME(finding("fast/count.cpp"), Words{"needs fast/count.cpp:3"});
  CHECK_SAME(finding("bench/count.cpp"), Words{"needs bench/count.cpp:3"});
  CHECK_SAME(finding("milestones/stray.cpp"), Words{"needs milestones/stray.cpp:10"});
}

TEST_CASE("An include outside of a module's needs is found in a header beside a demo", "[course_check]") {
  CheckedCourse course;
  course.write("modules/01_count/shared.hpp", "#pragma once\n#include \"toy/total.hpp\"\n");
  course.edit("modules/01_count/demo.cpp", "#include \"judge", "#include \"shared.hpp\"\n#include \"judge");
  CHECK_FINDS(course, "needs modules/01_count/shared.hpp:2",
              "the demo of count includes toy/total.hpp, which comes later in track forward", {"--quick"});
}

TEST_CASE("A contract that reaches another module through a given header is found at its include", "[course_check]") {
  CheckedCourse course;
  nlohmann::json kit = course.kit();
  kit["contract"] = (course.root() / "include").string();
  course.set_kit(kit);
  CHECK_SAME(course.findings({"--quick"}), Words{});
  course.write("include/toy/given.hpp", "#include \"toy/total.hpp\"\n");
  course.edit("include/toy/count.hpp", "#include <vector>\n", "#include <vector>\n\n#include \"toy/given.hpp\"\n");
  CHECK_FINDS(course, "needs include/toy/count.hpp:8", "the contract of count includes toy/given.hpp", {"--quick"});
}

TEST_CASE("A file that a module lacks is named", "[course_check]") {
  for (const std::string file :
       {"modules/02_total/hints.md", "modules/02_total/mistakes.md", "modules/02_total/demo.cpp",
        "modules/01_count/count.cpp", "tests/total_test.cpp", "milestones/gauss.cpp", "checkpoints/sums.cpp"}) {
    CheckedCourse course;
    fs::remove(course.root() / file);
    CHECK_SAME(course.findings(), Words{"folders " + file + ":1"});
  }
}

TEST_CASE("A folder with a stale number is named, with the command that mends it", "[course_check]") {
  CheckedCourse course;
  fs::rename(course.root() / "modules/02_total", course.root() / "modules/03_total");
  CHECK_FINDS(course, "orphans modules/03_total:1", "module total is number 02 of track forward");
  CHECK_CONTAINS(course.way_out(), "modules/02_total");
}

TEST_CASE("Files and folders that belong to no module are orphans, unless something uses them", "[course_check]") {
  CheckedCourse course;
  for (const std::string file :
       {"modules/03_more/README.md", "modules/notes.txt", "modules/02_total/old.cpp", "checkpoints/more.cpp",
        "tests/more_test.cpp", "fast/more.cpp", "bench/more.cpp", "milestones/more.cpp"}) {
    course.write(file, "// nothing\n");
    const Words found = course.findings({"--quick"});
    const std::string place = file.starts_with("modules/03") ? "modules/03_more" : file;
    CHECK_SAME(found, Words{"orphans " + place + ":1"});
    fs::remove(course.root() / file);
    if (place != file) fs::remove(course.root() / place);
  }
  course.write("modules/02_total/shared.hpp", "// for the demo\n");
  course.write("fast/parts.hpp", "\n");
  course.write("fast/parts.cpp", "\n");
  CHECK_SAME(course.findings({"--quick"}).size(), std::size_t{3});
  course.edit("modules/02_total/demo.cpp", "#include \"judge", "#include \"shared.hpp\"\n#include \"judge");
  course.edit("fast/count.cpp", "#include \"toy", "#include \"parts.hpp\"\n#include \"toy");
  CHECK_SAME(course.findings({"--quick"}), Words{});
}

TEST_CASE("A demo for a track that does not exist is found", "[course_check]") {
  CheckedCourse course;
  course.write("modules/01_count/demo.backward.cpp", "#include \"toy/count.hpp\"\n");
  CHECK_FINDS(course, "demos modules/01_count/demo.backward.cpp:1", "the track \"backward\"");
  CHECK_CONTAINS(course.way_out(), "forward");
}

TEST_CASE("A demo may use what comes before it in every track that shows it", "[course_check]") {
  CheckedCourse course;
  // A second track with the other order, for which total needs nothing.
  course.edit("modules/course.json", "\"forward\": {\n",
              "\"backward\": {\"title\": \"B\", \"order\": [{\"module\": \"total\", \"leaves\": \"L\"}, "
              "{\"module\": \"count\"}]},\n    \"forward\": {\n");
  course.edit("modules/course.json", "\"needs\": [\"count\"]", "\"needs\": []");
  const std::string total = "#include \"toy/total.hpp\"\n", count = "#include \"toy/count.hpp\"\n";
  const auto of_demos = [&] {
    Words found;
    for (const std::string& finding : course.findings({"--quick"})) {
      if (finding.starts_with("needs modules/") && contains(finding, "demo")) found.push_back(finding);
    }
    return found;
  };
  CHECK_SAME(of_demos(), Words{});
  course.edit("modules/01_count/demo.cpp", count, count + total);
  CHECK_SAME(of_demos(), Words{"needs modules/01_count/demo.cpp:4"});
  course.edit("modules/01_count/demo.cpp", total, "");
  course.write("modules/01_count/demo.backward.cpp", count + total);
  CHECK_SAME(of_demos(), Words{});
  course.write("modules/02_total/demo.backward.cpp", count + total);
  CHECK_SAME(of_demos(), Words{"needs modules/02_total/demo.backward.cpp:1"});
}

TEST_CASE("Unbalanced SOLUTION marks are found at their line, and nothing that follows from them", "[course_check]") {
  const auto finding = [](const std::string& from, const std::string& to) {
    return finding_after_edit("modules/01_count/count.cpp", from, to);
  };
  const std::string end = "  // END SOLUTION\n", begin = "  // BEGIN SOLUTION count_to\n";
  const std::string file = "markers modules/01_count/count.cpp:";
  CHECK_CONTAINS(finding(end, ""), file + "14: a SOLUTION region inside the one of line 6");
  CHECK_CONTAINS(finding(begin, ""), file + "10: END SOLUTION without BEGIN");
  CHECK_CONTAINS(finding(begin, "  // BEGIN SOLUTION\n"), file + "6: BEGIN SOLUTION names no function");
}

TEST_CASE("Missing, short and stray hints are found at their section", "[course_check]") {
  const auto finding = [](const std::string& from, const std::string& to) {
    return finding_after_edit("modules/01_count/hints.md", from, to);
  };
  const std::string file = "hints modules/01_count/hints.md:";
  const std::string evens =
      "## evens\n1. What is left when an even number is divided by 2?\n2. One pass over the numbers, with a count that "
      "grows.\n3. Add one to the count where number % 2 == 0.\n";
  CHECK_CONTAINS(finding(evens, ""), file + "3: no hints for evens");
  CHECK_CONTAINS(finding("3. Add one to the count where number % 2 == 0.\n", ""),
                 file + "9: evens has 2 hints, expected 3");
  CHECK_CONTAINS(finding("2. One pass", "3. One pass"), file + "11: expected step 2 of evens, found 3");
  CHECK_CONTAINS(finding(evens, evens + "\n## odds\n1. A?\n2. B.\n3. C.\n"), file + "14: hints for odds");
  CHECK_CONTAINS(finding("## count_to", evens + "\n## count_to"),
                 file + "14: the section evens stands here a second time");
  CHECK_CONTAINS(finding("One pass over", "See line 12: one pass over"), file + "11: a hint names \"line 12\"");
}

TEST_CASE("Hints in another order than the body's are found", "[course_check]") {
  CheckedCourse course;
  course.edit("modules/01_count/hints.md", "## evens", "## odds");
  course.edit("modules/01_count/hints.md", "## count_to", "## evens");
  course.edit("modules/01_count/hints.md", "## odds", "## count_to");
  CHECK_FINDS(course, "hints modules/01_count/hints.md:3", "stand where those for count_to should", {"--quick"});
}

TEST_CASE("A wrong solution that does not fit the body is found", "[course_check]") {
  CheckedCourse course;
  course.edit("modules/01_count/mistakes.md", "int i = 1;", "int k = 1;");
  CHECK_FINDS(course, "mistakes modules/01_count/mistakes.md:3", "found it 0 times");
  course.edit("modules/01_count/mistakes.md", "int k = 1;", "int i = 1;");
  course.edit("modules/01_count/mistakes.md", "In evens.", "In odds.");
  CHECK_FINDS(course, "mistakes modules/01_count/mistakes.md:15", "no region odds");
}

TEST_CASE("Links that lead nowhere are found, with files and anchors, and those in code are none", "[course_check]") {
  CheckedCourse course;
  course.append(
      "modules/01_count/README.md",
      "\nSee [total](../02_total/README.md#total), [above](#count), [the\nweb](https://example.org/x) and `[a](b)`.\n");
  CHECK_SAME(course.findings({"--quick"}), Words{});
  course.append("modules/01_count/README.md", "\nSee [the\nother](../02_total/OTHER.md).\n");
  CHECK_FINDS(course, "links modules/01_count/README.md:9", "../02_total/OTHER.md, which does not exist", {"--quick"});
  course.edit("modules/01_count/README.md", "OTHER.md", "README.md#totla");
  CHECK_FINDS(course, "links modules/01_count/README.md:9", "did you mean #total?", {"--quick"});
}

TEST_CASE("Blocks that are not closed and commands that do not exist are found at their line", "[course_check]") {
  const auto finding = [](const std::string& block) {
    CheckedCourse course;
    course.append("modules/01_count/README.md", "\n" + block);
    return course.only_finding({"--quick"});
  };
  const std::string file = "snippets modules/01_count/README.md:";
  CHECK_CONTAINS(
      finding("```sh\ntito module test count\ntito checkpoint test numbers\ntito export count --seed 1\n```\n"),
      "nothing");
  CHECK_CONTAINS(finding("```sh\ntito module test count\n"), file + "5: a fenced block that is not closed");
  CHECK_CONTAINS(finding("```sh\ntito next\ntito modul test count\n```\n"), file + "7: ");
  CHECK_CONTAINS(finding("```sh\ntito modul test count\n```\n"), "did you mean \"tito module test\"?");
  CHECK_CONTAINS(finding("```sh\ntito module test cuont\n```\n"),
                 "the module \"cuont\", which does not exist; did you mean \"count\"?");
  CHECK_CONTAINS(finding("```sh\ntito checkpoint test number\n```\n"), "the checkpoint \"number\"");
  CHECK_CONTAINS(finding("```sh\nmake\n```\n"), file + "6: \"make\" is no command of tito's");
  CHECK_CONTAINS(finding("```python\nprint()\n```\n"), file + "5: a block of \"python\"");
  CHECK_CONTAINS(finding("    tito milestone run gaus\n"), "the milestone \"gaus\"");
}

TEST_CASE("Numbers of modules are found wherever they are written, stale ones and right ones", "[course_check]") {
  const auto finding = [](const std::string& text, const std::string& file = "modules/01_count/README.md") {
    CheckedCourse course;
    course.append(file, text);
    return course.only_finding({"--quick"});
  };
  const std::string file = "numbers modules/01_count/README.md:";
  CHECK_CONTAINS(finding("\nIn module 02 you add.\n"), file + "5: \"module 02\" is a number written by hand");
  CHECK_CONTAINS(finding("\nIn Module 2 you add.\n"), "\"Module 2\" is a number written by hand");
  CHECK_CONTAINS(finding("\nNow 02 total.\n"), "\"02 total\" is a number written by hand");
  CHECK_CONTAINS(finding("\nNow 03 total.\n"), "\"03 total\" is stale: module total is number 02");
  CHECK_CONTAINS(finding("\nNow `modules/03_total/total.cpp`.\n"), "\"03_total\" is stale: the folder is 02_total");
  CHECK_CONTAINS(finding("\n`tito module test 02` says so.\n"), "\"tito module test 02\" is a number");
  CHECK_CONTAINS(finding("\n```sh\ntito export 2\n```\n"), file + "6: \"tito export 2\" is a number");
  CHECK_CONTAINS(finding("\nThis is the third module.\n"), "\"third module\"");
  CHECK_CONTAINS(finding("4. See module 2.\n", "modules/02_total/hints.md"), "2 findings");  // and a fourth hint
  CHECK_CONTAINS(finding("// as in module 2\n", "modules/02_total/demo.cpp"), "numbers modules/02_total/demo.cpp:9");
  CHECK_CONTAINS(finding("\nSee modules/02_total/total.cpp, 2 modules, 10 count, 0.02 total and tito undo --to 1.\n"),
                 "nothing");
}

TEST_CASE("A stale generated part is found, and --fix writes it", "[course_check]") {
  CheckedCourse course;
  const std::string before = tito::read_file(course.root() / "README.md");
  course.edit("README.md", "| Adds up |", "| Adds |");
  CHECK_FINDS(course, "generated README.md:5", "the region \"modules\" is stale", {"--quick"});
  CHECK_CONTAINS(course.way_out(), "--fix");
  const Run fixed = course.check({"--quick", "--fix"});
  CHECK_SAME(fixed.status, 0);
  CHECK_CONTAINS(fixed.out, "written anew: README.md");
  CHECK(tito::read_file(course.root() / "README.md") == before);
  course.edit("README.md", "generated: modules", "generated: modlues");
  CHECK_SAME(course.findings({"--quick"}), Words{"generated README.md:5"});
  course.edit("README.md", "generated: modlues", "generated: modules");
  course.edit("README.md", "<!-- end -->\n", "");
  CHECK_CONTAINS(course.findings({"--quick", "--fix"}).back(), "generated README.md:5");
}

TEST_CASE("A skeleton that passes a case, or does not compile, is found", "[course_check]") {
  const std::string refusal = "  if (n < 0) throw std::invalid_argument(\"count_to: n is negative\");\n";
  const std::string begin = "  // BEGIN SOLUTION count_to\n";
  CheckedCourse course;
  course.edit("modules/01_count/count.cpp", begin + refusal, refusal + begin);
  CHECK_FINDS(course, "skeleton tests/count_test.cpp:9", "passes without a line written by the student");
  CheckedCourse other;
  other.edit("modules/01_count/count.cpp", "int evens(", "static int unused() { return 1; }\n\nint evens(");
  CHECK_FINDS(other, "skeleton modules/01_count/count.cpp:14", "the skeleton compiles with a warning");
  other.edit("modules/01_count/count.cpp", "unused() { return 1; }", "unused() { return one; }");
  CHECK_SAME(other.findings(),
             (Words{"reference modules/01_count/count.cpp:14", "skeleton modules/01_count/count.cpp:14"}));
}

TEST_CASE("A reference body that fails a case is found at the case", "[course_check]") {
  CheckedCourse course;
  course.edit("modules/02_total/total.cpp", "total += number", "total -= number");
  CHECK_FINDS(course, "reference tests/total_test.cpp:5", "the reference body of total fails \"total_to adds up\"");
}

TEST_CASE("A checkpoint that is mapped to a module it does not test is found", "[course_check]") {
  CheckedCourse course;
  nlohmann::json kit = course.kit();
  const fs::path plans = kit["plans"].get<std::string>();
  // The sums' checkpoint asks about numbers alone.
  fs::copy_file(course.root() / "checkpoints/numbers.cpp", course.root() / "checkpoints/sums.cpp",
                fs::copy_options::overwrite_existing);
  fs::copy_file(plans / "checkpoint/numbers.json", plans / "checkpoint/sums.json",
                fs::copy_options::overwrite_existing);
  kit["objects"]["checkpoint"]["sums"] = kit["objects"]["checkpoint"]["numbers"];
  course.set_kit(kit);
  CHECK_SAME(course.findings(), Words{"checkpoints checkpoints/sums.cpp:1"});
  CHECK_CONTAINS(course.message(), "uses nothing of total, the module that unlocks it, but count");
}

TEST_CASE("A checkpoint that passes without its module's work is found", "[course_check]") {
  CheckedCourse course;
  course.compile("checkpoint", "numbers",
                 "#include \"judge/cases/case.hpp\"\n#include \"toy/count.hpp\"\n"
                 "TEST_CASE(\"Half of the numbers to 100 are even\") { int (*volatile evens)(const std::vector<int>&) "
                 "= toy::evens; CHECK((evens != nullptr)); }\n");
  CHECK_SAME(course.findings(), Words{"checkpoints checkpoints/numbers.cpp:1"});
  CHECK_CONTAINS(course.message(), "passes with a skeleton of count");
}

TEST_CASE("A module that nothing later uses is found at its place in the track", "[course_check]") {
  CheckedCourse course;
  course.edit("modules/02_total/total.cpp", "for (int number : count_to(n))",
              "for (int number = 1; number <= n; ++number)");
  course.compile("body", "total", tito::read_file(course.root() / "modules/02_total/total.cpp"));
  CHECK_SAME(course.findings(), Words{"unused modules/course.json:13"});
  CHECK_CONTAINS(course.message(), "nothing that comes after module count in track forward uses it");
}

TEST_CASE("What of a module nobody uses is found at its body", "[course_check]") {
  CheckedCourse course;
  course.compile("demo", "count",
                 "#include \"judge/demos/demo.hpp\"\n#include \"toy/count.hpp\"\n"
                 "void demo::run() { demo::measure(\"n\", static_cast<double>(toy::count_to(10).size()), \"\"); }\n");
  CHECK_SAME(course.findings(), Words{"wasted modules/01_count/count.cpp:1"});
  CHECK_CONTAINS(course.message(), "no later body and no demo uses evens");
}

TEST_CASE("What is used before it exists is found at its module's place in the track", "[course_check]") {
  CheckedCourse course;
  course.compile("demo", "count",
                 "#include \"judge/demos/demo.hpp\"\n#include \"toy/count.hpp\"\n#include \"toy/total.hpp\"\n"
                 "void demo::run() { demo::measure(\"n\", toy::total_to(10) + toy::evens(toy::count_to(4)) + "
                 "static_cast<double>(toy::count_to(10).size()), \"\"); }\n");
  CHECK_SAME(course.findings(), Words{"order modules/course.json:13"});
  CHECK_SAME(course.message(), std::string("track forward: the demo of count uses total, which comes later"));
}

TEST_CASE("The plan of record and its pictures are found when they are stale, and mended by --fix", "[course_check]") {
  CheckedCourse course;
  course.append("README.md", "\n<!-- generated: plan -->\n<!-- end -->\n");
  const Words stale = course.findings();
  CHECK_SAME(stale.size(), std::size_t{2});
  CHECK_CONTAINS(stale.at(0), "generated README.md:");
  CHECK_SAME(stale.at(1), std::string("picture order-forward.svg:1"));
  CHECK_SAME(course.findings({"--fix"}), Words{});
  CHECK_SAME(course.findings(), Words{});
  CHECK_CONTAINS(tito::read_file(course.root() / "README.md"), "| count | total | Need a sum | perfect | 0 |");
  course.edit("README.md", "Need a sum | perfect", "Need a sum | broken");
  CHECK_SAME(course.findings().size(), std::size_t{1});
  CHECK_CONTAINS(course.message(), "the region \"plan\" is stale");
  course.edit("README.md", "Need a sum | broken", "Need a sum | perfect");
  course.append("order-forward.svg", "<!-- by hand -->");
  CHECK_SAME(course.findings(), Words{"picture order-forward.svg:1"});
  fs::remove(course.root() / "order-forward.svg");
  CHECK_SAME(course.findings(), Words{"picture order-forward.svg:1"});
  CHECK_CONTAINS(course.message(), "missing");
}

TEST_CASE("A requirement that is not met is found at its line, with what was found instead", "[course_check]") {
  const auto finding = [](const std::string& requirement) {
    CheckedCourse course;
    course.append("README.md", "\n<!-- generated: plan -->\n<!-- end -->\n");
    course.edit(
        "modules/course.json", "\"schema\"",
        "\"requirements\": [\n  {\"module\": \"total\", \"claim\": \"Adds\", " + requirement + "}\n  ],\n  \"schema\"");
    const Words found = course.findings({"--fix"});
    return found.empty() ? std::string("nothing") : found[0] + ": " + course.message();
  };
  CHECK_SAME(finding("\"uses\": \"total\""), std::string("nothing"));
  CHECK_SAME(
      finding("\"uses\": \"count\""),
      std::string(
          "required modules/course.json:3: total: \"Adds\" is not met: forward: the demo uses nothing of count"));
  CHECK_CONTAINS(finding("\"leaves\": \"A need\""), "required modules/course.json:3: total: \"Adds\" is not met");
  CHECK_CONTAINS(finding("\"figure\": {\"measure\": \"sum\", \"unit\": \"\", \"at_least\": 1}"),
                 "the demo was not measured");
}

TEST_CASE("A module that was not built is one finding, and texts are looked at all the same", "[course_check]") {
  CheckedCourse course;
  nlohmann::json kit = course.kit();
  kit["objects"]["body"].erase("total");
  course.set_kit(kit);
  CHECK_SAME(course.findings(), Words{"built modules/course.json:1"});
  CHECK_CONTAINS(course.message(), "the body of total is missing");
  CHECK_CONTAINS(course.way_out(), "./bootstrap build");
  course.append("modules/01_count/README.md", "\nSee module 2.\n");
  CHECK_SAME(course.findings(), (Words{"numbers modules/01_count/README.md:5", "built modules/course.json:1"}));
}

TEST_CASE("An installed course has no sources, and the check says so", "[course_check]") {
  CheckedCourse course;
  nlohmann::json kit = course.kit();
  kit["source_tree"] = false;
  kit.erase("sources");
  course.set_kit(kit);
  const Run run = course.check();
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "this course is an installed one");
}
