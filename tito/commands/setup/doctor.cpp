// "tito doctor": everything that tito needs on this machine, a line each, and the command that mends what is wrong.
#include <fmt/core.h>
#include <unistd.h>

#include <future>
#include <sstream>
#include <thread>

#include "tito/commands/commands.hpp"
#include "tito/data/store.hpp"
#include "tito/system/files.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/probe.hpp"

namespace tito {
namespace {

enum class Health { ok, warning, failing };

const char* name_of(Health health) {
  return health == Health::ok ? "ok" : health == Health::warning ? "warning" : "failing";
}

struct Finding {
  std::string name;
  Health health = Health::ok;
  std::string detail;
  std::string mend;  // the command; empty when there is nothing to mend
};

constexpr std::uintmax_t little_disk = std::uintmax_t{1} << 30U;  // bytes: a data set would not fit
constexpr std::uintmax_t no_disk = std::uintmax_t{100} << 20U;    // bytes: tests would fail

std::string install(const std::string& package) { return "sudo apt-get install " + package; }

// A check that itself breaks is a failing line, never the end of the doctor.
Finding guarded(const std::string& name, const std::function<Finding()>& check) {
  try {
    Finding finding = check();
    finding.name = name;
    return finding;
  } catch (const Failure& failure) {
    return {name, Health::failing, failure.what(), failure.way_out()};
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {
    return {name, Health::failing, error.what(), ""};
  }
}

Finding check_kit(Context& context) {
  const Kit& kit = context.kit();
  context.course();
  const std::vector<std::string> missing = missing_from(kit);
  if (missing.empty()) return {"", Health::ok, kit.file().string(), ""};
  return {"", Health::failing,
          fmt::format("{} of its files {} missing, such as {}", missing.size(), missing.size() == 1 ? "is" : "are",
                      missing.front()),
          "./bootstrap build"};
}

Finding finding_of(const CompilerProbe& probe, const std::string& compiler) {
  if (!probe.works) return {"", Health::failing, compiler + ": " + probe.problem, install("g++ binutils")};
  return {"", Health::ok,
          fmt::format("{}, a program of the standard library in {:.2f} s", probe.version, probe.seconds), ""};
}

Finding precompiled_finding(const CompilerProbe& probe) {
  if (probe.precompiled) return {"", Health::ok, "taken by the compiler", ""};
  return {"", Health::warning, "not taken by this compiler: every check takes a second longer", "./bootstrap build"};
}

Finding finding_of(const BlasProbe& probe) {
  if (!probe.used) return {"", Health::ok, "this course is not linked with it", ""};
  if (!probe.works) return {"", Health::failing, probe.problem, install("libopenblas-dev")};
  const char* threads = std::getenv("TITO_THREADS");
  return {"", Health::ok,
          fmt::format("{}; {} threads by itself, your framework {}", probe.configuration, probe.threads,
                      threads == nullptr ? "all cores" : std::string(threads)),
          ""};
}

Finding check_mold(Context& context) {
  const bool wanted = std::any_of(context.kit().link_flags().begin(), context.kit().link_flags().end(),
                                  [](const std::string& flag) { return flag == "-fuse-ld=mold"; });
  const auto program = find_program("mold");
  if (wanted && program.empty())
    return {"", Health::failing, "the course was built with it, and it is not in PATH", install("mold")};
  if (program.empty())
    return {"", Health::warning, "not here: linking takes longer", install("mold") + " && ./bootstrap build"};
  if (!wanted) return {"", Health::warning, "here, but the course was built without it", "./bootstrap build"};
  return {"", Health::ok, program.string(), ""};
}

Finding check_ccache() {
  const auto program = find_program("ccache");
  if (!program.empty()) return {"", Health::ok, program.string(), ""};
  return {"", Health::warning, "not here: building the course again takes minutes", install("ccache")};
}

Finding check_processor() {
  std::istringstream lines(read_file("/proc/cpuinfo"));
  std::string flags;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("flags") || line.starts_with("Features")) flags = line + " ";
    if (!flags.empty()) break;
  }
  std::vector<std::string> found;
  for (const char* feature : {"avx512f", "avx2", "fma"}) {
    if (flags.find(std::string(" ") + feature + " ") != std::string::npos) found.emplace_back(feature);
  }
  return {"", Health::ok,
          fmt::format("{} cores, {}", std::thread::hardware_concurrency(),
                      found.empty() ? "no vectors wider than 16 bytes: products are slower" : listed(found)),
          ""};
}

Finding check_terminal(const Screen& screen) {
  const char* term = std::getenv("TERM");
  const std::string where = screen.is_terminal()
                                ? fmt::format("{} columns, TERM={}", screen.width(), term == nullptr ? "" : term)
                                : "output is no terminal";
  if (screen.is_utf8()) return {"", Health::ok, where + ", UTF-8", ""};
  return {"", Health::warning, where + ", ASCII alone, as the locale is not UTF-8", "export LC_ALL=C.UTF-8"};
}

Finding check_editor(const fs::path& workspace) {
  const auto program = find_program("clangd");
  if (program.empty())
    return {"", Health::warning, "clangd is not here: editors cannot explain the contract", install("clangd")};
  if (workspace.empty()) return {"", Health::ok, program.string(), ""};
  for (const char* file : {"compile_commands.json", ".clangd"}) {
    if (fs::exists(workspace / file)) continue;
    return {"", Health::warning, (workspace / file).string() + " is missing",
            "tito init " + shell_quoted(workspace.string()) + " --force"};
  }
  return {"", Health::ok, program.string() + ", configured in the workspace", ""};
}

Finding check_disk(const fs::path& folder) {
  const std::uintmax_t free = fs::space(folder).available;
  const std::string detail = fmt::format("{:.1f} GB free in {}", static_cast<double>(free) / 1e9, folder.string());
  if (::access(folder.c_str(), W_OK) != 0)
    return {"", Health::failing, folder.string() + " cannot be written to",
            "chmod u+w " + shell_quoted(folder.string())};
  const Health health = free < no_disk ? Health::failing : free < little_disk ? Health::warning : Health::ok;
  return {"", health, detail,
          health == Health::ok ? "" : "du -xh " + shell_quoted(folder.string()) + " | sort -h | tail"};
}

Finding check_data(const DataSet& set) {
  const Place place = Store(data_root()).find(set);
  const std::string fetch = "tito data fetch " + set.name;
  switch (place.presence) {
    case Presence::here:
      return {"", Health::ok, place.folder.string(), ""};
    case Presence::missing:
      return {"", Health::warning, "not here: a smaller sample or drawn images stand in for it", fetch};
    case Presence::unverified:
      return {"", Health::warning, place.folder.string() + ", never verified", "tito data verify " + set.name};
    case Presence::damaged:
      break;
  }
  return {"", Health::failing, place.problem, place.own ? "tito data remove " + set.name + " && " + fetch : fetch};
}

Finding check_workspace(Context& context) {
  const Workspace& workspace = context.workspace();
  const Standing standing = context.standing();
  std::vector<std::string> absent;
  for (const std::string& slug : workspace.track().order) {
    if (!fs::exists(workspace.source(slug))) absent.push_back(workspace.source_name(slug));
  }
  if (!absent.empty()) {
    return {"", Health::failing, fmt::format("{} is missing", listed(absent)),
            "tito init " + shell_quoted(workspace.root().string()) + " --force"};
  }
  int done = 0;
  for (const auto& [checkpoint, state] : standing.checkpoints) done += state == CheckpointState::done ? 1 : 0;
  return {"", Health::ok,
          fmt::format("{}, track {}, {} of {} checkpoints", workspace.root().string(), workspace.track().name, done,
                      standing.checkpoints.size()),
          ""};
}

// Whether the folder stands in a workspace at all, whatever state that is in.
fs::path workspace_above(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path at = fs::absolute(folder, ignored).lexically_normal();; at = at.parent_path()) {
    if (fs::exists(at / ".tito" / "workspace.json", ignored)) return at;
    if (at == at.parent_path()) return {};
  }
}

