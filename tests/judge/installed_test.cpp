// Which sets judge finds on this machine, and what it calls them: all of it as a registry says.
#include "judge/images/installed.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "judge/cases/case.hpp"
#include "judge/images/datasets.hpp"
#include "tinytorch/errors.hpp"
#include "variable.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Files = std::vector<std::string>;

// A data folder of the case's own, which TITO_DATA names, and a registry of one set.
class Machine {
 public:
  Machine() {
    static int number = 0;
    root_ = fs::temp_directory_path() / ("installed_test." + std::to_string(getpid()) + "." + std::to_string(++number));
    fs::create_directories(root_ / "data");
    data_.emplace("TITO_DATA", path("data"));
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  // A file below the data folder, of so many bytes that hold nothing.
  std::string file(const std::string& name, std::uintmax_t size = 1) const {
    const std::string path = write(fs::path("data") / name, "");
    fs::resize_file(path, size);
    return path;
  }

  std::string write(const fs::path& name, const std::string& text) const {
    const fs::path path = root_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  std::string note(const std::string& set, const std::string& edition) const {
    const json note = {{"schema", "tito-set/1"}, {"set", set}, {"edition", edition}, {"from", "x"}, {"at", "x"}};
    return write(fs::path("data") / set / "set.json", note.dump());
  }

  // Labels before images, to see that the order is judge's.
  json set() const {
    return {{"name", "leaves"},
            {"title", "Leaves"},
            {"format", "npy"},
            {"image", {3, 5, 7}},
            {"classes", {"oak", "elm", "fir"}},
            {"inner_folder", "inner"},
            {"found_in", {path("elsewhere"), path("there")}},
            {"files",
             {{{"name", "l"}, {"part", "train"}, {"holds", "labels"}},
              {{"name", "i"}, {"part", "train"}, {"holds", "images"}},
              {{"name", "t"}, {"part", "test"}, {"holds", "both"}}}},
            {"editions", {edition("Leaves", 1), edition("Leaves (pressed)", 2)}}};
  }

  std::string registry(const json& set) const {
    return write("registry.json", json{{"schema", "tito-data/1"}, {"sets", json::array({set})}}.dump());
  }

  std::optional<judge::InstalledSet> find() const { return judge::installed_set("leaves", registry(set())); }

  std::string path(const std::string& name) const { return (root_ / name).string(); }

 private:
  static json edition(const std::string& title, int size) {
    const json content = {{"size", size}};
    return {{"title", title}, {"contents", {{"l", content}, {"i", content}, {"t", content}}}};
  }

  fs::path root_;
  std::optional<Variable> data_;
};

template <class Action>
std::string io_error(const Action& action) {
  try {
    action();
  } catch (const tinytorch::IoError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A set is installed when all of its files are there, images before labels", "[installed]") {
  const Machine machine;
  CHECK(!machine.find());
  machine.file("leaves/l");
  machine.file("leaves/i.gz");
  CHECK(!machine.find());
  machine.file("leaves/t");
  const auto found = machine.find();
  REQUIRE(found);
  CHECK_SAME(found->title, std::string("Leaves"));
  CHECK_SAME(found->train, (Files{machine.path("data/leaves/i.gz"), machine.path("data/leaves/l")}));
  CHECK_SAME(found->test, Files{machine.path("data/leaves/t")});
  CHECK_SAME(found->layout.format, std::string("npy"));
  CHECK((found->layout.image == std::array<std::int64_t, 3>{3, 5, 7}));
  CHECK_SAME(found->layout.classes, 3);
}

TEST_CASE("A set is looked for in its own folder, in the inner one, and where else it may lie", "[installed]") {
  const Machine machine;
  for (const char* folder : {"there", "elsewhere", "data/leaves/inner", "data/leaves"}) {
    for (const char* name : {"l", "i", "t"}) machine.write(fs::path(folder) / name, "x");
    const auto found = machine.find();
    REQUIRE(found);
    CHECK_SAME(found->test[0], machine.path(folder) + "/t");
  }
}

TEST_CASE("A set's title is that of the edition which was found in its files", "[installed]") {
  const Machine machine;
  for (const char* name : {"leaves/l", "leaves/i", "leaves/t"}) machine.file(name, 2);
  CHECK_SAME(machine.find()->title, std::string("Leaves"));
  machine.note("leaves", "Leaves (pressed)");
  CHECK_SAME(machine.find()->title, std::string("Leaves (pressed)"));
  machine.note("leaves", "Leaves (lost)");
  CHECK_SAME(machine.find()->title, std::string("Leaves"));
  // Files that have changed since, and a note that came with other files.
  machine.note("leaves", "Leaves (pressed)");
  machine.file("leaves/i", 3);
  CHECK_SAME(machine.find()->title, std::string("Leaves"));
  machine.file("leaves/i", 2);
  fs::copy_file(machine.note("stones", "Leaves (pressed)"), machine.path("data/leaves/set.json"),
                fs::copy_options::overwrite_existing);
  CHECK_SAME(machine.find()->title, std::string("Leaves"));
}

TEST_CASE("A damaged note is named with its place", "[installed]") {
  const Machine machine;
  for (const char* name : {"leaves/l", "leaves/i", "leaves/t"}) machine.file(name);
  const std::string note = machine.write("data/leaves/set.json", "{\"schema\":");
  CHECK(io_error([&] { machine.find(); }).starts_with(note + ": is damaged: "));
  machine.write("data/leaves/set.json", R"({"set": "leaves"})");
  CHECK_SAME(io_error([&] { machine.find(); }), note + ": edition: is missing");
  machine.write("data/leaves/set.json", R"({"set": 7, "edition": "Leaves"})");
  CHECK_SAME(io_error([&] { machine.find(); }), note + ": set: expected a text");
  machine.write("data/leaves/set.json", "[]");
  CHECK_SAME(io_error([&] { machine.find(); }), note + ": edition: is missing");
}

TEST_CASE("A damaged registry is named with its place", "[installed]") {
  const Machine machine;
  for (const char* name : {"leaves/l", "leaves/i", "leaves/t"}) machine.file(name);
  const std::string file = machine.path("registry.json");
  const auto error_of = [&](const std::string& at, const json& value) {
    json set = machine.set();
    set[json::json_pointer(at)] = value;
    machine.registry(set);
    return io_error([&] { judge::installed_set("leaves", file); });
  };
  CHECK(io_error([&] { judge::installed_set("leaves", file); }).starts_with(file + ": cannot be read"));
  CHECK_SAME(error_of("/image", json::array({1, 2})),
             file + ": sets[0].image: expected three numbers: channels, rows and columns");
  CHECK_SAME(error_of("/image/1", 0), file + ": sets[0].image[1]: expected a whole number from 1 to 4096");
  CHECK_SAME(error_of("/image/1", "5"), file + ": sets[0].image[1]: expected a whole number from 1 to 4096");
  CHECK_SAME(error_of("/files/2/part", "proof"), file + ": sets[0].files[2].part: expected \"train\" or \"test\"");
  CHECK_SAME(error_of("/files/0", json::object()), file + ": sets[0].files[0].name: is missing");
  CHECK_SAME(error_of("/classes", 3), file + ": sets[0].classes: expected a list");
  machine.write("registry.json", "{\n\"sets\": oops}");
  CHECK(io_error([&] { judge::installed_set("leaves", file); }).find("line 2, column") != std::string::npos);
  machine.registry(machine.set());
  CHECK_SAME(io_error([&] { judge::installed_set("moss", file); }), file + ": there is no data set \"moss\"");
}

TEST_CASE("Figures name the edition of CIFAR-10 that is installed", "[installed]") {
  const Machine machine;
  const auto install = [&](std::uintmax_t size) {
    for (const char* name :
         {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"})
      machine.file(std::string("cifar-10/cifar-10-batches-bin/") + name + ".bin", size);
  };
  install(30'730'000);
  CHECK_SAME(judge::colour_files(machine.path("new")).name, std::string("CIFAR-10"));
  machine.note("cifar-10", "CIFAR-10 (JPEG copy)");
  CHECK_SAME(judge::colour_files(machine.path("new")).name, std::string("CIFAR-10 (JPEG copy)"));
  install(3'125'241);
  machine.note("cifar-10", "CIFAR-10 sample");
  CHECK_SAME(judge::colour_images(1, 1).name, std::string("CIFAR-10 sample"));
  CHECK(judge::colours_are_real());
}
