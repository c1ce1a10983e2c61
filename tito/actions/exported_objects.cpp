#include "tito/actions/exported_objects.hpp"

#include <unistd.h>

#include "tito/system/files.hpp"

namespace tito {

fs::path exported_object_path(const Session& session, const std::string& slug, const std::string& source_hash) {
  std::string key = source_hash + session.contract + session.kit.compiler();
  for (const std::string& flag : session.kit.flags(Mode::full)) key += ' ' + flag;
  return session.workspace.package() / "objects" / (slug + "-" + sha256(key).substr(0, 16) + ".o");
}

Compilation compile_exported(const Session& session, const std::string& slug, const fs::path& source,
                             const fs::path& object) {
  make_folders(object.parent_path());
  fs::path temporary = object;
  temporary += ".tmp" + std::to_string(::getpid());
  Compilation compilation = compile(session.kit, Mode::full, source, temporary);
  std::error_code ignored;
  if (!compilation.succeeded) {
    fs::remove(temporary, ignored);
    return compilation;
  }
  for (const auto& entry : fs::directory_iterator(object.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(slug + "-") && name.ends_with(".o") && entry.path() != object)
      fs::remove(entry.path(), ignored);
  }
  fs::rename(temporary, object);
  return compilation;
}

std::map<std::string, Body> exported_bodies(const Session& session) {
  std::map<std::string, Body> bodies;
  const Progress progress = session.workspace.progress_file().load();
  for (const std::string& slug : session.workspace.track().order) {
    const auto module = progress.modules.find(slug);
    if (module == progress.modules.end() || !module->second.exported) continue;
    const fs::path file = session.workspace.exported_source(slug);
    const auto source = read_if_present(file);
    if (!source || sha256(*source) != module->second.exported->source)
      continue;  // changed by hand: not what was proven
    const fs::path object = exported_object_path(session, slug, module->second.exported->source);
    if (!fs::exists(object)) {
      const Compilation compilation = compile_exported(session, slug, file, object);
      if (!compilation.succeeded) continue;  // the contract has moved on: as if it were not exported
    }
    bodies[slug] = {object, file};
  }
  return bodies;
}

std::vector<std::string> unexported_needs(const Session& session, const std::string& slug) {
  const auto exported = exported_bodies(session);
  std::vector<std::string> lacking;
  for (const std::string& need : session.course.all_needs(slug)) {
    if (!exported.contains(need)) lacking.push_back(need);
  }
  return lacking;
}

}  // namespace tito
