#include "tito/data/transfer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "tito/data/curl_library.hpp"
#include "tito/data/http_head.hpp"
#include "tito/system/failure.hpp"
#include "tito/system/interrupt.hpp"
#include "tito/system/text.hpp"

namespace tito {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = TransferEnd::Kind;

constexpr int max_redirections = 10;
constexpr std::size_t max_head = std::size_t{256} << 10;  // bytes of all header lines
constexpr int poll_milliseconds = 100;                    // within which Ctrl-C is noticed

struct FreeEasy {
  void operator()(CURL* handle) const { curl().easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl().multi_cleanup(handle); }
};

using Address = std::unique_ptr<CURLU, void (*)(CURLU*)>;

std::string part_of(const Address& address, CURLUPart which) {
  char* text = nullptr;
  if (!address || curl().url_get(address.get(), which, &text, 0) != CURLUE_OK) return "";
  std::string part = text;
  curl().free(text);
  return part;
}

// `location` as seen from `base`; "" when that is none.
Address parsed(const std::string& base, const std::string& location = "") {
  Address address(curl().url(), curl().url_cleanup);
  const auto takes = [&](const std::string& text) {
    return curl().url_set(address.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
  };
  if (!takes(base) || (!location.empty() && !takes(location))) address.reset();
  return address;
}

std::string seconds(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

// One request and its answer.
class Request {
 public:
  Request(std::string address, std::uint64_t from, std::uint64_t size, OutputFile& part, const DownloadOptions& options)
      : address_(std::move(address)), from_(from), size_(size), part_(part), options_(options) {}

  void run(ProgressMeter& meter);

  // Where the host says that the file is; "" when it does not.
  const std::string& elsewhere() const { return elsewhere_; }
  const TransferEnd& end() const { return end_; }

 private:
  void set_up();
  void conclude(CURLcode code);
  bool timed_out();
  void read_header(std::string_view line);
  void judge_head();
  void judge_whole_answer();
  void judge_partial_answer();
  void write(const char* bytes, std::size_t count);

  // The answer is of no use: nothing more of it is read.
  void refuse(std::string reason, Kind kind = Kind::useless) {
    refused_ = true;
    end_.kind = kind;
    end_.reason = std::move(reason);
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self);

  std::string address_;
  std::uint64_t from_;
  std::uint64_t size_;
  OutputFile& part_;
  const DownloadOptions& options_;

  std::unique_ptr<CURL, FreeEasy> easy_{curl().easy_init()};
  std::unique_ptr<CURLM, FreeMulti> multi_{curl().multi_init()};
  char error_[CURL_ERROR_SIZE] = "";

  // The answer's head.
  std::size_t head_bytes_ = 0;
  HttpHead head_;
  bool accepted_ = false;  // it is judged, and its body is the file's

  Clock::time_point heard_ = Clock::now();
  bool answered_ = false;
  std::uint64_t at_ = 0;  // where the next byte goes
  bool refused_ = false;
  std::exception_ptr thrown_;  // in a callback, through which no exception may pass
  std::string elsewhere_;
  TransferEnd end_;
};

std::size_t Request::on_header(char* bytes, std::size_t, std::size_t count, void* self) {
  Request& request = *static_cast<Request*>(self);
  try {
    request.read_header({bytes, count});
  } catch (...) {
    request.thrown_ = std::current_exception();
  }
  return request.refused_ || request.thrown_ ? 0 : count;
}

std::size_t Request::on_body(char* bytes, std::size_t, std::size_t count, void* self) {
  Request& request = *static_cast<Request*>(self);
  try {
    request.write(bytes, count);
  } catch (...) {
    request.thrown_ = std::current_exception();
  }
  // curl takes a 0 for "all is well" when there was nothing to write.
  return request.refused_ || request.thrown_ ? CURL_WRITEFUNC_ERROR : count;
}

void Request::set_up() {
  CURL* const easy = easy_.get();
  if (easy == nullptr || multi_ == nullptr) throw std::bad_alloc();
  const auto set = [&](CURLoption option, auto value) {
    if (const CURLcode code = curl().easy_setopt(easy, option, value); code != CURLE_OK) {
      throw Failure(Exit::environment, std::string("libcurl cannot be set up: ") + curl().easy_strerror(code));
    }
  };
  set(CURLOPT_ERRORBUFFER, &error_[0]);
  set(CURLOPT_URL, address_.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_USERAGENT, "tito/" TITO_VERSION);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that does not answer must not hold up Ctrl-C
  set(CURLOPT_BUFFERSIZE, 256L << 10);
  set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(options_.connect_seconds * 1000)));
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADERFUNCTION, &Request::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Request::on_body);
  set(CURLOPT_WRITEDATA, this);
  // Whoever sits behind a proxy that opens TLS names its certificate so, for curl and for others.
  for (const char* variable : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const char* bundle = std::getenv(variable); bundle != nullptr && *bundle != '\0') {
      set(CURLOPT_CAINFO, bundle);
      break;
    }
  }
  if (from_ > 0) set(CURLOPT_RANGE, (std::to_string(from_) + "-").c_str());
}

