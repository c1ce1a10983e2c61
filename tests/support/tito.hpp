// Running the real tito as a user would, in a temporary folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "judge/cases/case.hpp"
#include "tito/system/files.hpp"

namespace fs = std::filesystem;

// What one run of a program left.
struct Run {
  int status = -1;
  std::string out;  // standard output
  std::string err;  // standard error
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

// A temporary folder, and tito run in it with one of the built courses.
class Sandbox {
 public:
  // `kit`: the kit.json of a course.
  explicit Sandbox(std::string kit = TEST_TOY_KIT);

  // Runs `tito arguments...` in the workspace, or in the sandbox before there is one.
  Run tito(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {}) const;

  // Runs any program.
  Run run(const std::vector<std::string>& command, const fs::path& folder,
          const std::vector<std::string>& environment = {}) const;

  // Runs `tito arguments...` where no file can be written, as on a full disk; `out` has what it said on both streams.
  Run tito_on_full_disk(const std::string& arguments) const;

  // Makes a workspace "w" and goes there; with `filled` the reference bodies stand in it.
  void init(bool filled = false);

  const fs::path& root() const { return folder_.path(); }
  fs::path workspace() const { return root() / "w"; }
  fs::path path(const std::string& below_workspace) const { return workspace() / below_workspace; }

  // Replaces text in a file of the workspace, which must hold it.
  void edit(const std::string& file, const std::string& from, const std::string& to) const;

 private:
  tito::TemporaryFolder folder_;
  std::string kit_;
  bool has_workspace_ = false;
};

// Replaces text in a file, which must hold it.
void edit_file(const fs::path& file, const std::string& from, const std::string& to);

// A kit.json in the sandbox: that of the toy course, or another, with a change.
std::string changed_kit(const Sandbox& box, const std::function<void(nlohmann::json&)>& change,
                        const std::string& kit = TEST_TOY_KIT);

// What the Failure says that an action throws; "no failure" when there is none.
std::string failure_of(const std::function<void()>& action);

inline bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; });
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A check that shows the text it looked into.
#define CHECK_CONTAINS(text, part)          \
  do {                                      \
    const std::string looked_into = (text); \
    INFO(looked_into);                      \
    CHECK(contains(looked_into, (part)));   \
  } while (false)
