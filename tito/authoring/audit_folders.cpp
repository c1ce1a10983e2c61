// Every module has its files, and nothing lies about that belongs to none.
#include <algorithm>
#include <set>

#include "tito/authoring/audit_rules.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

const char* const rule = "orphans";

// What each folder of a module holds besides its body and demos.
const std::vector<std::string> material{"README.md", "hints.md", "mistakes.md"};

std::set<std::string> names_of(const Track& track, const std::string& ending) {
  std::set<std::string> names;
  for (const std::string& slug : track.order) names.insert(slug + ending);
  return names;
}

// Whether another file of the folder includes this one, or its header, or a text links to it.
bool is_referred_to(const fs::path& file, const std::vector<fs::path>& others) {
  std::set<std::string> names{file.filename().string()};
  if (file.extension() == ".cpp") names.insert(file.stem().string() + ".hpp");
  return std::any_of(others.begin(), others.end(), [&](const fs::path& other) {
    if (other == file || other.stem() == file.stem()) return false;
    const std::string text = read_file(other);
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      for (const char* before : {"/", "\"", "("}) {
        for (const char* after : {"\"", ")"}) {
          if (text.find(before + name + after) != std::string::npos) return true;
        }
      }
      return false;
    });
  });
}

// The files and folders of one folder that are neither known nor used by those that are.
void find_orphans(const fs::path& folder, const std::set<std::string>& known, const std::string& belongs,
                  Findings& findings) {
  if (folder.empty() || !fs::is_directory(folder)) return;
  const std::vector<fs::path> files = files_in(folder);
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (known.contains(name) || is_referred_to(file, files)) continue;
    findings.push_back({file, 1, rule, name + " " + belongs, "remove it, or give it to a module of course.json"});
  }
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && !entry.path().filename().string().starts_with('.')) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& below : folders) {
    const std::string name = below.filename().string();
    if (!known.contains(name)) {
      findings.push_back({below, 1, rule, "the folder " + name + " " + belongs, "remove it, or move what is in it"});
    }
  }
}

// "03_total" -> "total"
std::string slug_in(const std::string& folder) { return folder.substr(std::min(folder.size(), folder.find('_') + 1)); }

bool has_other_number(const Audit& audit, const std::string& slug) {
  for (const auto& entry : fs::directory_iterator(audit.tree.modules)) {
    if (entry.is_directory() && slug_in(entry.path().filename().string()) == slug) return true;
  }
  return false;
}

// The folders under modules/; one with a known slug and another number has its own complaint.
void find_stray_modules(const Audit& audit, Findings& findings) {
  std::set<std::string> known{"course.json", "CMakeLists.txt"};
  for (const std::string& slug : audit.track().order) known.insert(folder_name(audit.track(), slug));
  Findings strays;
  find_orphans(audit.tree.modules, known, "belongs to no module", strays);
  for (Finding& one : strays) {
    const std::string name = one.file.filename().string();
    const std::string slug = slug_in(name);
    if (fs::is_directory(one.file) && audit.course.has_module(slug)) {
      one.message = "the folder " + name + " has a stale number: module " + slug + " is number " +
                    two_digits(number_in(audit.track(), slug)) + " of track " + audit.track().name;
      one.way_out = "mv " + shell_quoted(one.file.string()) + " " + shell_quoted(audit.folder(slug).string());
    }
    findings.push_back(one);
  }
}

}  // namespace

Findings missing_files(const Audit& audit) {
  Findings findings;
  const auto want = [&](const fs::path& file, const std::string& message) {
    if (!fs::exists(file)) findings.push_back({file, 1, "folders", message, "write it, or mend course.json"});
  };
  for (const std::string& slug : audit.track().order) {
    const std::string lacks = "module " + slug + " lacks this file";
    if (fs::exists(audit.folder(slug))) {
      want(audit.body(slug), lacks);
      want(audit.folder(slug) / "demo.cpp", lacks);
      for (const std::string& name : material) want(audit.folder(slug) / name, lacks);
    } else if (!has_other_number(audit, slug)) {  // which has a complaint of its own
      want(audit.folder(slug), "module " + slug + " has no folder");
    }
    for (const fs::path& file : {audit.header(slug), audit.tree.tests / (slug + "_test.cpp"), audit.checkpoint(slug)}) {
      want(file, lacks);
    }
  }
  for (const Milestone& milestone : audit.course.milestones()) {
    want(audit.tree.milestones / (milestone.name + ".cpp"), "milestone " + milestone.name + " has no program");
  }
  return findings;
}

Findings orphans(const Audit& audit) {
  Findings findings;
  const Track& track = audit.track();
  find_stray_modules(audit, findings);
  for (const std::string& slug : track.order) {
    std::set<std::string> known{slug + ".cpp", "demo.cpp"};
    known.insert(material.begin(), material.end());
    known.insert("signatures.json");  // measured: which cases each wrong solution fails; a new module has none yet
    for (const fs::path& file : files_in(audit.folder(slug))) {
      if (!variant_of(file).empty()) known.insert(file.filename().string());  // stray ones have a rule of their own
    }
    find_orphans(audit.folder(slug), known, "is no part of module " + slug, findings);
  }
  std::set<std::string> checkpoints, milestones;
  for (const std::string& slug : track.order) checkpoints.insert(audit.course.module(slug).checkpoint + ".cpp");
  for (const Milestone& one : audit.course.milestones()) milestones.insert(one.name + ".cpp");
  find_orphans(audit.tree.checkpoints, checkpoints, "is the checkpoint of no module", findings);
  find_orphans(audit.tree.milestones, milestones, "belongs to no milestone", findings);
  find_orphans(audit.tree.tests, names_of(track, "_test.cpp"), "tests no module", findings);
  find_orphans(audit.tree.fast, names_of(track, ".cpp"), "is the fast body of no module", findings);
  find_orphans(audit.tree.benches, names_of(track, ".cpp"), "is the workload of no module", findings);
  return findings;
}

Findings stray_variants(const Audit& audit) {
  Findings findings;
  std::vector<std::string> tracks;
  for (const auto& [name, ignored] : audit.course.tracks()) tracks.push_back(name);
  for (const std::string& slug : audit.track().order) {
    for (const fs::path& file : files_in(audit.folder(slug), ".cpp")) {
      const std::string track = variant_of(file);
      if (track.empty() || audit.course.tracks().contains(track)) continue;
      findings.push_back({file, 1, "demos", "a demo for the track \"" + track + "\", which does not exist",
                          "rename it; the tracks are: " + listed(tracks)});
    }
  }
  return findings;
}

}  // namespace tito
