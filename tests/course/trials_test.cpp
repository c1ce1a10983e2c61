// The machinery that proves that cases catch wrong work: it must be able to find that they do not.
#include "judge/cases/case.hpp"
#include "tests/course/trials/mutants.hpp"
#include "tests/support/newer_course.hpp"
#include "tests/support/tito.hpp"
#include "tito/course/mistakes.hpp"

namespace {

const std::string body =
    "int f(const int* x, int n) {\n"
    "  // BEGIN SOLUTION f\n"
    "  int sum = 0;\n"
    "  for (int i = 0; i < n; ++i) sum += x[i];  // + * <\n"
    "  if (n < 1 && !x) throw Error(\"n < 1 && \" + text(n));\n"
    "  return sum;\n"
    "  // END SOLUTION\n"
    "}\n"
    "int g(int n) { return n + 1; }\n";

const std::string mistake =
    "# Mistakes\n\n## The sum starts late\n\nIn f; the checkpoint fails, too.\n\nWhy.\n\n```cpp\ni = "
    "0\n```\n\n```cpp\ni = 1\n```\n";

std::string many_mistakes(const std::string& right, const std::string& wrong, const std::string& function) {
  std::string text = "# Mistakes: Count\n";
  for (int i = 0; i < 8; ++i) {
    text += "\n## Mistake " + std::to_string(i) + "\n\nIn " + function + "; the checkpoint fails, too.\n\n```cpp\n" +
            right + "\n```\n\n```cpp\n" + wrong + "\n```\n";
  }
  return text;
}

}  // namespace

TEST_CASE("Mutants change operators, constants, bounds and indices inside regions and nothing else", "[trials]") {
  std::vector<std::string> identities;
  for (const trials::Mutant& mutant : trials::mutants_of(body, "f.cpp")) {
    identities.push_back(mutant.identity);
    CHECK(mutant.body != body);
    CHECK_CONTAINS(mutant.body, "int g(int n) { return n + 1; }");
    CHECK_CONTAINS(mutant.body, "\"n < 1 && \" + text(n)");
  }
  const std::string loop = "f | for (int i = 0; i < n; ++i) sum += x[i];  // + * < | ";
  const std::string test = "f | if (n < 1 && !x) throw Error(\"n < 1 && \" + text(n)); | ";
  std::sort(identities.begin(), identities.end());
  std::vector<std::string> expected{"f | int sum = 0; | 0 -> 1 | 1",
                                    loop + "+= -> -= | 1",
                                    loop + "+= -> = | 1",
                                    loop + "< -> <= | 1",
                                    loop + "++ -> -- | 1",
                                    loop + "0 -> 1 | 1",
                                    loop + "index -> index + 1 | 1",
                                    test + "< -> <= | 1",
                                    test + "&& -> || | 1",
                                    test + "! -> nothing | 1",
                                    test + "1 -> 2 | 1"};
  std::sort(expected.begin(), expected.end());
  CHECK_SAME(identities, expected);
}

TEST_CASE("Equal changes of equal lines are told apart", "[trials]") {
  const auto mutants = trials::mutants_of("// BEGIN SOLUTION f\n  x = 1;\n  x = 1;\n// END SOLUTION\n", "f.cpp");
  REQUIRE(mutants.size() == 2);
  CHECK_SAME(mutants[0].identity, "f | x = 1; | 1 -> 2 | 1");
  CHECK_SAME(mutants[1].identity, "f | x = 1; | 1 -> 2 | 2");
  CHECK_CONTAINS(mutants[1].body, "  x = 1;\n  x = 2;\n");
}

TEST_CASE("Numbers of every spelling grow to numbers", "[trials]") {
  const auto changed = [](const std::string& number) {
    const auto mutants = trials::mutants_of("// BEGIN SOLUTION f\n  f(" + number + ");\n// END SOLUTION\n", "f.cpp");
    REQUIRE(mutants.size() == 1);
    const std::size_t at = mutants[0].body.find("f(") + 2;
    return mutants[0].body.substr(at, mutants[0].body.find(')') - at);
  };
  CHECK_SAME(changed("0"), "1");
  CHECK_SAME(changed("20'000"), "20001");
  CHECK_SAME(changed("0.5F"), "1.5F");
  CHECK_SAME(changed("1.0"), "2.0");
  CHECK_SAME(changed("0x1F"), "32ULL");
  CHECK_SAME(changed("true"), "false");
}

