// tito course: one file for each of its commands, course_NAME.cpp, and a row in course_group.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include "tito/commands/context.hpp"

namespace tito {

void add_course_reorder(CLI::App& group, Context& context);
void add_course_new(CLI::App& group, Context& context);

}  // namespace tito
