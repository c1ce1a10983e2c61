#include "tests/support/tito.hpp"

#include <cstdlib>

#include "tests/support/processes.hpp"
#include "tito/system/failure.hpp"

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
  for (const std::string& variable : environment) line += " " + quoted(variable);
  for (const std::string& word : command) line += " " + quoted(word);
  line += " >" + quoted(out.string()) + " 2>" + quoted(err.string()) + " </dev/null";
  const int status = std::system(line.c_str());
  return {exit_status_of(status), tito::read_file(out), tito::read_file(err)};
}

Run Sandbox::tito(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) const {
  std::vector<std::string> command{TEST_TITO};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables{"TITO_KIT=" + kit_, "LC_ALL=C.UTF-8"};
  variables.insert(variables.end(), environment.begin(), environment.end());
  return run(command, has_workspace_ ? workspace() : root(), variables);
}

Run Sandbox::tito_on_full_disk(const std::string& arguments) const {
  // A limit of nothing per file has the same effect on every write as a full disk, and needs no rights.
  return run({"bash", "-c",
              "(ulimit -f 0; trap '' XFSZ; exec " TEST_TITO " " + arguments + ") 2>&1 | cat; exit ${PIPESTATUS[0]}"},
             workspace(), {"TITO_KIT=" + kit_});
}

void Sandbox::init(bool filled) {
  const Run made = tito({"init", "w"});
  INFO(made.err);
  REQUIRE(made.status == 0);
  has_workspace_ = true;
  if (filled) REQUIRE(tito({"dev", "fill", "all"}).status == 0);
}

void Sandbox::edit(const std::string& file, const std::string& from, const std::string& to) const {
  edit_file(path(file), from, to);
}

void edit_file(const fs::path& file, const std::string& from, const std::string& to) {
  std::string text = tito::read_file(file);
  const std::size_t at = text.find(from);
  INFO(file << " holds " << from);
  REQUIRE(at != std::string::npos);
  tito::write_atomically(file, text.replace(at, from.size(), to));
}

std::string changed_kit(const Sandbox& box, const std::function<void(nlohmann::json&)>& change,
                        const std::string& kit) {
  nlohmann::json changed = nlohmann::json::parse(tito::read_file(kit));
  change(changed);
  tito::write_atomically(box.root() / "kit.json", changed.dump());
  return (box.root() / "kit.json").string();
}

std::string failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const tito::Failure& failure) {
    return failure.what();
  }
  return "no failure";
}
