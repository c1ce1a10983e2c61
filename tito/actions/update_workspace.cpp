#include "tito/actions/update_workspace.hpp"

#include <algorithm>
#include <map>

#include "tito/actions/init_workspace.hpp"
#include "tito/actions/overwrite.hpp"
#include "tito/actions/reference.hpp"
#include "tito/course/functions.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/compiler.hpp"

namespace tito {
namespace {

// What package/ is given, path below the workspace -> content.
WorkspaceFiles package_files(const Kit& kit) {
  WorkspaceFiles files;
  for (const auto& [from, to] : kit.package()) {
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      if (entry.is_regular_file())
        files[(fs::path("package") / to / fs::relative(entry.path(), from)).lexically_normal()] =
            read_file(entry.path());
    }
  }
  return files;
}

// The slug of a folder's name, "02_tensor"; empty for any other name.
std::string slug_of_folder(const std::string& name) {
  const std::size_t digits = name.find_first_not_of("0123456789");
  return digits != std::string::npos && digits > 0 && name[digits] == '_' ? name.substr(digits + 1) : "";
}

std::map<std::string, int> count_functions(const std::string& source) {
  std::map<std::string, int> count;
  for (const FunctionText& one : functions_in(source)) {
    if (!one.is_internal) ++count[one.full_name()];
  }
  return count;
}

// Functions of the skeleton of which the source has fewer, judged by their names alone.
std::vector<std::string> lacking_by_name(const std::string& source, const std::string& skeleton) {
  std::map<std::string, int> own = count_functions(source);
  std::vector<std::string> lacking;
  for (const auto& [name, count] : count_functions(skeleton)) {
    if (own[name] < count) lacking.push_back(name);
  }
  return lacking;
}

// "evens(std::vector<int> const&)" -> "evens"
std::string name_of_symbol(const std::string& symbol) {
  const std::size_t call = symbol.find("operator()");
  return symbol.substr(0, symbol.find('(', call == std::string::npos ? 0 : call + 10));
}

bool is_called(const FunctionText& function, const std::string& name) {
  const std::string full = function.full_name();
  return full == name || full.ends_with("::" + name);
}

// The stubs of all missing symbols as a text to be appended; empty when one of them cannot be found.
std::string stubs_for(const std::vector<std::string>& missing, const std::string& source, const std::string& skeleton,
                      const std::string& slug, std::vector<std::string>& functions) {
  std::vector<std::string> own_heads;
  for (const FunctionText& one : functions_in(source)) own_heads.push_back(one.scope + " " + one.head);
  std::vector<FunctionText> wanted;
  for (const FunctionText& one : functions_in(skeleton)) {
    const bool is_missing = std::any_of(missing.begin(), missing.end(), [&](const std::string& symbol) {
      return is_called(one, name_of_symbol(symbol));
    });
    const bool stands = std::find(own_heads.begin(), own_heads.end(), one.scope + " " + one.head) != own_heads.end();
    if (is_missing && !stands && !one.is_internal) wanted.push_back(one);
  }
  for (const std::string& symbol : missing) {
    if (std::none_of(wanted.begin(), wanted.end(),
                     [&](const FunctionText& one) { return is_called(one, name_of_symbol(symbol)); }))
      return "";
  }
  std::string text =
      "\n// ---- Added by tito update on " + utc_now().substr(0, 10) + ": new in the contract of module " + slug + "\n";
  std::string scope;
  const auto close = [&] {
    if (!scope.empty()) text += "\n}  // namespace " + scope + "\n";
  };
  for (const FunctionText& one : wanted) {
    if (one.scope != scope) {
      close();
      scope = one.scope;
      if (!scope.empty()) text += "\nnamespace " + scope + " {\n";
    }
    text += "\n" + skeleton.substr(one.comment, one.end - one.comment) + "\n";
    functions.push_back(one.name);
  }
  close();
  return text;
}

std::string first_error(const Compilation& compilation) {
  for (const Diagnostic& one : compilation.diagnostics) {
    if (one.is_error) return "line " + std::to_string(one.line) + ": " + one.message;
  }
  return "the compiler refuses it";
}

class Planner {
 public:
  explicit Planner(const Session& session)
      : session_(session),
        root_(session.workspace.root()),
        track_(session.workspace.track()),
        scratch_(session.workspace.scratch()),
        old_(GivenRecord::load(root_)) {}

