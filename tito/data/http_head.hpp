// What is needed of the head of an HTTP answer, which libcurl reads.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tito {

// Content-Range: bytes FIRST-LAST/TOTAL
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;  // nothing where it says *
};

// "" and nothing for what it does not have.
struct HttpHead {
  std::string type;  // in lower case
  std::optional<std::uint64_t> length;
  std::string range;  // as it stands there
  std::string location;

  // Nothing unless it is written as it should be.
  std::optional<ByteRange> byte_range() const;

  bool is_of_a_page() const { return type.starts_with("text/html") || type.starts_with("application/xhtml"); }
};

// Of the handle's last answer, once all of its head is read.
HttpHead head_of(CURL* easy);

// " (not there)" for 404; "" for a status that says nothing to a reader.
std::string meaning_of_status(long status);

// Whether a file begins as web pages do.
bool begins_as_a_page(std::string_view content);

// ASCII letters alone.
std::string lower(std::string_view text);

}  // namespace tito
