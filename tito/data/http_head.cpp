#include "tito/data/http_head.hpp"

#include <algorithm>
#include <cctype>

namespace tito {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// A number of decimal digits alone, at the beginning of `text`, which then begins behind it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])); ++digits) {
    if (digits == 18) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
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

bool HttpHead::read(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    *this = {};
    return false;
  }
  line = trimmed(line);
  if (line.empty()) return true;
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string name = lower(line.substr(0, colon));
  std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
  if (name == "content-type") type = lower(value);
  if (name == "content-range") range = value;
  if (name == "location") location = value;
  if (name == "content-length") length = take_number(value);
  return false;
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
