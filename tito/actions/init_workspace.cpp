#include "tito/actions/init_workspace.hpp"

#include "tito/actions/editor_files.hpp"
#include "tito/actions/reference.hpp"
#include "tito/actions/update_workspace.hpp"
#include "tito/system/files.hpp"

namespace tito {
namespace {

std::string workspace_readme(const Course& course, const Track& track) {
  std::string text =
      "# " + course.title() + "\n\nTrack `" + track.name + "`: " + track.title + ".\n\n" +
      "    tito next                what to do now\n"
      "    tito module test         check the module you are at\n"
      "    tito watch               check it again whenever you save\n"
      "    tito hint                the next hint, when you are stuck\n"
      "    tito export              put it into your package and unlock its checkpoint\n"
      "    tito bench               how fast it is, beside the reference and this machine's limits\n"
      "    tito checkpoint status   what your framework can do\n\n"
      "Each folder in `modules/` holds a lesson, `README.md`, and the file you write. `package/` is your\n"
      "framework: it grows by one module with each export and builds on its own.\n\n";
  for (const std::string& slug : track.order) {
    const std::string folder = folder_name(track, slug);
    text += "- [" + folder + "](modules/" + folder + "/README.md): " + course.module(slug).purpose + "\n";
  }
  return text;
}

}  // namespace

WorkspaceFiles given_files(const Kit& kit, const Course& course, const Track& track, const fs::path& root) {
  WorkspaceFiles files;
  for (const std::string& slug : track.order) {
    const fs::path reference = reference_source(kit, course, slug);
    const fs::path home = fs::path("modules") / folder_name(track, slug);
    files[home / "README.md"] = read_file(reference.parent_path() / "README.md");
    if (const auto hints = read_if_present(reference.parent_path() / "hints.md")) files[home / "hints.md"] = *hints;
  }
  files["README.md"] = workspace_readme(course, track);
  files.merge(editor_files(kit, track, root));
  files[".gitignore"] =
      ".tito/tmp/\n.tito/lock\n.tito/snapshots/*lock\n.tito-init/\npackage/objects/\npackage/build/\n.cache/\n";
  return files;
}

fs::path init_workspace(const Kit& kit, const Course& course, const Track& track, const fs::path& folder, bool force) {
  const fs::path root = fs::weakly_canonical(fs::absolute(folder));
  WorkspaceFiles files = given_files(kit, course, track, root);
  const GivenRecord record = record_of(kit, course, track, files);
  for (const std::string& slug : track.order) {
    files[fs::path("modules") / folder_name(track, slug) / (slug + ".cpp")] = skeleton_of(kit, course, slug);
  }
  files[GivenRecord::file()] = record.print();
  return create_workspace(root, course, track, files, kit.package(), force);
}

}  // namespace tito
