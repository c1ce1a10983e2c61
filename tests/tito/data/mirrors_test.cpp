// Fetching a file from servers of our own, which do all that servers do.
#include <cstdlib>

#include "tests/support/fetching.hpp"

namespace {

// An environment variable for the length of a scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("The next mirror is asked when one is no good, and each is told what it did", "[mirrors][limit:60]") {
  struct Case {
    Page page;
    std::string reason;
  };
  const Fetching measure;
  const std::string& content = measure.content;
  Page missing, broken, long_said = good(content), short_said = good(content), longer = good(content + "x"),
                        page = good("<p>Sign in</p>"), disguised = good("\n <!dOcTyPe html><p>Sign in</p>"),
                        nowhere = good("");
  missing.status = 404;
  broken.status = 500;
  long_said.length = 300'001;
  short_said.length = 5;
  longer.says_length = false;
  page.type = "text/html; charset=utf-8";
  disguised.says_length = false;
  nowhere.status = 302;
  std::string wrong = content;
  wrong[200'000] = '!';
  const std::vector<Case> cases{
      {missing, "answers 404 (not there)"},
      {broken, "answers 500 (an error of the server)"},
      {faulty(content, Fault::silent), "did not answer for 0.5 s"},
      {faulty(content, Fault::stall, 0), "stalled for 0.5 s at byte 0"},
      {long_said, "has a file of 300001 bytes, expected 300000"},
      {short_said, "has a file of 5 bytes, expected 300000"},
      {longer, "sends more than 300000 bytes"},
      {page, "sent a web page instead of the file"},
      {disguised, "sent a web page instead of the file"},
      {nowhere, "answers 302"},
      {redirection("ftp://127.0.0.1/f"), "redirects to ftp://127.0.0.1/f, which is neither http nor https"},
      {redirection("file:///etc/passwd"), "neither http nor https"},
      {good(wrong), "expected SHA-256 " + tito::sha256(content) + ", found " + tito::sha256(wrong)},
  };
  for (const Case& bad : cases) {
    INFO(bad.reason);
    Fetching fetching;
    HttpServer first, second;
    first.serve("/f", {bad.page});
    second.serve("/f", {good(content)});
    CHECK_SAME(fetching.from({first.address("/f"), second.address("/f")}), std::string());
    CHECK(fetching.is_done());
    CHECK_CONTAINS(fetching.notes, first.address("/f") + ": ");
    CHECK_CONTAINS(fetching.notes, bad.reason);
    CHECK_CONTAINS(fetching.notes, "; trying the next mirror");
    CHECK_SAME(ranges(second), Strings{""});

    // And by itself it leaves nothing, neither of the file nor under its name.
    Fetching alone;
    HttpServer again;
    again.serve("/f", {bad.page});
    const std::string failure = alone.from({again.address("/f")});
    CHECK_CONTAINS(failure, "no mirror has f.bin:\n  " + again.address("/f") + ": ");
    CHECK_CONTAINS(failure, bad.reason);
    CHECK_CONTAINS(failure, "try again later");
    CHECK(alone.has_nothing());
  }
}

TEST_CASE("A wrong length is enough to leave a mirror before its body has come", "[mirrors]") {
  Fetching fetching(20'000'000);
  HttpServer server;
  Page page = good(fetching.content + "more");
  page.piece = 100'000;
  page.pause = 0.05;  // ten seconds for all of it
  server.serve("/f", {page});
  const Clock::time_point begin = Clock::now();
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "has a file of 20000004 bytes, expected 20000000");
  CHECK(seconds_since(begin) < 5.0);
  CHECK(fetching.has_nothing());
}

TEST_CASE("Hosts that cannot be reached are named and passed over", "[mirrors]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {good(fetching.content)});
  const std::string unknown = "http://no-such-host.invalid/f";
  const std::string not_tls = "https://127.0.0.1:" + std::to_string(server.port()) + "/f";
  const std::string closed = closed_address("/f");
  const std::string failure = fetching.from({closed, unknown, not_tls, "file:///etc/passwd", "no address"});
  CHECK_CONTAINS(failure, "\n  " + closed + ": cannot be connected to: Connection refused");
  CHECK_CONTAINS(failure, "\n  " + unknown + ": ");
  CHECK_CONTAINS(failure, "\n  " + not_tls + ": failed: ");
  CHECK_CONTAINS(failure, "\n  file:///etc/passwd: is neither http nor https");
  CHECK_CONTAINS(failure, "\n  no address: ");
  CHECK(fetching.has_nothing());
  CHECK_SAME(fetching.from({closed, unknown, not_tls, server.address("/f")}), std::string());
  CHECK(fetching.is_done());
}

