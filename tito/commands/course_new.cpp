#include "tito/commands/course.hpp"

namespace tito {

void add_course_new(CLI::App&, Context&) {}

}  // namespace tito
