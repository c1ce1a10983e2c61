// Taking files out of archives, among them such as nobody should trust.
#include "tito/data/unpack.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "tests/support/archives.hpp"
#include "tests/support/processes.hpp"
#include "tito/system/interrupt.hpp"

namespace {

// That exactly this file was written.
void check_written(const tito::Unpacked& file, const std::string& name, const std::string& content) {
  CHECK_SAME(file.name, name);
  CHECK_SAME(file.size, std::uint64_t{content.size()});
  CHECK_SAME(file.sha256, tito::sha256(content));
  REQUIRE(!file.path.empty());
  CHECK(tito::read_file(file.path) == content);
}

void check_left_out(const tito::Unpacked& file, const std::string& name, std::uint64_t size) {
  CHECK_SAME(file.name, name);
  CHECK_SAME(file.size, size);
  CHECK_SAME(file.sha256, std::string());
  CHECK_SAME(file.path, fs::path());
}

std::size_t files_in(const fs::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("Files of the sizes that are asked for come out of every kind of archive", "[unpack]") {
  const std::string first = noise(100'000), second = noise(300'000, 2), other = "Read me.";
  const std::vector<Entry> entries{{"set/", "", AE_IFDIR},
                                   {"set/readme.txt", other},
                                   {"set/first.bin", first},
                                   {"./set/deep/er/second.bin", second},
                                   {"nothing", ""}};
  const std::vector<std::pair<std::string, std::string>> kinds{{"ustar", ""},     {"pax", ""},        {"gnutar", ""},
                                                               {"ustar", "gzip"}, {"ustar", "bzip2"}, {"pax", "xz"},
                                                               {"ustar", "zstd"}, {"zip", ""}};
  for (const auto& [format, compression] : kinds) {
    INFO(format << " " << compression);
    const Unpacking unpacking(archive_of(entries, format, compression));
    const std::vector<tito::Unpacked> found = unpacking.files({100'000, 300'000, 5});
    REQUIRE(found.size() == 4);
    check_left_out(found[0], "readme.txt", other.size());
    check_written(found[1], "first.bin", first);
    check_written(found[2], "second.bin", second);
    check_left_out(found[3], "nothing", 0);
    CHECK_SAME(files_in(unpacking.into()), std::size_t{2});
  }
}

TEST_CASE("Names that are not ASCII are shown, whatever the locale", "[unpack]") {
  for (const char* format : {"ustar", "pax", "zip"}) {
    const Unpacking unpacking(archive_of({{"donn\xC3\xA9"
                                           "es/\xC3\xA9l\xC3\xA8ve.bin",
                                           "12345"}},
                                         format));
    const std::vector<tito::Unpacked> found = unpacking.files({5});
    REQUIRE(found.size() == 1);
    check_written(found[0], "\xC3\xA9l\xC3\xA8ve.bin", "12345");
  }
}

TEST_CASE("Two files of one name are two files", "[unpack]") {
  const Unpacking unpacking(archive_of({{"a/x", "first"}, {"b/x", "later"}}));
  const std::vector<tito::Unpacked> found = unpacking.files({5});
  REQUIRE(found.size() == 2);
  check_written(found[0], "x", "first");
  check_written(found[1], "x", "later");
}

TEST_CASE("A compressed file that is no archive is itself the one entry", "[unpack]") {
  const std::string content = noise(700'000);
  const Unpacking plain(gzipped(content), "train-images-idx3-ubyte.gz");
  std::vector<tito::Unpacked> found = plain.files({700'000});
  REQUIRE(found.size() == 1);
  check_written(found[0], "train-images-idx3-ubyte", content);

  // Several members behind each other, filled up with zeros.
  const Unpacking members(gzipped(content.substr(0, 1000)) + gzipped(content.substr(1000)) + std::string(512, '\0'),
                          "m.gz");
  found = members.files({700'000});
  REQUIRE(found.size() == 1);
  check_written(found[0], "m", content);

  const Unpacking other(gzipped(content), "o.gz");
  found = other.files({700'001});
  REQUIRE(found.size() == 1);
  check_left_out(found[0], "o", 700'000);
  CHECK_SAME(files_in(other.into()), std::size_t{0});

  for (const char* compression : {"bzip2", "xz", "zstd"}) {
    INFO(compression);
    const Unpacking single(archive_of({{"x", content}}, "raw", compression), "x.bin.packed");
    found = single.files({700'000});
    REQUIRE(found.size() == 1);
    check_written(found[0], "x.bin", content);
  }
}

TEST_CASE("A plain file is copied if it has the size, and never taken for an archive", "[unpack]") {
  const std::string zip = archive_of({{"x", "12345"}}, "zip");
  const std::vector<std::string> contents{
      std::string("\0\0\x08\x01\0\0\x03\xE8", 8) + std::string(1000, '\7'),  // labels
      std::string(3073, '\0'),                                               // a black image of class 0
      std::string(10240, '\0'),                                              // as an archive ends
      "#mtree\n./a type=file\n",
      "070707" + std::string(1000, '0'),
      "!<arch>\nfile",
      std::string("PK\x07\x08") + noise(1000),
      noise(40'000) + zip,  // a zip file may have something before it
      noise(5),
      "BZh91",
      std::string("\x1F\x8B\x09") + noise(100),
  };
  for (const std::string& content : contents) {
    INFO(content.substr(0, 8));
    const Unpacking unpacking(content, "data.bin");
    std::vector<tito::Unpacked> found = unpacking.files({content.size()});
    REQUIRE(found.size() == 1);
    check_written(found[0], "data.bin", content);
    found = unpacking.files({content.size() + 1});
    REQUIRE(found.size() == 1);
    check_left_out(found[0], "data.bin", content.size());
  }
}

TEST_CASE("A file of no bytes holds nothing that is wanted", "[unpack]") {
  const std::vector<tito::Unpacked> found = Unpacking("").files({1});
  REQUIRE(found.size() == 1);
  check_left_out(found[0], "a", 0);
}

TEST_CASE("Entries that would reach out of the folder are refused by name", "[unpack]") {
  struct Case {
    Entry entry;
    std::string reason;
    bool zip = true;
  };
  const std::vector<Case> cases{
      {{"/etc/x", "12345"}, "\"/etc/x\": it has an absolute path"},
      {{"C:\\x", "12345"}, "\": it has an absolute path"},
      {{"../x", "12345"}, "\"../x\": its path leads out of the archive"},
      {{"a/../../x", "12345"}, "\"a/../../x\": its path leads out of the archive"},
      {{"a\\..\\x", "12345"}, "its path leads out of the archive"},
      {{"a/..", "", AE_IFDIR}, "its path leads out of the archive"},
      {{"link", "", AE_IFLNK, "/etc/passwd"}, "\"link\": it is a link"},
      {{"link", "", AE_IFREG, "good"}, "\"link\": it is a link", false},
      {{"pipe", "", AE_IFIFO}, "\"pipe\": it is neither a file nor a folder", false},
      {{"disk", "", AE_IFBLK}, "\"disk\": it is neither a file nor a folder", false},
      {{"tty", "", AE_IFCHR}, "\"tty\": it is neither a file nor a folder", false},
      {{"big", "123456"}, "\"big\": it has 6 bytes, expected 5 at most"},
      {{"a/\x1B[2Jb", "123456"}, "\"a/?[2Jb\": it has 6 bytes"},
  };
  for (const Case& bad : cases) {
    for (const char* format : {"ustar", "pax", "zip"}) {
      if (!bad.zip && format == std::string("zip")) continue;
      INFO(format << " " << bad.entry.name);
      const Unpacking unpacking(archive_of({{"good", "12345"}, bad.entry}, format));
      CHECK_CONTAINS(unpacking.failure({5, 3}), bad.reason);
      // Nothing anywhere but in the folder, and there only what came before.
      CHECK_SAME(files_in(unpacking.folder.path()), std::size_t{2});
      CHECK_SAME(files_in(unpacking.into()), std::size_t{1});
    }
  }
}

TEST_CASE("An archive of too many entries is refused", "[unpack]") {
  std::vector<Entry> entries(10'000, {"x", ""});
  for (const char* compression : {"", "gzip"}) {
    CHECK_SAME(Unpacking(archive_of(entries, "ustar", compression)).files({5}).size(), std::size_t{10'000});
  }
  entries.push_back({"y", "", AE_IFDIR});
  CHECK_CONTAINS(Unpacking(archive_of(entries)).failure({5}), "more than 10000 entries");
  CHECK_CONTAINS(Unpacking(archive_of(entries, "zip")).failure({5}), "more than 10000 entries");
}

TEST_CASE("A little file that blows up to a large one is left at once", "[unpack][limit:60]") {
  std::string members;
  const std::string member = gzipped(std::string(std::size_t{16} << 20, '\0'));
  for (int i = 0; i < 200; ++i) members += member;  // 3.2 GiB
  const Unpacking single(members, "bomb.gz");
  std::uint64_t read = 0;
  const auto count = [&](std::uint64_t bytes) { read = bytes; };
  CHECK_THROWS_WITH(tito::unpack(single.archive, {1000}, single.into(), count),
                    Catch::Contains("\"bomb\": it has more bytes than expected, 1000 at most"));
  CHECK(read < members.size() / 2);
  // Behind the end of an archive, where nothing is written of it.
  const Unpacking behind(archive_of({{"x", "12345"}}, "ustar", "gzip") + members);
  CHECK_CONTAINS(behind.failure({5}), "it holds more than " + std::to_string(4 * 5 + (1 << 30)) + " bytes");
}

TEST_CASE("A gzipped file that was cut or changed anywhere is refused", "[unpack]") {
  const std::string packed = gzipped(noise(200) + std::string(200, 'x'));
  const Unpacking unpacking(packed, "x.gz");
  const auto failure = [&](const std::string& bytes) {
    unpacking.replace(bytes);
    return unpacking.failure({400});
  };
  for (std::size_t length = 3; length < packed.size(); ++length) {
    CHECK_CONTAINS(failure(packed.substr(0, length)), "the gzip data end in the middle");
  }
  CHECK_CONTAINS(failure(packed + "x"), "there is something else behind the gzip data");
  const auto changed = [&](std::size_t place) {
    std::string bytes = packed;
    bytes[place] = static_cast<char>(bytes[place] ^ 1);
    return bytes;
  };
  for (std::size_t i = 10; i < packed.size(); ++i) {  // before that are times and names
    INFO(i);
    CHECK(!failure(changed(i)).empty());
  }
  // The CRC-32 and the length at the end, by name.
  CHECK_CONTAINS(failure(changed(packed.size() - 8)), "incorrect data check");
  CHECK_CONTAINS(failure(changed(packed.size() - 1)), "incorrect length check");
}

TEST_CASE("A packed archive that was cut or changed is refused, or comes whole", "[unpack][limit:60]") {
  const std::string content = noise(2000);
  for (const char* compression : {"gzip", "bzip2", "xz"}) {
    const std::string packed = archive_of({{"x", content}}, "ustar", compression);
    const Unpacking unpacking(packed);
    for (std::size_t i = 10; i + 1 < packed.size(); i += 7) {
      INFO(compression << " " << i);
      unpacking.replace(packed.substr(0, i));
      CHECK(!unpacking.failure({2000}).empty());
      std::string changed = packed;
      changed[i] = static_cast<char>(changed[i] ^ 0x10);
      unpacking.replace(changed);
      try {
        const std::vector<tito::Unpacked> found = unpacking.files({2000});
        REQUIRE(found.size() == 1);
        check_written(found[0], "x", content);
      } catch (const tito::Failure& failure) {
        CHECK(failure.exit() == tito::Exit::work_failed);
      }
    }
  }
}

TEST_CASE("A tar that ends in an entry is refused, naming it", "[unpack]") {
  const std::string packed = archive_of({{"first", "12345"}, {"second", noise(2000)}});
  for (const std::size_t length : {513, 700, 1100, 1540, 3000}) {
    INFO(length);
    CHECK(!Unpacking(packed.substr(0, length)).failure({5, 2000}).empty());
  }
  CHECK_CONTAINS(Unpacking(packed.substr(0, 3000)).failure({5, 2000}), "entry \"second\": ");
  std::string changed = packed;
  changed[1024 + 100] = '9';  // its mode
  CHECK(!Unpacking(changed).failure({5, 2000}).empty());
}

TEST_CASE("A zip that was cut or changed is refused", "[unpack]") {
  const std::string packed = archive_of({{"x", noise(2000)}}, "zip");
  const Unpacking unpacking(packed);
  for (std::size_t length = 4; length < packed.size(); length += 13) {
    INFO(length);
    unpacking.replace(packed.substr(0, length));
    CHECK(!unpacking.failure({2000}).empty());
  }
  std::string changed = packed;
  changed[1000] = static_cast<char>(changed[1000] ^ 1);
  unpacking.replace(changed);
  CHECK_CONTAINS(unpacking.failure({2000}), "entry \"x\": ");
}

TEST_CASE("Ctrl-C stops unpacking between two blocks", "[unpack]") {
  const std::string content = noise(3'000'000);
  for (const std::string& packed : {archive_of({{"x", content}}), archive_of({{"x", content}}, "ustar", "gzip"),
                                    archive_of({{"x", content}}, "ustar", "bzip2"), archive_of({{"x", content}}, "zip"),
                                    gzipped(content), content}) {
    const Unpacking unpacking(packed);
    std::uint64_t read = 0;
    CHECK_THROWS_AS(tito::unpack(unpacking.archive, {3'000'000}, unpacking.into(),
                                 [&](std::uint64_t bytes) {
                                   read = bytes;
                                   if (bytes > 1'000'000) tito::interrupted = true;
                                 }),
                    tito::Interrupted);
    tito::interrupted = false;
    CHECK(read > 1'000'000);
    CHECK(read < 2'000'000);
  }
}

TEST_CASE("How much of an archive was read is told up to its end", "[unpack]") {
  const std::string content = noise(3'000'000);
  for (const std::string& packed : {archive_of({{"x", content}}, "ustar", "gzip"), gzipped(content), content}) {
    const Unpacking unpacking(packed);
    std::vector<std::uint64_t> told;
    tito::unpack(unpacking.archive, {3'000'000}, unpacking.into(), [&](std::uint64_t bytes) { told.push_back(bytes); });
    REQUIRE(told.size() > 5);
    CHECK(std::is_sorted(told.begin(), told.end()));
    CHECK_SAME(told.back(), std::uint64_t{packed.size()});
  }
}

TEST_CASE("What cannot be read or written is an error of this machine", "[unpack]") {
  const Unpacking unpacking(archive_of({{"x", noise(300'000)}}));
  const auto message = [&](const fs::path& archive) -> std::string {
    try {
      tito::unpack(archive, {300'000}, unpacking.into());
    } catch (const tito::Failure& failure) {
      return (failure.exit() == tito::Exit::environment ? "environment: " : "") + std::string(failure.what());
    }
    return "no failure";
  };
  const fs::path pipe = unpacking.folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_CONTAINS(message("/no/such/file"), "environment: cannot read /no/such/file: No such file");
  CHECK_CONTAINS(message(pipe), "environment: cannot read " + pipe.string() + ": it is not a regular file");
  CHECK_CONTAINS(message(unpacking.into()), "it is not a regular file");
  const std::string full = in_a_process([&] {
    limit_file_size(100'000);
    return message(unpacking.archive);
  });
  CHECK_CONTAINS(full, "environment: cannot write " + unpacking.into().string() + "/");
  CHECK_CONTAINS(full, "File too large");
}

TEST_CASE("An archive of any size takes little memory", "[unpack]") {
  const Unpacking unpacking(
      archive_of({{"zeros", std::string(std::size_t{128} << 20, '\0')}, {"x", "12345"}}, "ustar", "gzip"));
  const std::string grown = in_a_process([&] {
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    // One byte more: it is read through and left out.
    const std::vector<tito::Unpacked> found = unpacking.files({(std::uint64_t{128} << 20) + 1, 5});
    ::getrusage(RUSAGE_SELF, &after);
    return found.size() == 2 ? std::to_string(after.ru_maxrss - before.ru_maxrss) : "not found";
  });
  INFO(grown << " KiB");
  CHECK(std::stol(grown) < 16 * 1024);
}
