#include "tito.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace {

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

Sandbox::Sandbox(std::string kit) : folder_(fs::temp_directory_path() / "tito-tests"), kit_(std::move(kit)) {}

Run Sandbox::run(const std::vector<std::string>& command, const fs::path& folder,
                 const std::vector<std::string>& environment) const {
  const fs::path out = root() / "stdout.txt", err = root() / "stderr.txt";
  std::string line = "cd " + quoted(folder.string()) + " && env";
  for (const std::string& one : environment) line += " " + quoted(one);
  for (const std::string& word : command) line += " " + quoted(word);
  line += " >" + quoted(out.string()) + " 2>" + quoted(err.string()) + " </dev/null";
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), tito::read_file(out), tito::read_file(err)};
}

Run Sandbox::tito(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) const {
  std::vector<std::string> command{TEST_TITO};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables{"TITO_KIT=" + kit_, "LC_ALL=C.UTF-8"};
  variables.insert(variables.end(), environment.begin(), environment.end());
  return run(command, has_workspace_ ? workspace() : root(), variables);
}

void Sandbox::init(bool filled) {
  const Run made = tito({"init", "w"});
  INFO(made.err);
  REQUIRE(made.status == 0);
  has_workspace_ = true;
  if (filled) REQUIRE(tito({"dev", "fill", "all"}).status == 0);
}

void Sandbox::edit(const std::string& file, const std::string& from, const std::string& to) const {
  std::string text = tito::read_file(path(file));
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  tito::write_atomically(path(file), text);
}
