#include "tito/system/checksum.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"

namespace tito {

Checksum::Checksum() {
  md5_init(&md5_);
  sha256_init(&sha256_);
}

void Checksum::add(const void* bytes, std::size_t count) {
  md5_update(&md5_, count, static_cast<const std::uint8_t*>(bytes));
  sha256_update(&sha256_, count, static_cast<const std::uint8_t*>(bytes));
}

Checksum::Digests Checksum::finish() {
  std::array<std::uint8_t, MD5_DIGEST_SIZE> md5;
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> sha256;
  md5_digest(&md5_, md5.size(), md5.data());
  sha256_digest(&sha256_, sha256.size(), sha256.data());
  return {hexadecimal(md5.data(), md5.size()), hexadecimal(sha256.data(), sha256.size())};
}

Checksum::Digests checksum_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  const auto fail = [&] {
    throw Failure(Exit::environment, "cannot read " + path.string() + ": " + std::strerror(errno));
  };
  if (!file) fail();
  Checksum checksum;
  std::vector<char> piece(std::size_t{1} << 20);
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) {
    stop_if_interrupted();
    checksum.add(piece.data(), got);
  }
  if (std::ferror(file.get()) != 0) fail();
  return checksum.finish();
}

}  // namespace tito