// The probes start programs, so they run beside one another.
void probe_programs(Context& context, bool has_kit, std::vector<Finding>& findings) {
  std::error_code ignored;
  const TemporaryFolder scratch(fs::temp_directory_path(ignored) / fmt::format("tito-{}", ::getuid()));
  if (!has_kit) {
    findings.push_back(guarded("compiler", [&] { return finding_of(probe_compiler("g++", scratch.path()), "g++"); }));
    return;
  }
  const Kit& kit = context.kit();
  auto blas = std::async(std::launch::async, [&] { return probe_blas(kit, scratch.path()); });
  const CompilerProbe compiler = probe_compiler(kit, scratch.path());
  findings.push_back(guarded("compiler", [&] { return finding_of(compiler, kit.compiler()); }));
  if (compiler.works) findings.push_back(guarded("contract", [&] { return precompiled_finding(compiler); }));
  findings.push_back(guarded("OpenBLAS", [&] { return finding_of(blas.get()); }));
}

std::vector<Finding> examine(Context& context) {
  std::vector<Finding> findings;
  const fs::path workspace = workspace_above(context.workspace_folder);
  findings.push_back(guarded("course", [&] { return check_kit(context); }));
  bool has_kit = true;
  try {
    context.course();
  } catch (const Failure&) {
    has_kit = false;
  }
  try {
    probe_programs(context, has_kit, findings);
  } catch (const Failure& failure) {  // no place for temporary files
    findings.push_back({"compiler", Health::failing, failure.what(), "export TMPDIR=DIR"});
  }
  if (!has_kit && findings.front().mend.empty()) findings.front().mend = "./bootstrap build";
  if (has_kit) findings.push_back(guarded("mold", [&] { return check_mold(context); }));
  findings.push_back(guarded("ccache", check_ccache));
  findings.push_back(guarded("processor", check_processor));
  findings.push_back(guarded("terminal", [&] { return check_terminal(context.screen); }));
  findings.push_back(guarded("editor", [&] { return check_editor(workspace); }));
  std::error_code ignored;
  findings.push_back(guarded("disk", [&] { return check_disk(workspace.empty() ? fs::current_path() : workspace); }));
  if (has_kit) {
    try {
      const Registry registry(context.kit().registry());
      for (const DataSet& set : registry.sets()) {
        findings.push_back(guarded("data " + set.name, [&] { return check_data(set); }));
      }
    } catch (const Failure& failure) {
      findings.push_back({"data", Health::failing, failure.what(), "./bootstrap build"});
    }
  }
  if (workspace.empty()) findings.push_back({"workspace", Health::warning, "you stand in none", "tito init my-course"});
  else if (has_kit) findings.push_back(guarded("workspace", [&] { return check_workspace(context); }));
  return findings;
}

