// Fetching a file over TLS, from a server whose certificate is trusted or is not.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/http_server.hpp"
#include "tests/support/tito.hpp"
#include "tito/data/download.hpp"
#include "tito/system/failure.hpp"

namespace {

// openssl's test server, which answers with files that hold a whole answer, head and all.
class HttpsServer {
 public:
  explicit HttpsServer(const fs::path& folder) {
    int output[2];
    if (::pipe(output) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(output[1], 1);
      ::close(output[0]);
      if (std::freopen("/dev/null", "w", stderr) == nullptr || ::chdir(folder.c_str()) != 0) ::_exit(1);
      ::execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "certificate.pem", "-key",
               "key.pem", "-HTTP", nullptr);
      ::_exit(1);
    }
    ::close(output[1]);
    // It says "ACCEPT 127.0.0.1:PORT" once it listens.
    std::string said;
    char byte = 0;
    while (!said.ends_with("ACCEPT 127.0.0.1:") && ::read(output[0], &byte, 1) == 1) said += byte;
    while (::read(output[0], &byte, 1) == 1 && byte != '\n') port_ += byte;
    output_ = output[0];
  }
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  ~HttpsServer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::close(output_);
  }

  std::string address(const std::string& name) const { return "https://127.0.0.1:" + port_ + "/" + name; }

 private:
  pid_t process_ = -1;
  int output_ = -1;
  std::string port_;
};

}  // namespace

TEST_CASE("A host is believed over TLS if its certificate is trusted, and does not lead away from TLS",
          "[https][limit:60]") {
  const Sandbox sandbox;
  const std::string content = "the content";
  HttpServer plain;
  Page page;
  page.body = content;
  plain.serve("/f", {page});
  tito::write_atomically(sandbox.root() / "f", "HTTP/1.0 200 OK\r\n\r\n" + content);
  tito::write_atomically(sandbox.root() / "away",
                         "HTTP/1.0 302 There\r\nLocation: " + plain.address("/f") + "\r\n\r\n");
  const Run made = sandbox.run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                "-nodes", "-keyout", "key.pem", "-out", "certificate.pem", "-days", "2", "-subj",
                                "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"},
                               sandbox.root());
  INFO(made.err);
  REQUIRE(made.status == 0);

  const HttpsServer server(sandbox.root());
  ::unsetenv("CURL_CA_BUNDLE");  // which would be looked at first
  ::unsetenv("SSL_CERT_FILE");
  const fs::path file = sandbox.root() / "fetched";
  const auto fetch = [&](const std::string& address) -> std::string {
    try {
      tito::download({{address}, content.size(), "", tito::sha256(content)}, file, {10, 10, {}, {}});
    } catch (const tito::Failure& failure) {
      return failure.what();
    }
    return "fetched";
  };
  CHECK_CONTAINS(fetch(server.address("f")), "has a certificate that is not trusted: ");
  CHECK(!fs::exists(file));

  ::setenv("SSL_CERT_FILE", (sandbox.root() / "certificate.pem").c_str(), 1);
  CHECK_SAME(fetch(server.address("f")), std::string("fetched"));
  CHECK_SAME(tito::read_file(file), content);
  CHECK_CONTAINS(fetch(server.address("away")), "redirects from https to " + plain.address("/f"));
  CHECK_SAME(plain.requests().size(), std::size_t{0});

  // A plain server may lead to a protected one.
  plain.serve("/to", {redirection(server.address("f"))});
  fs::remove(file);
  CHECK_SAME(fetch(plain.address("/to")), std::string("fetched"));

  ::setenv("SSL_CERT_FILE", "/no/such/file", 1);
  CHECK_CONTAINS(fetch(server.address("f")), "the certificates that this machine trusts cannot be read");
  ::unsetenv("SSL_CERT_FILE");
}
