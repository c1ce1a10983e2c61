// What an author still has to write.
#include "tito/authoring/audit_rules.hpp"
#include "tito/authoring/todo.hpp"
#include "tito/system/files.hpp"

namespace tito {

Findings open_todos(const Audit& audit) {
  std::vector<fs::path> files{audit.tree.manifest()};
  for (const std::string& slug : audit.track().order) {
    const std::vector<fs::path> material = files_in(audit.folder(slug));
    files.insert(files.end(), material.begin(), material.end());
    for (const fs::path& file : {audit.header(slug), audit.tree.tests / (slug + "_test.cpp"), audit.checkpoint(slug),
                                 audit.tree.fast / (slug + ".cpp"), audit.tree.benches / (slug + ".cpp")}) {
      if (fs::is_regular_file(file)) files.push_back(file);  // what must be there, another rule finds
    }
  }
  Findings findings;
  for (const Todo& todo : todos_of(files)) {
    findings.push_back(
        {todo.file, todo.line, "todo", "still to be written: " + todo.text, "write it, and take the word TODO away"});
  }
  return findings;
}

}  // namespace tito
