// A copy of the toy course in which faults are planted, and what tito course check says of it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/tito.hpp"

class CheckedCourse {
 public:
  CheckedCourse();

  const fs::path& root() const { return root_; }

  // Replaces text in a file of the course, which must hold it.
  void edit(const std::string& file, const std::string& from, const std::string& to) const;
  void append(const std::string& file, const std::string& text) const;
  void write(const std::string& file, const std::string& text) const;

  // The kit, for changes to it.
  nlohmann::json kit() const;
  void set_kit(const nlohmann::json& kit) const;

  // Compiles a source into the kit, as the object of this kind and name.
  void compile(const std::string& kind, const std::string& name, const std::string& source) const;

  // Runs the check with --json and returns each finding as "rule file:line".
  std::vector<std::string> findings(const std::vector<std::string>& options = {});

  // The same as one text: "rule file:line: message" of the only finding, "nothing", or how many there are.
  std::string only_finding(const std::vector<std::string>& options = {});

  // What the last check said of its only finding.
  std::string message() const;
  std::string way_out() const;

  // Runs the check as it is.
  Run check(const std::vector<std::string>& options = {}) const;

 private:
  Sandbox sandbox_;
  fs::path root_;
  nlohmann::json last_;
};
