// tito data show: the images of sets of the tests' own, read, drawn and counted by the real programs.
#include <cmath>
#include <cstdint>

#include "tests/support/decoded.hpp"
#include "tests/support/tito.hpp"
#include "tito/data/registry.hpp"
#include "tito/data/store.hpp"
#include "tito/ui/png.hpp"

namespace {

using tito::Picture;

std::string bytes_of(const std::vector<int>& values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

std::string idx(const std::vector<int>& extents, const std::vector<int>& values) {
  std::string bytes = bytes_of({0, 0, 8, static_cast<int>(extents.size())});
  for (const int extent : extents) bytes += bytes_of({0, 0, 0, extent});
  return bytes + bytes_of(values);
}

std::string npy(const std::string& type, const std::string& shape, const std::string& values) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(128 - 10 - 1, ' ');
  return std::string("\x93NUMPY\x01\x00", 8) + bytes_of({118, 0}) + header + "\n" + values;
}

// An image of CIFAR-10's layout: all of one colour.
std::string record(int label, int red, int green, int blue) {
  std::string bytes = bytes_of({label});
  for (const int value : {red, green, blue}) bytes += std::string(32 * 32, static_cast<char>(value));
  return bytes;
}

// Sets in three formats, and a registry that describes them.
class Sets {
 public:
  Sets() {
    set("dots", "Dots", "idx", {1, 2, 2}, {"Black cat", "Blue dog", "White owl"},
        {{"train-i", "train", "images"},
         {"train-l", "train", "labels"},
         {"test-i", "test", "images"},
         {"test-l", "test", "labels"}});
    write("dots/train-i", idx({4, 2, 2}, {0, 255, 51, 102, 1, 2, 3, 4, 255, 255, 255, 255, 9, 9, 9, 9}));
    write("dots/train-l", idx({4}, {2, 0, 2, 1}));
    write("dots/test-i", idx({1, 2, 2}, {0, 0, 0, 255}));
    write("dots/test-l", idx({1}, {1}));
    set("plain", "Plain", "cifar10", {3, 32, 32}, {"a", "b"},
        {{"one.bin", "train", "both"}, {"two.bin", "train", "both"}, {"test.bin", "test", "both"}});
    write("plain/one.bin", record(1, 255, 0, 51) + record(0, 0, 0, 0));
    write("plain/two.bin", record(1, 255, 0, 51));
    write("plain/test.bin", record(0, 1, 2, 3));
    set("array", "Array", "npy", {3, 1, 2}, {"no", "yes"},
        {{"labels.npy", "train", "labels"},
         {"images.npy", "train", "images"},
         {"test-l.npy", "test", "labels"},
         {"test-i.npy", "test", "images"}});
    write("array/images.npy", npy("|u1", "2, 3, 1, 2", bytes_of({255, 0, 0, 255, 0, 0, 1, 2, 3, 4, 5, 6})));
    write("array/labels.npy", npy("<i4", "2,", bytes_of({1, 0, 0, 0, 0, 0, 0, 0})));
    write("array/test-i.npy", npy("|u1", "0, 3, 1, 2", ""));
    write("array/test-l.npy", npy("|u1", "0,", ""));
  }

  void write(const std::string& file, const std::string& bytes) const {
    tito::make_folders((root() / file).parent_path());
    tito::write_atomically(root() / file, bytes);
  }

  Run show(std::vector<std::string> words, std::vector<std::string> environment = {}) {
    write_registry();
    words.insert(words.begin(), {"data", "--registry", (root() / "registry.json").string(), "show"});
    environment.push_back("TITO_DATA=" + root().string());
    return sandbox_.tito(words, environment);
  }

  nlohmann::json shown(std::vector<std::string> words) {
    words.emplace_back("--json");
    const Run run = show(words);
    INFO(run.out << run.err);
    REQUIRE(run.status == 0);
    return run.json();
  }

  fs::path root() const { return sandbox_.root() / "sets"; }

 private:
  struct File {
    std::string name, part, holds;
  };

  void set(const std::string& name, const std::string& title, const std::string& format, const std::vector<int>& image,
           const std::vector<std::string>& classes, const std::vector<File>& files) {
    nlohmann::json rows = nlohmann::json::array();
    for (const File& file : files) rows.push_back({{"name", file.name}, {"part", file.part}, {"holds", file.holds}});
    sets_.push_back({{"name", name},
                     {"title", title},
                     {"about", "of the tests"},
                     {"format", format},
                     {"image", image},
                     {"classes", classes},
                     {"licence", "none"},
                     {"citation", "none"},
                     {"homepage", "none"},
                     {"mirrors", nlohmann::json::array()},
                     {"downloads", nlohmann::json::array()},
                     {"files", rows}});
  }

