// tito data, through the real binary: sets of the test's own, fetched from servers of the test's own on 127.0.0.1.
#include <csignal>
#include <random>
#include <thread>

#include "tests/support/archives.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/tito.hpp"
#include "tests/support/tmux.hpp"
#include "tito/data/registry.hpp"

using json = nlohmann::json;

namespace {

using Strings = std::vector<std::string>;

std::string big_endian(std::uint32_t value) {
  std::string text;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) text += static_cast<char>(value >> shift & 0xFFU);
  return text;
}

std::string idx_images(std::uint32_t count, unsigned series) {
  return std::string("\0\0\x08\x03", 4) + big_endian(count) + big_endian(28) + big_endian(28) +
         noise(std::size_t{count} * 784, static_cast<unsigned>(judge::seed()) + series);
}

std::string idx_labels(std::uint32_t count) {
  std::string text = std::string("\0\0\x08\x01", 4) + big_endian(count);
  for (std::uint32_t i = 0; i < count; ++i) text += static_cast<char>(i % 10);
  return text;
}

// A set "digits" of four gzipped files, and "pictures" in one archive, in a registry whose mirrors the test names.
class Library {
 public:
  Library() {
    contents_ = {{"train-images", idx_images(500, 1)},
                 {"train-labels", idx_labels(500)},
                 {"test-images", idx_images(50, 2)},
                 {"test-labels", idx_labels(50)}};
    fs::create_directories(made());
    for (const auto& [name, content] : contents_) tito::write_atomically(made() / name, content);
    tito::make_folders(root() / "packed");
    for (const auto& [name, content] : contents_) {
      box_.run({"bash", "-c", "gzip -n < made/" + name + " > packed/" + name + ".gz"}, root());
    }
    box_.run({"tar", "czf", "packed/all.tar.gz", "made"}, root());
    write_registry({});
  }

  const fs::path& root() const { return box_.root(); }
  fs::path made() const { return root() / "made"; }
  fs::path store() const { return root() / "store"; }
  fs::path registry() const { return root() / "registry.json"; }
  const std::map<std::string, std::string>& contents() const { return contents_; }
  std::string packed(const std::string& name) const { return tito::read_file(root() / "packed" / name); }

  json set(const std::string& name, const Strings& downloads, const Strings& mirrors) const {
    json row = {{"name", name},
                {"title", "The " + name},
                {"about", "made by the test"},
                {"format", "idx"},
                {"image", {1, 28, 28}},
                {"licence", "none"},
                {"citation", "none"},
                {"homepage", "http://127.0.0.1/"},
                {"mirrors", mirrors}};
    for (int i = 0; i < 10; ++i) row["classes"].push_back("class " + std::to_string(i));
    row["downloads"] = json::array();
    for (const std::string& file : mirrors.empty() ? Strings{} : downloads) {
      row["downloads"].push_back(
          {{"file", file}, {"size", packed(file).size()}, {"sha256", tito::sha256(packed(file))}});
    }
    for (const char* part : {"train", "test"}) {
      for (const char* holds : {"images", "labels"})
        row["files"].push_back({{"name", std::string(part) + "-" + holds}, {"part", part}, {"holds", holds}});
    }
    json edition = {{"title", "The " + name}};
    for (const auto& [file, content] : contents_)
      edition["contents"][file] = {{"size", content.size()}, {"sha256", tito::sha256(content)}};
    row["editions"] = {edition};
    return row;
  }

  void write_registry(const Strings& mirrors) const {
    const json sets = {
        set("digits", {"train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz"}, mirrors),
        set("pictures", {"all.tar.gz"}, mirrors)};
    tito::write_atomically(registry(), json({{"schema", "tito-data/1"}, {"sets", sets}}).dump(1));
  }

  // A server that has all downloads, below "/data/".
  void serve(HttpServer& server) const {
    for (const auto& entry : fs::directory_iterator(root() / "packed")) {
      Page page;
      page.body = tito::read_file(entry.path());
      server.serve("/data/" + entry.path().filename().string(), {page});
    }
  }

