// A web server on 127.0.0.1 that does what it is told, well or badly.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

// What a path answers. By default: a well-behaved server's answer, ranges included.
struct Page {
  enum class Fault {
    none,
    silent,  // takes the request and never answers
    stall,   // sends `sent` bytes of the body, then nothing more, and stays
    cut,     // sends `sent` bytes of the body, then closes the connection
    reset    // the same, without a proper end
  };

  std::string body;
  int status = 200;  // 200 becomes 206 for a range, where there are ranges
  bool ranges = true;
  std::string type = "application/octet-stream";
  std::vector<std::pair<std::string, std::string>> headers;  // more of them, such as Location
  bool says_length = true;                                   // else the connection's end is the body's
  std::optional<std::uint64_t> length;                       // a Content-Length that is not the body's
  std::optional<std::string> content_range;                  // one that is not true
  Fault fault = Fault::none;
  std::uint64_t sent = 0;
  std::size_t piece = 0;  // bytes that are sent at a time; 0: all at once
  double pause = 0;       // seconds between pieces
};

// A page that says: look there.
Page redirection(const std::string& address, int status = 302);

struct HttpRequest {
  std::string method;
  std::string target;                          // as it stood in the request: with a proxy, a whole address
  std::map<std::string, std::string> headers;  // names in lower case
  // "" when there is none.
  std::string header(const std::string& name) const;
};

// Listens on a port of its own from the constructor on; the destructor ends all connections, at most 256 in all.
class HttpServer {
 public:
  HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  int port() const { return port_; }

  // "http://127.0.0.1:PORT" + path
  std::string address(const std::string& path) const;

  // What `path` answers: the first page to the first request, and so on; the last one to all further ones. A path that
  // was not named is a 404.
  void serve(const std::string& path, std::vector<Page> pages);

  // All that were made so far, of one path, or of all.
  std::vector<HttpRequest> requests(const std::string& path = "") const;

 private:
  void accept_all();
  void answer(int connection);
  bool read_request(int connection, HttpRequest& request);
  Page page_for(const std::string& path);
  bool send_all(int connection, const char* bytes, std::size_t count);
  bool send_body(int connection, const Page& page, const std::string& body);
  void wait_for_the_end(int connection);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  std::map<std::string, std::vector<Page>> pages_;
  std::map<std::string, std::size_t> asked_;
  std::vector<HttpRequest> requests_;
  std::vector<std::thread> connections_;  // the accepting thread's, until it has ended
  std::thread acceptor_;
};

// The address of a port of this machine on which nobody listens.
std::string closed_address(const std::string& path);
