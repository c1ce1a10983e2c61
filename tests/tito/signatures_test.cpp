// A known mistake is named where everything speaks for it, and nowhere else.
#include "tito/course/signatures.hpp"

#include <functional>

#include "tests/tito/tito.hpp"
#include "tito/actions/known_mistake.hpp"
#include "tito/system/failure.hpp"

using tito::Signature;
using tito::Trace;
using tito::Traces;

namespace {

const Trace passed;
const Trace not_seen{false, "", "", "", ""};

Trace failed(const std::string& checks, const std::string& values, const std::string& causes = "") {
  return {true, "failed", checks, causes, values};
}

// Two mistakes of one module of three cases.
const Traces with_sum{{"adds", failed("add(1, 2) == 3", "4")}, {"draws", failed("mean", "0.5")}, {"prints", passed}};
const Traces with_sum_again{
    {"adds", failed("add(1, 2) == 3", "4")}, {"draws", failed("mean", "0.7")}, {"prints", passed}};
const Traces with_print{{"adds", passed}, {"draws", passed}, {"prints", failed("text", "a")}};

std::vector<Signature> signatures() {
  return {tito::signature_of("The sum is one too large", {with_sum, with_sum_again}),
          tito::signature_of("A letter is printed", {with_print, with_print})};
}

Traces changed(Traces traces, const std::string& name, const Trace& trace) {
  traces[name] = trace;
  return traces;
}

std::string refusal(const std::string& text) {
  try {
    tito::read_signatures(text, "s.json");
  } catch (const tito::Failure& failure) {
    return failure.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A mistake is recognised by the cases that fail, whatever values a seed gives", "[signatures]") {
  CHECK_SAME(known_mistake(signatures(), with_sum), "The sum is one too large");
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "draws", failed("mean", "0.9"))),
             "The sum is one too large");
  CHECK_SAME(known_mistake(signatures(), with_print), "A letter is printed");
}

TEST_CASE("A case more, a case less, another check or another value, and no mistake is recognised", "[signatures]") {
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "prints", failed("text", "a"))), "");
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "draws", passed)), "");
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "draws", failed("deviation", "0.5"))), "");
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "adds", failed("add(1, 2) == 3", "5"))), "");
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "adds", {true, "crashed", "add(1, 2) == 3", "", "4"})), "");
  CHECK_SAME(known_mistake(signatures(), {{"adds", passed}, {"draws", passed}, {"prints", passed}}), "");
}

TEST_CASE("Cases that reached a stub or were not run are no evidence either way", "[signatures]") {
  CHECK_SAME(known_mistake(signatures(), changed(with_sum, "draws", not_seen)), "The sum is one too large");
  CHECK_SAME(known_mistake(signatures(), changed(changed(with_sum, "draws", not_seen), "adds", not_seen)), "");
}

TEST_CASE("Two mistakes that show in the same way are not told apart, unless they have the same name", "[signatures]") {
  std::vector<Signature> both{tito::signature_of("One", {with_print}), tito::signature_of("Another", {with_print})};
  CHECK_SAME(known_mistake(both, with_print), "");
  both[1].name = "One";
  CHECK_SAME(known_mistake(both, with_print), "One");
}

TEST_CASE("What differs from run to run is not written down", "[signatures]") {
  const auto level = [](const Trace& one, const Trace& other) {
    const std::string text = tito::signature_of("m", {{{"case", one}}, {{"case", other}}}).fails.at("case");
    return text.substr(0, text.find(' '));
  };
  CHECK_SAME(level(failed("a", "1"), failed("a", "1")), "values");
  CHECK_SAME(level(failed("a", "1", "transposed"), failed("a", "2", "transposed")), "causes");
  CHECK_SAME(level(failed("a", "1", "transposed"), failed("a", "2", "negated")), "checks");
  CHECK_SAME(level(failed("a", "1"), failed("b", "1")), "fails");
  CHECK_SAME(level(failed("a", "1"), {true, "crashed", "a", "", "1"}), "varies");
  CHECK_SAME(level(failed("a", "1"), passed), "varies");
}

