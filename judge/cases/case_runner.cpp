// main() of every program of cases.
//
//   PROGRAM [Catch2's own arguments] [--seed N]        for people and CTest: Catch2's console output
//   PROGRAM --plan                                     prints the cases as JSON:
//                                                      [{"name": .., "limit": seconds, "file": .., "line": ..}]
//   PROGRAM --record FD --seed N [--from K] [--every S]
//                                                      for tito: runs every S-th planned case from number K (from 0)
//
// With --record the program ends without running destructors of static objects: what those do no longer counts.
#define CATCH_CONFIG_RUNNER
// A crash must look like one to tito: no handler in between.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>
#include <vector>

#include "judge/cases/case.hpp"
#include "judge/cases/events.hpp"
#include "judge/cases/findings.hpp"
#include "judge/causes/causes.hpp"

namespace {

using nlohmann::json;

constexpr double default_limit_seconds = 10;

std::uint64_t run_seed = 0;
bool seed_was_asked = false;
judge::Detail pending_detail;
judge::Findings pending_findings;
json pending_not_written;  // of the exception that was translated last
int cases_run = 0;

struct Case {
  std::string name;
  double limit;
  std::string file;
  std::size_t line;
};

// The time limit that a tag "limit:30" gives, else the default.
double limit_of(const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    if (tag.starts_with("limit:")) return std::stod(tag.substr(6));
  }
  return default_limit_seconds;
}

std::vector<Case> planned_cases() {
  std::vector<Case> cases;
  const auto& registry = Catch::getRegistryHub().getTestCaseRegistry();
#if CATCH_VERSION_MAJOR >= 3
  for (const Catch::TestCaseInfo* info : registry.getAllInfos()) {
    std::vector<std::string> tags;
    for (const Catch::Tag& tag : info->tags) tags.emplace_back(tag.original.begin(), tag.original.end());
    cases.push_back({info->name, limit_of(tags), info->lineInfo.file, info->lineInfo.line});
  }
#else
  for (const Catch::TestCase& test : registry.getAllTests()) {
    cases.push_back({test.name, limit_of(test.tags), test.lineInfo.file, test.lineInfo.line});
  }
#endif
  return cases;
}

// Catch2 has no way to say "from this case on", and its patterns give meaning to some characters.
void check_name(const std::string& name) {
  constexpr std::string_view allowed = " .,:;()/+=<>'-_";
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || allowed.find(c) != std::string_view::npos) continue;
    throw std::runtime_error("the name of case \"" + name + "\" has the character '" + c + "'");
  }
}

// The name as a pattern of Catch2's, in which a comma separates alternatives even between quotes.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == ',' ? std::string("\\,") : std::string(1, c);
  return text + '"';
}

#if CATCH_VERSION_MAJOR >= 3
using ListenerBase = Catch::EventListenerBase;
using EndedResult = void;
#else
using ListenerBase = Catch::TestEventListenerBase;
using EndedResult = bool;
#endif

// Writes the record as Catch2 runs the cases.
class RecordListener : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    name_ = info.name;
    started_ = std::chrono::steady_clock::now();
    judge::clear_detail();
    pending_not_written = nullptr;
    seed_was_asked = false;
    judge::write_event({{"event", "begin"}, {"case", name_}});
  }

  EndedResult assertionEnded(const Catch::AssertionStats& stats) override {
    const Catch::AssertionResult& result = stats.assertionResult;
    if (!result.isOk()) write_failure(stats);
#if CATCH_VERSION_MAJOR < 3
    return false;
#endif
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    ++cases_run;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    judge::write_event({{"event", "end"},
                        {"case", name_},
                        {"checks", stats.totals.assertions.total()},
                        {"failed", stats.totals.assertions.failed},
                        {"seconds", seconds}});
  }

 private:
  void write_failure(const Catch::AssertionStats& stats) {
    const Catch::AssertionResult& result = stats.assertionResult;
    const bool threw = result.getResultType() == Catch::ResultWas::ThrewException;
    const std::string thrown = threw ? std::string(result.getMessage()) : "";
    std::string message = thrown;
    for (const Catch::MessageInfo& info : stats.infoMessages) {
      if (threw && info.message == thrown) continue;  // Catch2 lists what was thrown here, too
      if (!message.empty()) message += '\n';
      message += info.message;
    }
    judge::Detail detail = pending_detail;
    const std::string expansion = result.getExpandedExpression();
    if (detail.actual.empty() && detail.expected.empty() && detail.note.empty()) {
      const std::size_t equals = expansion.find(" == ");
      if (equals != std::string::npos) {
        detail.actual = expansion.substr(0, equals);
        detail.expected = expansion.substr(equals + 4);
      } else if (result.hasExpression() && expansion != result.getExpression()) {
        detail.actual = expansion;
      }
    }
    std::string expression(result.getExpression());
    if (threw) {
      if (expression.starts_with("{Unknown")) expression.clear();  // thrown between two checks
      detail = {detail.expected, "threw: " + thrown, ""};
    }
    json event = {{"event", "failure"},
                  {"case", name_},
                  {"expression", tidy(expression)},
                  {"expected", detail.expected},
                  {"actual", detail.actual},
                  {"note", detail.note},
                  {"message", message},
                  {"file", result.getSourceInfo().file},
                  {"line", result.getSourceInfo().line}};
    if (seed_was_asked) event["random"] = true;
    if (threw && !pending_not_written.is_null()) event["not_written"] = std::move(pending_not_written);
    if (!threw) add_findings(event, pending_findings);
    judge::write_event(event);
  }

  static void add_findings(json& event, const judge::Findings& findings) {
    if (!findings.cause.empty()) event["cause"] = findings.cause;
    const judge::Excerpt& excerpt = findings.excerpt;
    if (excerpt.columns == 0) return;
    event["excerpt"] = {{"shape", excerpt.shape},   {"at", excerpt.at},           {"row", excerpt.row},
                        {"column", excerpt.column}, {"columns", excerpt.columns}, {"expected", excerpt.expected},
                        {"actual", excerpt.actual}, {"wrong", excerpt.wrong}};
  }

  // The judge's own macros wrap what the test's author wrote.
  static std::string tidy(const std::string& expression) {
    for (const std::string_view prefix :
         {"judge::same(", "judge::close(", "judge::has_shape(", "judge::gradients_agree("}) {
      if (expression.starts_with(prefix) && expression.ends_with(")")) {
        return expression.substr(prefix.size(), expression.size() - prefix.size() - 1);
      }
    }
    return expression;
  }

  std::string name_;
  std::chrono::steady_clock::time_point started_;
};

