// What git says of a folder. tito asks it and lets it change nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tito {

class Git {
 public:
  explicit Git(std::filesystem::path folder);

  // Whether git is installed and the folder lies in a checkout.
  bool is_checkout() const { return problem_.empty(); }

  // Why it is none.
  const std::string& problem() const { return problem_; }

  // The files below the folder that are tracked or would be: relative to it, without those that are ignored.
  // throws: Failure(Exit::environment) when git fails.
  std::vector<std::filesystem::path> files() const;

  // Which of these paths, relative to the folder, hold something that is not committed: as git writes it, " M
  // README.md". throws: as files().
  std::vector<std::string> uncommitted(const std::vector<std::filesystem::path>& paths) const;

 private:
  std::vector<std::string> ask(const std::vector<std::string>& words) const;

  std::filesystem::path folder_;
  std::string problem_;
};

}  // namespace tito