TEST_CASE("Which cases and checks fail is too little to name a mistake: a value or a cause must agree",
          "[signatures]") {
  const auto named = [](const Traces& one, const Traces& other) {
    return known_mistake({tito::signature_of("m", {one, other})}, one);
  };
  CHECK_SAME(named({{"case", failed("a", "1")}}, {{"case", failed("b", "2")}}), "");
  CHECK_SAME(named({{"case", failed("a", "1")}}, {{"case", failed("a", "2")}}), "");
  CHECK_SAME(named({{"case", failed("a", "")}, {"more", failed("b", "")}},
                   {{"case", failed("a", "")}, {"more", failed("b", "")}}),
             "");
  CHECK_SAME(named({{"case", failed("a", "1")}}, {{"case", failed("a", "1")}}), "m");
  CHECK_SAME(named({{"case", failed("a", "1", "transposed\n")}}, {{"case", failed("a", "2", "transposed\n")}}), "m");
}

TEST_CASE("Values of random numbers are no evidence", "[signatures]") {
  tito::Verdict verdict;
  verdict.cases.resize(1);
  verdict.cases[0].name = "draws", verdict.cases[0].status = tito::CaseStatus::failed;
  tito::CheckFailure check;
  check.expression = "x == y", check.actual = "0.5", check.cause = "looks transposed", check.random = true;
  verdict.cases[0].failures = {check};
  CHECK_SAME(tito::traces_of(verdict).at("draws").values, "");
  CHECK_SAME(tito::traces_of(verdict).at("draws").causes, "looks transposed\n");
}

TEST_CASE("Numbers are rounded to what every machine agrees on, and words are left alone", "[signatures]") {
  CHECK_SAME(tito::rounded_numbers("[0.333333, -1.5e-9, 1234]"), "[0.33, 0, 1.2e+03]");
  CHECK_SAME(tito::rounded_numbers("-0.5, -nan, x-1"), "-0.5, nan, x-1");
  CHECK_SAME(tito::rounded_numbers("0.33333334"), tito::rounded_numbers("0.3333331"));
  CHECK_SAME(tito::rounded_numbers("conv2d and x_2"), "conv2d and x_2");
}

TEST_CASE("What a case shows is taken from its failed checks, without how large their errors are", "[signatures]") {
  tito::Verdict verdict;
  verdict.cases.resize(3);
  verdict.cases[0].name = "fails", verdict.cases[0].status = tito::CaseStatus::failed;
  tito::CheckFailure check;
  check.expression = "mean(x) == 2", check.expected = "2", check.actual = "2.5", check.note = "they differ by 0.5";
  verdict.cases[0].failures = {check, check};
  verdict.cases[1].name = "reaches a stub", verdict.cases[1].status = tito::CaseStatus::failed;
  check.message = "f is not written yet (module m)";
  verdict.cases[1].failures = {check};
  verdict.cases[2].name = "waits";
  const Traces traces = tito::traces_of(verdict);
  CHECK_SAME(traces.at("fails").checks, "mean(x) == 2\n");
  CHECK_SAME(traces.at("fails").values, "2\n2.5\n\n\n2\n2.5\n\n\n");
  CHECK_FALSE(traces.at("reaches a stub").known);
  CHECK_FALSE(traces.at("waits").known);
}

TEST_CASE("Signatures are read as they were written, and a file that is wrong is named with its place",
          "[signatures]") {
  const tito::SignatureFile file{{{"body", "12"}}, signatures()};
  const tito::SignatureFile again = tito::read_signatures(file.print(), "s.json");
  CHECK_SAME(again.sources, file.sources);
  CHECK_SAME(again.print(), file.print());
  CHECK_SAME(known_mistake(again.mistakes, with_sum), "The sum is one too large");
  CHECK_CONTAINS(refusal("{"), "s.json");
  CHECK_CONTAINS(refusal(R"({"schema": "tito-signatures/9", "sources": {}, "mistakes": []})"), "s.json");
  CHECK_CONTAINS(refusal(R"({"schema": "tito-signatures/1", "sources": {}, "mistakes": [{"name": 3, "fails": {}}]})"),
                 "name");
}
