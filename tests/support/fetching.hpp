// What tests of downloads share: a file to be fetched, and the pages that servers make of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/http_server.hpp"
#include "tests/support/tito.hpp"
#include "tito/data/download.hpp"
#include "tito/system/failure.hpp"

using Fault = Page::Fault;
using Clock = std::chrono::steady_clock;
using Strings = std::vector<std::string>;

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Bytes in which every place can be told from every other.
inline std::string some_content(std::size_t size) {
  std::string content;
  for (std::size_t i = 0; content.size() < size; ++i) content += std::to_string(i * 7919) + "/";
  content.resize(size);
  return content;
}

inline Page good(const std::string& body) {
  Page page;
  page.body = body;
  return page;
}

inline Page faulty(const std::string& body, Fault fault, std::uint64_t sent = 0) {
  Page page = good(body);
  page.fault = fault;
  page.sent = sent;
  return page;
}

inline Page without_ranges(Page page) {
  page.ranges = false;
  return page;
}

// The ranges that were asked for, one a request, "" where all was.
inline Strings ranges(const HttpServer& server, const std::string& path = "/f") {
  Strings all;
  for (const HttpRequest& request : server.requests(path)) all.push_back(request.header("range"));
  return all;
}

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