  // The sizes are those that the files have: what is wrong in them is for the readers to find.
  void write_registry() {
    nlohmann::json sets = sets_;
    for (nlohmann::json& set : sets) {
      nlohmann::json contents;
      for (const nlohmann::json& file : set["files"]) {
        const fs::path path = root() / set["name"].get<std::string>() / file["name"].get<std::string>();
        const std::uintmax_t size = fs::exists(path) ? fs::file_size(path) : 1;
        contents[file["name"].get<std::string>()] = {{"size", size}, {"sha256", std::string(64, '0')}};
      }
      const std::string title = set["title"].get<std::string>();
      set["editions"] = {{{"title", title}, {"contents", contents}},
                         {{"title", title + " (copy)"}, {"contents", contents}}};
    }
    write("registry.json", nlohmann::json{{"schema", "tito-data/1"}, {"sets", sets}}.dump());
  }

  Sandbox sandbox_;
  nlohmann::json sets_ = nlohmann::json::array();
};

std::vector<std::int64_t> indices_of(const nlohmann::json& result) {
  std::vector<std::int64_t> indices;
  for (const auto& image : result.at("images")) indices.push_back(image.at("index"));
  return indices;
}

}  // namespace

TEST_CASE("Images are shown with their numbers and the names of their classes", "[show]") {
  Sets sets;
  const Run run = sets.show({"dots", "--count", "2"}, {"LC_ALL=C"});
  CHECK_SAME(run.status, 0);
  CHECK_SAME(run.out, std::string("Dots: 2 of 4 images of part \"train\"\nnot verified: tito data verify "
                                  "dots\n\n.*\n#0 White owl    #1 Black cat\n"));
  const Run coloured =
      sets.show({"dots", "--index", "0", "--color", "always"}, {"LC_ALL=C.UTF-8", "COLORTERM=truecolor"});
  CHECK_CONTAINS(coloured.out, "\x1b[38;2;0;0;0;48;2;51;51;51m▀\x1b[38;2;255;255;255;48;2;102;102;102m▀\x1b[0m");
  const Run palette =
      sets.show({"dots", "--index", "0", "--color", "always"}, {"LC_ALL=C.UTF-8", "COLORTERM=", "TERM=xterm-256color"});
  CHECK_CONTAINS(palette.out, "\x1b[38;5;16;48;5;236m▀");
  const Run direct =
      sets.show({"dots", "--index", "0", "--color", "always"}, {"LC_ALL=C.UTF-8", "COLORTERM=", "TERM=xterm-direct"});
  CHECK_CONTAINS(direct.out, "\x1b[38;2;0;0;0");
  const Run shades = sets.show({"dots", "--index", "2"}, {"LC_ALL=C.UTF-8"});
  CHECK_CONTAINS(shades.out, "\n██\n#2 White owl\n");
}

TEST_CASE("Images are chosen by number, class and part", "[show]") {
  Sets sets;
  CHECK_SAME(indices_of(sets.shown({"dots"})), (std::vector<std::int64_t>{0, 1, 2, 3}));
  CHECK_SAME(indices_of(sets.shown({"dots", "--index", "2"})), (std::vector<std::int64_t>{2}));
  CHECK_SAME(indices_of(sets.shown({"dots", "--index", "1", "--count", "2"})), (std::vector<std::int64_t>{1, 2}));
  for (const char* name : {"white owl", "WHITE", "2", "w"}) {
    CHECK_SAME(indices_of(sets.shown({"dots", "--class", name})), (std::vector<std::int64_t>{0, 2}));
  }
  CHECK_SAME(indices_of(sets.shown({"dots", "--class", "White owl", "--index", "1"})), (std::vector<std::int64_t>{2}));
  const nlohmann::json test = sets.shown({"dots", "--part", "test"});
  CHECK_SAME(test.at("images").dump(), std::string(R"([{"class":"Blue dog","index":0,"label":1}])"));
  CHECK_SAME(test.at("images_in_part"), 1);
  CHECK_SAME(test.at("part"), "test");
  CHECK_SAME(test.at("state"), "unverified");
}

