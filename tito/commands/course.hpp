// The commands below "tito course", one file each: for those who work on the course itself.
#pragma once

#include <CLI/CLI.hpp>

#include "tito/commands/context.hpp"

namespace tito {

// `app` is the root: a check of texts asks it which commands there are.
void add_course_check(CLI::App& group, CLI::App& app, Context& context);

}  // namespace tito
