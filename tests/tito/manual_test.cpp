// The manual pages.
#include "tito.hpp"

TEST_CASE("Every command has a page that formats without a warning and says what --help says", "[manual][limit:60]") {
  Sandbox box;
  const Run written = box.tito({"dev", "manual", "man", "--json"});
  REQUIRE(written.status == 0);
  const auto pages = written.json().at("pages").get<std::vector<std::string>>();
  CHECK(std::find(pages.begin(), pages.end(), "tito.1") != pages.end());
  CHECK(std::find(pages.begin(), pages.end(), "tito-module.1") != pages.end());
  for (const std::string& page : pages) {
    const std::string file = (box.root() / "man" / page).string();
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"groff", "-ww", "-man", "-Tutf8", "-z", file},
          {"mandoc", "-Tlint", "-Wwarning", file}}) {
      if (box.run({"sh", "-c", "command -v " + command[0]}, box.root()).status != 0) {
        WARN("skipped: " << command[0] << " is not installed");
        continue;
      }
      const Run run = box.run(command, box.root());
      INFO(page << ": " << run.out << run.err);
      CHECK_SAME(run.status, 0);
      CHECK((run.out + run.err).empty());
    }
  }
  const std::string module = tito::read_file(box.root() / "man" / "tito-module.1");
  CHECK_CONTAINS(module, "\\-\\-seed");
  CHECK_CONTAINS(module, "Compile your file of one module and run its cases");
  CHECK_CONTAINS(module, "tito module test tensor \\-\\-seed 4711");
  CHECK_CONTAINS(tito::read_file(box.root() / "man" / "tito.1"), "tito\\-doctor");
}