CATCH_REGISTER_LISTENER(RecordListener)

// Catch2 asks for the message of an exception here, and its listeners never see the exception itself.
CATCH_TRANSLATE_EXCEPTION(const std::exception& error) {
  pending_not_written = judge::not_written(error);
  return error.what();
}

template <class Number>
Number number(const std::string& option, const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error(option + " takes a number, found '" + text + "'");
  }
  return value;
}

int run(int argc, char** argv) {
  bool plan = false;
  bool seeded = false;
  int descriptor = -1;
  std::size_t from = 0, every = 1;
  std::vector<std::string> arguments{argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) throw std::runtime_error(argument + " takes a value");
      return argv[++i];
    };
    if (argument == "--plan") plan = true;
    else if (argument == "--seed") run_seed = number<std::uint64_t>(argument, value()), seeded = true;
    else if (argument == "--record") descriptor = number<int>(argument, value());
    else if (argument == "--from") from = number<std::size_t>(argument, value());
    else if (argument == "--every") every = std::max<std::size_t>(1, number<std::size_t>(argument, value()));
    else arguments.push_back(argument);
  }
  const std::vector<Case> cases = planned_cases();
  for (const Case& planned : cases) check_name(planned.name);
  if (plan) {
    json list = json::array();
    for (const auto& [name, limit, file, line] : cases)
      list.push_back({{"name", name}, {"limit", limit}, {"file", file}, {"line", line}});
    std::cout << list.dump(2) << '\n';
    return 0;
  }
  if (!seeded) {
    std::random_device device;
    run_seed = device() % 1'000'000U;
  }
  if (descriptor >= 0) {
    judge::open_record(descriptor);
    judge::write_event({{"event", "start"}, {"seed", run_seed}});
    std::string pattern;
    for (std::size_t i = from; i < cases.size(); i += every)
      pattern += (pattern.empty() ? "" : ",") + quoted(cases[i].name);
    if (pattern.empty()) return 0;
    arguments = {argv[0], pattern, "--order", "decl", "--reporter", "compact", "--out", "/dev/null"};
  } else {
    std::cout << "seed " << run_seed << '\n';
  }
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  Catch::Session session;
  const int wrong = session.applyCommandLine(static_cast<int>(pointers.size()), pointers.data());
  if (wrong != 0) return wrong;
  int failed = session.run();
  const auto& asked = session.configData();
  const bool listing = asked.listTests || asked.listTags || asked.listReporters || asked.showHelp;
  if (cases_run == 0 && failed == 0 && !listing) {
    std::cerr << argv[0] << ": no case ran: that is no success\n";
    failed = 2;
  }
  if (descriptor < 0) return failed;
  std::cout.flush();
  std::fflush(nullptr);
  judge::write_event({{"event", "finish"}});
  std::_Exit(failed == 0 ? 0 : 1);
}

}  // namespace

namespace judge {

std::uint64_t seed() {
  seed_was_asked = true;
  return run_seed;
}

void set_detail(Detail detail) {
  pending_detail = std::move(detail);
  pending_findings = {};
}

void clear_detail() { set_detail({}); }
void set_findings(Findings findings) { pending_findings = std::move(findings); }

bool close(double actual, double expected, double relative, double absolute) {
  const bool near = actual == expected || std::abs(actual - expected) <= absolute + relative * std::abs(expected);
  if (!near) {
    std::ostringstream expected_text, actual_text, note;
    expected_text.precision(9), actual_text.precision(9);
    expected_text << expected;
    actual_text << actual;
    note << "they differ by " << std::abs(actual - expected) << ", allowed are "
         << absolute + relative * std::abs(expected);
    set_detail({expected_text.str(), actual_text.str(), note.str()});
    set_findings({cause_of_number(actual, expected, relative, absolute), {}});
  }
  return near;
}

}  // namespace judge

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 2;
  }
}
