#include "tito/data/bridge.hpp"

#include <cstdio>

#include "tito/system/text.hpp"

namespace tito {

la_ssize_t Bridge::on_read(archive*, void* self, const void** bytes) {
  Bridge& bridge = *static_cast<Bridge*>(self);
  try {
    *bytes = bridge.block_.data();
    return static_cast<la_ssize_t>(bridge.source_.read(bridge.block_.data(), bridge.block_.size()));
  } catch (...) {
    bridge.thrown_ = std::current_exception();
    return ARCHIVE_FATAL;
  }
}

la_int64_t Bridge::on_seek(archive*, void* self, la_int64_t offset, int whence) {
  FileStream& file = *static_cast<Bridge*>(self)->file_;
  const auto size = static_cast<la_int64_t>(file.size());
  la_int64_t base = 0;
  if (whence == SEEK_CUR) base = static_cast<la_int64_t>(file.place());
  if (whence == SEEK_END) base = size;
  if (offset < -base || offset > size - base) return ARCHIVE_FATAL;
  file.go_to(static_cast<std::uint64_t>(base + offset));
  return base + offset;
}

void Bridge::open(archive* handle) {
  archive_read_set_read_callback(handle, &Bridge::on_read);
  archive_read_set_callback_data(handle, this);
  check(handle, archive_read_open1(handle));
}

void Bridge::open_seekable(archive* handle, FileStream& file) {
  file_ = &file;
  archive_read_set_seek_callback(handle, &Bridge::on_seek);
  open(handle);
}

void Bridge::check(archive* handle, la_ssize_t result) const {
  if (thrown_) std::rethrow_exception(thrown_);
  if (result >= 0 || result == ARCHIVE_WARN) return;  // warnings are about names and dates
  const char* const reason = archive_error_string(handle);
  throw Damaged{reason == nullptr ? "it is damaged" : printable(reason)};
}

}  // namespace tito