  UpdatePlan run(const std::function<void(const std::string&)>& on_module) {
    WorkspaceFiles files = given_files(session_.kit, session_.course, track_, root_);
    plan_.record = record_of(session_.kit, session_.course, track_, files);
    for (const std::string& slug : track_.order) find_folder(slug);
    note_strangers();
    for (const std::string& slug : track_.order) {
      if (on_module) on_module(slug);
      plan_source(slug);
    }
    files.merge(package_files(session_.kit));
    for (const auto& [path, content] : files) plan_given(path, content);
    plan_removals();
    return std::move(plan_);
  }

 private:
  // Where a module's folder lies now, and the step that moves it where it belongs.
  void find_folder(const std::string& slug) {
    const fs::path wanted = fs::path("modules") / folder_name(track_, slug);
    std::vector<fs::path> others;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root_ / "modules", ignored)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory() && slug_of_folder(name) == slug && name != wanted.filename())
        others.push_back(fs::path("modules") / name);
    }
    folders_[slug] = wanted;
    const bool moves = !fs::exists(root_ / wanted) && others.size() == 1;
    if (moves) {
      folders_[slug] = others.front();
      plan_.steps.push_back({.kind = StepKind::renumber, .module = slug, .path = wanted, .from = others.front()});
      return;
    }
    for (const fs::path& other : others)
      plan_.notes.push_back(other.string() + " stays as it is; the folder of " + slug + " is " + wanted.string());
  }

  void note_strangers() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(root_ / "modules", ignored)) {
      const std::string name = entry.path().filename().string();
      const std::string slug = slug_of_folder(name);
      if (!slug.empty() && !folders_.contains(slug))
        plan_.notes.push_back("modules/" + name + " stays as it is: the course has no module " + slug + " any more");
    }
  }

  // Where a file lies before any folder moves.
  fs::path on_disk(const fs::path& path) const {
    const std::string slug =
        path.begin()->string() == "modules" ? slug_of_folder(std::next(path.begin())->string()) : "";
    const auto folder = folders_.find(slug);
    return root_ / (folder == folders_.end() ? path : folder->second / path.filename());
  }

  bool is_new(const std::string& key) const {
    const auto found = old_->files.find(key);
    return found == old_->files.end() || found->second != plan_.record.files.at(key);
  }

  void plan_source(const std::string& slug) {
    const fs::path path = fs::path("modules") / folder_name(track_, slug) / (slug + ".cpp");
    const std::string skeleton = skeleton_of(session_.kit, session_.course, slug);
    const auto source = read_if_present(on_disk(path));
    if (!source) {
      plan_.steps.push_back({.kind = StepKind::create, .module = slug, .path = path, .content = skeleton});
      return;
    }
    const bool skeleton_is_new = old_ && is_new(GivenRecord::key(path));
    const bool nothing_new = old_ && !skeleton_is_new && old_->contract == session_.contract;
    if (*source == skeleton || (nothing_new && lacking_by_name(*source, skeleton).empty())) return;
    const auto beside = [&](const std::string& reason) {
      const fs::path target = path.parent_path() / (slug + ".new.cpp");
      const auto present = read_if_present(on_disk(target));
      if (present == skeleton) return;
      plan_.steps.push_back({.kind = StepKind::beside,
                             .module = slug,
                             .path = target,
                             .content = skeleton,
                             .reason = reason,
                             .set_aside = present.has_value()});
    };
    const Compilation compilation = compile_text(slug, *source);
    if (!compilation.succeeded) {
      if (skeleton_is_new || !lacking_by_name(*source, skeleton).empty())
        beside("it does not compile (" + first_error(compilation) + ")");
      return;
    }
    const SymbolProblems problems = compare_symbols(session_.kit, object(slug), session_.kit.object("body", slug));
    if (problems.missing.empty()) return;
    UpdateStep step{.kind = StepKind::append, .module = slug, .path = path, .before = sha256(*source)};
    const std::string stubs = stubs_for(problems.missing, *source, skeleton, slug, step.functions);
    if (stubs.empty()) return beside("what is new cannot be cut out of the skeleton: " + listed(problems.missing));
    step.content = *source + (source->ends_with('\n') ? "" : "\n") + stubs;
    const Compilation appended = compile_text(slug, step.content);
    if (!appended.succeeded)
      return beside("with the new functions it would not compile (" + first_error(appended) + ")");
    const SymbolProblems left = compare_symbols(session_.kit, object(slug), session_.kit.object("body", slug));
    if (!left.missing.empty())
      return beside("the new functions would not be all that it lacks: " + listed(left.missing));
    plan_.steps.push_back(std::move(step));
  }

  void plan_given(const fs::path& path, const std::string& content) {
    const auto present = read_if_present(on_disk(path));
    if (present == content) return;
    if (present && path == ".gitignore") return;  // theirs, once it is there
    UpdateStep step{.kind = StepKind::renew, .path = path, .content = content};
    const std::string key = GivenRecord::key(path);
    if (present) {
      const bool untouched = old_ && old_->files.contains(key) && old_->files.at(key) == sha256(*present);
      if (!untouched && old_ && !is_new(key)) return;  // the student changed it, and there is nothing new
      step.set_aside = !untouched;
    }
    const auto part = path.begin();
    if (*part == "modules") step.module = slug_of_folder(std::next(part)->string());
    plan_.steps.push_back(std::move(step));
  }

  // Files of package/ that were given and are given no more, as far as they are what was given.
  void plan_removals() {
    if (!old_) return;
    for (const auto& [key, hash] : old_->files) {
      if (plan_.record.files.contains(key) || !key.starts_with("package/")) continue;
      const auto present = read_if_present(root_ / key);
      if (present && sha256(*present) == hash) plan_.steps.push_back({.kind = StepKind::remove, .path = key});
    }
  }

  fs::path object(const std::string& slug) const { return scratch_.path() / (slug + ".o"); }

  Compilation compile_text(const std::string& slug, const std::string& text) const {
    const fs::path source = scratch_.path() / (slug + ".cpp");
    write_atomically(source, text);
    return compile(session_.kit, Mode::check, source, object(slug));
  }

  Session session_;
  fs::path root_;
  const Track& track_;
  TemporaryFolder scratch_;
  std::optional<GivenRecord> old_;
  std::map<std::string, fs::path> folders_;  // slug -> where its folder lies now
  UpdatePlan plan_;
};