  Run data(Strings arguments, const Strings& environment = {}) const {
    arguments.insert(arguments.begin(), {"data", "--registry", registry().string()});
    Strings variables{"TITO_DATA=" + store().string()};
    variables.insert(variables.end(), environment.begin(), environment.end());
    return box_.tito(arguments, variables);
  }

  // The same in the background; the process's id.
  pid_t start(const Strings& arguments) const {
    Strings command{TEST_TITO, "data", "--registry", registry().string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return ::start(command, {"TITO_DATA=" + store().string(), "TITO_KIT=" TEST_TOY_KIT});
  }

  const Sandbox& box() const { return box_; }
  Run run(const Strings& command) const { return box_.run(command, root()); }

  bool is_whole(const std::string& name) const {
    return std::all_of(contents_.begin(), contents_.end(), [&](const auto& file) {
      return tito::read_if_present(store() / name / file.first) == file.second;
    });
  }

 private:
  Sandbox box_;
  std::map<std::string, std::string> contents_;
};

}  // namespace

TEST_CASE("data fetch brings a set, list and path show it, and a second fetch asks nobody", "[data]") {
  const Library library;
  HttpServer server;
  library.serve(server);
  library.write_registry({server.address("/data/")});

  CHECK_SAME(library.data({"path", "digits"}).status, 1);
  const Run fetched = library.data({"fetch", "digits", "--json"});
  INFO(fetched.err);
  REQUIRE(fetched.status == 0);
  CHECK(fetched.json()["fetched"] == true);
  CHECK(fetched.json()["state"] == "here");
  CHECK(fetched.json()["title"] == "The digits");
  CHECK(library.is_whole("digits"));

  const std::size_t requests = server.requests().size();
  CHECK(library.data({"fetch", "digits", "--json"}).json()["fetched"] == false);
  CHECK_SAME(server.requests().size(), requests);
  CHECK_SAME(library.data({"path", "digits"}).out, (library.store() / "digits").string() + "\n");
  const json list = library.data({"list", "--json"}).json();
  CHECK(list["root"] == library.store().string());
  CHECK(list["sets"][0]["state"] == "here");
  CHECK(list["sets"][1]["state"] == "missing");
  CHECK_CONTAINS(library.data({"list"}).out, "tito data fetch pictures");
  CHECK(!fs::exists(library.store() / ".downloads" / "digits"));
  CHECK(fs::is_empty(library.store() / ".staging"));
}

TEST_CASE("data fetch unpacks a set that comes in one archive", "[data]") {
  const Library library;
  HttpServer server;
  library.serve(server);
  library.write_registry({server.address("/data/")});
  CHECK_SAME(library.data({"fetch", "pictures"}).status, 0);
  CHECK(library.is_whole("pictures"));
}

TEST_CASE("data fetch goes on to the next mirror whatever the first one does", "[data]") {
  struct Evil {
    const char* what;
    Page page;
    const char* said;
  };
  const Library library;
  const std::string whole = library.packed("all.tar.gz");
  const auto page = [&](auto change) {
    Page one;
    one.body = whole;
    change(one);
    return one;
  };
  const std::vector<Evil> evils{
      {"404", page([](Page& p) { p.status = 404; }), "404"},
      {"500", page([](Page& p) { p.status = 500; }), "500"},
      {"a stall", page([](Page& p) { p.fault = Page::Fault::stall, p.sent = 1000; }), "1 s"},
      {"silence", page([](Page& p) { p.fault = Page::Fault::silent; }), "1 s"},
      {"a cut", page([](Page& p) { p.fault = Page::Fault::cut, p.sent = 1000, p.ranges = false; }),
       "ended after 1000 of "},
      {"a wrong length", page([](Page& p) { p.body += "surplus"; }), "bytes, expected"},
      {"a web page", page([](Page& p) { p.body = "<!DOCTYPE html><html>log in</html>", p.type = "text/html"; }),
       "web page"},
      {"wrong bytes", page([&](Page& p) { p.body = noise(whole.size(), 9); }), "SHA-256"},
  };
  for (const Evil& evil : evils) {
    INFO(evil.what);
    HttpServer bad, good;
    bad.serve("/data/all.tar.gz", {evil.page});
    library.serve(good);
    library.write_registry({bad.address("/data/"), good.address("/data/")});
    const Run run = library.data({"fetch", "pictures", "--timeout", "1"});
    INFO(run.err);
    CHECK_SAME(run.status, 0);
    CHECK(library.is_whole("pictures"));
    CHECK_CONTAINS(run.err, bad.address("/data/all.tar.gz"));
    CHECK_CONTAINS(run.err, evil.said);
    CHECK_SAME(library.data({"remove", "pictures"}).status, 0);
  }
}

