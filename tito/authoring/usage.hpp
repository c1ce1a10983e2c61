// What each module of a course provides and who uses it, measured on the compiled objects and the contract's headers.
//
// An entity is a class or a function of the contract. A module provides the entities whose code or data its body's
// object defines. A body or demo uses an entity whose symbols its object needs from elsewhere, or of which it holds a
// part that a header defines, such as an inline function; and a body uses the types of other modules that its own
// contract header names. Given code is no use.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tito {

using Entities = std::set<std::string>;

// A module's body, or one of its demos.
struct User {
  std::string module;
  std::string demo;                      // empty for the body; "demo", or "demo.TRACK" for a track's own
  std::map<std::string, Entities> uses;  // module -> its entities

  bool is_body() const { return demo.empty(); }

  // "the body of tensor", "the demo of tensor", "the demo of tensor in track gentle"
  std::string name() const;
};

struct Usage {
  std::map<std::string, std::map<std::string, std::vector<std::string>>>
      provided;                                                   // module -> entity -> demangled symbols
  std::map<std::string, std::map<std::string, Entities>> inside;  // module -> entity -> what of the same module it uses
  std::vector<User> users;  // bodies, and each module's demos, "demo" before those of tracks

  const User& body(const std::string& module) const;
  std::vector<const User*> demos(const std::string& module) const;
};

// Where the pieces of a module lie.
struct MeasuredModule {
  std::string slug;
  std::filesystem::path header;
  std::filesystem::path body;                          // its object
  std::map<std::string, std::filesystem::path> demos;  // "demo", "demo.TRACK" -> object
};

// `name_space`: the namespace of the contract, and the folder of its headers.
// throws: Failure(Exit::damaged) for a file that is no object; Failure(Exit::environment) for one that is not there.
Usage measure_usage(const std::string& name_space, const std::vector<MeasuredModule>& modules);

// What of the modules an object needs, whoever wrote it, say a checkpoint: module -> entities.
std::map<std::string, Entities> entities_needed(const std::string& name_space,
                                                const std::vector<MeasuredModule>& modules,
                                                const std::filesystem::path& object);

}  // namespace tito
