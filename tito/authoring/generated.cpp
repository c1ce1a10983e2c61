#include "tito/authoring/generated.hpp"

#include "tito/authoring/audit_rules.hpp"
#include "tito/authoring/markdown.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// The default track: number, title, lesson, capability and checkpoint of each module.
std::string table_of_modules(const Audit& audit, const fs::path& file) {
  std::string table = "| Module | What it is about | What its checkpoint asks | Checkpoint |\n|---|---|---|---|\n";
  for (const std::string& slug : audit.track().order) {
    const Module& module = audit.course.module(slug);
    const fs::path lesson = (audit.folder(slug) / "README.md").lexically_relative(file.parent_path());
    table += "| " + two_digits(number_in(audit.track(), slug)) + " [" + module.title + "](" + lesson.generic_string() +
             ") | " + module.purpose + " | " + module.capability + " | `" + module.checkpoint + "` |\n";
  }
  return table;
}

}  // namespace

std::map<std::string, Generator> course_generators() { return {{"modules", table_of_modules}}; }

std::optional<std::string> with_fresh_regions(const Audit& audit, const fs::path& file, const std::string& text) {
  std::string fresh;
  std::size_t kept = 0;
  for (const GeneratedRegion& region : generated_regions(text, file.string())) {
    const auto generator = audit.generators.find(region.name);
    if (generator == audit.generators.end()) continue;
    fresh += text.substr(kept, region.begin - kept) + generator->second(audit, file);
    kept = region.end;
  }
  fresh += text.substr(kept);
  return fresh == text ? std::nullopt : std::optional(fresh);
}

std::vector<fs::path> rewrite_stale_regions(const Audit& audit) {
  std::vector<fs::path> changed;
  for (const fs::path& file : markdown_files(audit.tree)) {
    try {
      const auto fresh = with_fresh_regions(audit, file, read_file(file));
      if (!fresh) continue;
      write_atomically(file, *fresh);
      changed.push_back(file);
    } catch (const Failure& failure) {
      if (failure.exit() != Exit::damaged) throw;  // damaged marks are left alone, and found below
    }
  }
  return changed;
}

Findings stale_regions(const Audit& audit) {
  Findings findings;
  std::vector<std::string> known;
  for (const auto& [name, ignored] : audit.generators) known.push_back(name);
  for (const fs::path& file : markdown_files(audit.tree)) {
    const std::string text = read_file(file);
    try {
      for (const GeneratedRegion& region : generated_regions(text, file.string())) {
        const auto generator = audit.generators.find(region.name);
        if (generator == audit.generators.end()) {
          findings.push_back({file, region.line, "generated",
                              "nothing is known to write the region \"" + region.name + "\"",
                              "what can be written: " + listed(known)});
        } else if (text.substr(region.begin, region.end - region.begin) != generator->second(audit, file)) {
          findings.push_back({file, region.line, "generated", "the region \"" + region.name + "\" is stale",
                              "tito course check --fix"});
        }
      }
    } catch (const Failure& failure) {
      findings.push_back(finding_of("generated", file, failure.what(), "a region ends with a line \"<!-- end -->\""));
    }
  }
  return findings;
}

}  // namespace tito
