#include "tito/authoring/audit.hpp"

#include <algorithm>
#include <regex>

#include "tito/authoring/audit_rules.hpp"
#include "tito/authoring/json_place.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"

namespace tito {

const std::vector<Rule>& text_rules() {
  static const std::vector<Rule> rules{
      {"folders", "lessons, bodies, demos, tests and checkpoints that are not there", missing_files},
      {"orphans", "files and folders that belong to no module", orphans},
      {"demos", "demos of a track that does not exist", stray_variants},
      {"needs", "contracts included that a module does not need", includes_outside_needs},
      {"markers", "SOLUTION marks without their other half", unbalanced_markers},
      {"hints", "functions without their three hints", missing_hints},
      {"mistakes", "wrong solutions that fit no body", malformed_mistakes},
      {"todo", "what is still to be written", open_todos},
      {"links", "links that point nowhere", broken_links},
      {"snippets", "blocks that are not closed, commands that do not exist", broken_snippets},
      {"numbers", "numbers of modules, stale or written by hand", numbers_by_hand},
      {"generated", "parts that tito writes and that are stale", stale_regions}};
  return rules;
}

Findings manifest_findings(const fs::path& manifest) {
  try {
    const Course course(manifest);
    return {};
  } catch (const Failure& failure) {
    const std::string text = read_if_present(manifest).value_or("");
    std::string problem = failure.what();
    const std::string origin = manifest.string() + ": ";
    if (problem.starts_with(origin)) problem = problem.substr(origin.size());
    return {{manifest, line_of_place(text, problem), "manifest", problem,
             failure.way_out().empty() ? "mend course.json; nothing else is looked at until it can be loaded"
                                       : failure.way_out()}};
  }
}

Finding finding_of(const std::string& rule, const fs::path& file, const std::string& failure,
                   const std::string& way_out) {
  const std::string origin = file.string() + ":";
  if (!failure.starts_with(origin)) return {file, 1, rule, failure, way_out};
  std::size_t end = origin.size();
  while (end < failure.size() && std::isdigit(static_cast<unsigned char>(failure[end])) != 0) ++end;
  if (end == origin.size() || failure.compare(end, 2, ": ") != 0) return {file, 1, rule, failure, way_out};
  return {file, std::stoi(failure.substr(origin.size(), end - origin.size())), rule, failure.substr(end + 2), way_out};
}

std::vector<fs::path> files_in(const fs::path& folder, const std::string& ending) {
  std::vector<fs::path> files;
  if (folder.empty() || !fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && !name.starts_with('.') && name.ends_with(ending)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> markdown_files(const CourseTree& tree) {
  std::vector<fs::path> files;
  const auto add = [&](const fs::path& folder) {
    const std::vector<fs::path> more = files_in(folder, ".md");
    files.insert(files.end(), more.begin(), more.end());
  };
  for (const fs::path& document : tree.documents) {
    if (fs::is_directory(document)) add(document);
    else files.push_back(document);
  }
  add(tree.modules);
  for (const auto& entry : fs::directory_iterator(tree.modules)) {
    if (entry.is_directory() && !entry.path().filename().string().starts_with('.')) add(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int line_of(std::string_view text, std::string_view part) {
  const std::size_t at = text.find(part);
  if (at == std::string_view::npos) return 1;
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::string variant_of(const fs::path& file) {
  const std::string name = file.filename().string();
  const std::size_t mark = std::string_view("demo.").size(), ending = std::string_view(".cpp").size();
  if (!name.starts_with("demo.") || !name.ends_with(".cpp") || name.size() <= mark + ending) return "";
  return name.substr(mark, name.size() - mark - ending);
}

}  // namespace tito
