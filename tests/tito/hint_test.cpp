// tito hint: which function it is about, how far it goes, and what is kept.
#include "tito.hpp"
#include "tito/actions/failing_function.hpp"
#include "tito/course/hints.hpp"
#include "tito/system/failure.hpp"

namespace {

using tito::parse_hints;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const tito::Failure& failure) {
    return std::string(failure.what()) + " / " + failure.way_out();
  }
  return "no failure";
}

const std::string three =
    "# Hints\n\n## ReLU::forward\n1. One\n   more.\n2. Two.\n\n## ReLU::backward\n1. B.\n## count\n\n1. C.\n";

tito::Check check_of(tito::CaseResult result) {
  tito::Check check;
  check.compilation.succeeded = check.ran = true;
  result.status = tito::CaseStatus::failed;
  check.verdict.cases = {{}, result};
  check.verdict.cases[0].status = tito::CaseStatus::passed;
  return check;
}

}  // namespace

TEST_CASE("Each hint goes one step on, the last is repeated, and the count is kept", "[hint][limit:60]") {
  Sandbox box;
  box.init();
  Run run = box.tito({"hint"});
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "count_to · hint 1 of 3");
  CHECK_CONTAINS(run.out, "Which numbers are asked for when n is 3");
  CHECK_CONTAINS(run.out, "tito hint 01 count_to");
  run = box.tito({"hint", "--json"});
  CHECK_SAME(run.json().at("taken"), 2);
  CHECK_SAME(run.json().at("hints").size(), 1U);
  CHECK_CONTAINS(run.json().at("hints").at(0).get<std::string>(), "is refused before that");
  CHECK_SAME(run.json().at("repeated"), false);
  CHECK_SAME(box.tito({"hint", "01", "--json"}).json().at("repeated"), false);
  run = box.tito({"hint"});
  CHECK_CONTAINS(run.out, "hint 3 of 3");
  CHECK_CONTAINS(run.out, "no further hint");
  CHECK_SAME(box.tito({"hint", "--json"}).json().at("repeated"), true);
  CHECK_SAME(
      nlohmann::json::parse(tito::read_file(box.path(".tito/hints.json"))).at("taken").at("count").at("count_to"), 3);
}

TEST_CASE("--all shows every step, which then counts as taken", "[hint][limit:60]") {
  Sandbox box;
  box.init();
  const Run run = box.tito({"hint", "01", "evens", "--all"});
  CHECK_CONTAINS(run.out, "1. What is left");
  CHECK_CONTAINS(run.out, "3. Add one");
  CHECK_SAME(box.tito({"hint", "01", "evens", "--json"}).json().at("taken"), 3);
}