void Request::run(ProgressMeter& meter) {
  set_up();
  at_ = end_.first = from_;
  const std::string host = printable(part_of(parsed(address_), CURLUPART_HOST));
  curl().multi_add_handle(multi_.get(), easy_.get());
  // The handle leaves before it is freed, also when an exception passes.
  struct Leave {
    CURLM* multi;
    CURL* easy;
    ~Leave() { curl().multi_remove_handle(multi, easy); }
  } const leave{multi_.get(), easy_.get()};
  heard_ = Clock::now();
  for (int running = 1; running > 0;) {
    if (curl().multi_perform(multi_.get(), &running) != CURLM_OK) throw Failure(Exit::environment, "libcurl failed");
    if (thrown_) std::rethrow_exception(thrown_);
    stop_if_interrupted();
    meter.at(at_, host);
    if (running == 0) break;
    if (timed_out()) return;
    curl().multi_poll(multi_.get(), nullptr, 0, poll_milliseconds, nullptr);
  }
  meter.at(at_, host, true);
  int left = 0;
  const CURLMsg* const message = curl().multi_info_read(multi_.get(), &left);
  if (message == nullptr) throw Failure(Exit::environment, "libcurl failed");
  conclude(message->data.result);
}

// All that has arrived was read before this, so that a pause of tito itself (Ctrl-Z) does not count as the host's.
bool Request::timed_out() {
  const std::chrono::duration<double> silence = Clock::now() - heard_;
  const double limit = answered_ ? options_.stall_seconds : options_.connect_seconds;
  if (silence.count() < limit) return false;
  refuse(answered_ ? "stalled for " + seconds(limit) + " at byte " + std::to_string(at_)
                   : "did not answer for " + seconds(limit));
  return true;
}

void Request::read_header(std::string_view line) {
  heard_ = Clock::now();
  head_bytes_ += line.size();
  if (head_bytes_ > max_head) return refuse("sends a head without end");
  if (accepted_) return;  // what follows a body in pieces
  if (line == "\r\n" || line == "\n") judge_head();
}

void Request::judge_head() {
  long status = 0;
  curl().easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return;  // another head follows
  answered_ = true;
  head_ = head_of(easy_.get());
  if (status >= 300 && status < 400 && !head_.location.empty()) {
    elsewhere_ = part_of(parsed(address_, head_.location), CURLUPART_URL);
    return refuse("redirects to " + printable(head_.location.substr(0, 300)) + ", which is no address");
  }
  if (status == 416 && from_ > 0)
    return refuse("answers 416 (nothing behind byte " + std::to_string(from_) + ")", Kind::no_range);
  if (status != 200 && status != 206) return refuse("answers " + std::to_string(status) + meaning_of_status(status));
  if (head_.is_of_a_page()) return refuse("sent a web page instead of the file");
  status == 200 ? judge_whole_answer() : judge_partial_answer();
  accepted_ = !refused_;
}

