// Fetching a file: beginnings that are there already, Ctrl-C, kills and full disks.
#include "tito/data/download.hpp"

#include <signal.h>
#include <unistd.h>

#include <thread>

#include "tests/support/fetching.hpp"
#include "tests/support/processes.hpp"
#include "tito/system/checksum.hpp"
#include "tito/system/interrupt.hpp"

TEST_CASE("A file comes whole, by its name and with its progress", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(fetching.notes, std::string());
  REQUIRE(server.requests().size() == 1);
  const HttpRequest request = server.requests().front();
  CHECK_SAME(request.header("range"), std::string());
  CHECK(request.header("user-agent").starts_with("tito/"));
  CHECK(request.header("user-agent").size() > 5);
  CHECK_SAME(request.header("cookie"), std::string());
  REQUIRE(!fetching.progress.empty());
  CHECK_SAME(fetching.progress.back().done, std::uint64_t{300'000});
  CHECK_SAME(fetching.progress.back().total, std::uint64_t{300'000});
  CHECK_SAME(fetching.progress.front().host, std::string("127.0.0.1"));
  CHECK_SAME(fetching.progress.back().host, std::string("127.0.0.1"));
}

TEST_CASE("MD5 alone is enough, and both are looked at where both are known", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  tito::write_atomically(fetching.folder.path() / "same", fetching.content);
  tito::DownloadRequest request = fetching.request({server.address("/f")});
  request.sha256.clear();
  CHECK_THROWS_AS(tito::download(request, fetching.file(), fetching.options), tito::Failure);
  CHECK_SAME(server.requests().size(), std::size_t{0});
  request.md5 = tito::checksum_of_file(fetching.folder.path() / "same").md5;
  tito::download(request, fetching.file(), fetching.options);
  CHECK(fetching.is_done());
  request.sha256 = std::string(64, '0');
  CHECK_THROWS_AS(tito::download(request, fetching.file(), fetching.options), tito::Failure);
}

TEST_CASE("What is there already is not fetched again", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  fetching.begin_with(fetching.content.substr(0, 100'000));
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(server), Strings{"bytes=100000-"});
  CHECK_SAME(fetching.progress.front().done, std::uint64_t{100'000});
}

TEST_CASE("A part that is whole is looked at without a network", "[download]") {
  Fetching fetching;
  fetching.begin_with(fetching.content);
  CHECK_SAME(fetching.from({closed_address("/f")}), std::string());
  CHECK(fetching.is_done());
}

TEST_CASE("A part that is wrong, or longer than the file, is fetched anew", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  std::string wrong = fetching.content;
  wrong[7] = '!';
  for (const std::string& part : {wrong, wrong + "more"}) {
    fetching.begin_with(part);
    CHECK_SAME(fetching.from({server.address("/f")}), std::string());
    CHECK(fetching.is_done());
  }
  CHECK_SAME(ranges(server), (Strings{"", ""}));
  CHECK_CONTAINS(fetching.notes, "f.bin.part: has another content");
}

TEST_CASE("A beginning that was wrong is found at the end, and the same mirror asked for everything", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  fetching.begin_with("wrong");
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(server), (Strings{"bytes=5-", ""}));
  CHECK_CONTAINS(fetching.notes, "asking for the whole file");
}

TEST_CASE("A server without ranges is asked for everything", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {without_ranges(good(fetching.content))});
  fetching.begin_with(fetching.content.substr(0, 100'000));
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(server), Strings{"bytes=100000-"});
}

TEST_CASE("A server without ranges that breaks off takes nothing from what was there", "[download]") {
  Fetching fetching;
  HttpServer first, second;
  first.serve("/f", {without_ranges(faulty(fetching.content, Fault::cut, 50'000))});
  second.serve("/f", {good(fetching.content)});
  fetching.begin_with(fetching.content.substr(0, 100'000));
  CHECK_SAME(fetching.from({first.address("/f"), second.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(second), Strings{"bytes=100000-"});
}

TEST_CASE("A 416 leads to the whole file", "[download]") {
  Fetching fetching;
  HttpServer server;
  Page nothing_there;
  nothing_there.status = 416;
  server.serve("/f", {nothing_there, good(fetching.content)});
  fetching.begin_with(fetching.content.substr(0, 100'000));
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(server), (Strings{"bytes=100000-", ""}));
  // Once only.
  server.serve("/g", {nothing_there});
  fetching.begin_with("part");
  CHECK_CONTAINS(fetching.from({server.address("/g")}), "answers 416");
  CHECK_SAME(server.requests("/g").size(), std::size_t{2});
}

TEST_CASE("Bytes from another place than was asked for are not taken", "[download]") {
  for (const char* range : {"bytes 0-299999/300000", "bytes 100001-299999/300000", "bytes 100000-300000/300000",
                            "bytes 100000-299999/300001", "bytes 100000-99999/300000", "items 1-2/3", "bytes x", ""}) {
    Fetching fetching;
    HttpServer first, second;
    Page page = good(fetching.content);
    page.content_range = range;
    first.serve("/f", {page});
    second.serve("/f", {good(fetching.content)});
    fetching.begin_with(fetching.content.substr(0, 100'000));
    CHECK_SAME(fetching.from({first.address("/f"), second.address("/f")}), std::string());
    CHECK(fetching.is_done());
    CHECK_SAME(ranges(second), Strings{"bytes=100000-"});
    CHECK_CONTAINS(fetching.notes, "/f: ");
    CHECK_CONTAINS(fetching.notes, "; trying the next mirror");
  }
}

TEST_CASE("Ctrl-C stops a download at once, and the next one goes on", "[download]") {
  for (const bool silent : {false, true}) {
    Fetching fetching;
    fetching.options.stall_seconds = fetching.options.connect_seconds = 30;
    HttpServer server;
    server.serve("/f",
                 {faulty(fetching.content, silent ? Fault::silent : Fault::stall, 200'000), good(fetching.content)});
    Clock::time_point pressed;
    std::thread user([&] {
      std::error_code error;
      comes_true(
          [&] { return silent ? !server.requests().empty() : fs::file_size(fetching.part_file(), error) == 200'000; },
          20);
      pressed = Clock::now();
      tito::interrupted = true;
    });
    CHECK_THROWS_AS(fetching.from({server.address("/f")}), tito::Interrupted);
    const double late = seconds_since(pressed);
    user.join();
    tito::interrupted = false;
    CHECK(late < 2);  // and not the 30 s of its patience
    CHECK(!fs::exists(fetching.file()));
    CHECK_SAME(tito::read_file(fetching.part_file()).size(), std::size_t{silent ? 0U : 200'000U});
    CHECK_SAME(fetching.from({server.address("/f")}), std::string());
    CHECK(fetching.is_done());
    CHECK_SAME(ranges(server)[1], std::string(silent ? "" : "bytes=200000-"));
  }
}

TEST_CASE("A download that is killed is gone on with", "[download]") {
  Fetching fetching;
  fetching.options.stall_seconds = 30;
  HttpServer server;
  server.serve("/f", {faulty(fetching.content, Fault::stall, 200'000), good(fetching.content)});
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    fetching.from({server.address("/f")});
    ::_exit(1);
  }
  std::error_code error;
  CHECK(comes_true([&] { return fs::file_size(fetching.part_file(), error) == 200'000; }, 20));
  ::kill(child, SIGKILL);
  CHECK_SAME(wait_for(child), 128 + SIGKILL);
  CHECK(!fs::exists(fetching.file()));
  CHECK_SAME(tito::read_file(fetching.part_file()), fetching.content.substr(0, 200'000));
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(server), (Strings{"", "bytes=200000-"}));
}

TEST_CASE("A full disk is named, and takes nothing from what was there", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  tito::write_atomically(fetching.file(), "of before");
  const std::string failure = in_a_process([&] {
    limit_file_size(100'000);
    return fetching.from({server.address("/f"), server.address("/f")});
  });
  CHECK_CONTAINS(failure, "cannot write " + fetching.part_file().string() + ": File too large");
  CHECK_CONTAINS(failure, "ulimit -f");
  // No other mirror can help.
  CHECK_SAME(server.requests().size(), std::size_t{1});
  CHECK_SAME(tito::read_file(fetching.file()), std::string("of before"));
  CHECK_SAME(tito::read_file(fetching.part_file()), fetching.content.substr(0, 100'000));
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
}

TEST_CASE("A file that cannot be written is an error of this machine, not of the mirrors", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  fs::create_directory(fetching.part_file());
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "cannot write " + fetching.part_file().string());
  CHECK_SAME(server.requests().size(), std::size_t{0});
}
