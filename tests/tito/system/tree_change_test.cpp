// Many files changed as one, and places in the text of a JSON file.
#include "tito/system/tree_change.hpp"

#include "tests/support/tito.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/json_text.hpp"

TEST_CASE("A change that was stopped at any of its steps is ended, unless somebody changed a file since",
          "[tree_change]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path root = folder.path() / "tree", staging = root / ".change";
  const auto fresh = [&] {
    fs::remove_all(root);
    for (const char* name : {"a", "b"}) {
      tito::make_folders(root / name);
      tito::write_atomically(root / name / "file", name);
    }
  };
  // The folders change places, one file changes and one is new. This is how the change looks once it counts.
  const auto stage = [&] {
    tito::make_folders(staging / "files");
    tito::make_folders(staging / "folders");
    tito::write_atomically(staging / "files/0", "A");
    tito::write_atomically(staging / "files/1", "new");
    tito::write_atomically(staging / "change.json",
                           R"({"schema": "tito-change/1", "moves": [["a", "b"], ["b", "a"]], "files": [["b/file", ")" +
                               tito::sha256("a") + R"("], ["c/file", ""]]})");
  };
  const std::vector<std::pair<fs::path, fs::path>> steps{{root / "a", staging / "folders/0"},
                                                         {root / "b", staging / "folders/1"},
                                                         {},
                                                         {staging / "folders/0", root / "b"},
                                                         {staging / "folders/1", root / "a"},
                                                         {staging / "files/0", root / "b/file"},
                                                         {staging / "files/1", root / "c/file"}};
  for (std::size_t done = 0; done <= steps.size(); ++done) {
    fresh();
    stage();
    tito::make_folders(done == steps.size() ? root / "c" : root);
    for (std::size_t i = 0; i < done; ++i) {
      if (steps[i].first.empty()) tito::write_atomically(staging / "moved-out", "");
      else fs::rename(steps[i].first, steps[i].second);
    }
    INFO(done << " steps were done");
    CHECK(tito::end_change(root, staging));
    CHECK_SAME(tito::read_file(root / "b/file"), std::string("A"));
    CHECK_SAME(tito::read_file(root / "a/file"), std::string("b"));
    CHECK_SAME(tito::read_file(root / "c/file"), std::string("new"));
    CHECK(!fs::exists(staging));
    CHECK(!tito::end_change(root, staging));
  }
  fresh();
  stage();
  tito::write_atomically(root / "a/file", "somebody's");
  CHECK_THROWS_AS(tito::end_change(root, staging), tito::Failure);
  CHECK_SAME(tito::read_file(root / "b/file"), std::string("somebody's"));  // moved with its folder, and kept
  CHECK(!fs::exists(root / "c"));
}

TEST_CASE("What cannot be done to its end is refused before it begins", "[tree_change]") {
  const tito::TemporaryFolder folder(fs::temp_directory_path() / "tito-tests");
  const fs::path root = folder.path() / "tree", staging = root / ".change";
  tito::make_folders(root / "a");
  tito::make_folders(root / "taken");
  const std::string before = tito::sha256_of_folder(root);
  CHECK_THROWS_AS(tito::make_change(root, staging, {{{"a", "taken"}}, {{"new", "x"}}}), tito::Failure);
  CHECK_THROWS_AS(tito::make_change(root, staging, {{{"absent", "b"}}, {{"new", "x"}}}), tito::Failure);
  CHECK_SAME(tito::sha256_of_folder(root), before);
  CHECK(!fs::exists(staging));
  tito::make_change(root, staging, {{{"a", "b"}}, {{"b/deep/new", "x"}}});
  CHECK_SAME(tito::read_file(root / "b/deep/new"), std::string("x"));
}

TEST_CASE("A path is found before and after all moves, also where two folders change places", "[tree_change]") {
  const tito::TreeChange change{{{"m/01_a", "m/02_a"}, {"m/02_b", "m/01_b"}}, {}};
  CHECK_SAME(change.after("m/01_a/x/y").string(), std::string("m/02_a/x/y"));
  CHECK_SAME(change.before("m/01_b/x").string(), std::string("m/02_b/x"));
  CHECK_SAME(change.after("m/01_ab/x").string(), std::string("m/01_ab/x"));
  CHECK_SAME(change.before("n/x").string(), std::string("n/x"));
}

TEST_CASE("Values of a JSON text are found where they stand, whatever their strings hold", "[tree_change]") {
  const std::string text = R"({"a": [1, "}]\"", {"b": null}], "k\u0065y": {"deep": [ ]}, "e": {}})";
  const auto spelled = [&](std::initializer_list<std::string_view> keys) {
    const tito::JsonPlace place = tito::json_place(text, keys);
    return text.substr(place.value, place.end - place.value);
  };
  CHECK_SAME(spelled({"a"}), std::string(R"([1, "}]\"", {"b": null}])"));
  CHECK_SAME(spelled({"key", "deep"}), std::string("[ ]"));
  CHECK_SAME(tito::json_places(text, tito::json_place(text, {"a"}).value).size(), std::size_t{3});
  CHECK(tito::json_places(text, tito::json_place(text, {"e"}).value).empty());
  CHECK_THROWS_AS(tito::json_place(text, {"b"}), std::out_of_range);
  const std::string lines = "{\n  \"a\": {\"x\": 1},\n  \"b\": {\n    \"x\": 1,\n    \"y\": 2\n  }\n}";
  const tito::JsonPlace one = tito::json_place(lines, {"a"}), many = tito::json_place(lines, {"b"});
  CHECK_SAME(tito::json_object_like(lines, one, {{"p", "1"}, {"q", "2"}}), std::string(R"({"p": 1, "q": 2})"));
  CHECK_SAME(tito::json_object_like(lines, many, {{"p", "1"}, {"q", "2"}}),
             std::string("{\n    \"p\": 1,\n    \"q\": 2\n  }"));
  CHECK_SAME(tito::with_json_inserted(lines, 0, 0, "\"c\": 0"),
             std::string("{\n  \"a\": {\"x\": 1},\n  \"c\": 0") + lines.substr(lines.find(",\n  \"b\"")));
}