std::string mark_of(const Screen& screen, Health health) {
  if (health == Health::ok) return screen.paint(Style::good, screen.tick());
  return health == Health::warning ? screen.paint(Style::warn, "!") : screen.paint(Style::bad, screen.cross());
}

void run(Context& context) {
  const std::vector<Finding> findings = examine(context);
  nlohmann::json checks = nlohmann::json::array();
  int warnings = 0, failing = 0;
  Screen& screen = context.screen;
  for (const Finding& finding : findings) {
    warnings += finding.health == Health::warning ? 1 : 0;
    failing += finding.health == Health::failing ? 1 : 0;
    checks.push_back({{"name", finding.name},
                      {"state", name_of(finding.health)},
                      {"detail", finding.detail},
                      {"mend", finding.mend}});
    screen.line(fmt::format("{} {:<18} {}", mark_of(screen, finding.health), finding.name, finding.detail));
    if (!finding.mend.empty()) screen.line(fmt::format("  {:<18} {}", "", screen.paint(Style::accent, finding.mend)));
  }
  context.result = {{"checks", checks}, {"warnings", warnings}, {"failing", failing}};
  screen.line();
  screen.line(failing > 0    ? fmt::format("{} failing, {} to be aware of", failing, warnings)
              : warnings > 0 ? fmt::format("tito works here; {} to be aware of", warnings)
                             : "everything is in order");
  if (failing > 0) context.exit = Exit::environment;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("doctor", "Whether everything that tito needs works on this machine, and what mends it");
  command->footer(
      "Exit status 3 when something fails; a warning is no failure. It works without a workspace and without a built\n"
      "course.\n\nExamples:\n  tito doctor\n  tito doctor --json");
  command->callback([&context] { run(context); });
}

}  // namespace tito
