#include "tests/support/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <tuple>

namespace {

constexpr std::size_t max_connections = 256;
constexpr int poll_milliseconds = 20;

// A socket that is bound to a free port of 127.0.0.1.
std::pair<int, int> bound_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (descriptor < 0 || ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the test server has no port");
  }
  return {descriptor, ntohs(address.sin_port)};
}

bool ready(int descriptor, short events) {
  pollfd entry{descriptor, events, 0};
  return ::poll(&entry, 1, poll_milliseconds) > 0;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// The path of a target that may be a whole address.
std::string path_of(const std::string& target) {
  if (!target.starts_with("http://")) return target;
  const std::size_t slash = target.find('/', 7);
  return slash == std::string::npos ? "/" : target.substr(slash);
}

// The first byte that "bytes=N-" asks for.
std::optional<std::uint64_t> range_of(const HttpRequest& request) {
  const std::string range = request.header("range");
  if (!range.starts_with("bytes=")) return std::nullopt;
  return std::stoull(range.substr(6));
}

std::string head_of(const Page& page, int status, std::uint64_t length, const std::string& content_range) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " Said\r\nConnection: close\r\n";
  if (!page.type.empty()) head += "Content-Type: " + page.type + "\r\n";
  if (page.says_length) head += "Content-Length: " + std::to_string(page.length.value_or(length)) + "\r\n";
  if (page.ranges) head += "Accept-Ranges: bytes\r\n";
  if (!content_range.empty()) head += "Content-Range: " + content_range + "\r\n";
  for (const auto& [name, value] : page.headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

}  // namespace

Page redirection(const std::string& address, int status) {
  Page page;
  page.status = status;
  page.body = "look there";
  page.type = "text/html";
  page.headers = {{"Location", address}};
  return page;
}

std::string HttpRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string closed_address(const std::string& path) {
  const auto [descriptor, port] = bound_socket();
  ::close(descriptor);
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

HttpServer::HttpServer() {
  std::tie(listener_, port_) = bound_socket();
  if (::listen(listener_, 64) != 0) throw std::runtime_error("the test server cannot listen");
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  ::close(listener_);
}

std::string HttpServer::address(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void HttpServer::serve(const std::string& path, std::vector<Page> pages) {
  const std::lock_guard lock(mutex_);
  pages_[path] = std::move(pages);
  asked_[path] = 0;
}

std::vector<HttpRequest> HttpServer::requests(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  std::vector<HttpRequest> found;
  for (const HttpRequest& request : requests_) {
    if (path.empty() || path_of(request.target) == path) found.push_back(request);
  }
  return found;
}

void HttpServer::accept_all() {
  while (!stopping_) {
    if (!ready(listener_, POLLIN)) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (connections_.size() == max_connections) {
      ::close(connection);
      continue;
    }
    connections_.emplace_back([this, connection] {
      answer(connection);
      ::close(connection);
    });
  }
}

bool HttpServer::read_request(int connection, HttpRequest& request) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos) {
    if (stopping_ || text.size() > 65536) return false;
    if (!ready(connection, POLLIN)) continue;
    char block[4096];
    const ssize_t got = ::recv(connection, block, sizeof block, 0);
    if (got <= 0) return false;
    text.append(block, static_cast<std::size_t>(got));
    if (text[0] == 0x16) return false;  // somebody wants to speak TLS
  }
  const std::size_t method_end = text.find(' ');
  const std::size_t target_end = text.find(' ', method_end + 1);
  request.method = text.substr(0, method_end);
  request.target = text.substr(method_end + 1, target_end - method_end - 1);
  for (std::size_t at = text.find("\r\n") + 2; text.compare(at, 2, "\r\n") != 0;) {
    const std::size_t end = text.find("\r\n", at);
    const std::size_t colon = text.find(": ", at);
    if (colon < end) request.headers[lower(text.substr(at, colon - at))] = text.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  return true;
}

Page HttpServer::page_for(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = pages_.find(path);
  if (found == pages_.end()) {
    Page missing;
    missing.status = 404;
    missing.body = "no such file";
    missing.type = "text/plain";
    return missing;
  }
  const std::size_t turn = std::min(asked_[path]++, found->second.size() - 1);
  return found->second[turn];
}

void HttpServer::answer(int connection) {
  HttpRequest request;
  if (!read_request(connection, request)) return;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const Page page = page_for(path_of(request.target));
  if (page.fault == Page::Fault::silent) return wait_for_the_end(connection);

  int status = page.status;
  std::string body = page.body;
  std::string content_range;
  const std::optional<std::uint64_t> from = range_of(request);
  if (from && page.ranges && status == 200) {
    const std::string total = std::to_string(page.body.size());
    if (*from >= page.body.size()) {
      status = 416;
      body.clear();
      content_range = "bytes */" + total;
    } else {
      status = 206;
      body = page.body.substr(*from);
      content_range = "bytes " + std::to_string(*from) + "-" + std::to_string(page.body.size() - 1) + "/" + total;
    }
  }
  const std::string head = head_of(page, status, body.size(), page.content_range.value_or(content_range));
  if (!send_all(connection, head.data(), head.size())) return;
  if (request.method != "HEAD" && !send_body(connection, page, body)) return;
  if (page.fault == Page::Fault::stall) return wait_for_the_end(connection);
  if (page.fault == Page::Fault::reset) {
    const linger at_once{1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
}

bool HttpServer::send_all(int connection, const char* bytes, std::size_t count) {
  while (count > 0) {
    if (stopping_) return false;
    if (!ready(connection, POLLOUT)) continue;
    const ssize_t sent = ::send(connection, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent <= 0) return false;
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool HttpServer::send_body(int connection, const Page& page, const std::string& body) {
  const std::size_t end = page.fault == Page::Fault::none ? body.size() : std::min<std::size_t>(page.sent, body.size());
  const std::size_t piece = page.piece == 0 ? std::max<std::size_t>(end, 1) : page.piece;
  for (std::size_t at = 0; at < end; at += piece) {
    if (!send_all(connection, body.data() + at, std::min(piece, end - at))) return false;
    if (page.pause == 0) continue;
    std::unique_lock lock(mutex_);
    if (stopped_.wait_for(lock, std::chrono::duration<double>(page.pause), [&] { return stopping_.load(); }))
      return false;
  }
  return true;
}

// Until the other side has closed the connection, or the server ends.
void HttpServer::wait_for_the_end(int connection) {
  while (!stopping_ && !ready(connection, POLLRDHUP)) {
  }
}
