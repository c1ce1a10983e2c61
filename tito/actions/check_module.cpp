#include "tito/actions/check_module.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <random>
#include <thread>

#include "tito/actions/failing_function.hpp"
#include "tito/actions/known_mistake.hpp"
#include "tito/actions/reference.hpp"
#include "tito/course/skeleton.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

// The line of the stub whose exception a check reports, from 1; 0 when it reports another.
int stub_line(const std::string& source, const std::string& message) {
  const std::size_t end = message.find(" is not written yet (module ");
  if (end == std::string::npos) return 0;
  const std::size_t at = source.find(", \"" + message.substr(0, end) + "\")");
  if (at == std::string::npos || source.rfind("NotImplemented(", at) == std::string::npos) return 0;
  return 1 + static_cast<int>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

}  // namespace

Evidence evidence_of(const std::string& source_hash, const std::string& contract, const Verdict& verdict) {
  return {source_hash,     contract,
          verdict.planned, verdict.all_passed() ? verdict.passed : std::min(verdict.passed, verdict.planned - 1),
          verdict.seed,    utc_now()};
}

std::uint64_t new_seed() {
  static std::random_device device;
  return device() % 1'000'000U;
}

std::string source_text(const Session& session, const std::string& slug) {
  const auto source = read_if_present(session.workspace.source(slug));
  if (source) return *source;
  const std::string number = two_digits(number_in(session.workspace.track(), slug));
  throw Failure(Exit::work_failed, session.workspace.source(slug).string() + " is missing",
                "if the course was renewed: tito update; a new skeleton: tito module reset " + number +
                    "; an earlier text of yours: tito history " + number);
}

// Once more if the file was saved meanwhile: what is found out is about exactly what was compiled.
void compile_source(const Session& session, const std::string& slug, Mode mode, const fs::path& object, Check& check) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    check.source_hash = sha256(source_text(session, slug));
    check.compilation = compile(session.kit, mode, session.workspace.source(slug), object);
    if (session.workspace.source_hash(slug) == check.source_hash) break;
  }
}

Check check_module(const Session& session, const std::string& slug, std::uint64_t seed,
                   const std::function<void(int)>& on_case) {
  const auto started = std::chrono::steady_clock::now();
  const std::vector<PlannedCase> plan = session.kit.plan("test", slug);
  Check check;
  check.verdict.planned = static_cast<int>(plan.size());
  check.verdict.seed = seed;
  for (const PlannedCase& one : plan) {
    check.verdict.cases.push_back({});
    check.verdict.cases.back().name = one.name;
  }
  const auto finish = [&] {
    check.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    const fs::path reference = reference_source(session.kit, session.course, slug);
    check.failing = failing_function(solution_names(read_file(reference), reference.string()), slug,
                                     read_if_present(session.workspace.source(slug)).value_or(""), check);
    session.workspace.progress_file().update([&](Progress& progress) {
      progress.modules[slug].tested = evidence_of(check.source_hash, session.contract, check.verdict);
      progress.modules[slug].failing = check.failing;
    });
    return check;
  };
  const TemporaryFolder scratch(session.workspace.scratch());
  const fs::path object = scratch.path() / (slug + ".o");
  compile_source(session, slug, Mode::check, object, check);
  if (!check.compilation.succeeded) return finish();
  std::vector<fs::path> objects{session.kit.object("runner", "cases"), session.kit.object("test", slug), object};
  for (const std::string& other : session.workspace.track().order) {
    if (other != slug) objects.push_back(session.kit.object("body", other));
  }
  const fs::path program = scratch.path() / (slug + "_test");
  // Both take some hundredths of a second that the student waits for: side by side.
  std::future<Linking> linking = std::async(std::launch::async, [&] { return link(session.kit, objects, program); });
  check.symbols = compare_symbols(session.kit, object, session.kit.object("body", slug));
  check.linking = linking.get();
  if (!check.symbols.none()) return finish();
  if (!check.linking.succeeded) return finish();
  const fs::path folder = scratch.path() / "run";
  make_folders(folder);
  const int processes = std::thread::hardware_concurrency() > 1 ? 2 : 1;  // the student waits
  check.verdict = run_cases(session.kit, program, plan, folder, seed, on_case, processes);
  check.ran = true;
  const std::string source = source_text(session, slug);
  for (CaseResult& one : check.verdict.cases) {
    for (CheckFailure& failure : one.failures) failure.source_line = stub_line(source, failure.message);
  }
  if (!check.passed()) check.known_mistake = known_mistake_of(session.kit, session.course, slug, check.verdict);
  return finish();
}

}  // namespace tito
