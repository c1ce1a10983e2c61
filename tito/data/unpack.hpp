// Taking files out of archives, as a stream: plain files, gzip, tar in any compression, zip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace tito {

// A regular file that an archive holds, or the one that `archive` is itself.
struct Unpacked {
  std::string name;              // without folders; of a gzipped file, without ".gz"
  std::uint64_t size = 0;        // bytes
  std::string sha256;            // of its content; "" when it was left out
  std::filesystem::path path{};  // where it was written; empty when it was left out
};

// Writes each file that has one of the `sizes` into `folder`, which exists, under a name of its own; leaves the others
// out, but names them in the result. The order is the archive's. `on_bytes` is told how much of the archive was read.
// throws: Failure(Exit::work_failed) naming the archive and the entry: an absolute path, a "..", a link, a device, an
//         entry larger than the largest of the `sizes`, damaged or truncated data, more entries than 10,000;
//         Failure(Exit::environment) when the archive cannot be read or a file not written; Interrupted.
//         What was written stays, for the caller to remove.
std::vector<Unpacked> unpack(const std::filesystem::path& archive, const std::set<std::uint64_t>& sizes,
                             const std::filesystem::path& folder,
                             const std::function<void(std::uint64_t)>& on_bytes = {});

}  // namespace tito
