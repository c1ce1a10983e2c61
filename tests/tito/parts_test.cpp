// The parts of the runner by themselves.
#include <fstream>

#include "tito.hpp"
#include "tito/course/course.hpp"
#include "tito/course/progress.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/json.hpp"
#include "tito/system/spelling.hpp"
#include "tito/ui/screen.hpp"

namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const tito::Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

}  // namespace

TEST_CASE("The nearest name is found, and none for a word that is far from all", "[parts]") {
  const std::vector<std::string> names{"module", "export", "checkpoint", "next"};
  CHECK_SAME(tito::nearest("modul", names), std::string("module"));
  CHECK_SAME(tito::nearest("exprot", names), std::string("export"));
  CHECK_SAME(tito::nearest("check", names), std::string("checkpoint"));
  CHECK_SAME(tito::nearest("nxet", names), std::string("next"));
  CHECK_SAME(tito::nearest("zebra", names), std::string(""));
  CHECK_SAME(tito::nearest("", names), std::string(""));
}

TEST_CASE("JSON errors name line and column, and doubled keys", "[parts]") {
  CHECK_CONTAINS(message_of([] { tito::parse_json("{\n  \"a\": 1,\n  \"b\" 2\n}", "file.json"); }),
                 "file.json: line 3, column 7");
  CHECK_CONTAINS(message_of([] { tito::parse_json("{\"a\": 1, \"a\": 2}", "file.json"); }), "\"a\" stands twice");
  CHECK_SAME(message_of([] { tito::parse_json("{\"a\": {\"a\": 1}, \"b\": {\"a\": 2}}", "file.json"); }),
             std::string("no failure"));
}

TEST_CASE("A skeleton has one throwing line for each region and nothing of it", "[parts]") {
  const std::string source =
      "int f(int x) {\n  // BEGIN SOLUTION A::f\n  if (x) {\n    return 1;\n  }\n  return 2;\n"
      "  // END SOLUTION\n}\nint g();\n";
  CHECK_SAME(tito::make_skeleton(source, "m", "m.cpp"),
             std::string("int f(int x) {\n  throw NotImplemented(\"m\", \"A::f\");\n}\nint g();\n"));
  CHECK_SAME(tito::solution_names(source, "m.cpp"), std::vector<std::string>{"A::f"});
}

TEST_CASE("Helpers of a reference body leave an empty place in its skeleton", "[parts]") {
  const std::string source =
      "namespace {\n\n// BEGIN SOLUTION (helpers)\nint half(int x) { return x / 2; }\n// END SOLUTION\n\n}\n"
      "int f(int x) {\n  // BEGIN SOLUTION f\n  return half(x);\n  // END SOLUTION\n}\n"
      "int f() {\n  // BEGIN SOLUTION f\n  return half(1);\n  // END SOLUTION\n}\n";
  CHECK_SAME(tito::make_skeleton(source, "m", "m.cpp"),
             "namespace {\n\n// A place for helpers of your own.\n\n}\n"
             "int f(int x) {\n  throw NotImplemented(\"m\", \"f\");\n}\n"
             "int f() {\n  throw NotImplemented(\"m\", \"f\");\n}\n");
  CHECK_SAME(tito::solution_names(source, "m.cpp"), std::vector<std::string>{"f"});
}

TEST_CASE("Regions that are open, nested, nameless or absent are named with their line", "[parts]") {
  const auto skeleton = [](const std::string& source) {
    return message_of([&] { tito::make_skeleton(source, "m", "m.cpp"); });
  };
  CHECK_CONTAINS(skeleton("a\n// BEGIN SOLUTION f\n"), "m.cpp:2:");
  CHECK_CONTAINS(skeleton("// END SOLUTION\n"), "m.cpp:1:");
  CHECK_CONTAINS(skeleton("// BEGIN SOLUTION f\n// BEGIN SOLUTION g\n// END SOLUTION\n"), "m.cpp:2:");
  CHECK_CONTAINS(skeleton("// BEGIN SOLUTION\n// END SOLUTION\n"), "names no function");
  CHECK_CONTAINS(skeleton("int f();\n"), "no SOLUTION region");
}

