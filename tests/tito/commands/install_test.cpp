// What "cmake --install" leaves works where neither the source tree nor the build tree can be seen.
#include <unistd.h>

#include "tests/support/tito.hpp"

namespace {

std::string shell(const std::string& word) { return "'" + word + "'"; }

}  // namespace

TEST_CASE("An installed tito needs neither the source tree nor the build tree", "[install][limit:300]") {
  Sandbox box;
  const fs::path prefix = box.root() / "prefix";
  for (const std::string component : {"tito", "toy"}) {
    const Run run = box.run(
        {TEST_CMAKE, "--install", TEST_BINARY_DIR, "--prefix", prefix.string(), "--component", component}, box.root());
    INFO(run.out << run.err);
    REQUIRE(run.status == 0);
  }
  const fs::path kit = prefix / "lib/tito/kits/toy/kit.json";
  const std::string text = tito::read_file(kit);
  CHECK(!contains(text, TEST_SOURCE_DIR));
  CHECK(!contains(text, TEST_BINARY_DIR));
  CHECK(fs::exists(prefix / "share/man/man1/tito.1"));
  CHECK(fs::exists(prefix / "share/bash-completion/completions/tito"));

  if (::geteuid() != 0 || box.run({"unshare", "-m", "true"}, box.root()).status != 0) {
    WARN("skipped: hiding the trees takes root and unshare");
    return;
  }
  // An empty file system stands over the trees, in a name space of this one run.
  const std::string tito = (prefix / "bin/tito").string();
  const std::string count = "modules/01_count/count.cpp";
  const std::string answer = tito::read_file(fs::path(TEST_SOURCE_DIR) / "tests/fixtures/toy" / count);
  tito::write_atomically(box.root() / "answer.cpp", answer);
  const std::string script =
      "set -e\nmount -t tmpfs none " + shell(TEST_SOURCE_DIR) + "\n" + "if [ -e " + shell(TEST_BINARY_DIR) +
      " ] && [ -n \"$(ls " + shell(TEST_BINARY_DIR) + ")\" ]; then mount -t tmpfs none " + shell(TEST_BINARY_DIR) +
      "; fi\n" + tito + " init w\ncd w\n" + tito + " next\n" + "status=0; " + tito +
      " module test 01 || status=$?; test $status = 1\n" + "cp ../answer.cpp " + count + "\n" + tito +
      " module test 01\n" + tito + " export 01\n" + tito + " demo 01\n" + tito + " solution 01\n" + tito +
      " hint 02\n" + tito + " bench 01 --seconds 0.1\n" + tito + " module reset 01\n" + tito + " undo\n" + tito +
      " update\n" + tito + " report\n" + tito + " progress rebuild\n" + tito + " tour\n" + tito + " course analyze\n" +
      tito + " course suggest\n" +
      "for words in 'dev fill 01' 'course check' 'course new three' 'course reorder --order count,total'; do\n" +
      "  status=0; " + tito + " $words || status=$?; test $status = 2\ndone\n" + "status=0; " + tito +
      " doctor --json > doctor.json || status=$?\n";
  tito::write_atomically(box.root() / "script", script);
  const Run run = box.run({"unshare", "-m", "sh", (box.root() / "script").string()}, box.root(),
                          {"TITO_KIT=" + kit.string(), "LC_ALL=C.UTF-8"});
  INFO(run.out << run.err);
  CHECK_SAME(run.status, 0);
  CHECK_CONTAINS(run.out, "3 of 3 cases pass");
  const nlohmann::json examined = nlohmann::json::parse(tito::read_file(box.root() / "w" / "doctor.json"));
  for (const nlohmann::json& check : examined.at("checks")) {
    INFO(check.dump());
    CHECK(check.at("state") != "failing");
    if (check.at("name") == "contract") CHECK_SAME(check.at("state"), "ok");  // the precompiled one is taken
  }
}
