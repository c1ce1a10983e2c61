// Fetching one file over HTTP, from the first of several mirrors that has it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tito {

struct DownloadRequest {
  std::vector<std::string> addresses;  // of the same file, in the order in which they are tried
  std::uint64_t size = 0;              // bytes it must have
  std::string md5;                     // "" where not known; one of the two is
  std::string sha256;
};

struct DownloadProgress {
  std::uint64_t done = 0;  // bytes of the file that are here
  std::uint64_t total = 0;
  double rate = 0;   // bytes/s over the last seconds
  std::string host;  // that is being asked
};

struct DownloadOptions {
  double connect_seconds = 20;                               // until a host answers
  double stall_seconds = 30;                                 // without a byte
  std::function<void(const DownloadProgress&)> on_progress;  // several times a second
  std::function<void(const std::string&)> on_note;           // "ADDRESS: stalled for 30 s; trying the next mirror"
};

// Fetches the file to `to`, which appears only when size and checksum are right. Until then the bytes are in
// `to` + ".part": a later call goes on where this one stopped, whatever stopped it.
// A redirection is followed (10 at most, http and https only); proxies are taken from the environment; HTTPS is
// verified. A host that refuses, stalls, sends another length, an error or a page instead of the file costs itself: the
// next one is asked, from where the last one stopped. After a wrong checksum nothing is kept. throws:
// Failure(Exit::environment) when no mirror has it, with the reason of each; Interrupted.
void download(const DownloadRequest& request, const std::filesystem::path& to, const DownloadOptions& options = {});

}  // namespace tito
