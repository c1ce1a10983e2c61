// What a module includes fits what course.json says that it needs.
#include <algorithm>
#include <regex>
#include <set>

#include "tito/course/audit_rules.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

struct Include {
  std::string name;
  int line = 0;
};

// The files that a source includes with quotes.
std::vector<Include> includes_of(const fs::path& file) {
  static const std::regex include("^[ \t]*#[ \t]*include[ \t]*\"([^\"]+)\"");
  std::vector<Include> found;
  const std::string text = read_if_present(file).value_or("");
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line = text.substr(at, next - at);
    std::smatch match;
    ++number;
    if (line.find("include") != std::string::npos && std::regex_search(line, match, include))
      found.push_back({match[1], number});
    at = next;
  }
  return found;
}

class IncludeRule {
 public:
  explicit IncludeRule(const Audit& audit) : audit_(&audit) {}

  // The contract headers that a file includes, itself or through headers that lie beside it.
  void check_file(const fs::path& file, const std::string& what, const std::vector<std::string>& allowed) {
    std::set<fs::path> seen;
    check_file(file, what, allowed, seen);
  }

  // What a contract header reaches, through given headers too; each module is named at the include that leads there.
  void check_header(const std::string& slug, const std::vector<std::string>& allowed) {
    for (const Include& include : includes_of(audit_->header(slug))) {
      std::set<std::string> seen, reached;
      reach(include.name, seen, reached);
      for (const std::string& other : reached)
        check(audit_->header(slug), include, other, "the contract of " + slug, allowed);
    }
  }

  Findings findings;

 private:
  void check_file(const fs::path& file, const std::string& what, const std::vector<std::string>& allowed,
                  std::set<fs::path>& seen) {
    if (!seen.insert(file).second) return;
    for (const Include& include : includes_of(file)) {
      const std::string other = module_of(include.name);
      const fs::path beside = file.parent_path() / fs::path(include.name).filename();
      if (!other.empty())
        check(file, include, other, what, allowed);
      else if (fs::exists(beside))
        check_file(beside, what, allowed, seen);
    }
  }

  // The module whose contract is included by this name; empty for any other file.
  std::string module_of(const std::string& include) const {
    const std::string slug = fs::path(include).stem().string();
    return include == audit_->course.name() + "/" + slug + ".hpp" && audit_->course.has_module(slug) ? slug : "";
  }

  void reach(const std::string& name, std::set<std::string>& seen, std::set<std::string>& reached) const {
    if (!seen.insert(name).second) return;
    if (const std::string slug = module_of(name); !slug.empty()) {
      reached.insert(slug);
      return;  // what that one reaches is a finding of its own
    }
    for (const Include& further : includes_of(audit_->tree.contract / name)) reach(further.name, seen, reached);
  }

  void check(const fs::path& file, const Include& include, const std::string& other, const std::string& what,
             const std::vector<std::string>& allowed) {
    if (std::find(allowed.begin(), allowed.end(), other) != allowed.end()) return;
    findings.push_back({file, include.line, "needs",
                        what + " includes " + include.name + ", but may use only " +
                            (allowed.empty() ? std::string("what is given") : listed(allowed)),
                        "take the include out, or add \"" + other + "\" to the needs in course.json"});
  }

  const Audit* audit_;
};

// What comes before a module in every one of these tracks, and itself.
std::vector<std::string> before_in_all(const Audit& audit, const std::string& slug,
                                       const std::vector<std::string>& tracks) {
  std::vector<std::string> allowed;
  for (const std::string& other : audit.track().order) {
    const bool in_all = std::all_of(tracks.begin(), tracks.end(), [&](const std::string& name) {
      const Track& track = audit.course.track(name);
      return number_in(track, other) <= number_in(track, slug);
    });
    if (in_all) allowed.push_back(other);
  }
  return allowed;
}

// A demo may use all that comes before it, in every track that shows it.
void check_demos(const Audit& audit, const std::string& slug, IncludeRule& rule) {
  std::set<std::string> with_variant;
  for (const fs::path& file : files_in(audit.folder(slug), ".cpp")) {
    const std::string track = variant_of(file);
    if (!audit.course.tracks().contains(track)) continue;
    with_variant.insert(track);
    rule.check_file(file, "the demo of " + slug + " in track " + track, before_in_all(audit, slug, {track}));
  }
  std::vector<std::string> rest;
  for (const auto& [name, ignored] : audit.course.tracks()) {
    if (!with_variant.contains(name)) rest.push_back(name);
  }
  rule.check_file(audit.folder(slug) / "demo.cpp", "the demo of " + slug, before_in_all(audit, slug, rest));
}

}  // namespace

Findings includes_outside_needs(const Audit& audit) {
  IncludeRule rule(audit);
  for (const std::string& slug : audit.track().order) {
    std::vector<std::string> allowed = audit.course.all_needs(slug);
    rule.check_header(slug, allowed);
    allowed.push_back(slug);
    rule.check_file(audit.body(slug), "the body of " + slug, allowed);
    rule.check_file(audit.checkpoint(slug), "the checkpoint of " + slug, allowed);
    rule.check_file(audit.tree.tests / (slug + "_test.cpp"), "the tests of " + slug, allowed);
    if (!audit.tree.fast.empty())
      rule.check_file(audit.tree.fast / (slug + ".cpp"), "the fast body of " + slug, allowed);
    if (!audit.tree.benches.empty())
      rule.check_file(audit.tree.benches / (slug + ".cpp"), "the workload of " + slug, allowed);
    check_demos(audit, slug, rule);
  }
  for (const Milestone& milestone : audit.course.milestones()) {
    rule.check_file(audit.tree.milestones / (milestone.name + ".cpp"), "the milestone " + milestone.name,
                    audit.course.all_needs(milestone));
  }
  return rule.findings;
}

}  // namespace tito
