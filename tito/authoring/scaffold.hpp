// A new module: its entry in course.json, and a first version of every file that a module has.
//
// That version builds: its skeleton fails, its reference body passes. What an author has to write is marked TODO, and
// found by todo.hpp. Nothing is read or written here.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tito/course/course.hpp"

namespace tito {

struct NewModule {
  std::string slug;
  std::string title;       // empty: made of the slug
  std::string purpose;     // empty: a TODO
  std::string checkpoint;  // empty: the slug
  std::string after;       // the module that it follows in every track, and needs; empty: each track's last one
};

// Where a course's sources lie below its root.
struct CourseFolders {
  std::filesystem::path modules;
  std::filesystem::path contract;  // holds NAME/slug.hpp
  std::filesystem::path tests;
  std::filesystem::path checkpoints;
};

// The module with everything that was left empty.
// throws: Failure(Exit::usage) naming what is wrong with a name: not a slug, a word of C++, taken already; or no module
//         of the name in `after`.
NewModule completed(const Course& course, NewModule module);

// The text of course.json with the module in it.
std::string with_module(const Course& course, const std::string& text, const NewModule& module);

// The files of the module, by their path below the root. `course` has the module already. `given_header`: the header
// that declares NotImplemented, "tinytorch/errors.hpp".
std::map<std::filesystem::path, std::string> module_files(const Course& course, const NewModule& module,
                                                          const CourseFolders& folders,
                                                          const std::string& given_header);

}  // namespace tito
