// What the course gives of a module: its bodies, and the skeleton that is made of the reference.
#pragma once

#include <filesystem>
#include <string>

#include "tito/course/course.hpp"
#include "tito/toolchain/kit.hpp"

namespace tito {

// The reference body's file.
std::filesystem::path reference_source(const Kit& kit, const Course& course, const std::string& slug);

// What stands in for a module that the student has not exported: the fast body where there is one, else the reference.
Body given_body(const Kit& kit, const Course& course, const std::string& slug);

// What the student's file of a module starts as.
std::string skeleton_of(const Kit& kit, const Course& course, const std::string& slug);

}  // namespace tito