TEST_CASE("data fetch follows a redirection to another port", "[data]") {
  const Library library;
  HttpServer first, second;
  library.serve(second);
  first.serve("/data/all.tar.gz", {redirection(second.address("/data/all.tar.gz"))});
  library.write_registry({first.address("/data/")});
  CHECK_SAME(library.data({"fetch", "pictures"}).status, 0);
  CHECK(library.is_whole("pictures"));
}

TEST_CASE("A wrong checksum is an error that shows both and keeps nothing, and what was here stays", "[data]") {
  const Library library;
  HttpServer server;
  library.serve(server);
  library.write_registry({server.address("/data/")});
  REQUIRE(library.data({"import", "pictures", library.made().string()}).status == 0);
  tito::write_atomically(library.store() / "pictures" / "test-labels", "damaged");

  Page wrong;
  wrong.body = noise(library.packed("all.tar.gz").size(), 3);
  server.serve("/data/all.tar.gz", {wrong});
  const Run run = library.data({"fetch", "pictures"});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.err, tito::sha256(wrong.body));
  CHECK_CONTAINS(run.err, tito::sha256(library.packed("all.tar.gz")));
  CHECK_CONTAINS(run.err, "tito data import pictures");
  CHECK(tito::read_file(library.store() / "pictures" / "test-labels") == "damaged");
  for (const auto& left : fs::recursive_directory_iterator(library.store() / ".downloads")) CHECK(left.is_directory());
}

TEST_CASE("An archive with the right checksum and other files in it is refused, file by file", "[data]") {
  const Library library;
  HttpServer server;
  library.run({"bash", "-c",
               "mkdir -p other && cp made/* other && head -c 39208 /dev/zero > other/test-images && tar czf "
               "packed/all.tar.gz other"});
  library.serve(server);
  library.write_registry({server.address("/data/")});
  const std::string right = tito::sha256(library.contents().at("test-images"));
  const Run run = library.data({"fetch", "pictures"});
  CHECK_SAME(run.status, 1);
  CHECK_CONTAINS(run.err, "test-images: expected 39216 bytes with SHA-256 " + right + ", found 39208 bytes");
  CHECK(!contains(run.err, "train-images:"));
  CHECK(!fs::exists(library.store() / "pictures"));
}

TEST_CASE("A fetch that is killed goes on where it stopped", "[data][limit:60]") {
  const int how = GENERATE(SIGKILL, SIGINT);
  const Library library;
  HttpServer server;
  Page slow;
  slow.body = library.packed("all.tar.gz");
  slow.piece = 16384;
  slow.pause = 0.05;
  server.serve("/data/all.tar.gz", {slow});
  library.write_registry({server.address("/data/")});
  const fs::path part = library.store() / ".downloads" / "pictures" / "all.tar.gz.part";
  const pid_t child = library.start({"fetch", "pictures"});
  std::error_code error;
  CHECK(comes_true([&] { return fs::exists(part, error) && fs::file_size(part, error) > 40000; }, 10));
  ::kill(child, how);
  CHECK_SAME(wait_for(child), how == SIGINT ? 130 : 128 + SIGKILL);
  REQUIRE(fs::exists(part));
  const std::uint64_t had = fs::file_size(part);
  CHECK(!fs::exists(library.store() / "pictures"));

  library.serve(server);
  CHECK_SAME(library.data({"fetch", "pictures"}).status, 0);
  CHECK(library.is_whole("pictures"));
  CHECK_SAME(server.requests("/data/all.tar.gz").back().header("range"), "bytes=" + std::to_string(had) + "-");
}

