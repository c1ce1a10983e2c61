#include "tito/commands/course.hpp"

#include "tito/commands/commands.hpp"

namespace tito {

void add_course(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("course", "For those who work on the course itself");
  group->require_subcommand(1);
  group->footer("Example:\n  tito course check");
  add_course_check(*group, app, context);
}

}  // namespace tito