TEST_CASE("Sets of every format are read, image by image", "[show]") {
  Sets sets;
  const std::string file = (sets.root() / "sheet.png").string();
  sets.shown({"plain", "--png", file, "--count", "3"});
  const Picture sheet = decoded(tito::read_file(file));
  const tito::SheetShape shape = tito::sheet_shape(3, 32, 32);
  REQUIRE(shape.a_row == 2);
  CHECK_SAME(sheet.columns, shape.columns);
  CHECK_SAME(sheet.rows, shape.rows);
  CHECK_SAME(pixel(sheet, 6, 6), (std::vector<int>{255, 0, 51}));
  CHECK_SAME(pixel(sheet, 6, shape.columns - 7), (std::vector<int>{0, 0, 0}));
  CHECK_SAME(pixel(sheet, shape.rows / 2 + 7, 6), (std::vector<int>{255, 0, 51}));

  const Run array = sets.show({"array", "--count", "2", "--color", "always"}, {"LC_ALL=C.UTF-8", "COLORTERM=24bit"});
  CHECK_CONTAINS(array.out,
                 "\n\x1b[38;2;255;0;0m▀\x1b[38;2;0;255;0m▀\x1b[0m              "
                 "\x1b[38;2;1;3;5m▀\x1b[38;2;2;4;6m▀\x1b[0m\n#0 yes          #1 no\n");
  CHECK_SAME(sets.shown({"array"}).at("images").at(0).at("class"), "yes");
}

TEST_CASE("Statistics count the images of every class and give mean and deviation of every channel", "[show]") {
  Sets sets;
  const nlohmann::json dots = sets.shown({"dots", "--stats"});
  REQUIRE(dots.at("parts").size() == 2);
  const nlohmann::json& train = dots.at("parts").at(0);
  CHECK_SAME(train.at("part"), "train");
  CHECK_SAME(train.at("images"), 4);
  CHECK_SAME(train.at("first_labels").dump(), std::string("[2,0,2,1]"));
  CHECK_SAME(train.at("classes").dump(),
             std::string(R"([{"class":"Black cat","images":1,"label":0},{"class":"Blue dog","images":1,"label":1},)"
                         R"({"class":"White owl","images":2,"label":2}])"));
  CHECK(std::abs(train.at("mean").at(0).get<double>() - 1474.0 / 16 / 255) < 1e-12);
  const nlohmann::json plain = sets.shown({"plain", "--stats", "--part", "train"});
  REQUIRE(plain.at("parts").size() == 1);
  // Two of three images have red 1 and blue 0.2: the deviation is that of all pixels, not an estimate.
  const nlohmann::json& colours = plain.at("parts").at(0);
  CHECK(std::abs(colours.at("mean").at(0).get<double>() - 2.0 / 3) < 1e-12);
  CHECK(std::abs(colours.at("deviation").at(0).get<double>() - std::sqrt(2.0) / 3) < 1e-12);
  CHECK(std::abs(colours.at("deviation").at(1).get<double>()) < 1e-12);
  CHECK(std::abs(colours.at("deviation").at(2).get<double>() - std::sqrt(2.0) / 15) < 1e-12);
  CHECK_SAME(sets.shown({"array", "--stats"}).at("parts").at(1).at("mean").size(), 0U);

  const Run table = sets.show({"plain", "--stats"}, {"LC_ALL=C"});
  CHECK_CONTAINS(table.out, "\n  1  b                       2         0\n");
  CHECK_CONTAINS(table.out, "\n     mean red           0.6667    0.0039\n");
  CHECK_CONTAINS(table.out, "first labels of part \"train\": 1 0 1\n");
}

TEST_CASE("The title is that of the edition that was found in the files", "[show]") {
  Sets sets;
  sets.write("dots/set.json", nlohmann::json{{"schema", "tito-set/1"},
                                             {"set", "dots"},
                                             {"edition", "Dots (copy)"},
                                             {"from", "here"},
                                             {"at", "2026-11-22T00:00:00Z"}}
                                  .dump());
  CHECK_SAME(sets.shown({"dots"}).at("title"), "Dots (copy)");
  CHECK_SAME(sets.shown({"dots"}).at("state"), "here");
  CHECK(sets.show({"dots"}).out.starts_with("Dots (copy): 4 of 4 images of part \"train\"\n\n"));
}

