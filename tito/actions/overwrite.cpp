#include "tito/actions/overwrite.hpp"

#include <algorithm>

#include "tito/actions/reference.hpp"
#include "tito/course/functions.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// The one function of a source that a user means by "Tensor::reshape" or "reshape".
FunctionText function_named(const std::string& source, const std::string& name, const std::string& where) {
  std::vector<FunctionText> found;
  std::vector<std::string> names;
  for (const FunctionText& one : functions_in(source)) {
    if (one.body == one.end) continue;
    names.push_back(one.name);
    if (one.name == name || one.name.ends_with("::" + name)) found.push_back(one);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) throw Failure(Exit::usage, where + " has no function " + name, "it has: " + listed(names));
  throw Failure(Exit::usage, where + " has " + std::to_string(found.size()) + " functions " + name,
                "reset the whole file, or take this function from \"tito diff --against skeleton\"");
}

Undo restore(const Session& session, const std::string& slug, const Snapshot& snapshot) {
  const std::string text = snapshots_of(session.workspace).text_of(snapshot);
  return {slug, snapshot, overwrite(session, slug, text, Cause::undo)};
}

}  // namespace

SnapshotStore snapshots_of(const Workspace& workspace) {
  return SnapshotStore(workspace.root() / ".tito" / "snapshots");
}

FileLock lock_work(const Workspace& workspace) {
  const fs::path lock = workspace.root() / ".tito" / "snapshots" / "work.lock";
  make_folders(lock.parent_path());
  return FileLock(lock);
}

Overwriting overwrite(const Session& session, const std::string& slug, const std::string& text, Cause cause) {
  fs::path path = session.workspace.source(slug);
  const auto present = read_if_present(path);
  if (present == text) return {};
  Overwriting result;
  if (present) {
    result.kept = snapshots_of(session.workspace).keep(slug, *present, cause);
    path = fs::canonical(path);
  }
  make_folders(path.parent_path());
  write_atomically(path, text);
  result.changed = true;
  return result;
}

Overwriting reset_module(const Session& session, const std::string& slug, const std::string& function) {
  const FileLock lock = lock_work(session.workspace);
  const std::string skeleton = skeleton_of(session.kit, session.course, slug);
  if (function.empty()) return overwrite(session, slug, skeleton, Cause::reset);
  std::string text = read_file(session.workspace.source(slug));
  const FunctionText stub = function_named(skeleton, function, "the skeleton of " + slug);
  const FunctionText own = function_named(text, stub.name, session.workspace.source_name(slug));
  text.replace(own.begin, own.end - own.begin, skeleton.substr(stub.begin, stub.end - stub.begin));
  return overwrite(session, slug, text, Cause::reset);
}

void fill_module(const Session& session, const std::string& slug) {
  const FileLock lock = lock_work(session.workspace);
  overwrite(session, slug, read_file(reference_source(session.kit, session.course, slug)), Cause::fill);
}

Undo undo_last(const Session& session, const std::string& slug) {
  const FileLock lock = lock_work(session.workspace);
  const std::vector<Snapshot> all = snapshots_of(session.workspace).list();
  const auto wanted = [&](const Snapshot& one) {
    return one.is_before_overwriting() && (slug.empty() ? session.course.has_module(one.module) : one.module == slug);
  };
  const auto last = std::find_if(all.rbegin(), all.rend(), wanted);
  if (last == all.rend()) {
    throw Failure(Exit::usage,
                  "there is nothing to undo: tito has not overwritten " +
                      (slug.empty() ? "a file of yours" : session.workspace.source_name(slug)),
                  "snapshots of exports: tito history" + (slug.empty() ? "" : " " + slug) +
                      "; tito undo --to ID brings one back");
  }
  return restore(session, last->module, *last);
}

Undo undo_to(const Session& session, const std::string& slug, std::int64_t id) {
  const FileLock lock = lock_work(session.workspace);
  const std::vector<Snapshot> all = snapshots_of(session.workspace).list();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Snapshot& one) { return one.id == id; });
  if (found == all.end())
    throw Failure(Exit::usage, "there is no snapshot " + std::to_string(id), "tito history lists them");
  if (!slug.empty() && !found->module.empty() && found->module != slug) {
    throw Failure(Exit::usage, "snapshot " + std::to_string(id) + " is of module " + found->module + ", not of " + slug,
                  "tito undo --to " + std::to_string(id));
  }
  const std::string module = found->module.empty() ? slug : found->module;
  if (!session.course.has_module(module)) {
    throw Failure(Exit::usage,
                  "snapshot " + std::to_string(id) + " is of " +
                      (module.empty() ? "a module that is not known any more"
                                      : "module " + module + ", which the course does not have"),
                  module.empty() ? "name it: tito undo MODULE --to " + std::to_string(id) : "");
  }
  return restore(session, module, *found);
}

}  // namespace tito
