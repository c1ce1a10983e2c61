// What stands beside a body: its SOLUTION marks, hints and wrong solutions.
#include <algorithm>
#include <optional>
#include <regex>

#include "tito/authoring/audit_rules.hpp"
#include "tito/course/hints.hpp"
#include "tito/course/mistakes.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

constexpr std::size_t wanted_steps = 3;  // a question, a direction, nearly the answer

// The functions that a student writes; nothing where the body or its marks are damaged, which is a finding of its own.
std::optional<std::vector<std::string>> functions_of(const Audit& audit, const std::string& slug) {
  const auto body = read_if_present(audit.body(slug));
  if (!body) return std::nullopt;
  try {
    return solution_names(*body, audit.body(slug).string());
  } catch (const Failure&) {
    return std::nullopt;
  }
}

int heading_line(const std::string& text, const std::string& function) {
  return line_of("\n" + text, "\n## " + function + "\n");  // the line feed before stands for the one of the line above
}

void check_sections(const fs::path& file, const std::string& text, const std::vector<std::string>& functions,
                    Findings& findings) {
  const std::vector<FunctionHints> hints = parse_hints(text, file.string());
  const std::size_t before = findings.size();
  const auto find = [&](const std::string& function) {
    return std::find_if(hints.begin(), hints.end(), [&](const FunctionHints& one) { return one.function == function; });
  };
  int place = 1;  // where a section that is missing should stand: behind the one of the function before
  for (const std::string& function : functions) {
    const auto found = find(function);
    if (found == hints.end()) {
      findings.push_back({file, place, "hints", "no hints for " + function,
                          "add the section \"## " + function + "\" with the steps 1., 2. and 3."});
      continue;
    }
    place = heading_line(text, function);
    if (found->steps.size() != wanted_steps) {
      findings.push_back({file, place, "hints",
                          function + " has " + std::to_string(found->steps.size()) + " hints, expected 3",
                          "a question, a direction, nearly the answer"});
    }
  }
  for (const FunctionHints& one : hints) {
    if (std::find(functions.begin(), functions.end(), one.function) != functions.end()) continue;
    findings.push_back({file, heading_line(text, one.function), "hints",
                        "hints for " + one.function + ", which is no region of the body",
                        "the regions are: " + listed(functions)});
  }
  if (findings.size() > before) return;
  for (std::size_t i = 0; i < hints.size(); ++i) {
    if (hints[i].function == functions[i]) continue;
    findings.push_back({file, heading_line(text, hints[i].function), "hints",
                        "the hints for " + hints[i].function + " stand where those for " + functions[i] + " should",
                        "sections follow the order of the body: " + listed(functions)});
    return;
  }
}

// Lines of a file that is yet to be written have no numbers.
void check_line_numbers(const fs::path& file, const std::string& text, Findings& findings) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex("\\blines? [0-9]+"))) return;
  findings.push_back({file, line_of(text, found.str()), "hints", "a hint names \"" + found.str() + "\"",
                      "name the function or the step: a student's file has other lines"});
}

}  // namespace

Findings unbalanced_markers(const Audit& audit) {
  Findings findings;
  for (const std::string& slug : audit.track().order) {
    const fs::path file = audit.body(slug);
    const auto body = read_if_present(file);
    if (!body) continue;
    try {
      solution_regions(*body, file.string());
    } catch (const Failure& failure) {
      findings.push_back(finding_of("markers", file, failure.what(),
                                    "each function is wrapped in \"// BEGIN SOLUTION name\" and \"// END SOLUTION\""));
    }
  }
  return findings;
}

Findings missing_hints(const Audit& audit) {
  Findings findings;
  for (const std::string& slug : audit.track().order) {
    const fs::path file = audit.folder(slug) / "hints.md";
    const auto text = read_if_present(file);
    const auto functions = functions_of(audit, slug);
    if (!text || !functions) continue;
    try {
      check_sections(file, *text, *functions, findings);
    } catch (const Failure& failure) {
      findings.push_back(finding_of("hints", file, failure.what(), "steps are numbered 1., 2., 3. in each section"));
    }
    check_line_numbers(file, *text, findings);
  }
  return findings;
}

Findings malformed_mistakes(const Audit& audit) {
  Findings findings;
  for (const std::string& slug : audit.track().order) {
    const fs::path file = audit.folder(slug) / "mistakes.md";
    const auto text = read_if_present(file);
    if (!text || !functions_of(audit, slug)) continue;
    const std::string body = read_file(audit.body(slug));
    const auto note = [&](const Failure& failure) {
      findings.push_back(finding_of("mistakes", file, failure.what(),
                                    "the text to replace stands once in the function's region, as the body has it"));
    };
    try {
      for (const Mistake& mistake : read_mistakes(*text, file.string())) {
        try {
          with_mistake(body, mistake, file.string());
        } catch (const Failure& failure) {
          note(failure);
        }
      }
    } catch (const Failure& failure) {
      note(failure);
    }
  }
  return findings;
}

}  // namespace tito
