#include "tito/commands/course_group.hpp"

#include "tito/commands/commands.hpp"

namespace tito {

void add_course(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("course", "For those who write the course: its order, and new modules");
  group->require_subcommand(1);
  group->footer("Examples:\n  tito course reorder --order a,b,c\n  tito course new recurrent --after spatial");
  for (void (*const add)(CLI::App&, Context&) : {add_course_reorder, add_course_new}) add(*group, context);
}

}  // namespace tito
