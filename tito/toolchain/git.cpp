#include "tito/toolchain/git.hpp"

#include "tito/system/failure.hpp"
#include "tito/toolchain/probe.hpp"
#include "tito/toolchain/process.hpp"

namespace fs = std::filesystem;

namespace tito {
namespace {

ProcessResult run_git(const fs::path& folder, const std::vector<std::string>& words) {
  std::vector<std::string> command{"git", "--no-optional-locks", "-C", folder.string()};
  command.insert(command.end(), words.begin(), words.end());
  ProcessOptions options;
  options.output_limit = std::size_t{64} << 20U;
  return run_process(command, options);
}

// The first line of what a program said.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Git::Git(fs::path folder) : folder_(std::move(folder)) {
  if (find_program("git").empty()) {
    problem_ = "git is not installed";
    return;
  }
  const ProcessResult result = run_git(folder_, {"rev-parse", "--show-toplevel"});
  if (!result.succeeded()) problem_ = first_line(result.output);
}

std::vector<fs::path> Git::files() const {
  std::vector<fs::path> files;
  for (const std::string& name : ask({"ls-files", "-z", "--cached", "--others", "--exclude-standard"}))
    files.emplace_back(name);
  return files;
}

std::vector<std::string> Git::uncommitted(const std::vector<fs::path>& paths) const {
  std::vector<std::string> words{"status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--"};
  for (const fs::path& path : paths) words.push_back(":(literal)" + path.string());
  return ask(words);
}

// The words that git's answer is made of, each with a zero behind it.
std::vector<std::string> Git::ask(const std::vector<std::string>& words) const {
  const ProcessResult result = run_git(folder_, words);
  if (!result.succeeded() || result.output_cut) {
    throw Failure(Exit::environment, "git " + words.front() + " failed: " + first_line(result.output));
  }
  std::vector<std::string> answer;
  for (std::size_t at = 0, end; (end = result.output.find('\0', at)) != std::string::npos; at = end + 1) {
    answer.push_back(result.output.substr(at, end - at));
  }
  return answer;
}

}  // namespace tito
