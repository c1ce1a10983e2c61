// Skeletons, made of reference bodies.
#include "tito/course/skeleton.hpp"

#include "tests/support/tito.hpp"

TEST_CASE("A skeleton has one throwing line for each region and nothing of it", "[skeleton]") {
  const std::string source =
      "int f(int x) {\n  // BEGIN SOLUTION A::f\n  if (x) {\n    return 1;\n  }\n  return 2;\n"
      "  // END SOLUTION\n}\nint g();\n";
  CHECK_SAME(tito::make_skeleton(source, "m", "m.cpp"),
             std::string("int f(int x) {\n  throw NotImplemented(\"m\", \"A::f\");\n}\nint g();\n"));
  CHECK_SAME(tito::solution_names(source, "m.cpp"), std::vector<std::string>{"A::f"});
}

TEST_CASE("Helpers of a reference body leave an empty place in its skeleton", "[skeleton]") {
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

TEST_CASE("Regions that are open, nested, nameless or absent are named with their line", "[skeleton]") {
  const auto skeleton = [](const std::string& source) {
    return failure_of([&] { tito::make_skeleton(source, "m", "m.cpp"); });
  };
  CHECK_CONTAINS(skeleton("a\n// BEGIN SOLUTION f\n"), "m.cpp:2:");
  CHECK_CONTAINS(skeleton("// END SOLUTION\n"), "m.cpp:1:");
  CHECK_CONTAINS(skeleton("// BEGIN SOLUTION f\n// BEGIN SOLUTION g\n// END SOLUTION\n"), "m.cpp:2:");
  CHECK_CONTAINS(skeleton("// BEGIN SOLUTION\n// END SOLUTION\n"), "names no function");
  CHECK_CONTAINS(skeleton("int f();\n"), "no SOLUTION region");
}
