// Checksums of data that come piece by piece.
#pragma once

#include <nettle/md5.h>
#include <nettle/sha2.h>

#include <cstddef>
#include <filesystem>
#include <string>

namespace tito {

// MD5 and SHA-256 of everything that was added.
class Checksum {
 public:
  Checksum();
  void add(const void* bytes, std::size_t count);

  // In lower-case hexadecimal; nothing may be added afterwards.
  struct Digests {
    std::string md5;
    std::string sha256;
  };
  Digests finish();

 private:
  md5_ctx md5_;
  sha256_ctx sha256_;
};

// Of a file as it lies on the disk, read in pieces.
// throws: Failure(Exit::environment) when it cannot be read; Interrupted.
Checksum::Digests checksum_of_file(const std::filesystem::path& path);

}  // namespace tito
