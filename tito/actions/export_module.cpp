#include "tito/actions/export_module.hpp"

#include "tito/actions/exported_objects.hpp"
#include "tito/actions/overwrite.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {

Export export_module(const Session& session, const std::string& slug, std::uint64_t seed,
                     const std::function<void(const std::string&)>& on_step) {
  const auto step = [&](const std::string& what) {
    if (on_step) on_step(what);
  };
  Export result;
  step("testing " + slug);
  const std::string source = source_text(session, slug);
  result.check = check_module(session, slug, seed);
  if (!result.check.passed()) return result;
  const std::vector<std::string> lacking = unexported_needs(session, slug);
  if (!lacking.empty()) {
    throw Failure(
        Exit::work_failed,
        "the tests of " + slug + " pass, but its checkpoint links your own " + listed(lacking) + ", not exported yet",
        "tito export " + lacking.front());
  }
  if (sha256(source) != result.check.source_hash) {
    throw Failure(Exit::work_failed, session.workspace.source_name(slug) + " was changed while it was tested",
                  "tito export " + slug);
  }
  step("compiling " + slug + " at full optimisation");
  // What is exported is what was tested, whatever happens to the student's file meanwhile.
  const TemporaryFolder scratch(session.workspace.scratch());
  const fs::path copy = scratch.path() / (slug + ".cpp");
  write_atomically(copy, source);
  const fs::path object = exported_object_path(session, slug, result.check.source_hash);
  result.compilation = compile_exported(session, slug, copy, object);
  if (!result.compilation->succeeded) return result;
  try {
    snapshots_of(session.workspace).keep(slug, source, Cause::exported);
  } catch (const Failure& failure) {
    if (failure.exit() != Exit::damaged) throw;
    result.snapshot_problem = failure.what();  // no reason to refuse an export, which overwrites nothing of theirs
  }
  make_folders(session.workspace.exported_source(slug).parent_path());
  write_atomically(session.workspace.exported_source(slug), source);
  session.workspace.progress_file().update([&](Progress& progress) {
    progress.modules[slug].exported = evidence_of(result.check.source_hash, session.contract, result.check.verdict);
  });
  result.exported = true;
  step("proving " + session.course.module(slug).checkpoint);
  result.proof = prove(session, session.course.module(slug).checkpoint, seed);
  result.unlocked = result.proof->passed();
  return result;
}

}  // namespace tito