TEST_CASE("Two fetches at once do not disturb each other: one fetches, the other waits and finds it there",
          "[data][limit:60]") {
  const Library library;
  HttpServer server;
  Page slow;
  slow.body = library.packed("all.tar.gz");
  slow.piece = 32768;
  slow.pause = 0.02;
  server.serve("/data/all.tar.gz", {slow});
  library.write_registry({server.address("/data/")});
  const pid_t first = library.start({"fetch", "pictures"});
  CHECK(comes_true([&] { return !server.requests().empty(); }, 10));
  const Run second = library.data({"fetch", "pictures", "--json"});
  CHECK_SAME(wait_for(first), 0);
  CHECK_SAME(second.status, 0);
  CHECK(second.json()["fetched"] == false);
  CHECK_CONTAINS(second.err, "waiting");
  CHECK_SAME(server.requests("/data/all.tar.gz").size(), std::size_t{1});
  CHECK(library.is_whole("pictures"));
}

TEST_CASE("data import takes files by their contents, from folders, archives and gzipped files of any name", "[data]") {
  const Library library;
  library.run(
      {"bash", "-c",
       "mkdir -p odd/deep && cp packed/train-images.gz odd/deep/a.gz && cp made/train-labels odd/labels.bin && "
       "gzip -c made/test-images > odd/c.gz && cp made/test-labels odd/deep/ && echo unrelated > odd/note.txt && "
       "head -c 70 /dev/urandom | gzip -c > odd/z.gz && ln -s /etc/passwd odd/link.gz"});
  const Run folder = library.data({"import", "digits", "odd", "--json"});
  INFO(folder.err);
  REQUIRE(folder.status == 0);
  CHECK(library.is_whole("digits"));
  CHECK(folder.json()["from"] == (library.root() / "odd").string());
  CHECK_SAME(library.data({"import", "pictures", "packed/all.tar.gz"}).status, 0);
  CHECK(library.is_whole("pictures"));
}

TEST_CASE("data import of a folder that lacks files names each with what was expected and found, and changes nothing",
          "[data]") {
  const Library library;
  REQUIRE(library.data({"import", "digits", "made"}).status == 0);
  library.run({"bash", "-c",
               "mkdir half && cp made/train-images half && cp made/test-labels half && echo x > half/train-labels"});
  const Run run = library.data({"import", "digits", "half", "--json"});
  CHECK_SAME(run.status, 1);
  const std::string message = run.json()["error"]["message"];
  CHECK_CONTAINS(
      message, "train-labels: expected 508 bytes with SHA-256 " + tito::sha256(library.contents().at("train-labels")));
  CHECK_CONTAINS(message, "test-images: expected");
  CHECK_CONTAINS(message, "no such file");
  CHECK(!contains(message, "train-images:"));
  CHECK(library.is_whole("digits"));
  CHECK_SAME(library.data({"import", "digits", "nowhere"}).status, 2);
}

TEST_CASE("Archives that would write elsewhere are refused", "[data]") {
  const Library library;
  library.run({"bash", "-c",
               "tar cPzf up.tar.gz made/../made/test-images && ln -s /etc/passwd made/link && tar czf link.tar.gz made "
               "&& rm made/link && "
               "tar cPzf root.tar.gz \"$PWD/made\" && head -c 900000 /dev/zero > made/large && tar czf large.tar.gz "
               "made && rm made/large"});
  for (const char* archive : {"up.tar.gz", "link.tar.gz", "root.tar.gz", "large.tar.gz"}) {
    INFO(archive);
    const Run run = library.data({"import", "pictures", archive});
    CHECK_SAME(run.status, 1);
    CHECK_CONTAINS(run.err, archive);
    CHECK(!fs::exists(library.store() / "pictures"));
  }
}

