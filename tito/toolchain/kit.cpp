#include "tito/toolchain/kit.hpp"

#include <cstdlib>

#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"

namespace tito {
namespace {

const char* const build_it = "build the course with \"./bootstrap build\"";

std::vector<std::string> words(const JsonView& view) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < view.array().size(); ++i) all.push_back(view.at(i).text());
  return all;
}

// "${kit}" stands for the folder of kit.json: an installed kit names its files so, wherever it lies.
void put_folder(json& value, const std::string& folder) {
  const std::string mark = "${kit}";
  if (value.is_structured()) {
    for (json& one : value) put_folder(one, folder);
  } else if (value.is_string()) {
    std::string text = value.get<std::string>();
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += folder.size()) {
      text.replace(at, mark.size(), folder);
    }
    value = text;
  }
}

}  // namespace

fs::path Kit::find() {
  const char* named = std::getenv("TITO_KIT");
  if (named != nullptr && *named != '\0') return named;
  const fs::path prefix = own_program().parent_path().parent_path();
  const fs::path installed = prefix / "lib" / "tito" / "kits" / "tinytorch" / "kit.json";
  return fs::exists(installed) ? installed : prefix / "kits" / "tinytorch" / "kit.json";
}

Kit::Kit(const fs::path& file) : file_(file) {
  const auto content = read_if_present(file);
  if (!content)
    throw Failure(Exit::environment, "the built course is not there: " + file.string() + " does not exist", build_it);
  json root = parse_json(*content, file.string());
  put_folder(root, fs::absolute(file).parent_path().string());
  const JsonView view(root, file.string());
  if (view["schema"].text() != "tito-kit/1")
    view["schema"].fail("expected \"tito-kit/1\", found \"" + view["schema"].text() + "\"");
  course_file_ = view["course"].text();
  contract_ = view["contract"].text();
  compiler_ = view["compiler"].text();
  symbols_ = view["symbols"].text();
  sections_ = view["sections"].text();
  precompiled_ = view["precompiled"].text();
  const JsonView own = view["precompiled_for"];
  for (const auto& [slug, path] : own.object().items()) precompiled_for_[slug] = own[slug].text();
  plans_ = view["plans"].text();
  registry_ = view["registry"].text();
  const JsonView programs = view["programs"];
  for (const auto& [name, path] : programs.object().items()) programs_[name] = programs[name].text();
  samples_ = view["samples"].text();
  source_tree_ = view["source_tree"].boolean();
  sanitized_ = view["sanitized"].boolean();
  if (view.has("sources")) {
    const JsonView sources = view["sources"];
    sources.allow_only({"root", "tests", "fast", "benches", "documents"});
    for (const char* name : {"root", "tests", "fast", "benches"}) sources_[name] = sources[name].text();
    for (const std::string& document : words(sources["documents"])) documents_.emplace_back(document);
  }
  const JsonView flags = view["flags"];
  check_flags_ = words(flags["check"]);
  full_flags_ = words(flags["full"]);
  link_flags_ = words(flags["link"]);
  libraries_ = words(flags["libraries"]);
  const JsonView objects = view["objects"];
  for (const auto& [kind, ignored] : objects.object().items()) {
    for (const auto& [name, path] : objects[kind].object().items()) objects_[kind][name] = objects[kind][name].text();
  }
  for (const std::string& slug : names("fast")) fast_sources_[slug] = view["fast_sources"][slug].text();
  const JsonView package = view["package"];
  for (std::size_t i = 0; i < package.array().size(); ++i) {
    package_.emplace_back(package.at(i)["from"].text(), package.at(i)["to"].text());
  }
}

const fs::path& Kit::precompiled(const std::string& slug) const {
  const auto own = precompiled_for_.find(slug);
  return own == precompiled_for_.end() ? precompiled_ : own->second;
}

fs::path Kit::program(const std::string& name) const {
  const auto found = programs_.find(name);
  if (found != programs_.end() && fs::exists(found->second)) return found->second;
  throw Failure(Exit::environment, "the course is not completely built: the program " + name + " is missing", build_it);
}

fs::path Kit::source_folder(const std::string& name) const {
  const auto found = sources_.find(name);
  return found == sources_.end() ? fs::path() : found->second;
}

fs::path Kit::object(const std::string& kind, const std::string& name) const {
  const auto of_kind = objects_.find(kind);
  if (of_kind != objects_.end()) {
    const auto found = of_kind->second.find(name);
    if (found != of_kind->second.end() && fs::exists(found->second)) return found->second;
  }
  throw Failure(Exit::environment, "the course is not completely built: the " + kind + " of " + name + " is missing",
                build_it);
}

bool Kit::has(const std::string& kind, const std::string& name) const {
  const auto of_kind = objects_.find(kind);
  return of_kind != objects_.end() && of_kind->second.contains(name);
}

std::vector<std::string> Kit::names(const std::string& kind) const {
  std::vector<std::string> all;
  const auto of_kind = objects_.find(kind);
  if (of_kind == objects_.end()) return all;
  for (const auto& [name, path] : of_kind->second) all.push_back(name);
  return all;
}

Body Kit::fast_body(const std::string& slug) const { return {object("fast", slug), fast_sources_.at(slug)}; }

std::vector<fs::path> Kit::files() const {
  std::vector<fs::path> all{course_file_, contract_, compiler_, symbols_, precompiled_, plans_, registry_, samples_};
  for (const auto& [slug, path] : precompiled_for_) all.push_back(path);
  for (const auto& [name, path] : programs_) all.push_back(path);
  for (const std::string& word : libraries_) {
    if (word.starts_with('/')) all.emplace_back(word);
  }
  for (const auto& [kind, objects] : objects_) {
    for (const auto& [name, path] : objects) all.emplace_back(path);
  }
  for (const auto& [slug, path] : fast_sources_) all.push_back(path);
  for (const auto& [from, to] : package_) all.push_back(from);
  return all;
}

std::vector<PlannedCase> Kit::plan(const std::string& kind, const std::string& name) const {
  const fs::path file = plans_ / kind / (name + ".json");
  const auto content = read_if_present(file);
  if (!content)
    throw Failure(Exit::environment, "the course is not completely built: " + file.string() + " is missing", build_it);
  const json root = parse_json(*content, file.string());
  const JsonView view(root, file.string());
  std::vector<PlannedCase> cases;
  for (std::size_t i = 0; i < view.array().size(); ++i) {
    // A compiler cache may have made the path relative to the folder of the build, where the plans are kits/NAME/plans;
    // in a package it is one below the root of the sources, which are not there.
    fs::path place = view.at(i)["file"].text();
    if (place.string().starts_with("../")) place = (plans_ / "../../.." / place).lexically_normal();
    cases.push_back({view.at(i)["name"].text(), view.at(i)["limit"].number(), place.string(),
                     static_cast<int>(view.at(i)["line"].integer())});
  }
  if (cases.empty()) view.fail("the plan has no cases");
  return cases;
}

std::string demo_name(const Kit& kit, const std::string& slug, const std::string& track) {
  const std::string own = slug + "." + track;
  return kit.has("demo", own) ? own : slug;
}

}  // namespace tito
