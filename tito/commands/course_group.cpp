#include "tito/commands/course_group.hpp"

namespace tito {

void add_course(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("course", "Measure, check and change the course itself");
  group->require_subcommand(1);
  group->footer("Examples:\n  tito course analyze\n  tito course suggest\n  tito course check");
  add_course_analyze(*group, context);
  add_course_suggest(*group, context);
  add_course_reorder(*group, context);
  add_course_new(*group, context);
  add_course_check(*group, context);
}

}  // namespace tito