TEST_CASE("A set that was put there by hand is unverified until its checksums are compared", "[data]") {
  const Library library;
  fs::create_directories(library.store());
  fs::copy(library.made(), library.store() / "digits");
  CHECK(library.data({"list", "--json"}).json()["sets"][0]["state"] == "unverified");
  const Run verified = library.data({"verify", "digits", "--json"});
  CHECK_SAME(verified.status, 0);
  CHECK(verified.json()["sets"][0]["verified"] == true);
  CHECK(library.data({"list", "--json"}).json()["sets"][0]["state"] == "here");

  std::string changed = library.contents().at("train-images");
  changed[1000] = static_cast<char>(changed[1000] ^ 1);
  tito::write_atomically(library.store() / "digits" / "train-images", changed);
  const Run wrong = library.data({"verify"});
  CHECK_SAME(wrong.status, 1);
  CHECK_CONTAINS(wrong.out, tito::sha256(changed));
  CHECK_CONTAINS(wrong.out, tito::sha256(library.contents().at("train-images")));
  CHECK_CONTAINS(wrong.err, "tito data remove digits");

  fs::remove(library.store() / "digits" / "test-labels");
  const json row = library.data({"list", "--json"}).json()["sets"][0];
  CHECK(row["state"] == "damaged");
  CHECK_CONTAINS(row["problem"].get<std::string>(), "test-labels: missing");
  CHECK_SAME(library.data({"remove", "digits"}).status, 0);
  CHECK(!fs::exists(library.store() / "digits"));
}

TEST_CASE("A full disk leaves what was there before, and says so", "[data]") {
  const Library library;
  HttpServer server;
  library.serve(server);
  library.write_registry({server.address("/data/")});
  REQUIRE(library.data({"import", "pictures", "made"}).status == 0);
  tito::write_atomically(library.store() / "pictures" / "test-labels", "damaged");
  // No file may become longer than 100 kB: a write fails as it does on a full disk.
  const std::string base = "export TITO_DATA=" + library.store().string() +
                           " TITO_KIT=" TEST_TOY_KIT "; ulimit -f 100; " TEST_TITO " data --registry " +
                           library.registry().string();
  for (const std::string& command :
       {std::string(" fetch pictures"), std::string(" import pictures packed/all.tar.gz")}) {
    const Run run = library.run({"bash", "-c", base + command});
    INFO(run.err);
    CHECK_SAME(run.status, 3);
    CHECK_CONTAINS(run.err, "File too large");
    CHECK(tito::read_file(library.store() / "pictures" / "test-labels") == "damaged");
    CHECK(tito::read_file(library.store() / "pictures" / "train-images") == library.contents().at("train-images"));
  }
  CHECK_SAME(library.data({"fetch", "pictures"}).status, 0);
  CHECK(library.is_whole("pictures"));
}

TEST_CASE("An import killed at any moment leaves the set as it was, or whole", "[data][limit:120]") {
  const Library library;
  REQUIRE(library.data({"import", "pictures", "made"}).status == 0);
  std::mt19937_64 random(judge::seed());
  int killed = 0;
  for (int i = 0; i < 40; ++i) {
    const pid_t child = library.start({"import", "pictures", (library.root() / "packed" / "all.tar.gz").string()});
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 25'000));
    ::kill(child, SIGKILL);
    killed += wait_for(child) == 128 + SIGKILL ? 1 : 0;
    REQUIRE(library.is_whole("pictures"));
  }
  CHECK(killed > 0);
  CHECK_SAME(library.data({"import", "pictures", "made"}).status, 0);
  CHECK(fs::is_empty(library.store() / ".staging"));  // what killed ones left is gone
}