TEST_CASE("A mistake is read with its function, its texts and whether the checkpoint fails", "[trials]") {
  const auto mistakes = tito::read_mistakes(mistake, "m.md");
  REQUIRE(mistakes.size() == 1);
  CHECK_SAME(mistakes[0].name, "The sum starts late");
  CHECK_SAME(mistakes[0].function, "f");
  CHECK(mistakes[0].fails_checkpoint);
  CHECK_CONTAINS(tito::with_mistake(body, mistakes[0], "m.md"), "for (int i = 1; i < n; ++i)");
}

TEST_CASE("A list of mistakes that cannot be right is refused with its line", "[trials]") {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string text = mistake;
    text.replace(text.find(from), from.size(), to);
    return failure_of([&] { tito::with_mistake(body, tito::read_mistakes(text, "m.md").at(0), "m.md"); });
  };
  CHECK_CONTAINS(changed("In f;", "At f;"), "m.md:3: expected a line \"In FUNCTION.\"");
  CHECK_CONTAINS(changed("In f;", "In h;"), "the body has no region h");
  CHECK_CONTAINS(changed("i = 0", "i = 7"), "found it 0 times");
  CHECK_CONTAINS(changed("i = 0", "n"), "times");
  CHECK_CONTAINS(changed("```cpp\ni = 1\n```\n", ""), "found 1");
  CHECK_CONTAINS(changed("i = 1\n```\n", "i = 1\n"), "not closed");
  CHECK_CONTAINS(failure_of([] { tito::read_mistakes("# Mistakes\n", "m.md"); }), "no mistakes");
}

TEST_CASE("Survivors are read with their reasons, and one without is refused", "[trials]") {
  const auto reasons = trials::read_survivors("# why\nf | x = 1; | 1 -> 2 | 1\n  Nobody reads x.\n", "s.txt");
  CHECK_SAME(reasons.at("f | x = 1; | 1 -> 2 | 1"), "Nobody reads x.");
  CHECK_CONTAINS(failure_of([] { trials::read_survivors("f | x | 1 -> 2 | 1\n", "s.txt"); }),
                 "expected an indented reason");
  CHECK_CONTAINS(failure_of([] { trials::read_survivors("  a reason\n", "s.txt"); }), "s.txt:1");
}

TEST_CASE("A mistake that no case catches, or that a checkpoint passes, is found", "[trials][limit:60]") {
  const Sandbox sandbox;
  const auto tried = [&](const std::string& mistakes) {
    return sandbox.run({TEST_TRIALS, "mistakes", "count"}, sandbox.root(),
                       {"TITO_KIT=" + toy_kit_with_mistakes(sandbox, mistakes)});
  };
  const Run harmless = tried(many_mistakes("return count;", "return count + 0;", "evens"));
  if (harmless.status == 77) {
    WARN("SKIPPED: " << harmless.out);
    CHECK_CONTAINS(harmless.out, "sanitized");
    return;
  }
  CHECK_SAME(harmless.status, 1);
  CHECK_CONTAINS(harmless.out, "NOT SEEN Mistake 7\n      survived");
  CHECK_CONTAINS(harmless.out, "0 of 8 caught");
  const Run caught = tried(many_mistakes("return count;", "return count + 1;", "evens"));
  CHECK_SAME(caught.status, 0);
  CHECK_CONTAINS(caught.out, "8 of 8 caught by the module's cases, 8 by its checkpoint");
  const Run broken = tried(many_mistakes("return count;", "return count +;", "evens"));
  CHECK_SAME(broken.status, 1);
  CHECK_CONTAINS(broken.out, "does not compile");
}
