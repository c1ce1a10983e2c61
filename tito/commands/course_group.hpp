// The commands of "tito course", for those who work on a course itself; one file each.
#pragma once

#include "tito/commands/commands.hpp"

namespace tito {

void add_course_analyze(CLI::App& group, Context& context);
void add_course_suggest(CLI::App& group, Context& context);
void add_course_reorder(CLI::App& group, Context& context);
void add_course_new(CLI::App& group, Context& context);
void add_course_check(CLI::App& group, Context& context);

}  // namespace tito