TEST_CASE("A registry with a fault is named with its place, and a set that is not in it with the nearest", "[data]") {
  const Library library;
  CHECK_CONTAINS(library.data({"fetch", "digit"}).err, "did you mean \"digits\"");
  json registry = json::parse(tito::read_file(library.registry()));
  const auto message_with = [&](const std::string& pointer, const json& value) {
    json changed = registry;
    changed[json::json_pointer(pointer)] = value;
    tito::write_atomically(library.registry(), changed.dump());
    const Run run = library.data({"list"});
    CHECK_SAME(run.status, 4);
    return run.err;
  };
  CHECK_CONTAINS(message_with("/sets/0/format", "jpeg"),
                 "sets[0].format: expected one of idx, cifar10, npy, found \"jpeg\"");
  CHECK_CONTAINS(message_with("/sets/1/name", "digits"), "stands twice");
  CHECK_CONTAINS(message_with("/sets/0/name", "../x"), "expected a name of letters");
  CHECK_CONTAINS(message_with("/sets/0/editions/0/contents/test-labels/sha256", "12"),
                 "expected 64 hexadecimal digits");
  CHECK_CONTAINS(message_with("/sets/0/files/0/holds", "labels"), "do not fit the format");
  CHECK_CONTAINS(message_with("/sets/0/surprise", 1), "surprise");
}

TEST_CASE("In a terminal the bar of long work has gone when its result stands there", "[data][limit:60]") {
  Library library;
  REQUIRE(library.data({"import", "digits", "made"}).status == 0);
  tito::make_folders(library.box().workspace());  // where the shell stands
  const Tmux terminal(library.box(), 100, 24);
  terminal.type("clear; TITO_DATA='" + library.store().string() + "' tito data --registry '" +
                library.registry().string() + "' verify digits");
  CHECK(terminal.shows("files is right"));
  CHECK(terminal.shows_no("100%"));
}

TEST_CASE("Without a folder for data the way out is named", "[data]") {
  const Sandbox box;
  const Run run = box.run({TEST_TITO, "data", "list"}, box.root(),
                          {"-u", "HOME", "-u", "XDG_DATA_HOME", "-u", "TITO_DATA", "TITO_KIT=" TEST_TOY_KIT});
  CHECK_SAME(run.status, 3);
  CHECK_CONTAINS(run.err, "set TITO_DATA");
}

TEST_CASE("The course's registry knows the published sizes and checksums", "[data]") {
  const tito::Registry registry(fs::path(TEST_SOURCE_DIR) / "data" / "registry.json");
  struct Published {
    std::string set, file;
    std::uint64_t size;
    std::string md5;
  };
  // sources: torchvision.datasets.MNIST.resources, FashionMNIST.resources; www.cs.toronto.edu/~kriz/cifar.html
  const std::vector<Published> all{
      {"mnist", "train-images-idx3-ubyte.gz", 9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
      {"mnist", "train-labels-idx1-ubyte.gz", 28881, "d53e105ee54ea40749a09fcbcd1e9432"},
      {"mnist", "t10k-images-idx3-ubyte.gz", 1648877, "9fb629c4189551a2d022fa330f9573f3"},
      {"mnist", "t10k-labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c"},
      {"fashion-mnist", "train-images-idx3-ubyte.gz", 26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
      {"fashion-mnist", "train-labels-idx1-ubyte.gz", 29515, "25c81989df183df01b3e8a0aad5dffbe"},
      {"fashion-mnist", "t10k-images-idx3-ubyte.gz", 4422102, "bef4ecab320f06d8554ea6380940ec79"},
      {"fashion-mnist", "t10k-labels-idx1-ubyte.gz", 5148, "bb300cfdad3c16e7a12a480ee83cd310"},
      {"cifar-10", "cifar-10-binary.tar.gz", 170052171, "c32a1d4ab5d03f1284b67883e8d87530"}};
  std::size_t downloads = 0;
  for (const tito::DataSet& set : registry.sets()) downloads += set.downloads.size();
  CHECK_SAME(downloads, all.size());
  for (const Published& published : all) {
    INFO(published.set << ": " << published.file);
    const auto& rows = registry.set(published.set).downloads;
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const auto& download) { return download.file == published.file; });
    REQUIRE(row != rows.end());
    CHECK_SAME(row->size, published.size);
    CHECK_SAME(row->md5, published.md5);
  }
  const Sandbox box;
  const json sets = box.tito({"data", "list", "--json"}, {"TITO_DATA=" + box.root().string()}).json()["sets"];
  REQUIRE(sets.size() == 3);
  CHECK(sets[0]["bytes"] == 47040016 + 60008 + 7840016 + 10008);
  CHECK(sets[2]["download_bytes"] == 170052171);
}
