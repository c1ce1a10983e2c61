// What the compiler's errors become: each common mistake is compiled by the real compiler and must bring its sentence.
#include "tito/toolchain/diagnostics.hpp"

#include "tests/support/tito.hpp"
#include "tito/toolchain/compiler.hpp"

namespace {

struct Mistake {
  std::string code;
  int line;  // where the first message must be
  std::string help;
};

// The toy course's contract is precompiled in front of each.
const std::string head = "#include <map>\n#include <memory>\n#include <string>\n#include <vector>\n";  // four lines

const std::vector<Mistake> mistakes{
    {"int f() {\n  int x = 1\n  return x;\n}\n", 7, "a semicolon is missing"},
    {"int f() {\n  if (true) {\n    return 1;\n  return 2;\n}\n", 9, "a closing brace } is missing"},
    {"int f() {\n  return 1;\n}\n}\n", 8, "a brace } too many"},
    {"int f() {\n  int count = 1;\n  return coutn;\n}\n", 7, "the nearest is count"},
    {"int f() {\n  return unheard_of_name_xyz;\n}\n", 6, "this name is not known here"},
    {"std::string f() {\n  string text;\n  return text;\n}\n", 6,
     "it belongs to the standard library: write std::string"},
    {"std::deque<int> f();\n", 5, "its header is missing: write #include <deque>"},
    {"int g(int a, int b) { return a + b; }\nint f() { return g(1); }\n", 6, "an argument is missing"},
    {"int g(int a) { return a; }\nint f() { return g(1, 2); }\n", 6, "the function takes fewer arguments"},
    {"void f(std::map<std::string, int>& m) {\n  m.insert(3);\n}\n", 6, "fit no declaration"},
    {"struct A { int size(); };\nint f(const A& a) {\n  return a.size();\n}\n", 7, "the object is const"},
    {"int f(int x) {\n  if (x > 0) return 1;\n}\n", 7, "every way through it must end in return"},
    {"void f() {\n  const int x = 1;\n  x = 2;\n}\n", 7, "is const and cannot be changed"},
    {"std::vector<float> f(double x) {\n  return {float{x}};\n}\n", 6, "braces refuse a conversion"},
    {"bool f(const std::vector<int>& v, int n) {\n  return n < v.size();\n}\n", 6, "has no negative numbers"},
    {"struct A { int size() const { return 0; } };\nint f(A* a) {\n  return a.size();\n}\n", 7,
     "reached with -> instead of ."},
    {"struct A { int size() const { return 0; } };\nint f(A a) {\n  return a->size();\n}\n", 7,
     "reached with . instead of ->"},
    {"template <class T>\nstruct A { int n = 0; };\n"
     "template <class T>\nstruct B : A<T> { int f() { return get(); } };\n",
     8, "this->"},
    {"template <class T>\nvoid f() { T::value_type x; }\n", 6, "write typename before it"},
    {"int f() { return 1; }\nint f() { return 2; }\n", 6, "this is defined twice"},
    {"struct A { int f(int) const; };\nint A::f(int) { return 1; }\n", 6, "the header declares it otherwise"},
    {"struct A { int size; };\nint f(A a) { return a.sice; }\n", 6, "the nearest is size"},
    {"class A { int hidden = 0; };\nint f(A a) { return a.hidden; }\n", 6, "private members"},
    {"std::unique_ptr<int> f(std::unique_ptr<int>& p) {\n  auto q = p;\n  return q;\n}\n", 6, "cannot be copied"},
    {"struct A { A(const A&) = delete; A() = default; };\nvoid g(A);\nvoid f(A& a) { g(a); }\n", 7,
     "cannot be copied or made this way"},
    {"int f() {\n  std::vector v;\n  return 1;\n}\n", 6, "the type between < and >"},
    {"std::string f() {\n  return \"text;\n}\n", 6, "a quotation mark is missing"},
    {"int f() {\n  return 1;\n}\n/* a comment\n", 8, "has no */"},
    {"int f() {\n  return 1 @ 2;\n}\n", 6, "a character that is not C++"},
    {"int f(int x) {\n  if (x = 1) return 2;\n  return 3;\n}\n", 6, "to compare, write =="},
    {"[[nodiscard]] int g();\nvoid f() {\n  g();\n}\n", 7, "keep or use it"},
    {"void f(int x) {\n  x == 3;\n}\n", 6, "nothing happens here"},
    {"int f() {\n  return 1;\n}\nreturn 2;\n", 8, "stands outside of any function"},
    {"void f() {\n  return 3;\n}\n", 6, "returns nothing"},
    {"int f() {\n  int* p = 3.5;\n  return *p;\n}\n", 6, "a value of the first type"},
};

tito::Diagnostic first_of(const Sandbox& box, const std::string& code) {
  const tito::Kit kit(TEST_TOY_KIT);
  const fs::path source = box.root() / "wrong.cpp";
  tito::write_atomically(source, head + code);
  const tito::Compilation compilation = tito::compile(kit, tito::Mode::full, source, box.root() / "wrong.o");
  return compilation.diagnostics.empty() ? tito::Diagnostic{} : compilation.diagnostics.front();
}

}  // namespace

