// The texts that a new module begins with. Words in {{}} are replaced: slug, title, course, namespace, function, need,
// includes. What a module does and tito does not is written another way: {{include FILE}}, and {{out}} for the stream.
#pragma once

namespace tito::scaffold_texts {

inline constexpr const char* header =
    R"(// TODO: one sentence: what this is. Module {{slug}} implements it, in {{slug}}.cpp.
//
// TODO: the model in three to six lines: symbols, ownership, aliasing.
#pragma once

{{include {{course}}/{{need}}.hpp}}

namespace {{namespace}} {

// TODO: the first function in place of this one. Twice n.
int {{function}}(int n);

}  // namespace {{namespace}}
)";

inline constexpr const char* body = R"({{include {{course}}/{{slug}}.hpp}}
{{includes}}
namespace {{namespace}} {

// TODO: the bodies of what the header declares.
int {{function}}(int n) {
  // BEGIN SOLUTION {{function}}
  return 2 * n;
  // END SOLUTION
}

}  // namespace {{namespace}}
)";

inline constexpr const char* tests = R"(// Module {{slug}}.
// TODO: what the cases hold it against.
{{include {{course}}/{{slug}}.hpp}}

{{include judge/case.hpp}}

// TODO: cases for every promise of the header; each fails on the skeleton.
TEST_CASE("{{function}} gives twice the number") {
  CHECK_SAME({{namespace}}::{{function}}(21), 42);
  CHECK_SAME({{namespace}}::{{function}}(-1), -2);
}
)";

inline constexpr const char* checkpoint =
    R"(// Capability of module {{slug}}.
// TODO: what can be done now that could not be done before.
{{include judge/case.hpp}}
{{include {{course}}/{{slug}}.hpp}}

// TODO: a case that answers the question in course.json, with what came before as well.
TEST_CASE("Doubling ten times is multiplying by 1024") {
  int n = 1;
  for (int i = 0; i < 10; ++i) n = {{namespace}}::{{function}}(n);
  CHECK_SAME(n, 1024);
}
)";

inline constexpr const char* demo =
    R"(// The immediate use of module {{slug}}.
// TODO: what it makes possible, together with the modules before it.
{{include judge/demo.hpp}}
{{include {{course}}/{{slug}}.hpp}}

void demo::run() {
  demo::say("TODO: what is shown.");
  demo::measure("twice 21", {{namespace}}::{{function}}(21), "");
}
)";

inline constexpr const char* hints = R"(# Hints: {{title}}

## {{function}}

1. TODO: a question.
2. TODO: a direction.
3. TODO: nearly the answer.
)";

inline constexpr const char* mistakes = R"(# Mistakes: {{title}}

## The number comes back as it was

In {{function}}; the checkpoint fails, too.

TODO: why a student writes this; and seven more sections, each a wrong solution that the cases catch.

```cpp
  return 2 * n;
```

```cpp
  return n;
```
)";

inline constexpr const char* lesson = R"(# {{title}}: TODO: the idea in a few words

## The need

TODO: what cannot be done with the modules before this one, shown and not told.

## The idea

TODO: the idea, from the need to the formulas, with every symbol explained.

### A worked example

TODO: small numbers, worked by hand, and then with the student's code:

```cpp
{{out}} << {{function}}(21) << "\n";
```

```text
42
```

## What to build

In `{{slug}}.cpp`; the promises are in `{{course}}/{{slug}}.hpp`.

1. `{{function}}` TODO: in which order, and which cases become green.

```sh
tito module test {{slug}}
```

## Systems

TODO: what it costs in time and memory, and a measurement:

```cpp
for (int n = 1; n <= 3; ++n) {{out}} << n << ": " << {{function}}(n) << "\n";
```

## How PyTorch does it

TODO: the same there, and where it differs.

## What can go wrong

TODO: the likely mistakes, by what one sees of them.

## What you can now do

TODO: what the demo shows.

```sh
tito demo {{slug}}
```

## The need it leaves

TODO: what hurts next, for each track.
)";

}  // namespace tito::scaffold_texts
