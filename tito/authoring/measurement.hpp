// What the built course uses where, from the objects of its kit.
#pragma once

#include <string>
#include <vector>

#include "tito/authoring/flow.hpp"
#include "tito/authoring/orders.hpp"
#include "tito/authoring/usage.hpp"
#include "tito/course/course.hpp"
#include "tito/toolchain/kit.hpp"
#include "tito/ui/arcs.hpp"

namespace tito {

// Header, body and demos of every module, in the default track's order.
std::vector<MeasuredModule> measured_modules(const Kit& kit, const Course& course);

Usage measure_usage(const Kit& kit, const Course& course);

// What every module needs directly, as course.json says.
Needs needs_of(const Course& course);

// An order as a user writes it, "losses,autograd": modules by slug. Those that are not named come first, in the
// default track's order.
// throws: Failure(Exit::usage) for a name that is no module, with the nearest, and for one that stands twice.
std::vector<std::string> parse_order(const Course& course, const std::string& text);

// A module of the order that course.json says needs one that comes behind it.
struct BrokenNeed {
  std::string module;
  std::string needs;
};
std::vector<BrokenNeed> broken_needs(const Course& course, const std::vector<std::string>& order);

// The connections as a picture.
ArcDiagram diagram_of(const Flow& flow, const Usage& usage, const DemoChoice& choice, const std::string& title);

// "total gap 2, 1 use of what comes later, 3 unused"
std::string summary_of(const Flow& flow);

}  // namespace tito