TEST_CASE("The commonest mistakes bring their sentence, at the student's line", "[diagnostics]") {
  const Sandbox box;
  for (const Mistake& mistake : mistakes) {
    const tito::Diagnostic first = first_of(box, mistake.code);
    INFO(mistake.code << first.message);
    CHECK_CONTAINS(first.help, mistake.help);
    CHECK_SAME(first.line, mistake.line);
    CHECK(first.file.ends_with("/wrong.cpp"));
    CHECK(first.excerpt.size() >= 2);
  }
}

TEST_CASE("An error in a template of the library is put where the student's file leads to it", "[diagnostics]") {
  const Sandbox box;
  const tito::Diagnostic first =
      first_of(box, "#include <algorithm>\nvoid f(std::map<int, int>& m) {\n  std::sort(m.begin(), m.end());\n}\n");
  CHECK(first.file.ends_with("/wrong.cpp"));
  CHECK_SAME(first.line, 7);
  CHECK_CONTAINS(first.inside, "/bits/stl_algo.h:");
  REQUIRE(first.excerpt.size() == 2);
  CHECK_CONTAINS(first.excerpt[0], "std::sort(m.begin(), m.end());");
  CHECK_CONTAINS(first.help, "have no such operator");
}

TEST_CASE("Candidates are counted, not listed", "[diagnostics]") {
  const Sandbox box;
  const tito::Diagnostic first = first_of(box, "void f(std::map<std::string, int>& m) {\n  m.insert(3);\n}\n");
  CHECK(first.candidates > 5);
  CHECK_CONTAINS(first.candidate, "insert");
  CHECK_CONTAINS(first.message, "std::map<std::string, int>::insert(int)");
}

TEST_CASE("An error that is not in the table has no sentence", "[diagnostics]") {
  const Sandbox box;
  const tito::Diagnostic first = first_of(box, "static_assert(1 == 2, \"one is two\");\n");
  CHECK_CONTAINS(first.message, "one is two");
  CHECK_SAME(first.help, "");
}

TEST_CASE("A file that does not compile shows line, caret and help, and the same as JSON", "[diagnostics]") {
  Sandbox box;
  box.init(true);
  box.edit("modules/01_count/count.cpp", "return", "retrun");
  const Run run = box.tito({"module", "test", "1"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.out, "  modules/01_count/count.cpp:");
  CHECK_CONTAINS(run.out, "^~~");
  CHECK_CONTAINS(run.out, "\n  help: ");
  const nlohmann::json first = box.tito({"module", "test", "1", "--json"}).json().at("diagnostics").at(0);
  CHECK(!first.at("help").get<std::string>().empty());
  CHECK(first.at("line").get<int>() > 0);
}
