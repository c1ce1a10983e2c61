#include "tito/toolchain/cpu_profile.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>
#include <vector>

#include "tito/system/elf.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/files.hpp"
#include "tito/system/json.hpp"
#include "tito/system/text.hpp"
#include "tito/toolchain/compiler.hpp"
#include "tito/toolchain/process.hpp"

namespace tito {
namespace {

constexpr const char* mark = "tito_code_";
constexpr std::size_t longest_text = 200;
constexpr std::int64_t most_samples = std::int64_t{1} << 40;  // a larger count is no count

ProcessResult run_tool(const std::vector<std::string>& command) {
  ProcessOptions options;
  options.limit_seconds = 60;
  options.output_limit = 16U << 20U;
  ProcessResult result = run_process(command, options);
  if (!result.succeeded()) throw Failure(Exit::environment, command[0] + " does not work: " + printable(result.output));
  return result;
}

std::set<std::string> code_sections(const fs::path& object) {
  std::set<std::string> names;
  for (const Section& one : sections_of(object)) {
    if (one.is_code && one.size > 0) names.insert(one.name);
  }
  return names;
}

// Copies of the bodies whose code lies in sections named after their modules. What several objects hold stays as it is.
std::vector<fs::path> mark_bodies(const Kit& kit, const std::map<std::string, fs::path>& bodies,
                                  const std::vector<fs::path>& others, const fs::path& folder) {
  std::map<std::string, int> holders;  // of a section with a name of its own: a function that the linker may merge
  std::vector<fs::path> all = others;
  for (const auto& [slug, object] : bodies) all.push_back(object);
  for (const fs::path& object : all) {
    for (const std::string& name : code_sections(object)) ++holders[name];
  }
  const auto is_plain = [](const std::string& name) {
    return name == ".text" || name == ".text.unlikely" || name == ".text.startup" || name == ".text.hot" ||
           name == ".text.exit";
  };
  std::vector<fs::path> marked;
  for (const auto& [slug, object] : bodies) {
    marked.push_back(folder / (slug + ".marked.o"));
    std::vector<std::string> command{kit.section_renamer()};
    for (const std::string& name : code_sections(object)) {
      if (is_plain(name) || holders[name] == 1) {
        command.insert(command.end(), {"--rename-section", name + "=" + mark + slug});
      }
    }
    command.insert(command.end(), {object.string(), marked.back().string()});
    run_tool(command);
  }
  return marked;
}

// Whose an address of the program is.
class Owners {
 public:
  explicit Owners(const fs::path& program) {
    for (const Section& one : sections_of(program)) {
      if (one.name.starts_with(mark)) ranges_.push_back({one.address, one.address + one.size, one.name.substr(10)});
    }
  }

  // The module's slug; empty for what is no module's.
  std::string of(std::uint64_t address) const {
    for (const Range& one : ranges_) {
      if (address >= one.begin && address < one.end) return one.slug;
    }
    return "";
  }

 private:
  struct Range {
    std::uint64_t begin, end;
    std::string slug;
  };
  std::vector<Range> ranges_;
};

std::string text_of(const json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? printable(found->get<std::string>().substr(0, longest_text)) : "";
}

double number_of(const json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_number() && std::isfinite(found->get<double>()) ? found->get<double>() : 0;
}

std::int64_t count_of(const json& event) {
  const auto found = event.find("count");
  if (found == event.end() || !found->is_number_unsigned()) return 0;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(found->get<std::uint64_t>(), most_samples));
}

}  // namespace

std::int64_t CpuShare::total() const {
  const auto add = [](std::int64_t sum, const auto& one) { return sum + one.second; };
  return std::accumulate(libraries.begin(), libraries.end(),
                         std::accumulate(modules.begin(), modules.end(), given, add), add);
}

int count_functions(const Kit& kit, const fs::path& object) {
  // Demangled, since a constructor has two symbols of one name.
  const ProcessResult result =
      run_tool({kit.symbol_lister(), "-P", "--extern-only", "--defined-only", "--demangle", object.string()});
  std::set<std::string> names;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    // "NAME T 0000 00ff", where the name may hold spaces.
    const std::size_t kind = line.rfind(" T ");
    if (kind != std::string::npos) names.insert(line.substr(0, kind));
  }
  return static_cast<int>(names.size());
}

CpuShare measure_share(const Kit& kit, const std::map<std::string, fs::path>& bodies, const fs::path& scratch,
                       double seconds) {
  if (!kit.has("profile", "step")) {
    throw Failure(Exit::usage, "this course has no work of which the share could be measured");
  }
  const std::vector<fs::path> given{kit.object("runner", "profile"), kit.object("profile", "step")};
  std::vector<fs::path> objects = given;
  for (const fs::path& one : mark_bodies(kit, bodies, given, scratch)) objects.push_back(one);
  const fs::path program = scratch / "profile", folder = scratch / "run";
  const Linking linking = link(kit, objects, program);
  if (!linking.succeeded)
    throw Failure(Exit::work_failed, "the measured work does not link: " + printable(linking.output));
  make_folders(folder);

  const Owners owners(program);
  CpuShare share;
  for (const auto& [slug, object] : bodies) share.modules[slug] = 0;
  bool finished = false;
  std::string problem;
  ProcessOptions options;
  options.folder = folder;
  options.student_code = true;
  options.limit_memory = !kit.is_sanitized();
  options.output_limit = 4096;
  options.limit_seconds = 10 * seconds + 60;
  options.on_record = [&](const std::string& line) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    const std::string kind = text_of(event, "event");
    if (kind == "work") {
      share.work = text_of(event, "name");
      share.unit = text_of(event, "unit");
      share.rate = number_of(event, "rate");
      share.seconds = number_of(event, "seconds");
    } else if (kind == "sample") {
      const std::string slug =
          owners.of(event.value("at", json()).is_number_unsigned() ? event["at"].get<std::uint64_t>() : 0);
      (share.modules.contains(slug) ? share.modules[slug] : share.given) += count_of(event);
    } else if (kind == "outside" && share.libraries.size() < 100) {
      share.libraries[text_of(event, "library")] += count_of(event);
    } else if (kind == "stopped") {
      problem = text_of(event, "message");
    } else if (kind == "finish") {
      finished = true;
    }
  };
  const ProcessResult result = run_process({program.string(), "--seconds", std::to_string(seconds)}, options);
  if (problem.empty() && result.timed_out)
    problem = "it was stopped after " + std::to_string(static_cast<int>(options.limit_seconds)) + " s";
  if (problem.empty() && result.signal != 0) problem = signal_name(result.signal);
  if (problem.empty() && (!finished || share.total() == 0)) problem = "it ended before anything was measured";
  if (!problem.empty()) throw Failure(Exit::work_failed, "the measured work did not come to its end: " + problem);
  return share;
}

}  // namespace tito
