// What tests of unpacking share: archives, and a folder to take them apart in.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <fstream>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/tito.hpp"
#include "tito/data/unpack.hpp"
#include "tito/system/failure.hpp"

struct Entry {
  std::string name;
  std::string content{};
  mode_t type = AE_IFREG;
  std::string link{};  // of a hard link or a symbolic one, where it leads
};

inline void must(int result, archive* handle) {
  if (result < ARCHIVE_WARN) throw std::runtime_error(archive_error_string(handle));
}

// An archive as libarchive writes it. format: "ustar", "pax" or "zip"; compression: "", "gzip", "bzip2", "xz", "zstd".
inline std::string archive_of(const std::vector<Entry>& entries, const std::string& format = "ustar",
                              const std::string& compression = "") {
  std::size_t room = 65536;
  for (const Entry& entry : entries) room += entry.content.size() + 4096;
  std::string bytes(room, '\0');
  std::size_t used = 0;
  const std::unique_ptr<archive, int (*)(archive*)> handle(archive_write_new(), archive_write_free);
  must(archive_write_set_format_by_name(handle.get(), format.c_str()), handle.get());
  if (!compression.empty()) must(archive_write_add_filter_by_name(handle.get(), compression.c_str()), handle.get());
  must(archive_write_open_memory(handle.get(), bytes.data(), bytes.size(), &used), handle.get());
  for (const Entry& content : entries) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname_utf8(entry.get(), content.name.c_str());
    archive_entry_set_pathname(entry.get(), content.name.c_str());
    archive_entry_set_filetype(entry.get(), content.type);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.content.size()));
    if (content.type == AE_IFLNK) archive_entry_set_symlink(entry.get(), content.link.c_str());
    if (content.type == AE_IFREG && !content.link.empty())
      archive_entry_set_hardlink(entry.get(), content.link.c_str());
    must(archive_write_header(handle.get(), entry.get()), handle.get());
    if (archive_write_data(handle.get(), content.content.data(), content.content.size()) < 0) must(-30, handle.get());
  }
  must(archive_write_close(handle.get()), handle.get());
  bytes.resize(used);
  return bytes;
}

// One member, as gzip writes it.
inline std::string gzipped(const std::string& content) {
  z_stream zlib{};
  REQUIRE(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string bytes(deflateBound(&zlib, content.size()) + 32, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  zlib.avail_in = static_cast<uInt>(content.size());
  zlib.next_out = reinterpret_cast<Bytef*>(bytes.data());
  zlib.avail_out = static_cast<uInt>(bytes.size());
  REQUIRE(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
  bytes.resize(zlib.total_out);
  deflateEnd(&zlib);
  return bytes;
}

// Neither short nor easy to compress.
inline std::string noise(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((seed = seed * 1664525U + 1013904223U) >> 24U);
  return bytes;
}

// An archive on the disk and a folder to unpack it into.
class Unpacking {
 public:
  explicit Unpacking(const std::string& bytes, const std::string& name = "a") : archive(folder.path() / name) {
    replace(bytes);
    fs::create_directory(into());
  }

  // Another archive in the place of this one.
  void replace(const std::string& bytes) const { std::ofstream(archive, std::ios::binary) << bytes; }

  fs::path into() const { return folder.path() / "into"; }

  std::vector<tito::Unpacked> files(const std::set<std::uint64_t>& sizes) const {
    return tito::unpack(archive, sizes, into());
  }

  // What the failure says; "" when there is none.
  std::string failure(const std::set<std::uint64_t>& sizes) const {
    try {
      files(sizes);
    } catch (const tito::Failure& failure) {
      CHECK(failure.exit() == tito::Exit::work_failed);
      CHECK(!failure.way_out().empty());
      CHECK_CONTAINS(failure.what(), archive.string() + ": ");
      return failure.what();
    }
    return "";
  }

  tito::TemporaryFolder folder{fs::temp_directory_path() / "tito-tests"};
  fs::path archive;
};
