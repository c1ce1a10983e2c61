#include "tito/data/download.hpp"

#include <optional>
#include <system_error>

#include "tito/data/output.hpp"
#include "tito/data/transfer.hpp"
#include "tito/system/checksum.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

namespace fs = std::filesystem;
using Kind = TransferEnd::Kind;

// How often one mirror is asked to go on where it broke off, each time after something has come.
constexpr int max_continuations = 20;

fs::path part_name(const fs::path& to) {
  fs::path part = to;
  part += ".part";
  return part;
}

class Fetch {
 public:
  Fetch(const DownloadRequest& request, const fs::path& to, const DownloadOptions& options)
      : request_(request),
        options_(options),
        part_(part_name(to), OutputFile::Start::as_it_is),
        meter_(request.size, options.on_progress) {}

  // What lay there already is all of it: nobody needs to be asked.
  bool is_here() {
    if (part_.size() > request_.size) part_.cut(0);
    if (part_.size() < request_.size) return false;
    const std::string problem = content_problem();
    if (!problem.empty()) note(part_.path().string(), problem + "; fetching it anew");
    return problem.empty();
  }

  // "" when the whole file has come, and it is the right one; else why it has not.
  std::string from_mirror(const std::string& address);

  void note(const std::string& about, const std::string& what) const {
    if (options_.on_note) options_.on_note(about + ": " + what);
  }
  OutputFile& part() { return part_; }

 private:
  std::string content_problem();

  const DownloadRequest& request_;
  const DownloadOptions& options_;
  OutputFile part_;
  ProgressMeter meter_;
};

// Of a file that has its size. Nothing is kept of a wrong one.
std::string Fetch::content_problem() {
  const Checksum::Digests found = checksum_of_file(part_.path());
  for (const auto& [name, expected, here] :
       {std::tuple{"SHA-256", &request_.sha256, &found.sha256}, std::tuple{"MD5", &request_.md5, &found.md5}}) {
    if (expected->empty() || *expected == *here) continue;
    part_.cut(0);
    return "has another content: expected " + std::string(name) + " " + *expected + ", found " + *here;
  }
  return "";
}

std::string Fetch::from_mirror(const std::string& address) {
  bool from_start = false;  // though there are bytes: the host cannot go on behind them
  bool asked_anew = false;
  for (int continuations = 0;;) {
    const std::uint64_t before = part_.size();
    const std::uint64_t from = from_start ? 0 : before;
    const TransferEnd end = transfer(address, from, request_.size, part_, options_, meter_);
    if (end.kind == Kind::useless) return end.reason;
    if (end.kind == Kind::whole) {
      const std::string problem = content_problem();
      if (problem.empty()) return "";
      // What it was added to may have been the wrong half.
      if (end.first == 0 || asked_anew) return problem;
      note(address, problem + "; asking for the whole file");
      asked_anew = true;
      from_start = false;
    } else if (end.kind == Kind::no_range) {
      if (from_start || asked_anew) return end.reason;
      note(address, end.reason + "; asking for the whole file");
      from_start = asked_anew = true;
    } else {
      if (part_.size() <= before || ++continuations > max_continuations) return end.reason;
      note(address, end.reason + "; going on there");
    }
  }
}

}  // namespace

void download(const DownloadRequest& request, const fs::path& to, const DownloadOptions& options) {
  if (request.md5.empty() && request.sha256.empty()) {
    throw Failure(Exit::damaged, "there is no checksum to tell " + to.filename().string() + " by");
  }
  Fetch fetch(request, to, options);
  if (fetch.is_here()) return fetch.part().become(to);
  std::string reasons;
  for (std::size_t i = 0; i < request.addresses.size(); ++i) {
    const std::string& address = request.addresses[i];
    const std::string reason = fetch.from_mirror(address);
    if (reason.empty()) return fetch.part().become(to);
    fetch.note(address, reason + (i + 1 < request.addresses.size() ? "; trying the next mirror" : ""));
    reasons += "\n  " + address + ": " + reason;
  }
  const std::uint64_t kept = fetch.part().size();
  std::error_code ignored;
  if (kept == 0) fs::remove(fetch.part().path(), ignored);
  throw Failure(Exit::environment, "no mirror has " + to.filename().string() + ":" + reasons,
                kept == 0 ? "try again later"
                          : std::to_string(kept) + " of " + std::to_string(request.size) +
                                " bytes are here; the next try goes on behind them");
}

}  // namespace tito
