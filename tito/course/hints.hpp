// Hints: what hints.md of a module says, and how far a student has followed it.
//
//   ## Tensor::reshape          for each function that a student writes
//   1. A question.              the steps, numbered from 1; a step goes on in the lines below it
//   2. A direction.
//   3. Nearly the answer.
//
// .tito/hints.json: {"schema": "tito-hints/1", "taken": {"tensor": {"Tensor::reshape": 2}}}
// It is written as progress.json is. A damaged file is named and left alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tito {

struct FunctionHints {
  std::string function;            // "Tensor::reshape"
  std::vector<std::string> steps;  // each one paragraph
};

// All sections, in order.
// throws: Failure(Exit::damaged) naming `origin` and the line for a step out of order, a section without steps or one
//         that stands twice, and when there is no section.
std::vector<FunctionHints> parse_hints(std::string_view text, const std::string& origin);

// The function that a user means by "ReLU::forward", or by "forward" or "ReLU" where only one function is called so.
// throws: Failure(Exit::usage) with the candidates, or the nearest name and what there is.
const FunctionHints& resolve_function(const std::vector<FunctionHints>& hints, const std::string& module,
                                      const std::string& word);

// How many steps were taken: module -> function -> count.
using HintsTaken = std::map<std::string, std::map<std::string, int>>;

// The file of one workspace.
class HintsFile {
 public:
  // `folder` is the workspace's .tito.
  explicit HintsFile(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Nothing was taken where there is no file.
  // throws: Failure(Exit::damaged) with the place of the damage and the way out.
  HintsTaken load() const;

  // How many steps of a function were taken.
  // throws: as load().
  int taken(const std::string& module, const std::string& function) const;

  // Takes `count` more steps of a function that has `steps`, and returns how many are taken now, at most `steps`.
  // throws: as load(); nothing is written then.
  int take(const std::string& module, const std::string& function, int count, int steps) const;

 private:
  std::filesystem::path file() const { return folder_ / "hints.json"; }
  std::filesystem::path folder_;
};

}  // namespace tito
