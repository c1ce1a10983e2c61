#include "tito/course/workspace.hpp"

#include "tito/course/snapshots.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

const fs::path marker = fs::path(".tito") / "workspace.json";

fs::path find_root(const fs::path& folder) {
  const fs::path start = fs::weakly_canonical(fs::absolute(folder));
  for (fs::path at = start;; at = at.parent_path()) {
    if (fs::exists(at / marker)) return at;
    if (at == at.root_path()) break;
  }
  throw Failure(Exit::usage, start.string() + " is not a workspace of the course, nor inside one",
                "make one with \"tito init my-course\" and go there, or name one with --workspace DIR");
}

std::string track_of(const fs::path& root, const Course& course) {
  const fs::path file = root / marker;
  json value;
  try {
    value = parse_json(read_if_present(file).value_or(""), file.string());
    JsonView(value, file.string()).allow_only({"schema", "course", "track"});
  } catch (const Failure& failure) {
    throw Failure(failure.exit(), failure.what(),
                  "your work is untouched; write the file again: {\"schema\": \"tito-workspace/1\", \"course\": \"" +
                      course.name() + "\", \"track\": \"" + course.default_track() + "\"}, with the track you chose");
  }
  const JsonView view(value, file.string());
  if (view["schema"].text() != "tito-workspace/1") view["schema"].fail("expected \"tito-workspace/1\"");
  if (view["course"].text() != course.name()) {
    throw Failure(Exit::usage, root.string() + " is a workspace of the course \"" + view["course"].text() +
                                   "\", not of \"" + course.name() + "\"");
  }
  if (!course.tracks().contains(view["track"].text()))
    view["track"].fail("there is no track \"" + view["track"].text() + "\"");
  return view["track"].text();
}

}  // namespace

Workspace::Workspace(const Course& course, const fs::path& folder)
    : root_(find_root(folder)), track_(&course.track(track_of(root_, course))), progress_(root_ / ".tito") {}

fs::path Workspace::module_folder(const std::string& slug) const {
  return root_ / "modules" / folder_name(*track_, slug);
}

fs::path Workspace::source(const std::string& slug) const { return module_folder(slug) / (slug + ".cpp"); }

std::string Workspace::source_name(const std::string& slug) const { return fs::relative(source(slug), root_).string(); }

std::string Workspace::source_hash(const std::string& slug) const {
  const auto text = read_if_present(source(slug));
  return text ? sha256(*text) : "";
}

std::vector<fs::path> Workspace::written_folders() const {
  std::vector<fs::path> folders{root_, root_ / ".tito", scratch(), root_ / "modules", package()};
  for (const std::string& slug : track_->order) folders.push_back(module_folder(slug));
  std::error_code ignored;
  for (auto at = fs::recursive_directory_iterator(package(), ignored); at != fs::recursive_directory_iterator();
       at.increment(ignored)) {
    if (!at->is_directory(ignored)) continue;
    folders.push_back(at->path());
    if (at->path().filename() == "build") at.disable_recursion_pending();  // the student's own, and large
  }
  for (const fs::path& folder : SnapshotStore(root_ / ".tito" / "snapshots").folders()) folders.push_back(folder);
  return folders;
}

fs::path create_workspace(const fs::path& folder, const Course& course, const Track& track, const WorkspaceFiles& files,
                          const std::vector<std::pair<fs::path, fs::path>>& package, bool force) {
  const fs::path root = fs::weakly_canonical(fs::absolute(folder));
  if (fs::exists(root) && !fs::is_directory(root))
    throw Failure(Exit::usage, root.string() + " is a file, not a folder");
  make_folders(root);
  fs::path kept;
  {
    const TemporaryFolder staging(root / ".tito-init");
    for (const auto& [name, content] : files) {
      make_folders((staging.path() / name).parent_path());
      write_atomically(staging.path() / name, content);
    }
    for (const auto& [from, to] : package) copy_folder(from, staging.path() / "package" / to);
    make_folders(staging.path() / ".tito");
    ProgressFile(staging.path() / ".tito").create();
    const json marks = {{"schema", "tito-workspace/1"}, {"course", course.name()}, {"track", track.name}};
    write_atomically(staging.path() / marker, marks.dump(2) + "\n");

    std::vector<fs::path> names;  // .tito last: what is half there is no workspace
    for (const auto& entry : fs::directory_iterator(staging.path())) {
      if (entry.path().filename() != ".tito") names.push_back(entry.path().filename());
    }
    names.emplace_back(".tito");
    std::vector<fs::path> taken;
    for (const fs::path& name : names) {
      if (fs::exists(root / name)) taken.push_back(name);
    }
    if (!taken.empty() && !force) {
      std::error_code ignored;
      fs::remove_all(staging.path(), ignored);
      fs::remove(root / ".tito-init", ignored);
      throw Failure(Exit::usage,
                    root.string() + " already holds " + taken.front().string() + ", which may be your work",
                    "choose another folder, or start anew with --force, which first keeps a copy of everything");
    }
    if (!taken.empty()) {
      std::string stamp = utc_now();
      std::erase(stamp, ':');
      kept = root;
      kept += ".before-" + stamp;
      for (int i = 2; fs::exists(kept); ++i) {
        kept = root;
        kept += ".before-" + stamp + "-" + std::to_string(i);
      }
      // Under a temporary name first, so that a copy that was broken off is not taken for a whole one.
      fs::path copying = kept;
      copying += ".incomplete";
      copy_folder(root, copying);
      fs::remove_all(copying / ".tito-init");
      fs::rename(copying, kept);
      // The mark goes first: until the new one stands, this is no workspace.
      fs::remove(root / marker);
      for (const fs::path& name : taken) fs::remove_all(root / name);
    }
    for (const fs::path& name : names) {
      std::error_code error;
      fs::rename(staging.path() / name, root / name, error);
      if (error)
        throw Failure(Exit::usage, (root / name).string() + " appeared meanwhile: " + error.message(),
                      "another tito init at work?");
    }
  }
  std::error_code ignored;
  fs::remove(root / ".tito-init", ignored);
  return kept;
}

}  // namespace tito