void apply_step(const Session& session, UpdateStep& step) {
  const fs::path path = session.workspace.root() / step.path;
  switch (step.kind) {
    case StepKind::renumber: {
      const fs::path from = session.workspace.root() / step.from;
      if (const auto source = read_if_present(from / (step.module + ".cpp"))) {
        step.snapshot = snapshots_of(session.workspace).keep(step.module, *source, Cause::update).id;
      }
      if (!fs::exists(path)) fs::rename(from, path);
      return;
    }
    case StepKind::append: {
      if (session.workspace.source_hash(step.module) != step.before) {
        throw Failure(Exit::work_failed, step.path.string() + " was changed while it was looked at", "tito update");
      }
      const Overwriting done = overwrite(session, step.module, step.content, Cause::update);
      if (done.kept) step.snapshot = done.kept->id;
      return;
    }
    case StepKind::remove: {
      fs::remove(path);
      return;
    }
    case StepKind::create:
      if (fs::exists(path)) return;  // appeared meanwhile
      [[fallthrough]];
    case StepKind::beside:
    case StepKind::renew: {
      if (step.set_aside && fs::exists(path)) step.kept_as = copy_under_free_name(path, "kept");
      make_folders(path.parent_path());
      write_atomically(path, step.content);
      return;
    }
  }
}

}  // namespace

const char* name_of(StepKind kind) {
  switch (kind) {
    case StepKind::renumber:
      return "renumber";
    case StepKind::create:
      return "create";
    case StepKind::append:
      return "append";
    case StepKind::beside:
      return "beside";
    case StepKind::renew:
      return "renew";
    case StepKind::remove:
      return "remove";
  }
  return "";
}

GivenRecord record_of(const Kit& kit, const Course& course, const Track& track, const WorkspaceFiles& files) {
  GivenRecord record{sha256_of_folder(kit.contract_folder()), {}};
  for (const auto& [path, content] : files) record.files[GivenRecord::key(path)] = sha256(content);
  for (const auto& [path, content] : package_files(kit)) record.files[GivenRecord::key(path)] = sha256(content);
  for (const std::string& slug : track.order) {
    record.files["modules/" + slug + "/" + slug + ".cpp"] = sha256(skeleton_of(kit, course, slug));
  }
  return record;
}

UpdatePlan plan_update(const Session& session, const std::function<void(const std::string&)>& on_module) {
  return Planner(session).run(on_module);
}

void apply_update(const Session& session, UpdatePlan& plan) {
  snapshots_of(session.workspace).list();  // refuses before anything is changed when none could be kept
  for (UpdateStep& step : plan.steps) apply_step(session, step);
  const fs::path file = session.workspace.root() / GivenRecord::file();
  if (GivenRecord::load(session.workspace.root()) == plan.record) return;
  const auto present = read_if_present(file);
  if (present && !GivenRecord::load(session.workspace.root())) copy_under_free_name(file, "damaged");
  write_atomically(file, plan.record.print());
}

}  // namespace tito
