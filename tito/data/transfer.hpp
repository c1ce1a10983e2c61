// One file, or the rest of it, from one address over HTTP.
#pragma once

#include <cstdint>
#include <string>

#include "tito/data/download.hpp"
#include "tito/data/meter.hpp"
#include "tito/data/output.hpp"

namespace tito {

struct TransferEnd {
  enum class Kind {
    whole,      // the last byte of the file has come
    cut_short,  // the connection ended before it
    no_range,   // the host says that it has nothing there (416)
    useless     // refused, silent, an error, or not the file that was asked for
  };
  Kind kind = Kind::useless;
  std::string reason;       // unless whole: what the host did, as the end of a sentence about it
  std::uint64_t first = 0;  // of the bytes that were written: 0 where the host cannot go on in the middle
};

// Asks `address` for the bytes from `from` on of a file of `size` bytes, and writes them to their place in `part`.
// Nothing is written of an answer that is seen to be another file; what a host sends that turns out to be one later is
// cut off again. Follows redirections. throws: Failure(Exit::environment) when the file cannot be written; Interrupted.
TransferEnd transfer(const std::string& address, std::uint64_t from, std::uint64_t size, OutputFile& part,
                     const DownloadOptions& options, ProgressMeter& meter);

// Why nothing is fetched from `to` though `from` redirects there; "" when it may be.
std::string redirection_problem(const std::string& from, const std::string& to);

}  // namespace tito
