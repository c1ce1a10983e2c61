// The record of progress, by itself.
#include "tito/course/progress.hpp"

#include "tests/support/tito.hpp"

TEST_CASE("Progress comes back as it was written, and evidence that contradicts itself is refused", "[progress]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::ProgressFile file(folder.path());
  file.create();
  const std::string hash = tito::sha256("x");
  file.update([&](tito::Progress& progress) {
    progress.modules["tensor"].tested = tito::Evidence{hash, hash, 9, 7, 123456, "2026-01-02T03:04:05Z"};
    progress.checkpoints["foundation"].evidence = tito::Evidence{hash, hash, 2, 2, 5, "2026-01-02T03:04:05Z"};
    progress.checkpoints["foundation"].linked["tensor"] = hash;
    progress.checkpoints["foundation"].measures = {{"speed", 1.5, "x"}, {"odd", std::nullopt, ""}};
  });
  const tito::Progress progress = file.load();
  CHECK_SAME(progress.modules.at("tensor").tested->passed, 7);
  CHECK(!progress.modules.at("tensor").tested->all_passed());
  CHECK(!progress.modules.at("tensor").exported.has_value());
  CHECK_SAME(progress.checkpoints.at("foundation").linked.at("tensor"), hash);
  CHECK(!progress.checkpoints.at("foundation").measures.at(1).value.has_value());

  std::string text = tito::read_file(folder.path() / "progress.json");
  text.replace(text.find("\"passed\": 7"), 11, "\"passed\": 10");
  tito::write_atomically(folder.path() / "progress.json", text);
  CHECK_CONTAINS(failure_of([&] { file.load(); }), "modules.tensor.tested.passed");
}

TEST_CASE("A change that fails half-way writes nothing", "[progress]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const tito::ProgressFile file(folder.path());
  file.create();
  const std::string before = tito::read_file(folder.path() / "progress.json");
  CHECK_THROWS_AS(file.update([](tito::Progress& progress) {
    progress.modules["a"];
    throw std::runtime_error("stop");
  }),
                  std::runtime_error);
  CHECK_SAME(tito::read_file(folder.path() / "progress.json"), before);
}
