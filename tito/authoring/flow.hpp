// An order of modules, judged by what is used where: how soon each module is used, what lies unused, and what is used
// before it exists.
//
// The idea is the course's own: every module should need the one before at once. A module's gap is the number of
// modules that lie between it and the first one that uses it, in its body or its demo.
#pragma once

#include <string>
#include <vector>

#include "tito/authoring/usage.hpp"
#include "tito/course/course.hpp"

namespace tito {

// Which demos count as use.
struct DemoChoice {
  bool none = false;  // bodies alone
  std::string track;  // that track's demos; empty: of each module the one that fits the order and uses the newest
};

// A use of something that comes later in the order.
struct ForwardUse {
  std::string user;    // User::name()
  std::string module;  // that is needed
  Entities entities;
};

struct EntityFlow {
  std::string name;
  int symbols = 0;         // that the body defines
  std::string first_used;  // User::name() of the first that uses it, itself or through others; empty: nobody
  int gap = -1;            // modules in between; -1: used by the module's own demo at most
  bool wasted = false;     // by nobody that comes later, and by no demo
};

struct ModuleFlow {
  std::string slug;
  int number = 0;  // in this order
  std::vector<EntityFlow> provides;
  std::string first_user;   // a later module; empty: none
  std::string first_use;    // User::name() of what in it is first
  Entities first_entities;  // what it uses
  int gap = 0;              // modules in between; all that follow, where there is no user
  std::string demo;         // "demo", "demo.TRACK"; empty: none counts
  bool demo_uses_itself = false;
  std::vector<std::string> demo_uses;  // earlier modules, in this order
  std::vector<ForwardUse> forward;     // of its body and demo

  bool is_used() const { return !first_user.empty(); }
  std::vector<std::string> wasted() const;
};

enum class Quality {
  perfect,      // what was built is used at once
  problematic,  // it lies unused for a while
  broken        // it is never used, or what comes next needs something that does not exist yet
};

const char* name_of(Quality quality);

// From a module to the one behind it.
struct Connection {
  std::string from;
  std::string to;
  Quality quality = Quality::perfect;
  std::string reason;  // a sentence
  int gap = 0;         // of `from`
};

struct Flow {
  std::vector<std::string> order;
  std::vector<ModuleFlow> modules;
  std::vector<Connection> connections;

  int total_gap() const;
  int forward_uses() const;
  int wasted() const;  // entities
  int count(Quality quality) const;
  // No gap, no waste, nothing used before it exists.
  bool is_perfect() const { return total_gap() == 0 && forward_uses() == 0 && wasted() == 0; }
};

// `order`: every module of the course once.
Flow analyze(const Usage& usage, const std::vector<std::string>& order, const DemoChoice& choice = {});

// The demo of a module in an order, by what came before it there; nullptr where none counts.
const User* demo_in(const Usage& usage, const std::string& module, const std::vector<std::string>& before,
                    const DemoChoice& choice);

}  // namespace tito
