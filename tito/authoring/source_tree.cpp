#include "tito/authoring/source_tree.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "tito/authoring/built_rules.hpp"
#include "tito/authoring/generated.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/json_text.hpp"
#include "tito/toolchain/git.hpp"

namespace tito {
namespace {

const char* const staging_name = ".change";

fs::path root_of(const Kit& kit) {
  if (kit.is_source_tree()) return kit.modules_folder().parent_path();
  throw Failure(Exit::usage, "this course is installed, and a course is changed only in its source tree",
                "take a checkout, ./bootstrap build, and its build/bin/tito");
}

// All files below a folder but hidden ones, temporary ones and build trees.
void walk(const fs::path& root, const fs::path& folder, std::vector<fs::path>& files) {
  if (fs::exists(folder / "CMakeCache.txt")) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with('.') || entry.is_symlink()) continue;
    if (entry.is_directory()) walk(root, entry.path(), files);
    else if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(root));
  }
}

// The folders below the root that hold a course of their own.
std::set<fs::path> other_courses(const std::vector<fs::path>& files, const fs::path& own) {
  std::set<fs::path> roots;
  for (const fs::path& file : files) {
    if (file.filename() == own.filename() && file != own) roots.insert(file.parent_path().parent_path());
  }
  return roots;
}

bool is_below(const fs::path& path, const std::set<fs::path>& folders) {
  for (fs::path at = path.parent_path(); !at.empty(); at = at.parent_path()) {
    if (folders.contains(at)) return true;
  }
  return false;
}

}  // namespace

SourceTree::SourceTree(const Kit& kit, const Note& note)
    : modules_(kit.modules_folder().filename()),
      root_(root_of(kit)),
      lock_(root_ / modules_, [&] { note("another tito works on this course; waiting for it"); }) {
  if (end_change(root_, root_ / modules_ / staging_name)) {
    note("a change of the course was interrupted, and is ended now");
  }
}

std::vector<fs::path> SourceTree::files() const {
  std::vector<fs::path> all;
  const Git git(root_);
  if (git.is_checkout()) all = git.files();
  else walk(root_, root_, all);
  const std::set<fs::path> others = other_courses(all, course_file());
  std::erase_if(all, [&](const fs::path& path) {
    return is_below(path, others) || !fs::is_regular_file(fs::symlink_status(root_ / path));
  });
  std::sort(all.begin(), all.end());
  return all;
}

std::optional<std::string> SourceTree::text(const fs::path& path) const {
  std::string content = read_file(root_ / path);
  return content.find('\0') == std::string::npos && is_utf8(content) ? std::optional(std::move(content)) : std::nullopt;
}

void SourceTree::make(const TreeChange& change, bool force) const {
  if (!force) {
    const Git git(root_);
    if (!git.is_checkout()) {
      throw Failure(Exit::usage, "nothing could bring " + root_.string() + " back as it was: " + git.problem(),
                    "commit it to a git repository first; or --force");
    }
    std::vector<fs::path> paths;
    for (const auto& [from, to] : change.moves) paths.push_back(from);
    for (const auto& [path, content] : change.files) paths.push_back(change.before(path));
    const std::vector<std::string> uncommitted = git.uncommitted(paths);
    if (!uncommitted.empty()) {
      const std::string more = uncommitted.size() > 1 ? " and " + std::to_string(uncommitted.size() - 1) + " more" : "";
      throw Failure(Exit::usage, "what would change is not committed: " + uncommitted.front().substr(3) + more,
                    "git commit or git stash first, so that this change stands by itself; or --force");
    }
  }
  make_change(root_, root_ / modules_ / staging_name, change);
}

void end_interrupted_change(const Kit& kit, const Note& note) {
  if (kit.is_source_tree() && is_changing(kit.modules_folder() / staging_name))
    static_cast<void>(SourceTree(kit, note));
}

void check_made(const SourceTree& tree) {
  const Course course(tree.root() / tree.course_file());
  const Track& track = course.track(course.default_track());
  for (const std::string& slug : track.order) {
    const fs::path body = tree.root() / tree.modules() / folder_name(track, slug) / (slug + ".cpp");
    if (!fs::exists(body))
      throw Failure(Exit::damaged, "a bug in tito: " + body.string() + " is not there after the change");
  }
}

