#include "tito/data/http_head.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "tito/data/curl_library.hpp"

namespace tito {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// A number of decimal digits at the beginning of `text`, which then begins behind it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Takes `prefix` away from the beginning of `text`, where it must stand.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

HttpHead head_of(CURL* easy) {
  const auto value_of = [&](const char* name) -> std::string_view {
    curl_header* header = nullptr;
    constexpr int last_answer = -1;
    return curl().easy_header(easy, name, 0, CURLH_HEADER, last_answer, &header) == CURLHE_OK ? header->value : "";
  };
  std::string_view length = value_of("Content-Length");
  return {lower(value_of("Content-Type")), take_number(length), std::string(value_of("Content-Range")),
          std::string(value_of("Location"))};
}

std::optional<ByteRange> HttpHead::byte_range() const {
  const std::string text = lower(range);
  std::string_view rest = text;
  if (!take(rest, "bytes ")) return std::nullopt;
  const std::optional<std::uint64_t> first = take_number(rest);
  if (!first || !take(rest, "-")) return std::nullopt;
  const std::optional<std::uint64_t> last = take_number(rest);
  if (!last || !take(rest, "/")) return std::nullopt;
  if (rest == "*") return ByteRange{*first, *last, std::nullopt};
  const std::optional<std::uint64_t> total = take_number(rest);
  if (!total || !rest.empty()) return std::nullopt;
  return ByteRange{*first, *last, total};
}

std::string meaning_of_status(long status) {
  switch (status) {
    case 401:
    case 403:
      return " (not allowed)";
    case 404:
    case 410:
      return " (not there)";
    case 407:
      return " (the proxy wants a password)";
    case 429:
      return " (too many requests)";
    case 503:
      return " (busy)";
    default:
      return status >= 500 ? " (an error of the server)" : "";
  }
}

bool begins_as_a_page(std::string_view content) {
  content = content.substr(0, 256);
  take(content, "\xEF\xBB\xBF");
  const std::string begin = lower(trimmed(content));
  return begin.starts_with("<!doctype") || begin.starts_with("<html");
}

}  // namespace tito