TEST_CASE("What cannot be shown is named with what there is", "[show]") {
  Sets sets;
  struct Case {
    std::vector<std::string> words;
    int status;
    std::vector<std::string> said;
  };
  const std::vector<Case> cases{
      {{"dost"}, 2, {"there is no data set \"dost\"", "did you mean \"dots\"?"}},
      {{"dots", "--index", "4"}, 2, {"--index: the part \"train\" of Dots has the images 0 to 3, found 4"}},
      {{"dots", "--index", "-1"}, 2, {"has the images 0 to 3, found -1"}},
      {{"dots", "--index", "x"}, 2, {"--index"}},
      {{"dots", "--class", "zebra"},
       2,
       {"no class \"zebra\"", "the classes are: 0 Black cat, 1 Blue dog, 2 White owl"}},
      {{"dots", "--class", "bl"},
       2,
       {"several classes of Dots begin with \"bl\"", "they are: 0 Black cat, 1 Blue dog"}},
      {{"dots", "--class", ""}, 0, {}},
      {{"dots", "--class", "3"}, 2, {"no class \"3\""}},
      {{"dots", "--class", "blue", "--part", "train", "--index", "3"}, 0, {}},
      {{"dots", "--class", "black", "--index", "2"}, 2, {"no image of class \"black\" from image 2 on"}},
      {{"dots", "--count", "0"}, 2, {"--count: expected 1 to 200, found 0"}},
      {{"dots", "--count", "201"}, 2, {"--count: expected 1 to 200, found 201", "--png FILE"}},
      {{"dots", "--count", "10001", "--png", "x.png"}, 2, {"--count: expected 1 to 10000, found 10001"}},
      {{"dots", "--part", "valid"}, 2, {"--part"}},
      {{"dots", "--stats", "--index", "1"}, 2, {"--stats"}},
      {{"array", "--part", "test"}, 4, {"the part \"test\" of Array has no images", "tito data verify array"}},
      {{"dots", "--png", sets.root().string()},
       2,
       {"--png: " + sets.root().string() + " is there and is no regular file"}},
      {{"dots", "--png", (sets.root() / "no" / "x.png").string()}, 3, {"no/x.png"}},
  };
  for (const Case& wrong : cases) {
    const Run run = sets.show(wrong.words);
    INFO(wrong.words.back() << "\n" << run.out << run.err);
    CHECK_SAME(run.status, wrong.status);
    for (const std::string& said : wrong.said) CHECK_CONTAINS(run.err, said);
  }
}

TEST_CASE("A set that is not here or not whole says how to get it", "[show]") {
  Sets sets;
  fs::remove(sets.root() / "dots" / "test-l");
  const Run damaged = sets.show({"dots"});
  CHECK_SAME(damaged.status, 4);
  CHECK_CONTAINS(damaged.err, "dots/test-l: missing");
  CHECK_CONTAINS(damaged.err, "tito data fetch dots");
  fs::remove_all(sets.root() / "dots");
  const Run missing = sets.show({"dots", "--json"});
  CHECK_SAME(missing.status, 3);
  CHECK_SAME(missing.json().at("error").at("message"), "Dots is not on this machine");
  CHECK_SAME(missing.json().at("error").at("way_out"), "tito data fetch dots");
}