namespace {

std::vector<MentionsInFile> renumber(const SourceTree& tree, const std::vector<Renumbering>& renumberings,
                                     TreeChange& change) {
  for (const Renumbering& one : renumberings)
    change.moves.emplace_back(tree.modules() / one.from, tree.modules() / one.to);
  std::vector<MentionsInFile> all;
  if (renumberings.empty()) return all;
  for (const fs::path& path : tree.files()) {
    const fs::path after = change.after(path);
    std::vector<Mention> in_name;
    if (after == path && with_numbers(path.string(), renumberings, path.string(), in_name) != path.string()) {
      throw Failure(
          Exit::usage,
          path.string() + " has the number of a module in its name, and lies outside of " + tree.modules().string(),
          "give it a name without the number");
    }
    const auto planned = change.files.find(after);
    const std::optional<std::string> present = planned != change.files.end() ? planned->second : tree.text(path);
    if (!present) continue;
    MentionsInFile found{path, {}};
    std::string text = with_numbers(*present, renumberings, path.string(), found.mentions);
    if (found.mentions.empty()) continue;
    change.files[after] = std::move(text);
    all.push_back(std::move(found));
  }
  return all;
}

std::vector<fs::path> renew_regions(const SourceTree& tree, const Audit& then, TreeChange& change) {
  std::vector<fs::path> changed;
  for (const fs::path& file : markdown_files(then.tree)) {  // as they stand now
    const fs::path below = file.lexically_relative(tree.root());
    if (below.empty() || *below.begin() == ".." || !fs::exists(file)) continue;
    const fs::path path = change.after(below);
    const auto planned = change.files.find(path);
    const std::string text = planned != change.files.end() ? planned->second : read_file(file);
    try {
      const auto fresh = with_fresh_regions(then, tree.root() / path, text);
      if (!fresh) continue;
      change.files[path] = *fresh;
      changed.push_back(path);
    } catch (const Failure& failure) {
      // Marks without their other half, or something to be measured that is not built yet: tito course check names
      // both.
      if (failure.exit() != Exit::damaged && failure.exit() != Exit::environment) throw;
    }
  }
  return changed;
}

std::vector<fs::path> renew_pictures(const SourceTree& tree, const Kit& kit, const Audit& then, TreeChange& change) {
  std::vector<fs::path> changed;
  try {
    for (auto& [file, content] : fresh_pictures(kit, then)) {
      const fs::path path = change.after(file.lexically_relative(tree.root()));
      change.files[path] = content;
      changed.push_back(path);
    }
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::environment) throw;  // not built yet
  }
  return changed;
}

}  // namespace

Consequences add_consequences(const SourceTree& tree, const Kit& kit, const std::vector<Renumbering>& renumberings,
                              const Audit& then, TreeChange& change) {
  Consequences all;
  all.mentions = renumber(tree, renumberings, change);
  all.regions = renew_regions(tree, then, change);
  for (const fs::path& picture : renew_pictures(tree, kit, then, change)) all.regions.push_back(picture);
  return all;
}

nlohmann::json json_of(const TreeChange& change, const Consequences& consequences) {
  nlohmann::json folders = nlohmann::json::array(), files = nlohmann::json::array(), regions = nlohmann::json::array();
  for (const auto& [from, to] : change.moves) folders.push_back({{"from", from.string()}, {"to", to.string()}});
  for (const MentionsInFile& one : consequences.mentions) {
    nlohmann::json lines = nlohmann::json::array();
    for (const Mention& mention : one.mentions) {
      lines.push_back({{"line", mention.line}, {"from", mention.before}, {"to", mention.after}});
    }
    files.push_back({{"path", one.path.string()}, {"mentions", lines}});
  }
  for (const fs::path& path : consequences.regions) regions.push_back(path.string());
  return {{"folders", folders}, {"files", files}, {"regions", regions}};
}

}  // namespace tito
