// Fetching a file from servers of our own, which do all that servers do.
#include "tito/data/download.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "http_server.hpp"
#include "tito.hpp"
#include "tito/system/checksum.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"

namespace {

using Fault = Page::Fault;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Bytes in which every place can be told from every other.
std::string some_content(std::size_t size) {
  std::string content;
  for (std::size_t i = 0; content.size() < size; ++i) content += std::to_string(i * 7919) + "/";
  content.resize(size);
  return content;
}

Page good(const std::string& body) {
  Page page;
  page.body = body;
  return page;
}

Page faulty(const std::string& body, Fault fault, std::uint64_t sent = 0) {
  Page page = good(body);
  page.fault = fault;
  page.sent = sent;
  return page;
}

Page without_ranges(Page page) {
  page.ranges = false;
  return page;
}

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

// One file to be fetched, a folder to put it into, and what was said meanwhile.
class Fetching {
 public:
  explicit Fetching(std::size_t size = 300'000) : content(some_content(size)) {
    options.connect_seconds = 0.5;
    options.stall_seconds = 0.5;
    options.on_note = [this](const std::string& note) { notes += note + "\n"; };
    options.on_progress = [this](const tito::DownloadProgress& now) { progress.push_back(now); };
  }

  tito::DownloadRequest request(std::vector<std::string> addresses) const {
    return {std::move(addresses), content.size(), "", tito::sha256(content)};
  }

  // The failure's text and way out; "" when the file came.
  std::string from(std::vector<std::string> addresses) const {
    try {
      tito::download(request(std::move(addresses)), file(), options);
    } catch (const tito::Failure& failure) {
      CHECK(failure.exit() == tito::Exit::environment);
      return std::string(failure.what()) + "\n" + failure.way_out();
    }
    return "";
  }

  // What a call before this one has left.
  void begin_with(const std::string& part) const { tito::write_atomically(part_file(), part); }

  fs::path file() const { return folder.path() / "f.bin"; }
  fs::path part_file() const { return folder.path() / "f.bin.part"; }
  bool has_nothing() const { return !fs::exists(file()) && !fs::exists(part_file()); }

  // The whole file stands there under its name, and nothing else does.
  bool is_done() const { return fs::exists(file()) && tito::read_file(file()) == content && !fs::exists(part_file()); }

  tito::TemporaryFolder folder{fs::temp_directory_path() / "tito-tests"};
  std::string content;
  tito::DownloadOptions options;
  std::string notes;
  std::vector<tito::DownloadProgress> progress;
};

std::vector<std::string> ranges(const HttpServer& server, const std::string& path = "/f") {
  std::vector<std::string> all;
  for (const HttpRequest& request : server.requests(path)) all.push_back(request.header("range"));
  return all;
}

using Strings = std::vector<std::string>;

}  // namespace

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

TEST_CASE("The next mirror is asked when one is no good, and each is told what it did", "[download][limit:60]") {
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
  for (const Case& one : cases) {
    INFO(one.reason);
    Fetching fetching;
    HttpServer first, second;
    first.serve("/f", {one.page});
    second.serve("/f", {good(content)});
    CHECK_SAME(fetching.from({first.address("/f"), second.address("/f")}), std::string());
    CHECK(fetching.is_done());
    CHECK_CONTAINS(fetching.notes, first.address("/f") + ": ");
    CHECK_CONTAINS(fetching.notes, one.reason);
    CHECK_CONTAINS(fetching.notes, "; trying the next mirror");
    CHECK_SAME(ranges(second), Strings{""});

    // And by itself it leaves nothing, neither of the file nor under its name.
    Fetching alone;
    HttpServer again;
    again.serve("/f", {one.page});
    const std::string failure = alone.from({again.address("/f")});
    CHECK_CONTAINS(failure, "no mirror has f.bin:\n  " + again.address("/f") + ": ");
    CHECK_CONTAINS(failure, one.reason);
    CHECK_CONTAINS(failure, "try again later");
    CHECK(alone.has_nothing());
  }
}

TEST_CASE("A wrong length is believed before any of the body is read", "[download]") {
  Fetching fetching(20'000'000);
  HttpServer server;
  Page page = good(fetching.content + "more");
  page.piece = 100'000;
  page.pause = 0.05;  // ten seconds for all of it
  server.serve("/f", {page});
  const Clock::time_point begin = Clock::now();
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "has a file of 20000004 bytes, expected 20000000");
  CHECK(seconds_since(begin) < 1.0);
  CHECK(fetching.has_nothing());
}

TEST_CASE("Hosts that cannot be reached cost themselves", "[download]") {
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

TEST_CASE("A mirror that stalls is left for the next, which goes on where it stopped", "[download]") {
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

TEST_CASE("What came before all mirrors stalled is there for the next call", "[download]") {
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

TEST_CASE("A mirror that is slow but steady has not stalled", "[download]") {
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

TEST_CASE("A mirror that breaks off goes on, as long as more comes each time", "[download]") {
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

TEST_CASE("A mirror that breaks off at the same place each time is left", "[download]") {
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

TEST_CASE("A file that is shorter than it should be, and does not say so, is no file", "[download]") {
  Fetching fetching;
  HttpServer server;
  Page page = good(fetching.content.substr(0, 1000));
  page.says_length = false;
  server.serve("/f", {page});
  CHECK_CONTAINS(fetching.from({server.address("/f")}), server.address("/f") + ": ");
  CHECK(!fs::exists(fetching.file()));
}

TEST_CASE("A redirection is followed to another port, and with the range", "[download]") {
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

TEST_CASE("A redirection without an end is left after ten", "[download]") {
  Fetching fetching;
  HttpServer server;
  server.serve("/f", {redirection(server.address("/f"))});
  CHECK_CONTAINS(fetching.from({server.address("/f")}), "redirects more than 10 times");
  CHECK_SAME(server.requests().size(), std::size_t{11});
}

TEST_CASE("A proxy is asked where the environment names one, and not for hosts that it leaves out", "[download]") {
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

TEST_CASE("Ctrl-C stops a download at once, and the next one goes on", "[download]") {
  for (const bool silent : {false, true}) {
    Fetching fetching;
    fetching.options.stall_seconds = fetching.options.connect_seconds = 30;
    HttpServer server;
    server.serve("/f",
                 {faulty(fetching.content, silent ? Fault::silent : Fault::stall, 200'000), good(fetching.content)});
    Clock::time_point pressed;
    std::thread user([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      pressed = Clock::now();
      tito::interrupted = true;
    });
    CHECK_THROWS_AS(fetching.from({server.address("/f")}), tito::Interrupted);
    const double late = seconds_since(pressed);
    user.join();
    tito::interrupted = false;
    CHECK(late < 0.2);
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
  for (int i = 0; i < 500 && fs::file_size(fetching.part_file(), error) != 200'000; ++i) ::usleep(10'000);
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
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
  int told[2];
  REQUIRE(::pipe(told) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string failure = fetching.from({server.address("/f"), server.address("/f")});
    ::_exit(::write(told[1], failure.data(), failure.size()) > 0 ? 0 : 1);
  }
  ::close(told[1]);
  std::string failure(4096, '\0');
  failure.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(told[0], failure.data(), failure.size()), 0)));
  ::close(told[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK_SAME(status, 0);
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