TEST_CASE("Files that are not what the registry says are named with the expected and the found", "[show]") {
  struct Case {
    std::string set, file, bytes, said;
  };
  const std::vector<Case> cases{
      {"dots", "train-l", idx({3}, {2, 0, 2}), "labels: expected 4, one an image, found 3"},
      {"dots", "train-l", idx({4}, {2, 0, 3, 1}), "label 2: expected 0 to 2, found 3"},
      {"dots", "train-i", idx({4, 1, 4}, std::vector<int>(16)), "images: expected 1 x 2 x 2, found 1 x 1 x 4"},
      {"dots", "train-i", idx({4, 2, 2}, std::vector<int>(15)), "values: expected 16"},
      {"plain", "two.bin", record(2, 0, 0, 0), "label 0: expected 0 to 1, found 2"},
      {"plain", "two.bin", "abc", "two.bin"},
      {"array", "images.npy", npy("|u1", "2, 1, 2", "abcd"), "images: expected 3 x 1 x 2, found 1 x 1 x 2"},
      {"array", "images.npy", npy("|u1", "12,", "abcdabcdabcd"), "shape: expected 3 or 4 extents, found 1"},
      {"array", "images.npy", npy("|i1", "2, 3, 1, 2", "abcdabcdabcd"), "unsigned bytes"},
      {"array", "labels.npy", npy("<i4", "2,", bytes_of({1, 0, 0, 0, 255, 255, 255, 255})), "labels.npy"},
      {"array", "labels.npy", npy("<f4", "2,", std::string(8, '\0')), "whole numbers"},
      {"array", "labels.npy", npy("<i4", "1, 2", std::string(8, '\0')), "shape: expected 1 extent, found 2"},
      {"array", "labels.npy", npy("<i4", "1,", std::string(4, '\0')), "labels: expected 2, one an image, found 1"},
  };
  for (const Case& wrong : cases) {
    Sets sets;
    sets.write(wrong.set + "/" + wrong.file, wrong.bytes);
    for (const char* wish : {"--stats", "--json"}) {
      const Run run = sets.show({wrong.set, wish});
      INFO(wrong.said << "\n" << run.out << run.err);
      CHECK_SAME(run.status, 4);
      CHECK_CONTAINS(run.err, (sets.root() / wrong.set / wrong.file).string());
      CHECK_CONTAINS(run.err, wrong.said);
    }
  }
}

TEST_CASE("A PNG that cannot be written leaves what was there", "[show]") {
  Sets sets;
  const std::string file = (sets.root() / "sheet.png").string();
  tito::write_atomically(file, "before");
  sets.write("dots/train-l", idx({3}, {2, 0, 2}));
  CHECK_SAME(sets.show({"dots", "--png", file}).status, 4);
  CHECK_SAME(tito::read_file(file), std::string("before"));
  CHECK_SAME(sets.show({"plain", "--png", file}).status, 0);
  CHECK_SAME(decoded(tito::read_file(file)).columns, tito::sheet_shape(3, 32, 32).columns);
}

// Real sets, where they are

namespace {

struct Published {
  std::string name;
  std::vector<double> mean, deviation;
  std::vector<int> first_labels;
  std::vector<int> counts;
};

}  // namespace

TEST_CASE("Real sets have the published figures", "[show][limit:120]") {
  const std::vector<int> equal_six(10, 6000), equal_five(10, 5000);
  const std::vector<Published> all{
      {"mnist",
       {0.1307},
       {0.3081},
       {5, 0, 4, 1, 9, 2, 1, 3, 1, 4},
       {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
      {"fashion-mnist", {0.2860}, {0.3530}, {9, 0, 0, 3, 0, 2, 7, 2, 5, 5}, equal_six},
      {"cifar-10", {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}, {6, 9, 9, 4, 1, 1, 2, 7, 8, 3}, equal_five}};
  const fs::path file = fs::path(TEST_SOURCE_DIR) / "data" / "registry.json";
  const tito::Registry registry(file);
  const Sandbox sandbox;
  for (const Published& expected : all) {
    const tito::DataSet& set = registry.set(expected.name);
    const tito::Place place = tito::Store(tito::data_root()).find(set);
    // A copy of CIFAR-10 has other pixels in another order; only the published one has these figures.
    const bool published =
        place.presence == tito::Presence::unverified ? expected.name != "cifar-10" : place.edition == &set.editions[0];
    if (place.files.empty() || !published) {
      WARN("SKIPPED: " + set.title + " as it was published is not on this machine");
      continue;
    }
    const Run run = sandbox.tito({"data", "--registry", file.string(), "show", expected.name, "--stats", "--json"},
                                 {"TITO_DATA=" + tito::data_root().string()});
    INFO(run.out << run.err);
    REQUIRE(run.status == 0);
    const nlohmann::json train = run.json().at("parts").at(0);
    for (std::size_t i = 0; i < 10; ++i) CHECK_SAME(train.at("classes").at(i).at("images"), expected.counts[i]);
    CHECK_SAME(train.at("first_labels").get<std::vector<int>>(), expected.first_labels);
    for (std::size_t c = 0; c < expected.mean.size(); ++c) {
      CHECK(std::abs(train.at("mean").at(c).get<double>() - expected.mean[c]) < 6e-5);
      CHECK(std::abs(train.at("deviation").at(c).get<double>() - expected.deviation[c]) < 6e-5);
    }
  }
  CHECK(registry.sets().size() >= all.size());
}
