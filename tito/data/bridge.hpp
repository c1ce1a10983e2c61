// libarchive reading from a Stream.
#pragma once

#include <archive.h>

#include <exception>
#include <memory>
#include <vector>

#include "tito/data/stream.hpp"

namespace tito {

struct FreeArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ArchiveHandle = std::unique_ptr<archive, FreeArchive>;

// Exceptions do not pass through libarchive: they wait here until it has returned.
class Bridge {
 public:
  explicit Bridge(Stream& source) : source_(source) {}

  // throws: as check().
  void open(archive* handle);

  // Where libarchive may jump about, for formats with their contents at the end.
  void open_seekable(archive* handle, FileStream& file);

  // What a function of libarchive returned. throws: what the stream has thrown; Damaged with libarchive's reason.
  void check(archive* handle, la_ssize_t result) const;

 private:
  static la_ssize_t on_read(archive*, void* self, const void** bytes);
  static la_int64_t on_seek(archive*, void* self, la_int64_t offset, int whence);

  Stream& source_;
  FileStream* file_ = nullptr;
  std::vector<char> block_ = std::vector<char>(std::size_t{256} << 10);
  std::exception_ptr thrown_;
};

}  // namespace tito
