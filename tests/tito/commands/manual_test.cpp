// The manual pages.
#include <regex>
#include <set>

#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"
#include "tito/commands/commands.hpp"

namespace {

// What --help says of a command and of those below it: what they do, and their options.
std::set<std::string> help_of(const CLI::App& command) {
  std::set<std::string> parts{command.get_description()};
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) parts.insert("--" + name);
    parts.insert(option->get_description());
  }
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (!below->get_group().empty()) parts.merge(help_of(*below));
  }
  return parts;
}

}  // namespace

TEST_CASE("Every command has a page that formats without a warning and says what --help says", "[manual][limit:60]") {
  Sandbox box;
  const Run written = box.tito({"dev", "manual", "man", "--json"});
  REQUIRE(written.status == 0);
  const auto pages = written.json().at("pages").get<std::vector<std::string>>();
  CLI::App app;
  tito::Context context;
  tito::add_everything(app, context);
  std::set<std::string> expected{"tito.1"};
  for (const std::string& command : tito::all_commands(app)) {
    const std::string first = command.substr(0, command.find(' ')), page = "tito-" + first + ".1";
    if (!expected.insert(page).second) continue;
    std::string text = tito::read_file(box.root() / "man" / page);
    text = std::regex_replace(text, std::regex(R"(\\\(aq)"), "'");  // as groff writes an apostrophe
    std::erase(text, '\\');
    for (const std::string& part : help_of(*app.get_subcommand(first))) {
      INFO(page << ": " << text);
      CHECK_CONTAINS(text, part);
    }
  }
  CHECK((std::set<std::string>(pages.begin(), pages.end()) == expected));
  for (const std::string& page : pages) {
    const std::string file = (box.root() / "man" / page).string();
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"groff", "-ww", "-man", "-Tutf8", "-z", file},
          {"mandoc", "-Tlint", "-Wwarning", file}}) {
      if (!has_program(command[0])) continue;
      const Run run = box.run(command, box.root());
      INFO(page << ": " << run.out << run.err);
      CHECK_SAME(run.status, 0);
      CHECK((run.out + run.err).empty());
    }
  }
}