void Request::judge_whole_answer() {
  if (head_.length && *head_.length != size_) {
    return refuse("has a file of " + std::to_string(*head_.length) + " bytes, expected " + std::to_string(size_));
  }
  at_ = end_.first = 0;
}

void Request::judge_partial_answer() {
  const std::optional<ByteRange> range = head_.byte_range();
  if (!range || from_ == 0 || range->first != from_ || range->last < from_ || range->last >= size_) {
    return refuse("sent a wrong part of the file: expected \"bytes " + std::to_string(from_) + "-" +
                  std::to_string(size_ - 1) + "/" + std::to_string(size_) + "\", found \"" + printable(head_.range) +
                  "\"");
  }
  if (range->total && *range->total != size_) {
    return refuse("has a file of " + std::to_string(*range->total) + " bytes, expected " + std::to_string(size_));
  }
}

void Request::write(const char* bytes, std::size_t count) {
  heard_ = Clock::now();
  if (at_ == 0 && begins_as_a_page({bytes, count})) return refuse("sent a web page instead of the file");
  if (count > size_ - at_) {
    part_.cut(end_.first);  // whatever this was, it is another file
    at_ = end_.first;
    return refuse("sends more than " + std::to_string(size_) + " bytes");
  }
  part_.write_at(at_, bytes, count);
  at_ += count;
}

void Request::conclude(CURLcode code) {
  if (refused_) return;
  if (accepted_ && at_ == size_) {
    end_.kind = Kind::whole;
    return;
  }
  if (accepted_) {
    return refuse("ended after " + std::to_string(at_) + " of " + std::to_string(size_) + " bytes", Kind::cut_short);
  }
  long system_error = 0;
  curl().easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return refuse("the name of the host is not known; is there a network?");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return refuse("the name of the proxy is not known");
    case CURLE_OPERATION_TIMEDOUT:
      return refuse("did not answer for " + seconds(options_.connect_seconds));
    case CURLE_COULDNT_CONNECT:
      return refuse(std::string("cannot be connected to: ") +
                    (system_error != 0 ? std::strerror(static_cast<int>(system_error)) : printable(error_)));
    case CURLE_PEER_FAILED_VERIFICATION:
      return refuse("has a certificate that is not trusted: " + printable(error_));
    case CURLE_SSL_CACERT_BADFILE:
      return refuse("the certificates that this machine trusts cannot be read (Debian's package ca-certificates): " +
                    printable(error_));
    case CURLE_GOT_NOTHING:
      return refuse("closed the connection without an answer");
    case CURLE_UNSUPPORTED_PROTOCOL:
      return refuse("is neither http nor https");
    default:
      return refuse("failed: " + printable(error_[0] != '\0' ? &error_[0] : curl().easy_strerror(code)));
  }
}

}  // namespace

std::string redirection_problem(const std::string& from, const std::string& to) {
  const std::string scheme = lower(part_of(parsed(to), CURLUPART_SCHEME));
  const std::string shown = printable(to.substr(0, 300));
  if (scheme != "http" && scheme != "https") return "redirects to " + shown + ", which is neither http nor https";
  if (scheme == "http" && lower(part_of(parsed(from), CURLUPART_SCHEME)) == "https") {
    return "redirects from https to " + shown + ", which is not protected";
  }
  return "";
}

TransferEnd transfer(const std::string& address, std::uint64_t from, std::uint64_t size, OutputFile& part,
                     const DownloadOptions& options, ProgressMeter& meter) {
  std::string place = address;
  for (int redirections = 0; redirections <= max_redirections; ++redirections) {
    Request request(place, from, size, part, options);
    request.run(meter);
    if (request.elsewhere().empty()) return request.end();
    if (const std::string problem = redirection_problem(place, request.elsewhere()); !problem.empty()) {
      return {Kind::useless, problem, from};
    }
    place = request.elsewhere();
  }
  return {Kind::useless, "redirects more than " + std::to_string(max_redirections) + " times", from};
}

}  // namespace tito