TEST_CASE("A file is written whole or not at all, and the version before is kept", "[parts]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path file = folder.path() / "f", previous = folder.path() / "p";
  tito::write_keeping_previous(file, previous, "one");
  CHECK(!fs::exists(previous));
  tito::write_keeping_previous(file, previous, "two");
  CHECK_SAME(tito::read_file(file), std::string("two"));
  CHECK_SAME(tito::read_file(previous), std::string("one"));
  CHECK_CONTAINS(message_of([&] { tito::write_atomically(folder.path() / "no" / "f", "x"); }), "/no/f");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++files;
  CHECK_SAME(files, 2U);
}

TEST_CASE("SHA-256 agrees with the published examples", "[parts]") {
  // source: FIPS 180-4's examples
  CHECK_SAME(tito::sha256("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK_SAME(tito::sha256(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

TEST_CASE("Progress comes back as it was written, and evidence that contradicts itself is refused", "[parts]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::ProgressFile file(folder.path());
  file.create();
  const std::string hash = tito::sha256("x");
  file.update([&](tito::Progress& progress) {
    progress.modules["tensor"].tested = tito::Evidence{hash, hash, 9, 7, 123456, "2026-01-02T03:04:05Z"};
    progress.checkpoints["foundation"].evidence = tito::Evidence{hash, hash, 2, 2, 5, "2026-01-02T03:04:05Z"};
    progress.checkpoints["foundation"].linked["tensor"] = hash;
    progress.checkpoints["foundation"].measures = {{"speed", 1.5, "x"}, {"odd", std::nullopt, ""}};
  });
  const tito::Progress progress = file.load();
  CHECK_SAME(progress.modules.at("tensor").tested->passed, 7);
  CHECK(!progress.modules.at("tensor").tested->all_passed());
  CHECK(!progress.modules.at("tensor").exported.has_value());
  CHECK_SAME(progress.checkpoints.at("foundation").linked.at("tensor"), hash);
  CHECK(!progress.checkpoints.at("foundation").measures.at(1).value.has_value());

  std::string text = tito::read_file(folder.path() / "progress.json");
  text.replace(text.find("\"passed\": 7"), 11, "\"passed\": 10");
  tito::write_atomically(folder.path() / "progress.json", text);
  CHECK_CONTAINS(message_of([&] { file.load(); }), "modules.tensor.tested.passed");
}

TEST_CASE("A change that fails half-way writes nothing", "[parts]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::ProgressFile file(folder.path());
  file.create();
  const std::string before = tito::read_file(folder.path() / "progress.json");
  CHECK_THROWS_AS(file.update([](tito::Progress& progress) {
    progress.modules["a"];
    throw std::runtime_error("stop");
  }),
                  std::runtime_error);
  CHECK_SAME(tito::read_file(folder.path() / "progress.json"), before);
}

TEST_CASE("Figures are written for people", "[parts]") {
  CHECK_SAME(tito::figure(20413.4, "samples/s"), std::string("20,413 samples/s"));
  CHECK_SAME(tito::figure(1234567, ""), std::string("1,234,567"));
  CHECK_SAME(tito::figure(91.234, "%"), std::string("91.23 %"));
  CHECK_SAME(tito::figure(0.0000123, ""), std::string("1.23e-05"));
  CHECK_SAME(tito::duration(72.4), std::string("1 min 12 s"));
}

TEST_CASE("A text is cut to the columns that people see", "[parts]") {
  CHECK_SAME(tito::shortened("abcdefgh", 8), std::string("abcdefgh"));
  CHECK_SAME(tito::shortened("abcdefghi", 8), std::string("abcdef.."));
  CHECK_SAME(tito::shortened("✓✓✓✓✓✓", 5), std::string("✓✓✓.."));
  CHECK_SAME(tito::shortened("\x1b[1mabcdef\x1b[0m", 5), std::string("\x1b[1mabc\x1b[0m.."));
  CHECK_SAME(tito::shortened("\x1b[1mabcde\x1b[0m", 5), std::string("\x1b[1mabcde\x1b[0m"));
}

TEST_CASE("A table's columns fit their widest cell, whatever its colours", "[parts]") {
  tito::Table table;
  table.row({"\x1b[1mab\x1b[0m", "c"});
  table.row({"✓abc", "d"});
  const std::vector<std::string> expected{"\x1b[1mab\x1b[0m    c", "✓abc  d"};
  CHECK_SAME(table.lines(""), expected);
}
