#include "tito/views/advice.hpp"

#include "tito/system/text.hpp"

namespace tito {

Advice advice_for(const Session& session, const Next& next) {
  const Workspace& workspace = session.workspace;
  const std::string number = two_digits(number_in(workspace.track(), next.module));
  const std::string label = module_label(workspace.track(), next.module);
  switch (next.action) {
    case Action::test:
      if (workspace.source_hash(next.module).empty()) {
        return {
            workspace.source_name(next.module) + " is missing; \"tito init\" in another folder gives a new one to copy",
            "tito init DIR"};
      }
      return {"write " + workspace.source_name(next.module) + " (the lesson is README.md beside it), then check it",
              "tito module test " + number};
    case Action::export_module: {
      const bool stale = standing_of(session).modules.at(next.module) == ModuleState::stale;
      return {label + (stale ? " has changed since its export: export it again"
                             : " passes all its tests: make it part of your package"),
              "tito export " + number};
    }
    case Action::prove: {
      const std::string& checkpoint = session.course.module(next.module).checkpoint;
      return {"checkpoint " + checkpoint + " is to be proven with what your package holds now",
              "tito checkpoint test " + checkpoint};
    }
    case Action::finished:
      return {"all modules are exported and all checkpoints proven: your framework is complete, in package/", ""};
  }
  return {};
}

}  // namespace tito
