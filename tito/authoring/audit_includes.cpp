// What a module includes fits what course.json says that it needs.
#include <algorithm>
#include <functional>
#include <regex>
#include <set>

#include "tito/authoring/audit_rules.hpp"
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

// What is wrong with using a module, and the way out; no message where nothing is.
struct Objection {
  std::string message;
  std::string way_out;
};
using Judgement = std::function<Objection(const std::string& module)>;

class IncludeRule {
 public:
  explicit IncludeRule(const Audit& audit) : audit_(&audit) {}

  // The contract headers that a file includes, itself or through headers that lie beside it or below the course's root.
  void check_file(const fs::path& file, const std::string& what, const Judgement& judgement) {
    std::set<fs::path> seen;
    check_file(file, what, judgement, seen);
  }

  // What a contract header reaches, through given headers too; each module is named at the include that leads there.
  void check_header(const std::string& slug, const Judgement& judgement) {
    for (const Include& include : includes_of(audit_->header(slug))) {
      std::set<std::string> seen, reached;
      reach(include.name, seen, reached);
      for (const std::string& other : reached)
        check(audit_->header(slug), include, other, "the contract of " + slug, judgement);
    }
  }

  Findings findings;

 private:
  void check_file(const fs::path& file, const std::string& what, const Judgement& judgement, std::set<fs::path>& seen) {
    if (!seen.insert(file.lexically_normal()).second) return;
    for (const Include& include : includes_of(file)) {
      const std::string other = module_of(include.name);
      if (!other.empty()) {
        check(file, include, other, what, judgement);
        continue;
      }
      for (const fs::path& folder : {file.parent_path(), audit_->tree.root}) {
        if (fs::exists(folder / include.name)) check_file(folder / include.name, what, judgement, seen);
      }
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
             const Judgement& judgement) {
    const Objection objection = judgement(other);
    if (objection.message.empty()) return;
    findings.push_back({file, include.line, "needs", what + " includes " + include.name + ", " + objection.message,
                        "take the include out, or " + objection.way_out});
  }

  const Audit* audit_;
};

// Only these modules may be used.
Judgement only(const std::vector<std::string>& allowed) {
  return [allowed](const std::string& other) -> Objection {
    if (std::find(allowed.begin(), allowed.end(), other) != allowed.end()) return {};
    return {"but may use only " + (allowed.empty() ? std::string("what is given") : listed(allowed)),
            "add \"" + other + "\" to the needs in course.json"};
  };
}

// Only what comes no later than the module, in each of these tracks.
Judgement before(const Audit& audit, const std::string& slug, const std::vector<std::string>& tracks) {
  return [&audit, slug, tracks](const std::string& other) -> Objection {
    for (const std::string& name : tracks) {
      const Track& track = audit.course.track(name);
      if (number_in(track, other) <= number_in(track, slug)) continue;
      return {"which comes later in track " + name,
              tracks.size() == 1 ? "reorder the track" : "give that track a demo of its own: demo." + name + ".cpp"};
    }
    return {};
  };
}

// A demo may use all that comes before it, in every track that shows it: demo.TRACK.cpp is TRACK's, demo.cpp that of
// all others.
void check_demos(const Audit& audit, const std::string& slug, IncludeRule& rule) {
  std::vector<std::string> rest;
  for (const auto& [track, ignored] : audit.course.tracks()) {
    const fs::path own = audit.folder(slug) / ("demo." + track + ".cpp");
    if (fs::exists(own))
      rule.check_file(own, "the demo of " + slug + " in track " + track, before(audit, slug, {track}));
    else rest.push_back(track);
  }
  rule.check_file(audit.folder(slug) / "demo.cpp", "the demo of " + slug, before(audit, slug, rest));
}

}  // namespace

Findings includes_outside_needs(const Audit& audit) {
  IncludeRule rule(audit);
  for (const std::string& slug : audit.track().order) {
    std::vector<std::string> allowed = audit.course.all_needs(slug);
    rule.check_header(slug, only(allowed));
    allowed.push_back(slug);
    rule.check_file(audit.body(slug), "the body of " + slug, only(allowed));
    rule.check_file(audit.checkpoint(slug), "the checkpoint of " + slug, only(allowed));
    rule.check_file(audit.tree.tests / (slug + "_test.cpp"), "the tests of " + slug, only(allowed));
    if (!audit.tree.fast.empty())
      rule.check_file(audit.tree.fast / (slug + ".cpp"), "the fast body of " + slug, only(allowed));
    if (!audit.tree.benches.empty())
      rule.check_file(audit.tree.benches / (slug + ".cpp"), "the workload of " + slug, only(allowed));
    check_demos(audit, slug, rule);
  }
  for (const Milestone& milestone : audit.course.milestones()) {
    rule.check_file(audit.tree.milestones / (milestone.name + ".cpp"), "the milestone " + milestone.name,
                    only(audit.course.all_needs(milestone)));
  }
  return rule.findings;
}

}  // namespace tito