TEST_CASE("The hint is about the function at which the last run failed first", "[hint][limit:120]") {
  Sandbox box;
  box.init(true);
  box.edit("modules/01_count/count.cpp", "number % 2 == 0 ? 1 : 0", "number % 2 == 0 ? 2 : 0");
  box.tito({"module", "test", "01"});
  CHECK_SAME(box.tito({"hint", "--json"}).json().at("function"), "evens");
  // In a function that does not compile, or that is gone.
  box.edit("modules/01_count/count.cpp", "return numbers;", "return number;");
  box.tito({"module", "test", "01"});
  CHECK_SAME(box.tito({"hint", "--json"}).json().at("function"), "count_to");
  box.edit("modules/01_count/count.cpp", "return number;", "return numbers;");
  box.edit("modules/01_count/count.cpp", "int evens(", "int odds(");
  box.tito({"module", "test", "01"});
  CHECK_SAME(box.tito({"hint", "--json"}).json().at("function"), "evens");

  box.tito({"dev", "fill", "all"});
  box.tito({"module", "test", "01"});
  const Run run = box.tito({"hint", "01"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "passed its last run");
  CHECK_SAME(box.tito({"hint", "01", "evens"}).status, 0);
}

TEST_CASE("A function may be named alone, and a wrong name meets a suggestion", "[hint][limit:60]") {
  Sandbox box;
  box.init();
  CHECK_SAME(box.tito({"hint", "evens", "--json"}).json().at("function"), "evens");
  CHECK_SAME(box.tito({"hint", "total", "--json"}).json().at("function"), "total_to");
  const Run run = box.tito({"hint", "01", "evenz"});
  CHECK_SAME(run.status, 2);
  CHECK_CONTAINS(run.err, "did you mean \"evens\"?");
  CHECK_CONTAINS(run.err, "count_to, evens");
  const Run neither = box.tito({"hint", "evnes"});
  CHECK_SAME(neither.status, 2);
  CHECK_CONTAINS(neither.err, "did you mean \"evens\"?");
  CHECK_CONTAINS(neither.err, "there is no module");
}

TEST_CASE("A damaged count of hints is named and left alone", "[hint][limit:60]") {
  for (const std::string damaged :
       {"{\"schema\": \"tito-hints/1\", \"taken\": {\"count\"", "{\"schema\": \"tito-hints/2\", \"taken\": {}}",
        "{\"schema\": \"tito-hints/1\", \"taken\": {\"count\": {\"evens\": -1}}}", ""}) {
    Sandbox box;
    box.init();
    tito::write_atomically(box.path(".tito/hints.json"), damaged);
    const Run run = box.tito({"hint"});
    CHECK_SAME(run.status, 4);
    CHECK_CONTAINS(run.err, "hints.json");
    CHECK_CONTAINS(run.err, "move it away");
    CHECK_SAME(tito::read_file(box.path(".tito/hints.json")), damaged);
  }
}

TEST_CASE("Hints are read by function and step", "[hint]") {
  const auto hints = parse_hints(three, "hints.md");
  CHECK_SAME(hints.size(), 3U);
  CHECK_SAME(hints.at(0).function, std::string("ReLU::forward"));
  CHECK_SAME(hints.at(0).steps, (std::vector<std::string>{"One more.", "Two."}));
  CHECK_SAME(hints.at(2).steps.size(), 1U);
  CHECK_CONTAINS(message_of([] { parse_hints("## f\n2. Two.\n", "h.md"); }), "h.md:2: expected step 1 of f, found 2");
  CHECK_CONTAINS(message_of([] { parse_hints("## f\n## g\n1. G.\n", "h.md"); }), "f, has no steps");
  CHECK_CONTAINS(message_of([] { parse_hints("## f\n1. F.\n## f\n1. F.\n", "h.md"); }), "h.md:3:");
  CHECK_CONTAINS(message_of([] { parse_hints("nothing\n", "h.md"); }), "no section");
}

TEST_CASE("A short name is enough where only one function has it", "[hint]") {
  const auto hints = parse_hints(three, "hints.md");
  CHECK_SAME(resolve_function(hints, "m", "backward").function, std::string("ReLU::backward"));
  CHECK_SAME(resolve_function(hints, "m", "relu::Forward").function, std::string("ReLU::forward"));
  const std::string several = message_of([&] { resolve_function(hints, "m", "ReLU"); });
  CHECK_CONTAINS(several, "ReLU::forward, ReLU::backward");
  CHECK_CONTAINS(message_of([&] { resolve_function(hints, "m", "bakward"); }), "did you mean \"backward\"?");
}

TEST_CASE("The function that a failure is about is read from stubs, checks and names", "[hint]") {
  const std::vector<std::string> functions{"ReLU::forward", "ReLU::backward", "Tanh::forward", "Tanh::backward",
                                           "count"};
  const auto failing = [&](const std::string& name, const std::string& expression, const std::string& message = "") {
    tito::CaseResult result;
    result.name = name;
    tito::CheckFailure failure;
    failure.expression = expression;
    failure.message = message;
    result.failures.push_back(failure);
    return tito::failing_function(functions, "m", "", check_of(result));
  };
  CHECK_SAME(failing("anything", "x", "Tanh::backward is not written yet (module m)"), std::string("Tanh::backward"));
  CHECK_SAME(failing("Tanh keeps", "x", "ReLU::forward is not written yet (module other)"),
             std::string("Tanh::forward"));
  CHECK_SAME(failing("Tanh backward is right", "x"), std::string("Tanh::backward"));
  CHECK_SAME(failing("Nothing is lost", "relu.backward(g)"), std::string("ReLU::backward"));
  CHECK_SAME(failing("It works", "m::count({1, 2})"), std::string("count"));
  CHECK_SAME(failing("It works", "x + y"), std::string(""));
}
