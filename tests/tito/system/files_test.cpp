// Names, JSON, files and checksums: the parts that everything stands on.
#include "tests/support/tito.hpp"
#include "tito/system/json.hpp"
#include "tito/system/spelling.hpp"

TEST_CASE("The nearest name is found, and none for a word that is far from all", "[files]") {
  const std::vector<std::string> names{"module", "export", "checkpoint", "next"};
  CHECK_SAME(tito::nearest("modul", names), std::string("module"));
  CHECK_SAME(tito::nearest("exprot", names), std::string("export"));
  CHECK_SAME(tito::nearest("check", names), std::string("checkpoint"));
  CHECK_SAME(tito::nearest("nxet", names), std::string("next"));
  CHECK_SAME(tito::nearest("zebra", names), std::string(""));
  CHECK_SAME(tito::nearest("", names), std::string(""));
}

TEST_CASE("JSON errors name line and column, and doubled keys", "[files]") {
  CHECK_CONTAINS(failure_of([] { tito::parse_json("{\n  \"a\": 1,\n  \"b\" 2\n}", "file.json"); }),
                 "file.json: line 3, column 7");
  CHECK_CONTAINS(failure_of([] { tito::parse_json("{\"a\": 1, \"a\": 2}", "file.json"); }), "\"a\" stands twice");
  CHECK_SAME(failure_of([] { tito::parse_json("{\"a\": {\"a\": 1}, \"b\": {\"a\": 2}}", "file.json"); }),
             std::string("no failure"));
}

TEST_CASE("A file is written whole or not at all, and the version before is kept", "[files]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path file = folder.path() / "f", previous = folder.path() / "p";
  tito::write_keeping_previous(file, previous, "one");
  CHECK(!fs::exists(previous));
  tito::write_keeping_previous(file, previous, "two");
  CHECK_SAME(tito::read_file(file), std::string("two"));
  CHECK_SAME(tito::read_file(previous), std::string("one"));
  CHECK_CONTAINS(failure_of([&] { tito::write_atomically(folder.path() / "no" / "f", "x"); }), "/no/f");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++files;
  CHECK_SAME(files, 2U);
}

TEST_CASE("SHA-256 agrees with the published examples", "[files]") {
  // source: FIPS 180-4's examples
  CHECK_SAME(tito::sha256("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK_SAME(tito::sha256(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}
