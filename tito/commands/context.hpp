// What a command works with: its options, the screen, its result, and the session, of which each part is loaded when it
// is first asked for: some commands need no workspace, and --help needs nothing at all.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tito/actions/session.hpp"
#include "tito/system/failure.hpp"
#include "tito/ui/screen.hpp"

namespace tito {

class Context {
 public:
  // Options that stand before or behind any command.
  std::string workspace_folder = ".";
  std::string kit_file;  // empty: Kit::find()
  bool json = false;
  bool json_lines = false;  // with json: the command prints several objects, each on a line
  bool quiet = false;
  bool verbose = false;
  std::string registry_file;  // of data sets; empty: the course's

  Screen screen;

  // What --json prints besides schema, command and ok.
  nlohmann::json result = nlohmann::json::object();

  // How the command ended; a Failure overrides it.
  Exit exit = Exit::done;

  const Kit& kit();
  const Course& course();
  const Workspace& workspace();

  // The hash of the contract as it is now.
  const std::string& contract();

  // All of them, for an action.
  Session session() { return {kit(), course(), workspace(), contract()}; }

  Standing standing() { return standing_of(session()); }

 private:
  std::unique_ptr<Kit> kit_;
  std::unique_ptr<Course> course_;
  std::unique_ptr<Workspace> workspace_;
  std::string contract_;
};

}  // namespace tito