TEST_CASE("A mirror that stalls is left for the next, which goes on where it stopped", "[mirrors]") {
  Fetching fetching;
  HttpServer first, second;
  first.serve("/f", {faulty(fetching.content, Fault::stall, 123'456)});
  second.serve("/f", {good(fetching.content)});
  CHECK_SAME(fetching.from({first.address("/f"), second.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(first), Strings{""});
  CHECK_SAME(ranges(second), Strings{"bytes=123456-"});
  CHECK_CONTAINS(fetching.notes, "stalled for 0.5 s at byte 123456; trying the next mirror");
}

TEST_CASE("What came before all mirrors stalled is there for the next call", "[mirrors]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {faulty(fetching.content, Fault::stall, 123'456), good(fetching.content)});
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "123456 of 300000 bytes are here");
  CHECK(!fs::exists(fetching.file()));
  CHECK_SAME(tito::read_file(fetching.part_file()), fetching.content.substr(0, 123'456));
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(server), (Strings{"", "bytes=123456-"}));
}

TEST_CASE("A mirror that is slow but steady has not stalled", "[mirrors]") {
  Fetching fetching(3000);
  HttpServer server;
  Page page = good(fetching.content);
  page.piece = 300;
  page.pause = 0.15;  // 1.5 s in all
  server.serve("/f", {page});
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(fetching.notes, std::string());
  // Told about ten times a second, with a rate near 2,000 bytes/s.
  CHECK(fetching.progress.size() >= 8);
  CHECK(fetching.progress.size() <= 25);
  const double rate = fetching.progress[fetching.progress.size() - 2].rate;
  CHECK(rate > 1000);
  CHECK(rate < 4000);
}

TEST_CASE("A mirror that breaks off goes on, as long as more comes each time", "[mirrors]") {
  for (const Fault fault : {Fault::cut, Fault::reset}) {
    Fetching fetching;
    HttpServer server;
    server.serve("/f", {faulty(fetching.content, fault, 100'000), faulty(fetching.content, fault, 150'000),
                        good(fetching.content)});
    CHECK_SAME(fetching.from({server.address("/f")}), std::string());
    CHECK(fetching.is_done());
    REQUIRE(ranges(server).size() == 3);
    CHECK_SAME(ranges(server)[0], std::string());
    if (fault == Fault::cut) CHECK_SAME(ranges(server)[2], std::string("bytes=250000-"));
    CHECK_CONTAINS(fetching.notes, "going on there");
  }
}

TEST_CASE("A mirror that breaks off at the same place each time is left", "[mirrors]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {without_ranges(faulty(fetching.content, Fault::cut, 100'000))});
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "ended after 100000 of 300000 bytes");
  CHECK_SAME(server.requests().size(), std::size_t{2});
  // One byte each time is no way to go on for ever either.
  server.serve("/g", {faulty(fetching.content, Fault::cut, 1)});
  CHECK_CONTAINS(fetching.from({server.address("/g")}), "of 300000 bytes");
  CHECK(server.requests("/g").size() <= 25);
}

TEST_CASE("A file that is shorter than it should be, and does not say so, is no file", "[mirrors]") {
  Fetching fetching;
  HttpServer server;
  Page page = good(fetching.content.substr(0, 1000));
  page.says_length = false;
  server.serve("/f", {page});
  CHECK_CONTAINS(fetching.from({server.address("/f")}), server.address("/f") + ": ");
  CHECK(!fs::exists(fetching.file()));
}

TEST_CASE("A redirection is followed to another port, and with the range", "[mirrors]") {
  Fetching fetching;
  HttpServer first, second;
  first.serve("/f", {redirection(second.address("/there"))});
  first.serve("/here/g", {redirection("../f", 307)});
  second.serve("/there", {good(fetching.content)});
  CHECK_SAME(fetching.from({first.address("/f")}), std::string());
  CHECK(fetching.is_done());
  fs::remove(fetching.file());
  fetching.begin_with(fetching.content.substr(0, 1000));
  CHECK_SAME(fetching.from({first.address("/here/g")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(ranges(second, "/there"), (Strings{"", "bytes=1000-"}));
}

TEST_CASE("A redirection without an end is left after ten", "[mirrors]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {redirection(server.address("/f"))});
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "redirects more than 10 times");
  CHECK_SAME(server.requests().size(), std::size_t{11});
}

TEST_CASE("A proxy is asked where the environment names one, and not for hosts that it leaves out", "[mirrors]") {
  Fetching fetching;
  HttpServer proxy, server;
  proxy.serve("/f", {good(fetching.content)});
  server.serve("/f", {good(fetching.content)});
  const Variable http_proxy("http_proxy", proxy.address(""));
  CHECK_SAME(fetching.from({"http://data.example/f"}), std::string());
  CHECK(fetching.is_done());
  REQUIRE(proxy.requests().size() == 1);
  CHECK_SAME(proxy.requests().front().target, std::string("http://data.example/f"));

  fs::remove(fetching.file());
  const Variable no_proxy("NO_PROXY", "127.0.0.1");
  CHECK_SAME(fetching.from({server.address("/f")}), std::string());
  CHECK(fetching.is_done());
  CHECK_SAME(proxy.requests().size(), std::size_t{1});
  CHECK_SAME(server.requests().size(), std::size_t{1});
}
