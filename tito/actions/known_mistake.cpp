#include "tito/actions/known_mistake.hpp"

#include <algorithm>
#include <set>

#include "tito/actions/reference.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

bool reached_stub(const CaseResult& result) {
  return std::any_of(result.failures.begin(), result.failures.end(), [](const CheckFailure& failure) {
    return failure.message.find(" is not written yet (module ") != std::string::npos;
  });
}

// What a failed check says besides its numbers' errors, which are the least exact of all.
std::string said_by(const CheckFailure& failure) {
  if (failure.random) return "";
  const std::string place =
      failure.note.starts_with("they differ") ? "" : failure.note.substr(0, failure.note.find(';'));
  return rounded_numbers(failure.expected + '\n' + failure.actual + '\n' + place + '\n' + failure.message + '\n');
}

Trace trace_of(const CaseResult& result) {
  Trace trace;
  trace.known = result.status != CaseStatus::not_run && !reached_stub(result);
  if (!trace.known || result.status == CaseStatus::passed) return trace;
  trace.ending = name_of(result.status);
  std::string before;
  for (const CheckFailure& failure : result.failures) {
    trace.values += said_by(failure);
    if (failure.expression == before) continue;  // once for each run of a loop
    trace.checks += failure.expression + '\n';
    trace.causes += rounded_numbers(failure.cause) + '\n';
    before = failure.expression;
  }
  return trace;
}

// The text of judge's files about likely causes, which signatures contain; empty for a course that has none of its own.
std::string patterns_of_causes(const Kit& kit) {
  const std::filesystem::path folder = kit.modules_folder().parent_path() / "judge";
  std::set<std::filesystem::path> files;
  if (std::filesystem::exists(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with("causes.cpp") || name == "look.cpp") files.insert(entry.path());
    }
  }
  std::string text;
  for (const std::filesystem::path& file : files) text += read_file(file);
  return text;
}

}  // namespace

Traces traces_of(const Verdict& verdict) {
  Traces traces;
  for (const CaseResult& result : verdict.cases) traces[result.name] = trace_of(result);
  return traces;
}

std::filesystem::path signature_file(const Kit& kit, const Course& course, const std::string& slug) {
  return reference_source(kit, course, slug).parent_path() / "signatures.json";
}

std::map<std::string, std::string> sources_of_signatures(const Kit& kit, const Course& course,
                                                         const std::string& slug) {
  const std::filesystem::path body = reference_source(kit, course, slug);
  std::map<std::string, std::string> sources{{"body", sha256(read_file(body))},
                                             {"cases", sha256(read_file(kit.plan("test", slug).front().file))},
                                             {"mistakes", sha256(read_file(body.parent_path() / "mistakes.md"))}};
  if (const std::string patterns = patterns_of_causes(kit); !patterns.empty()) sources["causes"] = sha256(patterns);
  return sources;
}

std::string known_mistake_of(const Kit& kit, const Course& course, const std::string& slug, const Verdict& verdict) {
  const std::filesystem::path file = signature_file(kit, course, slug);
  try {
    const auto text = read_if_present(file);
    return text ? known_mistake(read_signatures(*text, file.string()).mistakes, traces_of(verdict)) : "";
  } catch (const Failure&) {
    return "";
  }
}

}  // namespace tito
